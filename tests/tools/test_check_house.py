"""Each rule of tools/check_house.py, on a small package that breaks it."""

import subprocess
import sys
from pathlib import Path

import pytest

import check_house

FUNCTION = '''
def share(counts, total=1):
    """Return shares.

    Parameters
    ----------
    counts : array

    Raises
    ------
    ValueError
        If the total is 0.

    Examples
    --------
    >>> share([1])
    """
    if not total:
        raise ValueError
    return counts
'''
CLASS = '''
@dataclass
class Grid:
    """A grid.

    Parameters
    ----------
    n : int

    Examples
    --------
    >>> Grid(1)
    """

    n: int

    def at(self, i):
        """Return one.

        Raises
        ------
        IndexError
            If there is none.
        """
        raise IndexError
'''


@pytest.fixture
def house(tmp_path):
    """Write a house that keeps every rule, and return a function that changes one of its files."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    package = "src/evforecast"
    write(f"{package}/__init__.py", "from evforecast.inner import share\n__all__ = ['share']\n")
    write(f"{package}/inner/__init__.py", "from ._impl import Grid, share\n__all__ = ['share']\n")
    write(f"{package}/inner/_impl.py", FUNCTION + CLASS)
    write(f"{package}/cli.py", "print('a forecast')\n")
    write("tests/unit/inner/test_impl.py", "")
    write("tests/unit/test_cli.py", "")
    write.root = tmp_path
    return write


def findings(house, check):
    return [line.replace(f"{house.root}/", "") for line in check(house.root)]


CHECKS = [
    check_house.check_sizes,
    check_house.check_mirrors,
    check_house.check_words,
    check_house.check_public_names,
]


@pytest.mark.parametrize("check", CHECKS)
def test_a_house_in_order_has_no_finding(house, check):
    assert findings(house, check) == []


def test_a_module_of_401_lines_is_too_long(house):
    house("src/evforecast/inner/_impl.py", "x = 1\n" * 400)
    assert findings(house, check_house.check_sizes) == []
    house("src/evforecast/inner/_other.py", "x = 1\n" * 401)
    assert findings(house, check_house.check_sizes) == [
        "src/evforecast/inner/_other.py:400: 401 lines, at most 400: split it"
    ]


def test_a_module_without_its_test_is_found(house):
    house("src/evforecast/inner/_new.py", "")
    (line,) = findings(house, check_house.check_mirrors)
    assert (
        line
        == "src/evforecast/inner/_new.py:1: write its mirrored test, tests/unit/inner/test_new.py"
    )


def test_a_print_outside_the_command_line_is_found(house):
    house("src/evforecast/inner/_new.py", "\nprint('hello')\n")
    (line,) = findings(house, check_house.check_words)
    assert line.startswith("src/evforecast/inner/_new.py:2:")


@pytest.mark.parametrize("folder", ["src/evforecast", "docs", "tests"])
def test_a_note_left_for_later_is_found(house, folder):
    house(f"{folder}/page.md", "fine\n# TO" + "DO: later\n")
    (line,) = findings(house, check_house.check_words)
    assert line.startswith(f"{folder}/page.md:2:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    Parameters\n    ----------\n    counts : array\n", "", "Parameters section"),
        ("    Raises\n    ------\n", "", "share: it raises"),
        ("    >>> share([1])\n", "", "doctest"),
        ('    """Return shares.', '    _ = """Return shares.', "Parameters section"),
    ],
)
def test_a_public_function_needs_a_full_docstring(house, old, new, said):
    house("src/evforecast/inner/_impl.py", FUNCTION.replace(old, new))
    lines = findings(house, check_house.check_public_names)
    assert lines[0].startswith("src/evforecast/inner/_impl.py:2: share")
    assert said in lines[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    Parameters\n    ----------\n    n : int\n", "", "Grid: the docstring needs a Param"),
        ("        Raises\n        ------\n", "", "Grid.at: it raises"),
        ("    >>> Grid(1)\n", "", "doctest"),
    ],
)
def test_a_public_class_needs_a_full_docstring(house, old, new, said):
    house("src/evforecast/__init__.py", "from .inner import Grid\n__all__ = ['Grid']\n")
    house("src/evforecast/inner/_impl.py", FUNCTION + CLASS.replace(old, new))
    (line,) = findings(house, check_house.check_public_names)
    assert said in line


@pytest.mark.parametrize(
    "source",
    [
        'class BadError(Exception):\n    """A bad thing."""\n',
        'class Reader(Protocol):\n    """Reads."""\n',
        "LIMIT = 3\n",
        "LIMIT: int = 3\n",
        "try:\n    import fast\nexcept ImportError:\n    LIMIT = 3\n",
    ],
)
def test_errors_protocols_and_constants_need_no_doctest(house, source):
    name = next(n for n in ("BadError", "Reader", "LIMIT") if n in source)
    house("src/evforecast/inner/_impl.py", FUNCTION + source)
    house("src/evforecast/__init__.py", f"from .inner._impl import {name}\n__all__ = ['{name}']\n")
    assert findings(house, check_house.check_public_names) == []


def test_the_class_of_a_result_lists_its_attributes_and_needs_no_doctest(house):
    result = CLASS.replace("Parameters\n    ----------", "Attributes\n    ----------")
    house("src/evforecast/__init__.py", "from .inner import Grid\n__all__ = ['Grid']\n")
    house("src/evforecast/inner/_impl.py", FUNCTION + result.replace("    >>> Grid(1)\n", ""))
    assert findings(house, check_house.check_public_names) == []


def test_names_that_load_lazily_are_found_under_type_checking(house):
    house(
        "src/evforecast/__init__.py",
        "if TYPE_CHECKING:\n"
        "    from evforecast import inner\n"
        "    from evforecast.inner import share\n"
        "__all__ = ['share', 'inner']\n",
    )
    assert findings(house, check_house.check_public_names) == []


@pytest.mark.parametrize(
    "source", ["", "from evforecast import gone\n", "from .inner import gone\n"]
)
def test_a_public_name_that_is_nowhere_is_found(house, source):
    house("src/evforecast/__init__.py", f"{source}__all__ = ['gone']\n")
    (line,) = findings(house, check_house.check_public_names)
    assert line.startswith("src/evforecast/__init__.py:1: define or import 'gone'")


def test_all_must_be_a_plain_list(house):
    house("src/evforecast/__init__.py", "names = ['a']\n__all__ = [*names]\n")
    (line,) = findings(house, check_house.check_public_names)
    assert "plain list" in line


def test_the_exit_code_says_whether_something_was_found(house):
    command = [sys.executable, Path(check_house.__file__), house.root]
    clean = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (clean.returncode, clean.stdout) == (0, "check_house: 0 finding(s) in 4 modules\n")
    house("src/evforecast/inner/_new.py", "")
    broken = subprocess.run(command, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert broken.stdout.endswith("check_house: 1 finding(s) in 5 modules\n")

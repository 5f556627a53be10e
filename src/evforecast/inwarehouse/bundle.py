"""The package as a zip for a stage: what the handler needs of it, the same bytes for the same sources."""

from __future__ import annotations

import ast
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evforecast._version import __version__
from evforecast.disk import write_whole

__all__ = ["ENTRIES", "Bundle", "closure", "make_bundle"]

ENTRIES = ("evforecast.inwarehouse.handler", "evforecast.inwarehouse.training")
"""The modules that Snowflake imports; the rest of the zip is what they import."""

_ROOT = Path(__file__).parents[1]
_PACKAGE = "evforecast"


@dataclass(frozen=True)
class Bundle:
    """A zip of the package.

    Attributes
    ----------
    path : Path
    version : str
        Of the package.
    sha256 : str
        Of the file; its first eight digits are in the name.
    size : int
        Bytes.
    modules : tuple of str
        The modules inside.
    """

    path: Path
    version: str
    sha256: str
    size: int
    modules: tuple[str, ...]


def make_bundle(folder: str | Path) -> Bundle:
    """Write the zip of the package that functions of Snowflake import.

    It holds what `ENTRIES` import, and what that imports in turn, as the sources say it: pure Python, the
    package at the root. Dates, order and permissions are fixed, so that the same sources give the same bytes,
    on any machine with the same zlib.

    Parameters
    ----------
    folder : path
        Where; the name of the file has the version and the first digits of its SHA-256.

    Returns
    -------
    Bundle

    Examples
    --------
    >>> import tempfile
    >>> made = make_bundle(tempfile.mkdtemp())
    >>> made.path.name == f"evforecast-{made.version}-{made.sha256[:8]}.zip"
    True
    >>> "evforecast.cli" in made.modules
    False
    """
    modules = closure()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for module in modules:
            source = _source(module)
            entry = zipfile.ZipInfo(source.relative_to(_ROOT.parent).as_posix())  # dated 1980
            entry.create_system = 3  # Unix, whatever the machine
            entry.external_attr = 0o644 << 16
            # a checkout may have other ends of lines
            text = source.read_bytes().replace(b"\r\n", b"\n")
            file.writestr(entry, text, zipfile.ZIP_DEFLATED, compresslevel=9)
    data = packed.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    path = Path(folder) / f"{_PACKAGE}-{__version__}-{sha256[:8]}.zip"
    write_whole(path, data, flush=False)
    return Bundle(path, __version__, sha256, len(data), tuple(modules))


def closure(entries: tuple[str, ...] = ENTRIES) -> list[str]:
    """Return the modules of the package that some modules import, directly or not, sorted.

    Imports inside functions count, those for the type checker do not.

    Parameters
    ----------
    entries : tuple of str
        Full names of modules.

    Examples
    --------
    >>> closure(("evforecast.errors",))
    ['evforecast', 'evforecast._version', 'evforecast.errors']
    """
    found: set[str] = set()
    waiting = list(entries)
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        waiting.extend(_imported(module))
        # a module is imported after the packages that it is in
        waiting.extend(module.rsplit(".", up)[0] for up in range(1, module.count(".") + 1))
    return sorted(found)


def _source(module: str) -> Path:
    path = _ROOT.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_module(name: str) -> bool:
    return _source(name).is_file()


def _imported(module: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports."""
    for node in _statements(ast.parse(_source(module).read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # a name may be a module of the package it is taken from
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [node.module, *(name for name in below if _is_ours(name) and _is_module(name))]
        yield from (name for name in names if _is_ours(name))


def _is_ours(name: str) -> bool:
    return name == _PACKAGE or name.startswith(f"{_PACKAGE}.")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs, at any depth."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _statements(child)

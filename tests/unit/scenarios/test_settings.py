from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evforecast.errors import InputError
from evforecast.scenarios.settings import Source, read_into, refuse_secret, unknown

TEXT = """\
[top]
name = "a"

[top.inner]
name = 1
"two words" = 2
"""
SOURCE = Source(Path("project.toml"), TEXT)


@dataclass(frozen=True)
class Settings:
    name: str
    many: tuple[int, ...] = ()
    share: float = 0.5
    maybe: float | None = None
    yes: bool = True
    sizes: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ("top", "name", "project.toml:2: [top] name"),
        ("top.inner", "name", "project.toml:5: [top.inner] name"),
        ("top.inner", "two words", "project.toml:6: [top.inner] two words"),
        ("top.inner", "none", "project.toml:4: [top.inner] none"),
        ("other", "", "project.toml: [other]"),
    ],
)
def test_where_something_stands(table, key, said):
    assert SOURCE.at(table, key) == said


def test_values_are_of_their_kinds():
    values = {"name": "a", "many": [1, 2], "share": 1, "maybe": 2, "sizes": {"a": "b"}}
    made = read_into(Settings, values, SOURCE, "top")
    assert made == Settings("a", (1, 2), 1.0, 2, yes=True, sizes={"a": "b"})
    assert isinstance(made.share, float)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("name", 1, "it is a whole number, and a text is needed"),
        ("many", 1, "it is a whole number, and a list, each a whole number is needed"),
        ("many", ["a"], "it is a list, and a list, each a whole number is needed"),
        ("many", [True], "each a whole number is needed"),
        ("share", "1", "it is a text, and a number is needed"),
        ("share", True, "it is true or false, and a number is needed"),
        ("maybe", "1", "it is a text, and a number is needed"),
        ("yes", 1, "it is a whole number, and true or false is needed"),
        ("sizes", [], "it is a list, and a table is needed"),
        ("name", {}, "it is a table, and a text is needed"),
    ],
)
def test_a_value_of_another_kind(key, value, said):
    with pytest.raises(InputError) as error:
        read_into(Settings, {"name": "a", key: value}, SOURCE, "top")
    assert said in str(error.value)
    assert f"[top] {key}" in str(error.value)


def test_a_key_that_is_missing():
    with pytest.raises(InputError, match=r"^project.toml:1: \[top\]: 'name' is missing"):
        read_into(Settings, {}, SOURCE, "top")


def test_a_key_that_is_given_is_not_among_the_keys():
    assert read_into(Settings, {}, SOURCE, "top", name="b").name == "b"
    with pytest.raises(InputError, match="no such key"):
        read_into(Settings, {"name": "a"}, SOURCE, "top", name="b")


@pytest.mark.parametrize("key", ["password", "db_password", "api-key", "PRIVATE_KEY", "token"])
def test_secrets_are_refused_by_their_names(key):
    with pytest.raises(InputError, match="no secret in a project file"):
        refuse_secret(key, SOURCE, "top")


def test_a_strange_key_without_a_near_one():
    assert "Did you mean" not in str(unknown("zzz", ["name"], SOURCE, "top"))

"""From a table of TOML to a dataclass: every key known, every value of its kind, and where it is not."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from evforecast.errors import InputError

__all__ = ["Source", "read_into"]

T = TypeVar("T")
_SECRET = re.compile(
    r"password|passwd|secret|token|private[_-]?key|passphrase|api[_-]?key", re.IGNORECASE
)
_ADVICE = "Put it into the environment or connections.toml (see the docs on Snowflake)"
_KINDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Source:
    """The text that settings were read from, to say where something stands.

    Attributes
    ----------
    path : Path
    text : str
    """

    path: Path
    text: str

    def at(self, table: str, key: str = "") -> str:
        r"""Return where a key of a table stands, as ``file:line: [table] key``.

        Examples
        --------
        >>> Source(Path("project.toml"), "[project]\nname = 1\n").at("project", "name")
        'project.toml:2: [project] name'
        """
        here, place = "", 0
        for number, line in enumerate(self.text.splitlines(), 1):
            bare = line.strip()
            if bare.startswith("["):
                here = bare.strip("[]# ").replace('"', "")
                if here == table and not place:
                    place = number
            elif here == table and key and re.match(rf"\"?{re.escape(key)}\"?\s*=", bare):
                place = number
                break
        line_text = f":{place}" if place else ""
        return f"{self.path}{line_text}: [{table}]" + (f" {key}" if key else "")


def read_into(
    kind: type[T], values: Mapping[str, Any], source: Source, table: str, /, **given: Any
) -> T:
    r"""Return a dataclass from a table of TOML.

    Parameters
    ----------
    kind : type
        A dataclass; its fields are the keys. Texts, numbers, truths, tuples of them and mappings.
    values : mapping
    source : Source
    table : str
        The name of the table, for messages.
    **given
        Fields that do not come from the table.

    Raises
    ------
    InputError
        If a key is unknown, missing or a secret, or a value is of another kind; it says where.

    Examples
    --------
    >>> from evforecast.monitoring import PromotionPolicy
    >>> source = Source(Path("project.toml"), "[limits.promotion]\nmin_day = 5\n")
    >>> read_into(PromotionPolicy, {"min_day": 5}, source, "limits.promotion")
    Traceback (most recent call last):
    evforecast.errors.InputError: project.toml:2: [limits.promotion] min_day: there is no such key. Did ...
    """
    its: Any = kind
    fields = {one.name: one for one in dataclasses.fields(its) if one.name not in given}
    hints = get_type_hints(kind)
    for key, value in values.items():
        refuse_secret(key, source, table)
        if key not in fields:
            raise unknown(key, fields, source, table)
        check(value, hints[key], source, table, key)
    missing = [
        name
        for name, one in fields.items()
        if name not in values
        and one.default is dataclasses.MISSING
        and one.default_factory is dataclasses.MISSING
    ]
    if missing:
        msg = f"{source.at(table)}: {missing[0]!r} is missing. Write it there."
        raise InputError(msg)
    made = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    made |= {key: float(value) for key, value in values.items() if hints[key] is float}
    try:
        return kind(**{**made, **given})
    except InputError as error:
        msg = f"{source.at(table)}: {error}"
        raise InputError(msg) from error


def refuse_secret(key: str, source: Source, table: str, *, advice: str = _ADVICE) -> None:
    """Raise InputError if a key looks like that of a secret.

    Parameters
    ----------
    key : str
    source : Source
    table : str
    advice : str
        Where the secret belongs.

    Examples
    --------
    >>> refuse_secret("name", Source(Path("p"), ""), "project")
    """
    if _SECRET.search(key):
        raise secret(key, source, table, advice)


def secret(key: str, source: Source, table: str, advice: str = _ADVICE) -> InputError:
    """Return the error of a secret in a project file; what it is, is not said.

    Examples
    --------
    >>> str(secret("url", Source(Path("p"), ""), "feed.net", "Put it elsewhere"))
    'p: [feed.net] url: no secret in a project file, which is copied and committed. Put it elsewhere, and ...'
    """
    return InputError(
        f"{source.at(table, key)}: no secret in a project file, which is copied and committed. {advice}, "
        "and take it out here."
    )


def unknown(key: str, known: Any, source: Source, table: str) -> InputError:
    """Return the error of a key that is not known, with the nearest that is.

    Examples
    --------
    >>> str(unknown("nam", ["name"], Source(Path("p"), ""), "project"))
    "p: [project] nam: there is no such key. Did you mean 'name'? There are: name."
    """
    listed = list(known)
    near = difflib.get_close_matches(key, listed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return InputError(
        f"{source.at(table, key)}: there is no such key.{hint} There are: {', '.join(listed)}."
    )


def check(value: Any, kind: Any, source: Source, table: str, key: str) -> None:
    """Raise InputError unless a value is of a kind.

    Examples
    --------
    >>> check(1, str, Source(Path("p"), ""), "project", "name")
    Traceback (most recent call last):
    evforecast.errors.InputError: p: [project] name = 1: it is a whole number, and a text is needed.
    """
    if _is(value, kind):
        return
    found = (
        "a list"
        if isinstance(value, list)
        else _KINDS.get(type(value), f"a {type(value).__name__}")
    )
    found = "a table" if isinstance(value, dict) else found
    msg = f"{source.at(table, key)} = {value!r}: it is {found}, and {_wanted(kind)} is needed."
    raise InputError(msg)


def _is(value: Any, kind: Any) -> bool:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return any(_is(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, list) and all(_is(one, inner[0]) for one in value)
    if origin is not None:
        return isinstance(value, dict)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _wanted(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join(_wanted(one) for one in inner if one is not type(None))
    if origin is tuple:
        return f"a list, each {_wanted(inner[0])}"
    return "a table" if origin is not None else _KINDS.get(kind, str(kind))

"""Project variables, which are text to code whatever they were set to."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import Any, Literal, get_args

from evforecast.dataiku.client import dss
from evforecast.errors import InputError, require_choice
from evforecast.timegrid import as_time

__all__ = ["VariableKind", "set_variable", "variable"]

VariableKind = Literal["text", "int", "float", "bool", "time", "json"]
_REQUIRED: Any = object()


def _bool(text: str) -> bool:
    words = {"true": True, "false": False}
    return words[text.strip().lower()]


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "text": (str, "a text"),
    "int": (int, "a whole number, like 4"),
    "float": (float, "a number, like 0.5"),
    "bool": (_bool, "true or false"),
    "time": (as_time, "a time, UTC, like 2026-11-28T08:15"),
    "json": (json.loads, "JSON, like [1, 4, 16]"),
}


def variable(name: str, kind: VariableKind = "text", default: Any = _REQUIRED) -> Any:
    """Return a variable of the project, or of the scenario that runs, as what it stands for.

    Parameters
    ----------
    name : str
    kind : {'text', 'int', 'float', 'bool', 'time', 'json'}
        What it is: DSS hands over text for all. A time without a zone is UTC.
    default : optional
        What to return where there is no such variable; without it that is an error.

    Raises
    ------
    InputError
        If there is no such variable, or its text does not stand for such a thing.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(
    ...     tempfile.mkdtemp(), variables={"horizons": [1, 4], "as_of": "2026-11-28T08:15"}
    ... ):
    ...     (
    ...         variable("horizons", "json"),
    ...         str(variable("as_of", "time")),
    ...         variable("limit", "int", 3),
    ...     )
    ([1, 4], '2026-11-28T08:15:00', 3)
    """
    require_choice(kind, get_args(VariableKind), "kind")
    found: dict[str, str] = dss().get_custom_variables()
    if name not in found:
        if default is not _REQUIRED:
            return default
        near = difflib.get_close_matches(name, found, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = (
            f"variable {name!r} is not set in this project; there are {sorted(found)}.{hint} Set it under "
            "Variables, or in a scenario."
        )
        raise InputError(msg)
    reader, wanted = _READERS[kind]
    try:
        return reader(found[name])
    except (ValueError, KeyError) as error:
        msg = f"variable {name!r} is {found[name]!r}, where {wanted} is needed. Correct it under Variables."
        raise InputError(msg) from error


def set_variable(name: str, value: Any) -> None:
    """Set a local variable of the project: it stays on this node, no bundle holds it.

    In the recipe that sets it, it is seen by `variable` in the next run only: DSS hands variables over once.
    Two recipes that set variables at the same time may lose one of the two.

    Parameters
    ----------
    name : str
    value
        What JSON holds, or a time.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()):
    ...     set_variable("champion", 3)
    ...     variable("champion", "int")
    3
    """
    plain = value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)
    project = dss().api_client().get_default_project()
    known = project.get_variables()
    known["local"][name] = plain
    project.set_variables(known)

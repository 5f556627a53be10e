"""What Snowflake refuses while a forecast runs there, said so that a person knows what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from evforecast.errors import EvForecastError, TransientError
from evforecast.warehouse import WarehouseError

__all__ = ["advice", "explained"]

_SUSPENDED = 606
_QUOTA = 90073
_MISSING = {2003, 2043}
_NO_FUNCTION = {2140, 2141}
_NO_RIGHT = 3001
_HANDLER = 100357
# The last line of what Python says, an error of ours with its message.
_OURS = re.compile(r"evforecast\.(?:\w+\.)*(\w+Error): (.+?)(?: in function .*)?$")
_NOTHING = "Nothing was written: the forecast is one statement."


@contextmanager
def explained(function: str) -> Iterator[None]:
    """Say what an error of Snowflake means for a forecast that calls a function.

    Parameters
    ----------
    function : str
        Its name.

    Raises
    ------
    TransientError
        If the warehouse was suspended, or the statement cancelled: the same may succeed later.
    WarehouseError
        If a right or the function is missing, the credits are spent, or the handler itself raised.

    Examples
    --------
    >>> with explained("f"):
    ...     raise TransientError("Snowflake: MERGE: 000604 (57014): SQL execution canceled")
    Traceback (most recent call last):
    evforecast.errors.TransientError: Snowflake: MERGE: 000604 ... Nothing was written: ...
    """
    try:
        yield
    except TransientError as error:
        msg = f"{error} {_NOTHING}"
        raise TransientError(msg) from error
    except WarehouseError as error:
        raise _said(error, function) from error


def _said(error: WarehouseError, function: str) -> EvForecastError:
    errno = getattr(error, "errno", None)
    text = f"{error} {advice(errno, str(error), function)} {_NOTHING}"
    if errno == _SUSPENDED:
        return TransientError(text)
    kept = type(error).__new__(type(error))
    kept.__dict__.update(error.__dict__)
    kept.args = (text,)
    return kept


def advice(errno: int | None, text: str, function: str) -> str:
    """Return what to do about an error of Snowflake.

    Parameters
    ----------
    errno : int or None
        Its number.
    text : str
        What it says.
    function : str
        The name of the function that was called.

    Examples
    --------
    >>> advice(2141, "Unknown user-defined table function", "f")
    'The function f is not there, ... run deploy, or the script that `evforecast snowflake script` prints.'
    """
    if errno == _SUSPENDED:
        return "The warehouse is suspended and does not resume by itself: ALTER WAREHOUSE … RESUME."
    if errno == _QUOTA:
        return "Its resource monitor has no credits left: wait for the next period, or raise the quota."
    if errno in _NO_FUNCTION or (errno in _MISSING and function in text):
        return (
            f"The function {function} is not there, for this model in this version of the package, or the "
            "role may not use it: run deploy, or the script that `evforecast snowflake script` prints."
        )
    if errno in _MISSING or errno == _NO_RIGHT:
        return (
            "Was a grant revoked? The role needs USAGE on the function, the database and the schema, SELECT "
            "on the grid and the chargers, and SELECT, INSERT and UPDATE on the forecasts."
        )
    if errno == _HANDLER:
        found = _OURS.search(text)
        return f"The handler says: {found[1]}: {found[2]}" if found else "The handler failed."
    return ""

"""What the connector raises, said in our errors: what was asked, Snowflake's words, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evforecast.errors import EvForecastError, TransientError
from evforecast.warehouse.base import CopyError, WarehouseError

__all__ = ["SnowflakeError", "asked", "copy_error", "is_missing", "translate"]

# Classes of the connector, by name, since its versions have different ones. All mean that no answer came.
_PASSING = {
    "BadGatewayError",
    "GatewayTimeoutError",
    "InterfaceError",
    "InternalServerError",
    "OperationalError",
    "OtherHTTPRetryableError",
    "PresignedUrlExpiredError",
    "RequestExceedMaxRetryError",
    "RequestTimeoutError",
    "ServiceUnavailableError",
    "TokenExpiredError",
    "TooManyRequests",
}
_LASTING = {"NonRetryableTlsError", "RevocationCheckError"}  # kinds of OperationalError
_PASSING_CODES = {
    604: "cancelled",
    625: "waited too long for a lock",
    630: "ran out of its time",
    250002: "the connection is closed",
    390112: "the session is over",
    390114: "the session is over",
}
_MISSING = {2003, 2043}
_ADVICE = {
    606: "No warehouse is running this session: name one (EVFORECAST_SNOWFLAKE_WAREHOUSE or ?warehouse=).",
    2003: "Is the name right, capitals too, and may the role use it? Else ask for a GRANT.",
    2043: "Is the name right, capitals too, and may the role use it? Else ask for a GRANT.",
    3001: "The role may not do this: ask for a GRANT, or connect with another role.",
    90105: "The session has no database: name one (EVFORECAST_SNOWFLAKE_DATABASE or in the address).",
    90106: "The session has no schema: name one (EVFORECAST_SNOWFLAKE_SCHEMA or in the address).",
}
_LINE = re.compile(r"line (\d+)")
_FILE = re.compile(r"[Ff]ile '([^']+)'")
_COLUMN = re.compile(r"column (\S.*?)\s*(?:$|\n|If you would like)")


class SnowflakeError(WarehouseError):
    """Snowflake refused a statement; `errno` is its number, `query_id` finds it in the query history."""

    def __init__(self, message: str, errno: int | None = None, query_id: str | None = None) -> None:
        self.errno = errno
        self.query_id = query_id
        super().__init__(message)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Turn the connector's errors into ours; `what` begins the message.

    Examples
    --------
    >>> import snowflake.connector.errors as theirs
    >>> with asked("SELECT 1"):
    ...     raise theirs.ProgrammingError("no such thing", errno=2003, sqlstate="02000")
    Traceback (most recent call last):
    evforecast.warehouse.snowflake.errors.SnowflakeError: Snowflake: SELECT 1: 002003 (02000): no such ...
    """
    from snowflake.connector.errors import Error

    try:
        yield
    except Error as error:
        raise translate(error, what) from error


def translate(error: Any, what: str, secrets: Sequence[str] = ()) -> EvForecastError:
    """Return our error for one of the connector's, none of `secrets` in its message."""
    words = one_line(str(error.msg or error))
    for secret in secrets:
        words = words.replace(secret, "***")
    errno = error.errno if isinstance(error.errno, int) and error.errno > 0 else None
    query_id = getattr(error, "sfqid", None)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    passing = (kinds & _PASSING and not kinds & _LASTING) or errno in _PASSING_CODES
    if passing:
        return TransientError(f"Snowflake: {what}: {words}. Run it again: it resumes.")
    advice = _ADVICE.get(errno or 0, "")
    if not advice and query_id:
        advice = f"The query history has it as {query_id}."
    return SnowflakeError(f"Snowflake: {what}: {words}. {advice}".rstrip(), errno, query_id)


def is_missing(error: Exception) -> bool:
    """Return whether an error says that something does not exist (or that the role may not know)."""
    return isinstance(error, SnowflakeError) and error.errno in _MISSING


def copy_error(error: SnowflakeError, table: object, names: Sequence[str]) -> CopyError:
    """Return the error of a COPY that was refused, with the file, the line and the column where it says them.

    Examples
    --------
    >>> said = "Numeric value 'x' is not recognized File 's/run/a.csv', line 3, character 5 Row 3, column n"
    >>> error = copy_error(SnowflakeError(said), "t", ["a.csv", "b.csv"])
    >>> print(error.file, error, sep="; ")
    a.csv; a.csv, line 3, column n: it cannot be loaded into t: Numeric value 'x' ...
    """
    text = str(error)
    named = _FILE.search(text)
    file = named[1].rsplit("/", 1)[-1] if named else ""
    if file not in names:
        found = [name for name in names if name in text]
        file = found[0] if found else names[0] if len(names) == 1 else ""
    where = [file or f"one of {len(names):,} files"]
    if named:
        rest = text[named.end() :]
        where += [f"line {found[1]}" for found in _LINE.finditer(rest)][:1]
        where += [f"column {found[1]}" for found in _COLUMN.finditer(rest)][:1]
    return CopyError(f"{', '.join(where)}: it cannot be loaded into {table}: {text}", file)


def one_line(text: str) -> str:
    """Return a message of several lines as one of at most 600 characters, without a full stop."""
    return " ".join(text.split())[:600].rstrip(" .")

"""What DuckDB and Snowflake say differently about times and rows of numbers.

Everything else in this package is one text for both. Times become whole seconds since 1970 before anything
is counted with them, so that neither the rounding of a division nor a time zone of the session can matter.
"""

from __future__ import annotations

import numpy as np

from evforecast.errors import require_choice
from evforecast.warehouse import Dialect
from evforecast.warehouse.naming import literal
from evforecast.warehouse.snowflake.sql import literal as backslashed

__all__ = [
    "counted",
    "instant",
    "quotient",
    "require_dialect",
    "seconds",
    "text",
    "time_of",
    "whole",
]

_DIALECTS = ("duckdb", "snowflake")


def require_dialect(dialect: Dialect) -> None:
    """Raise InputError unless preparation is written for the database.

    Examples
    --------
    >>> from evforecast.warehouse import POSTGRES
    >>> require_dialect(POSTGRES)
    Traceback (most recent call last):
    evforecast.errors.InputError: dialect='postgres' ...
    """
    require_choice(dialect.name, _DIALECTS, "dialect")


def instant(dialect: Dialect, time: np.datetime64) -> str:
    """Return a time as a literal of the type that columns of times have.

    Examples
    --------
    >>> from evforecast.warehouse import SNOWFLAKE
    >>> instant(SNOWFLAKE, np.datetime64("2020-10-25T01:00"))
    "'2020-10-25 01:00:00'::TIMESTAMP_NTZ"
    """
    kind = "TIMESTAMP_NTZ" if dialect.name == "snowflake" else "TIMESTAMP"
    return f"'{str(time.astype('datetime64[s]')).replace('T', ' ')}'::{kind}"


def text(dialect: Dialect, value: str) -> str:
    """Return a text in single quotes, as the database reads it.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> print(text(DUCKDB, "it's"))
    'it''s'
    """
    return backslashed(value) if dialect.name == "snowflake" else literal(value)


def seconds(dialect: Dialect, time: str) -> str:
    """Return the whole seconds since 1970 of a time, any fraction cut off.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> seconds(DUCKDB, "t")
    "DATEDIFF('second', '1970-01-01 00:00:00'::TIMESTAMP, t)"
    """
    return f"DATEDIFF('second', {instant(dialect, np.datetime64(0, 's'))}, {time})"


def time_of(dialect: Dialect, second: str) -> str:
    """Return the time that is some whole seconds after 1970.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> time_of(DUCKDB, "n * 900")
    'MAKE_TIMESTAMP((n * 900) * 1000000)'
    """
    if dialect.name == "duckdb":
        return f"MAKE_TIMESTAMP(({second}) * 1000000)"
    return f"DATEADD('second', {second}, {instant(dialect, np.datetime64(0, 's'))})"


def whole(value: str) -> str:
    """Return a number as a whole one: a division makes fractions in both databases.

    Examples
    --------
    >>> whole("CEIL(s / 900)")
    'CAST(CEIL(s / 900) AS BIGINT)'
    """
    return f"CAST({value} AS BIGINT)"


def quotient(part: str, size: int) -> str:
    """Return how often a whole number goes into another that is not negative.

    Examples
    --------
    >>> quotient("minute", 60)
    'CAST(FLOOR((minute) / 60) AS BIGINT)'
    """
    return whole(f"FLOOR(({part}) / {size})")


def counted(dialect: Dialect, n: str | int) -> str:
    """Return a query of the numbers ``i`` from 0 to ``n - 1``.

    Parameters
    ----------
    dialect : Dialect
    n : int

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB, SNOWFLAKE
    >>> counted(DUCKDB, 3)
    'SELECT range AS i FROM RANGE(3)'
    >>> counted(SNOWFLAKE, 3)
    'SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS i FROM TABLE(GENERATOR(ROWCOUNT => 3))'
    """
    if dialect.name == "duckdb":
        return f"SELECT range AS i FROM RANGE({n})"
    # SEQ4 alone may leave numbers out
    return f"SELECT ROW_NUMBER() OVER (ORDER BY SEQ4()) - 1 AS i FROM TABLE(GENERATOR(ROWCOUNT => {n}))"

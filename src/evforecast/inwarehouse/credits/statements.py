"""The statements that read Snowflake's records, as text: each function returns one. Nothing here runs them.

Times come back as UTC without a zone whatever the session's zone is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evforecast.inwarehouse.credits.views import COLUMNS
from evforecast.warehouse.naming import TableName

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ATTRIBUTION", "AT_ONCE", "DAILY", "METERING", "OURS", "QUERIES", "own_history", "view"]

AT_ONCE = 10_000
"""The most rows that a function of the information schema returns."""

OURS = '%"app":"evforecast"%'
"""What our tags are like."""

QUERIES, ATTRIBUTION, METERING, DAILY = (
    TableName(("SNOWFLAKE", "ACCOUNT_USAGE", name))
    for name in (
        "QUERY_HISTORY",
        "QUERY_ATTRIBUTION_HISTORY",
        "WAREHOUSE_METERING_HISTORY",
        "METERING_DAILY_HISTORY",
    )
)
_SPILLS = tuple(name for name in COLUMNS["queries"] if "SPILLED" in name)


def view(table: TableName) -> tuple[str, tuple[str, ...]]:
    """Return the query of a view of ACCOUNT_USAGE, and which values it wants bound.

    Parameters
    ----------
    table : TableName
        `QUERIES`, `ATTRIBUTION`, `METERING` or `DAILY`.

    Returns
    -------
    sql : str
    values : tuple of str
        ``since``, ``until`` and ``ours``, in the order of the question marks.

    Examples
    --------
    >>> view(DAILY)[1]
    ('since', 'until')
    """
    name = {QUERIES: "queries", ATTRIBUTION: "attribution", METERING: "metering", DAILY: "daily"}[
        table
    ]
    time, kind = ("USAGE_DATE", "DATE") if table == DAILY else ("START_TIME", "TIMESTAMP_LTZ")
    columns = ", ".join(map(_column, COLUMNS[name]))
    between = f"{time} >= CAST(? AS {kind}) AND {time} < CAST(? AS {kind})"
    sql = f"SELECT {columns} FROM {table.sql} WHERE {between}"
    if table == QUERIES:
        return f"{sql} AND QUERY_TAG LIKE ?", ("since", "until", "ours")
    if table == ATTRIBUTION:
        # what ran inside a query of ours may carry a tag of its own
        inside = f"SELECT QUERY_ID FROM {table.sql} WHERE {between} AND QUERY_TAG LIKE ?"
        sql = f"{sql} AND (QUERY_TAG LIKE ? OR ROOT_QUERY_ID IN ({inside}))"
        return sql, ("since", "until", "ours", "since", "until", "ours")
    return sql, ("since", "until")


def own_history(scope: str, since: np.datetime64, until: np.datetime64) -> str:
    """Return the query of what the user, or the session, asked lately: at most `AT_ONCE` rows, the latest.

    There is no WHERE: it would be applied to these rows, and then nobody could tell that there are more. The
    times are written out: arguments of these functions are constants.

    Parameters
    ----------
    scope : {'USER', 'SESSION'}
    since, until : numpy.datetime64
        Of the end of the query, UTC, both included.

    Examples
    --------
    >>> import numpy as np
    >>> sql = own_history("USER", np.datetime64("2026-11-28"), np.datetime64("2026-11-28T08:15"))
    >>> sql[sql.index("FROM") :].split(", RESULT")[0][-52:]
    "TO_TIMESTAMP_LTZ('2026-11-28 08:15:00.000000+00:00')"
    """
    columns = ", ".join(
        f"NULL AS {name}" if name in _SPILLS else _column(name) for name in COLUMNS["queries"]
    )
    return (
        f"SELECT {columns} FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_{scope}("
        f"END_TIME_RANGE_START => {_instant(since)}, END_TIME_RANGE_END => {_instant(until)}, "
        f"RESULT_LIMIT => {AT_ONCE}))"
    )


def _column(name: str) -> str:
    if name in {"START_TIME", "END_TIME"}:
        return f"CONVERT_TIMEZONE('UTC', {name})::TIMESTAMP_NTZ AS {name}"
    return name


def _instant(time: np.datetime64) -> str:
    text = str(time.astype("datetime64[us]")).replace("T", " ")
    return f"TO_TIMESTAMP_LTZ('{text}+00:00')"

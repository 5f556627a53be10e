"""`read_views`: the best that a role may read of what Snowflake recorded, and what it may not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.session import is_snowflake
from evforecast.inwarehouse.credits.statements import (
    AT_ONCE,
    ATTRIBUTION,
    DAILY,
    METERING,
    OURS,
    QUERIES,
    own_history,
    view,
)
from evforecast.inwarehouse.credits.views import COLUMNS, LATENCY, Refusal, Views
from evforecast.timegrid import TimeLike, as_time
from evforecast.warehouse import TableName, Warehouse, WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError

__all__ = ["read_views"]

_LOG = logging.getLogger(__name__)

# Does not exist or not authorized (2003, 2043); insufficient privileges (3001).
_REFUSED = {2003, 2043, 3001}
_GRANT = "GRANT DATABASE ROLE SNOWFLAKE.{} TO ROLE …; allows it."
_REMEDIES = {
    QUERIES: _GRANT.format("GOVERNANCE_VIEWER")
    + " Without it only this user's queries of the last 7 days are known, and no spill.",
    ATTRIBUTION: _GRANT.format("USAGE_VIEWER") + " Without it credits are estimated by the clock.",
    METERING: _GRANT.format("USAGE_VIEWER")
    + " Without it idle time is not known; an estimate has the minute that a start costs, no more.",
    DAILY: _GRANT.format("USAGE_VIEWER")
    + " Without it the rule of a tenth is applied to what is known here, and serverless services are not.",
}
# A little less than the 7 days that the functions look back: else they refuse the whole of the question.
_LOOK_BACK = np.timedelta64(7 * 86_400 - 300, "s")


def read_views(
    warehouse: Warehouse, since: TimeLike, until: TimeLike, *, now: TimeLike | None = None
) -> Views:
    """Read what Snowflake recorded of our queries and of its warehouses, as far as the role may.

    Each view is tried by itself. QUERY_HISTORY needs the database role GOVERNANCE_VIEWER of the database
    SNOWFLAKE, QUERY_ATTRIBUTION_HISTORY that or USAGE_VIEWER, the two of metering USAGE_VIEWER. The latest
    queries of the own user, those of seven days where QUERY_HISTORY is refused, come from the information
    schema, which needs no grant.

    Parameters
    ----------
    warehouse : Warehouse
    since, until : time
        Which queries, by their start, UTC; `until` is not included. Hours and days of metering are whole
        ones.
    now : time, optional
        The present, UTC; `until` by default.

    Returns
    -------
    Views
        With what was refused, and why.

    Raises
    ------
    InputError
        If `since` is not before `until`, or the warehouse keeps no such records: DuckDB.
    WarehouseError
        If Snowflake refuses for another reason than a missing grant.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     read_views(warehouse, "2026-11-27", "2026-11-28")
    Traceback (most recent call last):
    evforecast.errors.InputError: read_views: duckdb:///... costs no credits: only Snowflake does.
    """
    start, end = as_time(since), as_time(until)
    present = end if now is None else as_time(now)
    if not start < end:
        msg = f"read_views: since {start} is not before until {end}."
        raise InputError(msg)
    if not is_snowflake(warehouse):
        msg = f"read_views: {warehouse.url} costs no credits: only Snowflake does."
        raise InputError(msg)
    refused: list[Refusal] = []
    frames = {
        table: _read(warehouse, table, start, end, refused)
        for table in (QUERIES, ATTRIBUTION, METERING, DAILY)
    }
    recorded = frames[QUERIES]
    # a view that may be read lacks the latest only
    late = _LOOK_BACK if recorded is None else LATENCY["queries"] + np.timedelta64(15 * 60, "s")
    own = None
    if present - late < end:
        own = _own(warehouse, max(start, present - late), min(end, present), refused)
    return Views(
        queries=_together(recorded, own, start, end),
        attribution=frames[ATTRIBUTION],
        metering=frames[METERING],
        daily=frames[DAILY],
        latency=LATENCY["queries"] if own is None else np.timedelta64(0, "s"),
        refused=tuple(refused),
    )


def _read(
    warehouse: Warehouse,
    table: TableName,
    since: np.datetime64,
    until: np.datetime64,
    refused: list[Refusal],
) -> pd.DataFrame | None:
    """Read a view of ACCOUNT_USAGE; None where the role may not."""
    if table in {METERING, DAILY}:
        unit = "D" if table == DAILY else "h"
        since, until = since.astype(f"datetime64[{unit}]"), _up(until, unit)
    if table != DAILY:
        since, until = since.astype("datetime64[s]"), until.astype("datetime64[s]")
    bound = {"since": _text(since), "until": _text(until), "ours": OURS}
    sql, values = view(table)
    try:
        rows = warehouse.run(sql, [bound[name] for name in values])
    except SnowflakeError as error:
        refused.append(_refusal(error, table.name, _REMEDIES[table]))
        return None
    names = {QUERIES: "queries", ATTRIBUTION: "attribution", METERING: "metering", DAILY: "daily"}
    return pd.DataFrame(rows, columns=list(COLUMNS[names[table]]))


def _own(
    warehouse: Warehouse, since: np.datetime64, until: np.datetime64, refused: list[Refusal]
) -> pd.DataFrame | None:
    """Read what the user asked lately, or else what the session did; None where neither may be read."""
    for scope, instead in (
        ("USER", "The queries of this session are read instead."),
        ("SESSION", "Queries are not known."),
    ):
        try:
            return _pages(warehouse, scope, since, until)
        except SnowflakeError as error:
            refused.append(_refusal(error, f"QUERY_HISTORY_BY_{scope}", instead))
    return None


def _pages(
    warehouse: Warehouse, scope: str, since: np.datetime64, until: np.datetime64
) -> pd.DataFrame:
    """Read the latest rows, then those before them, until there are no more."""
    pages: list[Sequence[tuple[Any, ...]]] = []
    ended = COLUMNS["queries"].index("END_TIME")
    while True:
        rows = warehouse.run(own_history(scope, since, until))
        pages.append(rows)
        if len(rows) < AT_ONCE:
            break
        first = min(np.datetime64(row[ended], "us") for row in rows)
        if not first < until:
            msg = (
                f"read_views: {AT_ONCE:,} queries ended at {until}, and Snowflake tells no more of one "
                "instant. Ask for a time that does not include it."
            )
            raise WarehouseError(msg)
        until = first
    frame = pd.DataFrame([row for page in pages for row in page], columns=list(COLUMNS["queries"]))
    return frame.drop_duplicates("QUERY_ID", ignore_index=True)


def _together(
    recorded: pd.DataFrame | None,
    own: pd.DataFrame | None,
    since: np.datetime64,
    until: np.datetime64,
) -> pd.DataFrame | None:
    """Return the queries of both, a recorded one before the same of the own history, by their start."""
    if own is None:
        return recorded
    started = pd.to_datetime(own["START_TIME"], utc=True).dt.tz_localize(None)
    own = own[(started >= pd.Timestamp(since)) & (started < pd.Timestamp(until))]
    if recorded is None:
        return own.reset_index(drop=True)
    new = own[~own["QUERY_ID"].isin(recorded["QUERY_ID"])]
    # an empty frame has no types to keep, and pandas warns where it would have to invent some
    parts = [part for part in (recorded, new) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else recorded


def _refusal(error: SnowflakeError, name: str, remedy: str) -> Refusal:
    """Return what a missing grant means; any other error goes on."""
    if error.errno not in _REFUSED:
        raise error
    _LOG.info("%s is not read: %s", name, error)
    return Refusal(name, error.errno, str(error), remedy)


def _up(time: np.datetime64, unit: str) -> np.datetime64:
    """Return the first whole hour or day that is not before a time."""
    whole = time.astype(f"datetime64[{unit}]")
    return whole if whole == time else whole + np.timedelta64(1, unit)  # type: ignore[call-overload,no-any-return]


def _text(time: np.datetime64) -> str:
    text = str(time).replace("T", " ")
    return text if np.datetime_data(time)[0] == "D" else f"{text}+00:00"

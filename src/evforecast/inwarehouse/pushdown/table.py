"""The table that a direct forecaster learns from, as SQL: `evforecast.features.FeatureTable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evforecast.errors import InputError
from evforecast.features import DEFAULT_GROUPS, feature_names, lookback_steps
from evforecast.features.profile import PROFILE_DAYS
from evforecast.features.table import CHANGE_HOURS, SAME_TIME, SHARE_HOURS
from evforecast.inwarehouse.pushdown.habits import Habits
from evforecast.inwarehouse.pushdown.local import LocalTime
from evforecast.inwarehouse.pushdown.paneltable import UNKNOWN, PanelTable, ratio
from evforecast.inwarehouse.pushdown.phrases import require_dialect, time_of
from evforecast.panel import Calendar
from evforecast.timegrid import TimeGrid
from evforecast.warehouse import Dialect, quote

__all__ = ["GROUPS_IN_SQL", "NOT_IN_SQL", "feature_query"]

NOT_IN_SQL: Mapping[str, str] = {
    "static": (
        "place and model of a charger are columns of the table evse already; their numbers are those of the "
        "training panel, and known to the model alone"
    ),
    "weather": (
        "series of the whole network lie in no agreed table; their gaps are filled where the panel is made"
    ),
    "weather_ahead": "as weather",
    "location_profile": (
        "no forecaster looks at it by default: it did not help on real data, and doubles the work of profile"
    ),
}
"""Groups of features that are not computed in SQL, and why."""

GROUPS_IN_SQL = tuple(group for group in DEFAULT_GROUPS if group not in NOT_IN_SQL)
"""Groups that are."""

_IN_TIME = "PARTITION BY evse_id ORDER BY k"
_SECONDS_PER_HOUR = 3600


def feature_query(
    dialect: Dialect,
    panel: PanelTable,
    horizon: int,
    *,
    groups: Sequence[str] = GROUPS_IN_SQL,
    calendar: Calendar | None = None,
    first: int | None = None,
    last: int | None = None,
) -> str:
    """Return the query of the features of cases: cutoff, evse_id, and a column for each.

    Parameters
    ----------
    dialect : Dialect
    panel : PanelTable
        The past. A forecast at one cutoff wants its last `evforecast.features.lookback_steps` rows.
    horizon : int
        Steps from the cutoff to the target.
    groups : sequence of str
        Of `GROUPS_IN_SQL`.
    calendar : Calendar, optional
        Holidays; without it there are none.
    first, last : int, optional
        The rows of the panel that are cutoffs, both included; by default the last row alone.

    Returns
    -------
    str
        A row for each cutoff and charger, features named and ordered as `evforecast.features.feature_names`
        does, NULL where unknown. Whole numbers are exact, shares to the last digit of a float32, the profile
        to about 1e-6, which is what float32 sums leave.

    Raises
    ------
    InputError
        If a group is not computed in SQL (it says why), or the rows are none.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> panel = PanelTable.of("2020-10-25", "2020-10-26")
    >>> feature_query(DUCKDB, panel, 4, groups=["weather"])
    Traceback (most recent call last):
    evforecast.errors.InputError: feature_query: 'weather' is not computed in SQL: series of ...
    """
    require_dialect(dialect)
    for group in groups:
        if group in NOT_IN_SQL:
            msg = f"feature_query: {group!r} is not computed in SQL: {NOT_IN_SQL[group]}. Leave it out."
            raise InputError(msg)
    rows = panel.grid_rows
    end = rows.n - 1 if last is None else last
    begin = end if first is None else first
    longest = PROFILE_DAYS * rows.slots_per_day
    if not 1 <= horizon <= longest or not 0 <= begin <= end < rows.n:
        msg = (
            f"feature_query: horizon={horizon}, first={begin} and last={end} do not fit a panel of "
            f"{rows.n:,} rows. A horizon is 1 to {longest} steps; rows are counted from 0."
        )
        raise InputError(msg)
    statuses, local = panel.scheme.names, _local(panel, horizon, calendar)
    names = feature_names(statuses, groups)
    wanted = f"k BETWEEN {begin} AND {end}"
    columns = _columns(dialect, panel, horizon, local)
    computed = ", ".join(f"{columns[name]} AS {quote(name)}" for name in names if name in columns)
    cases = (
        f"SELECT * FROM (SELECT evse_id AS unit, k AS row_at, {computed or 'k'} FROM histories AS h) AS f "
        f"WHERE row_at BETWEEN {begin} AND {end}"
    )
    joined = ""
    if "profile" in groups:
        profile = ", ".join(
            f"habit_{code} AS {quote(f'{status}_profile')}" for code, status in enumerate(statuses)
        )
        cells = Habits(dialect, panel, horizon, local).cells("histories", wanted)
        joined = (
            f" JOIN (SELECT evse_id AS habit_of, k AS habit_at, {profile} FROM ({cells}) AS p) AS q "
            "ON habit_of = unit AND habit_at = row_at"
        )
    return (
        f"WITH histories AS ({panel.histories(panel.states(panel.cells(dialect)))}) "
        f"SELECT {time_of(dialect, panel.second('row_at'))} AS {quote('cutoff')}, "
        f"unit AS {quote('evse_id')}, {', '.join(map(quote, names))} FROM ({cases}) AS g{joined}"
    )


def _local(panel: PanelTable, horizon: int, calendar: Calendar | None) -> LocalTime:
    """Return the clock for all rows from the days looked back on to the last target."""
    rows = panel.grid_rows
    before = PROFILE_DAYS * rows.slots_per_day
    grid = TimeGrid(rows.start - before * rows.step, rows.step, before + rows.n + horizon)
    return LocalTime(grid, panel.tz, Calendar.of() if calendar is None else calendar)


def _columns(dialect: Dialect, panel: PanelTable, horizon: int, local: LocalTime) -> dict[str, str]:
    """Return each feature by name, but the profile's, over the columns of `PanelTable.histories`."""
    limit, day = lookback_steps(panel.grid_rows.step), panel.grid_rows.slots_per_day
    statuses = list(enumerate(panel.scheme.names))
    oldest = f"GREATEST(k - {limit - 1}, 0)"
    known = f"began > {oldest}"
    columns = {
        "status": _code("status"),
        "age": f"LEAST(k - began + 1, {limit})",
        "stale": "stale",
        "previous": f"CASE WHEN {known} THEN {_code('previous')} ELSE -1 END",
        "previous_age": f"CASE WHEN {known} THEN began - GREATEST(previous_began, {oldest}) ELSE 0 END",
        "before_previous": (
            f"CASE WHEN {known} AND previous_began > {oldest} THEN {_code('before_previous')} ELSE -1 END"
        ),
    }
    for hours in CHANGE_HOURS:
        columns[f"changes_{hours}h"] = _since("changes", hours, panel)
    for hours in SHARE_HOURS:
        counts = [f"({_since(f'n_{code}', hours, panel)})" for code, _ in statuses]
        for code, name in statuses:
            columns[f"{name}_{hours}h"] = ratio(dialect, counts[code], f"({' + '.join(counts)})")
    at_location, everyone = "PARTITION BY location, k", "PARTITION BY k"
    columns["location_size"] = f"COUNT(*) OVER ({at_location})"
    for code, name in statuses:
        holds = f"CASE WHEN status = {code} THEN 1 END"
        columns[f"{name}_neighbours"] = (
            f"COUNT({holds}) OVER ({at_location}) - CASE WHEN status = {code} THEN 1 ELSE 0 END"
        )
        seen = f"COUNT(CASE WHEN status < {UNKNOWN} THEN 1 END) OVER ({everyone})"
        share = ratio(dialect, f"COUNT({holds}) OVER ({everyone})", seen)
        columns[f"{name}_network"] = f"COALESCE({share}, 0)"
    latest = (
        -(-horizon // day) * day - horizon
    )  # rows back to the target's time on the latest day past
    for days in SAME_TIME:
        back = latest + days * day
        columns[f"same_time_{days}d"] = f"LAG(code, {back}) OVER ({_IN_TIME})" if back else "code"
    target = panel.second(f"k + {horizon}")
    columns["target_minute"] = local.minute(target)
    columns["day_type"] = local.day_type(target)
    columns["school_holiday"] = local.school_holiday(target)
    return columns


def _code(status: str) -> str:
    return f"CASE WHEN {status} < {UNKNOWN} THEN {status} ELSE -1 END"


def _since(running: str, hours: int, panel: PanelTable) -> str:
    """Return how much a running count has grown in some hours."""
    rows = hours * _SECONDS_PER_HOUR // panel.step
    return f"{running} - COALESCE(LAG({running}, {rows}) OVER ({_IN_TIME}), 0)" if rows else "0"

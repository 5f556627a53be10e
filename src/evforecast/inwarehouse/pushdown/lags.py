"""The table of lags as SQL: what `evforecast.features.lag_features` computes from arrays."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.errors import InputError
from evforecast.features import lag_feature_names
from evforecast.features.lagged import LAGS
from evforecast.inwarehouse.pushdown.local import LocalTime
from evforecast.inwarehouse.pushdown.paneltable import PanelTable, ratio
from evforecast.inwarehouse.pushdown.phrases import time_of
from evforecast.timegrid import TimeGrid
from evforecast.warehouse import Dialect, quote

__all__ = ["lag_query"]

_WINDOW = "PARTITION BY evse_id ORDER BY k"


def lag_query(
    dialect: Dialect,
    panel: PanelTable,
    *,
    lags: Sequence[int] = LAGS,
    window: int | None = None,
    start: int | None = None,
    stop: int | None = None,
) -> str:
    """Return the query of what is known one step before each row: time, evse_id and the features.

    Parameters
    ----------
    dialect : Dialect
    panel : PanelTable
    lags, window, start, stop
        As for `evforecast.features.lag_features`: steps, and rows of the panel.

    Returns
    -------
    str
        A row for each target row and charger, features named as `evforecast.features.lag_feature_names`
        does, NULL where unknown. ``time`` is that of the target.

    Raises
    ------
    InputError
        If a lag, the window or a row is none.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> panel = PanelTable.of("2020-10-25", "2020-10-26")
    >>> "lag_672" in lag_query(DUCKDB, panel, start=0)
    True
    """
    rows = panel.grid_rows
    first, end = max(lags, default=0) if start is None else start, rows.n if stop is None else stop
    steps = rows.slots_per_day if window is None else window
    if not lags or min(*lags, steps) < 1 or not 0 <= first < end <= rows.n + 1:
        msg = (
            f"lag_query: lags={list(lags)}, window={window}, start={first} and stop={end} do not fit a panel "
            f"of {rows.n:,} rows. Lags and window are steps back, 1 or more; rows go to one past the last."
        )
        raise InputError(msg)
    statuses = panel.scheme.names
    reach = f"({_WINDOW} ROWS BETWEEN {steps} PRECEDING AND 1 PRECEDING)"
    counts = [
        f"COUNT(CASE WHEN code = {code} THEN 1 END) OVER {reach}" for code in range(len(statuses))
    ]
    seen = f"COUNT(code) OVER {reach}"
    local = LocalTime(TimeGrid(rows.start, rows.step, rows.n + 1), panel.tz)
    second = panel.second("k")
    names = lag_feature_names(statuses, lags)
    age = f"CASE WHEN LAG(code) OVER ({_WINDOW}) IS NOT NULL THEN LAG(k - began + 1) OVER ({_WINDOW}) END"
    values = [
        *(f"LAG(code, {lag}) OVER ({_WINDOW})" for lag in lags),
        age,
        *(ratio(dialect, count, seen) for count in counts),
        local.slot(second),
        local.weekday(second),
    ]
    listed = ", ".join(
        f"{value} AS {quote(name)}" for value, name in zip(values, names, strict=True)
    )
    every = ", ".join(map(quote, names))
    return (
        f"SELECT {quote('time')}, {quote('evse_id')}, {every} FROM (SELECT k, "
        f"{time_of(dialect, second)} AS {quote('time')}, evse_id AS {quote('evse_id')}, {listed} "
        f"FROM ({panel.states(panel.cells(dialect, more=1))}) AS a) AS f WHERE k >= {first} AND k < {end}"
    )

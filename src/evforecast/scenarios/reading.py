"""From the warehouse to panels and forecasts, a day at a time: rows are many and Python's are large."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel import CODE_DTYPE, MISSING, STATUS, StatusForecast, StatusPanel, evse_table
from evforecast.panel.evse import EVSE_COLUMNS
from evforecast.scenarios.tables import PROBABILITIES, TABLES, stamp
from evforecast.timegrid import TimeGrid
from evforecast.warehouse import Column, Warehouse
from evforecast.warehouse.statements import names

__all__ = ["at", "first_time", "read_evse", "read_forecasts", "read_panel"]

_DAY = np.timedelta64(86_400, "s")


def at(warehouse: Warehouse) -> str:
    """Return what stands for a time in SQL that is bound as text.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     at(warehouse)
    'CAST(? AS TIMESTAMP)'
    """
    return f"CAST(? AS {warehouse.dialect.type_of(Column('at', 'timestamp'))})"


def first_time(warehouse: Warehouse) -> np.datetime64 | None:
    """Return the first time of the grid in the warehouse, None of an empty one."""
    rows = warehouse.run(f'SELECT MIN("time") FROM {TABLES["status_grid"].sql}')
    return None if rows[0][0] is None else np.datetime64(rows[0][0], "s")


def read_evse(warehouse: Warehouse) -> pd.DataFrame:
    """Return the table of chargers, by rising id.

    Parameters
    ----------
    warehouse : Warehouse

    Returns
    -------
    pandas.DataFrame
        As `evforecast.panel.evse_table` makes it.
    """
    listed = ("evse_id", *EVSE_COLUMNS)
    rows = warehouse.run(f'SELECT {names(listed)} FROM {TABLES["evse"].sql} ORDER BY "evse_id"')
    frame = pd.DataFrame(rows, columns=list(listed), dtype=object)
    for name in ("lat", "lon"):
        frame[name] = frame[name].astype("float64")
    return evse_table(frame["evse_id"].tolist(), frame)


def read_panel(
    warehouse: Warehouse,
    *,
    since: np.datetime64,
    until: np.datetime64,
    step: np.timedelta64,
    tz: str,
) -> StatusPanel:
    """Return the statuses of a stretch of time.

    Parameters
    ----------
    warehouse : Warehouse
    since, until : numpy.datetime64
        The first row and the last, on the grid, UTC.
    step : numpy.timedelta64
    tz : str
        The zone of the panel.

    Returns
    -------
    StatusPanel
        All chargers of the warehouse, by rising id.
    """
    evse = read_evse(warehouse)
    grid = TimeGrid(since, step, int((until - since) // step) + 1)
    codes = np.full((grid.n, len(evse)), MISSING, dtype=CODE_DTYPE)
    places = {name: place for place, name in enumerate(evse.index)}
    sql = (
        f'SELECT "time", "evse_id", "code" FROM {TABLES["status_grid"].sql} '
        f'WHERE "time" >= {at(warehouse)} AND "time" < {at(warehouse)}'
    )
    begin = since
    while begin <= until:
        end = min(begin + _DAY, until + step)
        rows = warehouse.run(sql, [stamp(begin), stamp(end)])
        if rows:
            time, ids, code = zip(*rows, strict=True)
            row = (_times(time) - since) // step
            codes[row, [places[name] for name in ids]] = np.array(code, dtype=CODE_DTYPE)
        begin = end
    return StatusPanel(codes, grid, evse, tz=tz)


def read_forecasts(
    warehouse: Warehouse,
    model: str,
    cutoffs: npt.NDArray[np.datetime64],
    *,
    evse: pd.DataFrame,
    step: np.timedelta64,
) -> Iterator[StatusForecast]:
    """Yield the forecasts that a model gave out, by cutoff.

    Parameters
    ----------
    warehouse : Warehouse
    model : str
        As the table calls it.
    cutoffs : numpy.ndarray
        Increasing; those without a forecast are left out.
    evse : pandas.DataFrame
        The chargers, as `read_evse` returns them.
    step : numpy.timedelta64
    """
    days = cutoffs.astype("datetime64[D]")
    for day in np.unique(days):
        asked = cutoffs[days == day]
        listed = ", ".join([at(warehouse)] * len(asked))
        rows = warehouse.run(
            f'SELECT "cutoff", "horizon", "evse_id", {names(PROBABILITIES)} '
            f'FROM {TABLES["forecast"].sql} WHERE "model" = ? AND "cutoff" IN ({listed})',
            [model, *map(stamp, asked)],
        )
        if rows:
            yield from _forecasts(rows, evse, step)


def _forecasts(
    rows: list[tuple[object, ...]], evse: pd.DataFrame, step: np.timedelta64
) -> Iterator[StatusForecast]:
    time, horizon, ids, *proba = zip(*rows, strict=True)
    cutoffs, cutoff = np.unique(_times(time), return_inverse=True)
    horizons, steps = np.unique(np.array(horizon, dtype=np.int64), return_inverse=True)
    place = evse.index.get_indexer(pd.Index(ids, dtype=object))
    law = np.full((len(cutoffs), len(horizons), len(evse), len(STATUS)), np.nan, dtype=np.float32)
    law[cutoff, steps, place] = np.array(proba, dtype=np.float64).T
    for number, at_time in enumerate(cutoffs):
        had = ~np.isnan(law[number]).any(axis=(0, 2))
        yield StatusForecast(
            law[number][:, had],
            cutoff=at_time,
            step=step,
            horizons=horizons.tolist(),
            evse=evse[had],
            scheme=STATUS,
        )


def _times(values: object) -> npt.NDArray[np.datetime64]:
    return np.array(values, dtype="datetime64[s]")

"""From the log to the grid: which status each charger had last, at each instant; as SQL.

The same as `evforecast.panel.StatusLog.to_panel`, cell for cell. Slots are counted in steps since 1970: every
day has the same ones, since a step divides it, so a change of the clocks changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.log import LogTable, Span
from evforecast.inwarehouse.pushdown.phrases import counted, instant, time_of, whole
from evforecast.warehouse import Column, Dialect, quote

__all__ = ["GRID", "GridRows", "grid_query"]

GRID = (
    Column("time", "timestamp", nullable=False),
    Column("evse_id", "text", nullable=False),
    Column("code", "int2", nullable=False),
)
"""The columns of a grid. Missing is no row."""

_EPOCH = np.datetime64(0, "s")
# One number that grows with the order of the rows of one slot: when observed, within the step before the
# slot (17 bits), then when collected (33 bits), then the code (7 bits, 127 for none). Its maximum is the row
# that counts, for the price of one aggregate: a window with an order takes twice as long.
_COLLECTED, _CODE, _NONE = 2**33, 2**7, 127


@dataclass(frozen=True)
class GridRows:
    """The instants of a grid that are asked for.

    Parameters
    ----------
    first, last : numpy.datetime64
        The first and the last of them.
    step : numpy.timedelta64
    max_age : numpy.timedelta64
        How long an observation stands.

    Raises
    ------
    InputError
        If `max_age` is not positive.

    Examples
    --------
    >>> from evforecast.timegrid import as_step, as_time
    >>> rows = GridRows(
    ...     as_time("2020-10-25"), as_time("2020-10-26"), as_step("15min"), as_step("1h")
    ... )
    >>> rows.span(None).after
    np.datetime64('2020-10-24T23:00:00')
    """

    first: np.datetime64
    last: np.datetime64
    step: np.timedelta64
    max_age: np.timedelta64

    def __post_init__(self) -> None:
        if self.max_age <= np.timedelta64(0, "s"):
            msg = f"grid: max_age must be positive, found {self.max_age}."
            raise InputError(msg)

    def span(self, as_of: np.datetime64 | None) -> Span:
        """Return which rows of the log can stand there."""
        return Span(self.first - self.max_age, self.last, as_of=as_of)

    def within(self, dialect: Dialect) -> str:
        """Return the condition that a row of the grid is one of them."""
        time = quote("time")
        return (
            f"{time} >= {instant(dialect, self.first)} AND {time} <= {instant(dialect, self.last)}"
        )


def grid_query(
    dialect: Dialect, log: LogTable, rows: GridRows, *, as_of: np.datetime64 | None = None
) -> str:
    """Return the query of a grid: time, evse_id, code; a row for each cell that is not missing.

    Parameters
    ----------
    dialect : Dialect
    log : LogTable
    rows : GridRows
    as_of : numpy.datetime64, optional
        Of the log, what was collected by then.

    Examples
    --------
    >>> from evforecast.timegrid import as_step, as_time
    >>> from evforecast.warehouse import DUCKDB
    >>> day, step = as_time("2020-10-25"), as_step("15min")
    >>> "LEAD" in grid_query(DUCKDB, LogTable("status"), GridRows(day, day, step, step))
    False
    """
    step, age = (int(each.astype(np.int64)) for each in (rows.step, rows.max_age))
    first, last = (int((time - _EPOCH) // rows.step) for time in (rows.first, rows.last))
    packed = (
        f"((observed - (slot - 1) * {step}) * {_COLLECTED} + collected) * {_CODE} "
        f"+ COALESCE(code, {_NONE})"
    )
    newest = (
        f"SELECT evse_id, slot, MAX(observed) AS newest_at, MOD(MAX({packed}), {_CODE}) AS status "
        f"FROM (SELECT evse_id, observed, collected, code, {whole(f'CEIL(observed / {step})')} AS slot "
        f"FROM ({log.read(dialect, rows.span(as_of))}) AS r) AS s GROUP BY evse_id, slot"
    )
    # the last slot in which the observation is younger than max_age
    fresh = whole(f"CEIL((newest_at + {age}) / {step}) - 1")
    if age <= step:
        cells = (
            f"SELECT evse_id, slot, status FROM ({newest}) AS w "
            f"WHERE slot BETWEEN {first} AND {last} AND slot <= {fresh}"
        )
    else:
        steps = min(-(-age // step), last - first + 1)
        cells = (
            f"SELECT evse_id, since + i AS slot, status FROM (SELECT evse_id, status, "
            f"GREATEST(slot, {first}) AS since, LEAST({fresh}, COALESCE(LEAD(slot) OVER "
            f"(PARTITION BY evse_id ORDER BY slot) - 1, {last}), {last}) AS till FROM ({newest}) AS w) AS b "
            f"JOIN ({counted(dialect, steps)}) AS n ON i <= till - since"
        )
    time, evse_id, code = (quote(column.name) for column in GRID)
    return (
        f"SELECT {time_of(dialect, f'slot * {step}')} AS {time}, evse_id AS {evse_id}, "
        f"CAST(status AS SMALLINT) AS {code} FROM ({cells}) AS c WHERE status < {_NONE}"
    )

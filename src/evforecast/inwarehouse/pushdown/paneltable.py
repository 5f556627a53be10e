"""`PanelTable`: a panel that lies in a warehouse, and the queries of its cells that features begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.phrases import counted, instant, quotient, seconds
from evforecast.panel import STATUS, StatusScheme
from evforecast.timegrid import StepLike, TimeGrid, TimeLike, as_step, as_time
from evforecast.warehouse import Dialect, TableName, quote

__all__ = ["UNKNOWN", "PanelTable", "ratio"]

UNKNOWN = 127
"""What stands for a status that is not known, inside the queries."""

_EPOCH = np.datetime64(0, "s")
_IN_TIME = "PARTITION BY evse_id ORDER BY k"
_SO_FAR = f"({_IN_TIME} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"


@dataclass(frozen=True)
class PanelTable:
    """The rows of a grid that are taken for a panel: from `first` to `last`, of all chargers.

    Parameters
    ----------
    grid_rows : TimeGrid
        The rows.
    tz : str
        The zone of the clock on the chargers' wall.
    grid, evse : TableName or str
        The tables of the statuses (``time``, ``evse_id``, ``code``) and of the chargers (``evse_id``,
        ``location_id``).
    scheme : StatusScheme
        What the codes mean.

    Examples
    --------
    >>> panel = PanelTable.of("2020-10-25", "2020-10-25T06:00", "15min", tz="Europe/Paris")
    >>> panel.grid_rows.n
    25
    """

    grid_rows: TimeGrid
    tz: str = "UTC"
    grid: TableName | str = "status_grid"
    evse: TableName | str = "evse"
    scheme: StatusScheme = STATUS

    @classmethod
    def of(
        cls,
        first: TimeLike,
        last: TimeLike,
        step: StepLike = "15min",
        *,
        tz: str = "UTC",
        grid: TableName | str = "status_grid",
        evse: TableName | str = "evse",
        scheme: StatusScheme = STATUS,
    ) -> Self:
        """Return the panel from a first to a last row, both included.

        Raises
        ------
        InputError
            If they are not on one grid, or the last comes before the first.
        """
        start, end, size = as_time(first), as_time(last), as_step(step)
        if end < start or (end - start) % size or (start - _EPOCH) % size:
            msg = f"PanelTable: {start} and {end} are no first and last row of a grid of {step}."
            raise InputError(msg)
        rows = TimeGrid(start, size, int((end - start) // size) + 1)
        return cls(rows, tz, grid, evse, scheme)

    @property
    def step(self) -> int:
        """The step in seconds."""
        return int(self.grid_rows.step.astype(np.int64))

    def second(self, row: str) -> str:
        """Return the seconds since 1970 of a row, in SQL."""
        return f"({int(self.grid_rows.start.astype(np.int64))} + ({row}) * {self.step})"

    def cells(self, dialect: Dialect, more: int = 0) -> str:
        """Return the query of all cells: evse_id, location, k, code.

        Parameters
        ----------
        dialect : Dialect
        more : int
            Rows after the last, of which no status is known.

        Notes
        -----
        ``k`` is the row, ``code`` is NULL where missing.
        """
        rows, time, evse = self.grid_rows, quote("time"), quote("evse_id")
        units = (
            f"SELECT {evse} AS evse_id, COALESCE({quote('location_id')}, {evse}) AS location "
            f"FROM {TableName.parse(self.evse).sql}"
        )
        row = quotient(f"{seconds(dialect, time)} - {self.second('0')}", self.step)
        known = (
            f"SELECT {evse} AS unit, {row} AS row_number_, {quote('code')} AS code "
            f"FROM {TableName.parse(self.grid).sql} WHERE {time} >= {instant(dialect, rows.start)} "
            f"AND {time} <= {instant(dialect, rows.last)}"
        )
        return (
            f"SELECT evse_id, location, i AS k, code FROM ({units}) AS e "
            f"CROSS JOIN ({counted(dialect, rows.n + more)}) AS n "
            f"LEFT JOIN ({known}) AS g ON unit = evse_id AND row_number_ = i"
        )

    def states(self, cells: str) -> str:
        """Return the query of cells with what `evforecast.features.runs` knows of them.

        ``status`` is the last observed one and ``stale`` its age in rows; ``began`` the row in which its run
        began, ``turned`` whether that is this row, ``previous`` the status before; ``changes`` how often the
        status has changed.
        """
        # a running maximum of the row, with what belongs to the row in the digits below it
        seen = (
            f"SELECT evse_id, location, k, code, MAX(k * 128 + code) OVER {_SO_FAR} AS seen "
            f"FROM ({cells}) AS c"
        )
        status = (
            f"SELECT evse_id, location, k, code, COALESCE(MOD(seen, 128), {UNKNOWN}) AS status, "
            f"COALESCE(k - {quotient('seen', 128)}, 0) AS stale FROM ({seen}) AS s"
        )
        before = f"SELECT *, COALESCE(LAG(status) OVER ({_IN_TIME}), {UNKNOWN}) AS older FROM ({status}) AS t"
        turned = (
            "SELECT *, CASE WHEN k = 0 OR status <> older THEN 1 ELSE 0 END AS turned "
            f"FROM ({before}) AS b"
        )
        run = (
            f"SELECT *, MAX(CASE WHEN turned = 1 THEN k * 128 + older END) OVER {_SO_FAR} AS run, "
            f"COUNT(CASE WHEN turned = 1 AND k > 0 THEN 1 END) OVER {_SO_FAR} AS changes "
            f"FROM ({turned}) AS u"
        )
        return (
            f"SELECT evse_id, location, k, code, status, stale, turned, changes, "
            f"{quotient('run', 128)} AS began, MOD(run, 128) AS previous FROM ({run}) AS r"
        )

    def histories(self, states: str) -> str:
        """Return the query of states with the run before, and how often each status was observed so far.

        ``previous_began`` and ``before_previous`` are ``began`` and ``previous`` of the run before; ``n_0``,
        ``n_1`` … counts up to the row.
        """
        size = (self.grid_rows.n + 1) * 128
        counts = ", ".join(
            f"COUNT(CASE WHEN code = {code} THEN 1 END) OVER {_SO_FAR} AS n_{code}"
            for code in range(len(self.scheme))
        )
        lagged = (
            f"SELECT *, COALESCE(LAG(began) OVER ({_IN_TIME}), 0) * 128 "
            f"+ COALESCE(LAG(previous) OVER ({_IN_TIME}), {UNKNOWN}) AS older FROM ({states}) AS w"
        )
        packed = (
            f"SELECT *, {counts}, MOD(MAX(CASE WHEN turned = 1 THEN k * {size} + older END) "
            f"OVER {_SO_FAR}, {size}) AS oldest FROM ({lagged}) AS h"
        )
        return (
            f"SELECT *, {quotient('oldest', 128)} AS previous_began, "
            f"MOD(oldest, 128) AS before_previous FROM ({packed}) AS o"
        )


def ratio(dialect: Dialect, part: str, whole: str) -> str:
    """Return a quotient as a number of 64 bits, NULL where the divisor is 0.

    Two whole numbers divided are a decimal with six digits in Snowflake.

    Examples
    --------
    >>> from evforecast.warehouse import SNOWFLAKE
    >>> ratio(SNOWFLAKE, "a", "b")
    'CAST(a AS FLOAT) / NULLIF(b, 0)'
    """
    return f"CAST({part} AS {dialect.float_type}) / NULLIF({whole}, 0)"

"""The grid of a warehouse kept up to date from its log: what changed is written, the rest is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import DuplicateObservationError, EmptyInputError, InputError
from evforecast.inwarehouse.pushdown.grid import GRID, GridRows, grid_query
from evforecast.inwarehouse.pushdown.log import LogTable, Span
from evforecast.inwarehouse.pushdown.phrases import require_dialect
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time, step_text
from evforecast.warehouse import Column, TableName, Warehouse, WarehouseError, quote
from evforecast.warehouse.statements import names, same_key

__all__ = ["Resampled", "Resampling", "to_grid"]

_EPOCH = np.datetime64(0, "s")
_SECOND = np.timedelta64(1, "s")
# Rows of a log whose grid an embedded database sorts and joins within its memory limit.
_AT_ONCE = 1_000_000
_TIME, _EVSE, _CODE = (quote(column.name) for column in GRID)


@dataclass(frozen=True)
class Resampled:
    """What a resampling did.

    Attributes
    ----------
    first, last : numpy.datetime64 or None
        The rows of the grid that were looked at; None where no observation asked for it.
    written, removed : int
        Cells that came, and cells that went; one whose status changed is among both.
    set_apart : int
        Rows of the log that cannot be used, of those looked at; they are in the quarantine.
    """

    first: np.datetime64 | None
    last: np.datetime64 | None
    written: int
    removed: int
    set_apart: int


@dataclass(frozen=True)
class Resampling:
    """How a log is put on a grid, and where it stands.

    Parameters
    ----------
    log : LogTable
    step : str or timedelta
        Of the grid, aligned on midnight UTC.
    max_age : str or timedelta, optional
        How long an observation stands when nothing newer comes; `step` by default.
    into, apart : str or TableName
        The table of the grid, and that of the rows that cannot be used.

    Examples
    --------
    >>> Resampling(LogTable("status"), "15min").age
    np.timedelta64(900,'s')
    """

    log: LogTable
    step: StepLike = "15min"
    max_age: StepLike | None = None
    into: TableName | str = "status_grid"
    apart: TableName | str = "status_quarantine"

    @property
    def size(self) -> np.timedelta64:
        """The step."""
        return as_step(self.step)

    @property
    def age(self) -> np.timedelta64:
        """How long an observation stands."""
        if self.max_age is None:
            return self.size
        return np.timedelta64(int(pd.Timedelta(self.max_age).total_seconds()), "s")

    def make_tables(self, warehouse: Warehouse) -> None:
        """Make the grid and the quarantine where they do not stand; not inside a transaction.

        Raises
        ------
        WarehouseError
            If there is no log.
        InputError
            If it lacks a column.
        """
        require_dialect(warehouse.dialect)
        found = warehouse.columns(self.log.name)
        if found is None:
            msg = f"{warehouse.url}: there is no table {self.log.name} to put on a grid. Load it first."
            raise WarehouseError(msg)
        kinds = {column.name: column for column in found}
        wanted = [*self.log.columns, *([self.log.order] if self.log.order else [])]
        if missing := [name for name in wanted if name not in kinds]:
            msg = f"{self.log.name}: the log has no column {missing}, only {list(kinds)}."
            raise InputError(msg)
        kept = [Column(name, kinds[name].kind) for name in self.log.columns]
        warehouse.create(TableName.parse(self.into), GRID, transient=False)
        warehouse.create(
            TableName.parse(self.apart), [*kept, Column("reason", "text")], transient=False
        )

    def update(
        self,
        warehouse: Warehouse,
        *,
        since: TimeLike | None = None,
        until: TimeLike | None = None,
        collected_after: TimeLike | None = None,
        as_of: TimeLike | None = None,
    ) -> Resampled:
        """Do what `to_grid` does in a transaction of the caller's, once `make_tables` has been called."""
        known, before = _time(as_of), _time(collected_after)
        apart = self._set_apart(warehouse, Span(collected_after=before, as_of=known))
        if before is None:
            rows = self._asked_for(warehouse, _time(since), _time(until), known)
        else:
            rows = self._changed(warehouse, before, known)
        if rows is None:
            return Resampled(None, None, 0, 0, apart)
        written = removed = 0
        for block in self._blocks(warehouse, rows, known):
            if self.log.duplicates == "raise":
                self._refuse_repeats(warehouse, block, known)
            gone, come = self._merge(warehouse, block, known)
            removed, written = removed + gone, written + come
        return Resampled(rows.first, rows.last, written, removed, apart)

    def _asked_for(
        self,
        warehouse: Warehouse,
        first: np.datetime64 | None,
        end: np.datetime64 | None,
        as_of: np.datetime64 | None,
    ) -> GridRows | None:
        """Return the rows from a first time on and before an end, as `StatusLog.to_panel` has them."""
        if first is None or end is None:
            oldest, newest, *_ = self._extent(warehouse, as_of)
            if oldest is None or newest is None:
                return None
            first = self._slot(oldest) if first is None else first
            end = self._slot(newest) + self.size if end is None else end
        if self._slot(first) != first:
            msg = (
                f"{self.into}: since {first} is off the grid of {step_text(self.size)}, which holds "
                f"{self._slot(first)}."
            )
            raise InputError(msg)
        last = self._slot(end) - self.size
        if last < first:
            msg = f"{self.into}: nothing lies between {first} and {end}. Check since and until."
            raise EmptyInputError(msg)
        return GridRows(first, last, self.size, self.age)

    def _changed(
        self, warehouse: Warehouse, before: np.datetime64, as_of: np.datetime64 | None
    ) -> GridRows | None:
        """Return the rows that what was collected later can change: late rows change old ones.

        To them belongs what lies behind the end of the grid before: statuses are carried there too.
        """
        _, newest, oldest_new, newest_new, newest_old = self._extent(warehouse, as_of, before)
        if newest is None or oldest_new is None or newest_new is None:
            return None
        first, last = self._slot(oldest_new), self._slot(newest)
        if newest_old is not None:
            end_before = self._slot(newest_old)
            first = min(first, end_before + self.size)
            if last == end_before:
                last = min(last, self._slot(newest_new + self.age))
        return GridRows(first, last, self.size, self.age)

    def _slot(self, time: np.datetime64) -> np.datetime64:
        return _EPOCH + -(-(time - _EPOCH) // self.size) * self.size

    def _extent(
        self,
        warehouse: Warehouse,
        as_of: np.datetime64 | None,
        before: np.datetime64 | None = None,
    ) -> list[np.datetime64 | None]:
        """Return the oldest and the newest observation, both of what is new, and the newest before that."""
        old = "TRUE" if before is None else f"collected <= {int((before - _EPOCH) // _SECOND)}"
        query = (
            "SELECT MIN(observed), MAX(observed), MIN(CASE WHEN NOT known THEN observed END), "
            "MAX(CASE WHEN NOT known THEN observed END), MAX(CASE WHEN known THEN observed END) "
            f"FROM (SELECT observed, {old} AS known "
            f"FROM ({self.log.usable(warehouse.dialect, Span(as_of=as_of))}) AS r) AS s"
        )
        found: tuple[Any, ...] = warehouse.run(query)[0]
        return [None if second is None else _EPOCH + int(second) * _SECOND for second in found]

    def _blocks(
        self, warehouse: Warehouse, rows: GridRows, as_of: np.datetime64 | None
    ) -> Iterator[GridRows]:
        """Cut rows so that an embedded database holds each; Snowflake takes all at once."""
        parts = 1
        if warehouse.dialect.name == "duckdb":
            seen = self.log.usable(warehouse.dialect, rows.span(as_of))
            parts += warehouse.run(f"SELECT COUNT(*) FROM ({seen}) AS r")[0][0] // _AT_ONCE
        n = int((rows.last - rows.first) // rows.step) + 1
        height = -(-n // parts)
        for start in range(0, n, height):
            first = rows.first + start * rows.step
            last = min(first + (height - 1) * rows.step, rows.last)
            yield GridRows(first, last, rows.step, rows.max_age)

    def _refuse_repeats(
        self, warehouse: Warehouse, rows: GridRows, as_of: np.datetime64 | None
    ) -> None:
        found = warehouse.run(self.log.repeats(warehouse.dialect, rows.span(as_of)))
        if found:
            examples = [f"{evse} at {_EPOCH + int(at) * _SECOND}" for evse, at, _ in found[:3]]
            count = sum(int(more) for *_, more in found)
            raise DuplicateObservationError(f"{self.log.name}", count, examples)

    def _merge(
        self, warehouse: Warehouse, rows: GridRows, as_of: np.datetime64 | None
    ) -> tuple[int, int]:
        """Remove the cells that the log does not say any more, insert those that are not there."""
        dialect, grid = warehouse.dialect, TableName.parse(self.into)
        here = f"FROM {grid.sql} WHERE {rows.within(dialect)}"
        new = grid_query(dialect, self.log, rows, as_of=as_of)
        if not warehouse.run(f"SELECT 1 {here} LIMIT 1"):
            every = names(GRID)
            return 0, _count(warehouse, f"INSERT INTO {grid.sql} ({every}) {new}")
        said = (
            f"SELECT 1 FROM (SELECT {_TIME} AS said_at, {_EVSE} AS said_of, {_CODE} AS said "
            f"FROM ({new}) AS n) AS s WHERE said_at = {_TIME} AND said_of = {_EVSE} AND said = {_CODE}"
        )
        removed = _count(warehouse, f"DELETE {here} AND NOT EXISTS ({said})")
        key = [column.name for column in GRID[:2]]
        lacking = (
            f"INSERT INTO {grid.sql} ({names(GRID)}) SELECT {names(GRID, 's')} FROM ({new}) AS s "
            f"LEFT JOIN (SELECT {names(key)} {here}) AS t ON {same_key(key)} WHERE t.{_EVSE} IS NULL"
        )
        return removed, _count(warehouse, lacking)

    def _set_apart(self, warehouse: Warehouse, span: Span) -> int:
        """Put what cannot be used in the place of what could not be the time before."""
        dialect, apart = warehouse.dialect, TableName.parse(self.apart)
        warehouse.run(f"DELETE FROM {apart.sql} WHERE {self.log.apart_within(dialect, span)}")
        listed = names([*self.log.columns, "reason"])
        return _count(
            warehouse,
            f"INSERT INTO {apart.sql} ({listed}) {self.log.set_apart(dialect, span)}",
        )


def to_grid(
    warehouse: Warehouse,
    resampling: Resampling,
    *,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    collected_after: TimeLike | None = None,
    as_of: TimeLike | None = None,
) -> Resampled:
    """Put a log on a grid inside the warehouse: the same cells as `evforecast.panel.StatusLog.to_panel`.

    It is one transaction, and may be run again: cells that are right already are left alone. Rows of the log
    that cannot be used go to the quarantine with their reason.

    Parameters
    ----------
    warehouse : Warehouse
        DuckDB or Snowflake.
    resampling : Resampling
    since, until : time, optional
        The first row, and the time the rows end before; by default the span of the observations.
    collected_after : time, optional
        The `as_of` of the time before: instead of `since` and `until`, all rows that what was collected
        since can change.
    as_of : time, optional
        Only what was collected by then is known; by default all.

    Returns
    -------
    Resampled

    Raises
    ------
    EmptyInputError
        If `until` leaves no row.
    InputError
        If `since` is off the grid, or the log lacks a column.
    WarehouseError
        If there is no log.
    DuplicateObservationError
        If rows of the log have one charger, observation and collection, and the log says ``raise``.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     _ = warehouse.run(
    ...         "CREATE TABLE status AS SELECT 'a' AS evse_id, 'down' AS status, TIMESTAMP "
    ...         "'2020-10-25 00:02:00' AS observed_at, TIMESTAMP '2020-10-25 00:03:00' AS collected_at"
    ...     )
    ...     done = to_grid(warehouse, Resampling(LogTable("status")))
    ...     print(done.written, warehouse.run("SELECT * FROM status_grid"))
    1 [(datetime.datetime(2020, 10, 25, 0, 15), 'a', 4)]
    """
    resampling.make_tables(warehouse)
    with warehouse.transaction():
        return resampling.update(
            warehouse, since=since, until=until, collected_after=collected_after, as_of=as_of
        )


def _count(warehouse: Warehouse, sql: str) -> int:
    return int(warehouse.run(sql)[0][0])


def _time(value: TimeLike | None) -> np.datetime64 | None:
    return None if value is None else as_time(value)

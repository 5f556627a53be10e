"""The tables of a project in the warehouse, and the one way in which their rows change.

Rows and the watermark of the step that made them are committed together. The watermark is moved first, and
only if it still stands where the step found it: of two schedulers that do the same work, one is refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evforecast.errors import TransientError
from evforecast.panel import STATUS
from evforecast.warehouse import Column, FileFormat, Kind, TableName, Warehouse, quote
from evforecast.warehouse.statements import names

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "PROBABILITIES",
    "TABLES",
    "Change",
    "Table",
    "commit",
    "forget_passing",
    "make",
    "stamp",
    "watermark",
]

_FORMAT = FileFormat("parquet", "zstd")

PROBABILITIES = tuple(f"p_{status}" for status in STATUS.names)
"""The columns of the table ``forecast`` that hold probabilities, in the order of the scheme."""


@dataclass(frozen=True)
class Table:
    """A table of a project.

    Attributes
    ----------
    name : str
    columns : tuple of Column
    key : tuple of str
        What tells its rows apart.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return quote(self.name)


def _table(name: str, key: str, /, **kinds: Kind) -> Table:
    keys = tuple(key.split())
    columns = [Column(column, kind, nullable=column not in keys) for column, kind in kinds.items()]
    return Table(name, tuple(columns), keys)


_PROBABILITIES: dict[str, Kind] = dict.fromkeys(PROBABILITIES, "float8")
_GRADES: dict[str, Kind] = dict.fromkeys(("value", "warning", "error"), "float8")

TABLES = {
    table.name: table
    for table in (
        _table("watermark", "step", step="text", until="timestamp"),
        _table("status_grid", "time evse_id", time="timestamp", evse_id="text", code="int2"),
        _table(
            "evse",
            "evse_id",
            evse_id="text",
            location_id="text",
            area="text",
            lat="float8",
            lon="float8",
            model="text",
        ),
        _table(
            "forecast",
            "model cutoff horizon evse_id",
            model="text",
            cutoff="timestamp",
            horizon="int4",
            evse_id="text",
            **_PROBABILITIES,
        ),
        _table(
            "score",
            "model day horizon",
            model="text",
            day="date",
            horizon="int4",
            cases="int8",
            log_loss="float8",
            brier="float8",
            accuracy="float8",
        ),
        _table(
            "look",
            "as_of name",
            as_of="timestamp",
            name="text",
            champion="text",
            challenger="text",
            status="text",
        ),
        _table(
            "checks",
            "as_of name place",
            as_of="timestamp",
            name="text",
            place="int4",
            group="text",
            check="text",
            subject="text",
            **_GRADES,
            status="text",
            reason="text",
        ),
        _table(
            "decision",
            "as_of name kind",
            as_of="timestamp",
            name="text",
            kind="text",
            verdict="bool",
            reason="text",
            record="text",
        ),
        _table(
            "move",
            "as_of step name place",
            as_of="timestamp",
            step="text",
            name="text",
            place="int4",
            alias="text",
            version="int4",
            reason="text",
        ),
    )
}
"""By name; `status`, the log as collected, is made by `evforecast.collect.to_warehouse`."""


@dataclass(frozen=True)
class Change:
    """Rows of a table that take the place of others.

    Attributes
    ----------
    table : Table
    rows : pyarrow.Table
        The new ones, with the columns of the table.
    where : str
        Which rows they replace, as a condition in SQL.
    values : sequence
        What is bound to its question marks.
    """

    table: Table
    rows: pa.Table
    where: str
    values: Sequence[Any] = field(default_factory=tuple)


def make(warehouse: Warehouse, *tables: str) -> None:
    """Make tables of a project where they do not stand yet.

    Parameters
    ----------
    warehouse : Warehouse
    *tables : str
        Their names.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     make(warehouse, "watermark")
    ...     watermark(warehouse, "predict") is None
    True
    """
    for name in tables:
        warehouse.create(TableName((name,)), TABLES[name].columns, transient=False)


def stamp(time: np.datetime64) -> str:
    """Return a time as SQL takes it, bound to ``CAST(? AS TIMESTAMP)``.

    Examples
    --------
    >>> stamp(np.datetime64("2026-01-01T00:15:00"))
    '2026-01-01 00:15:00'
    """
    return str(time.astype("datetime64[s]")).replace("T", " ")


def watermark(warehouse: Warehouse, step: str) -> np.datetime64 | None:
    """Return how far a step has come, None where it has not begun.

    Parameters
    ----------
    warehouse : Warehouse
    step : str
        With the model behind a colon, where each has its own: ``predict:driver-1``.
    """
    if warehouse.columns(TableName(("watermark",))) is None:
        return None
    table = TABLES["watermark"].sql
    rows = warehouse.run(f'SELECT "until" FROM {table} WHERE "step" = ?', [step])
    return np.datetime64(rows[0][0], "s") if rows else None


def commit(
    warehouse: Warehouse,
    step: str,
    changes: Sequence[Change],
    *,
    before: np.datetime64 | None,
    until: np.datetime64,
) -> int:
    """Replace rows and move the watermark of a step, all of it or nothing.

    Parameters
    ----------
    warehouse : Warehouse
    step : str
        Whose watermark.
    changes : sequence of Change
        Of different tables, which stand already.
    before, until : numpy.datetime64
        Where the watermark was found, None for nowhere, and where it goes.

    Returns
    -------
    int
        The rows that were written.

    Raises
    ------
    TransientError
        If another process has moved the watermark meanwhile, or wrote in the passing tables.
    """
    filled = [change for change in changes if change.rows.num_rows]
    for change in filled:
        _pass(warehouse, change)
    with warehouse.transaction():
        _move(warehouse, step, before, until)
        for change in changes:
            warehouse.run(
                f"DELETE FROM {change.table.sql} WHERE {change.where}", list(change.values)
            )
        for change in filled:
            every = names(change.table.columns)
            done = warehouse.run(
                f"INSERT INTO {change.table.sql} ({every}) SELECT {every} FROM {_passing(change).sql}"
            )
            if int(done[0][0]) != change.rows.num_rows:
                raise _busy(warehouse, step)
    for change in filled:
        forget_passing(warehouse, change)
    return sum(change.rows.num_rows for change in changes)


def _move(
    warehouse: Warehouse, step: str, before: np.datetime64 | None, until: np.datetime64
) -> None:
    table, at = TABLES["watermark"].sql, f"CAST(? AS {_timestamp(warehouse)})"
    if before is None:
        sql = (
            f'INSERT INTO {table} ("step", "until") SELECT ?, {at} '
            f'WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE "step" = ?)'
        )
        done = warehouse.run(sql, [step, stamp(until), step])
    else:
        sql = f'UPDATE {table} SET "until" = {at} WHERE "step" = ? AND "until" = {at}'
        done = warehouse.run(sql, [stamp(until), step, stamp(before)])
    if int(done[0][0]) != 1:
        raise _busy(warehouse, step)


def _busy(warehouse: Warehouse, step: str) -> TransientError:
    return TransientError(
        f"{warehouse.url}: another process is doing the step {step!r}; nothing was written here. Let one "
        "scheduler run a project, and run it again."
    )


def _timestamp(warehouse: Warehouse) -> str:
    return warehouse.dialect.type_of(Column("at", "timestamp"))


def _passing(change: Change) -> TableName:
    return TableName((f"{change.table.name}__new",))


def _pass(warehouse: Warehouse, change: Change) -> None:
    """Bring the rows into a passing table: tables are made and files loaded outside of a transaction."""
    import pyarrow.parquet as pq

    passing = _passing(change)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"rows{_FORMAT.suffix}")
        listed = [column.name for column in change.table.columns]
        pq.write_table(change.rows.select(listed), file, compression="zstd", coerce_timestamps="us")
        warehouse.purge(passing.name)
        warehouse.put([file], passing.name)
        warehouse.create(passing, change.table.columns, transient=True)
        warehouse.copy_into(passing, change.table.columns, passing.name, {file.name: _FORMAT})


def forget_passing(warehouse: Warehouse, change: Change) -> None:
    """Drop the passing table of a change, and its file."""
    warehouse.drop(_passing(change))
    warehouse.purge(_passing(change).name)

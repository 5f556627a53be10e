"""A panel as tables of a warehouse, and files of rows merged into a table: all of them or none."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import InputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.warehouse import Column, FileFormat, Merged, TableName, Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EVSE", "FORMAT", "GRID", "merge_files", "store_panel", "write_rows"]

GRID = (Column("time", "timestamp"), Column("evse_id", "text"), Column("code", "int2"))
"""The columns of the statuses on their grid."""
EVSE = (
    *(Column(name, "text") for name in ("evse_id", "location_id", "area")),
    *(Column(name, "float8") for name in ("lat", "lon")),
    Column("model", "text"),
)
"""The columns of the table of chargers."""
FORMAT = FileFormat("parquet", "zstd")
"""How rows travel."""

_CELLS = 1_000_000


def store_panel(
    warehouse: Warehouse,
    panel: StatusPanel,
    *,
    grid: TableName | str = "status_grid",
    evse: TableName | str = "evse",
    exog: TableName | str | None = None,
) -> Merged:
    """Merge a panel into the tables that forecasts in the warehouse are made from.

    Parameters
    ----------
    warehouse : Warehouse
    panel : StatusPanel
    grid, evse : str or TableName
        Of the statuses on their grid, and of the chargers; made if they are not there. A status that stands
        there is replaced by the panel's, and one that the panel lacks is left.
    exog : str or TableName, optional
        Of the panel's exogenous series, which are not stored without it.

    Returns
    -------
    Merged
        Statuses inserted and updated.

    Raises
    ------
    InputError
        If `exog` is named and the panel has no series.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=1, random_state=0)
    >>> with ev.connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     store_panel(warehouse, panel).inserted == int((panel.codes >= 0).sum())
    True
    """
    import pyarrow as pa

    if exog is not None and panel.exog is None:
        msg = f"store_panel: {panel!r} has no exogenous series for the table {exog}."
        raise InputError(msg)
    chargers = panel.evse.reset_index()[[column.name for column in EVSE]]
    _store(warehouse, [pa.Table.from_pandas(chargers, preserve_index=False)], evse, EVSE, EVSE[:1])
    if exog is not None and panel.exog is not None:
        columns = [Column("time", "timestamp")]
        columns += [Column(str(name), "float8") for name in panel.exog.columns]
        series = {
            str(name): pa.array(np.asarray(panel.exog[name], dtype=np.float64), from_pandas=True)
            for name in panel.exog.columns
        }
        table = pa.table({"time": _times(panel.times), **series})
        _store(warehouse, [table], exog, columns, columns[:1])
    return _store(warehouse, _statuses(panel), grid, GRID, GRID[:2])


def merge_files(
    warehouse: Warehouse,
    files: Sequence[Path],
    into: TableName,
    columns: Sequence[Column],
    key: Sequence[str],
) -> Merged:
    """Bring files of rows into a table that stands: rows whose key it lacks, and those that differ.

    Parameters
    ----------
    warehouse : Warehouse
    files : sequence of Path
        Parquet, as `write_rows` writes it.
    into : TableName
    columns : sequence of Column
    key : sequence of str
        What names a row.

    Returns
    -------
    Merged

    Examples
    --------
    See `store_panel`.
    """
    passing, prefix = into.renamed(f"{into.name}__new"), f"evforecast-new/{hash_of(into)}"
    warehouse.purge(prefix)
    try:
        warehouse.put(files, prefix)
        warehouse.create(passing, columns, transient=True)
        warehouse.copy_into(
            passing, columns, prefix, dict.fromkeys((f.name for f in files), FORMAT)
        )
        return warehouse.merge(passing, into, columns, key)
    finally:
        warehouse.drop(passing)
        warehouse.purge(prefix)


def hash_of(table: TableName) -> str:
    """Return what a table's folder of the stage is called: any name can stand in a table's.

    Examples
    --------
    >>> hash_of(TableName(("forecast",)))
    '01258981'
    """
    return hashlib.sha256(table.sql.encode()).hexdigest()[:8]


def write_rows(tables: Iterator[pa.Table], file: Path) -> None:
    """Write rows to one file, a group of rows a table; nothing where there are none.

    Parameters
    ----------
    tables : iterator of pyarrow.Table
        Of one schema.
    file : Path

    Examples
    --------
    See `store_panel`.
    """
    import pyarrow.parquet as pq

    writer = None
    try:
        for table in tables:
            if writer is None:
                # Every database knows microseconds.
                writer = pq.ParquetWriter(
                    file, table.schema, compression="zstd", coerce_timestamps="us", version="2.6"
                )
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _store(
    warehouse: Warehouse,
    tables: Iterator[pa.Table] | Sequence[pa.Table],
    into: TableName | str,
    columns: Sequence[Column],
    key: Sequence[Column],
) -> Merged:
    target = TableName.parse(into)
    warehouse.create(target, columns, transient=False)
    with tempfile.TemporaryDirectory(prefix="evforecast-") as folder:
        file = Path(folder, f"rows{FORMAT.suffix}")
        write_rows(iter(tables), file)
        if not file.exists():
            return Merged(0, 0)
        return merge_files(warehouse, [file], target, columns, [column.name for column in key])


def _statuses(panel: StatusPanel) -> Iterator[pa.Table]:
    """Yield what was observed, some rows of the panel at a time."""
    import pyarrow as pa

    ids = pa.array(panel.evse_ids, pa.string())
    height = max(_CELLS // max(panel.n_evse, 1), 1)
    for first in range(0, panel.n_time, height):
        codes = panel.codes[first : first + height]
        rows, units = np.nonzero(codes != MISSING)
        if len(rows):
            yield pa.table(
                {
                    "time": _times(panel.times[first + rows]),
                    "evse_id": ids.take(pa.array(units)),
                    "code": pa.array(codes[rows, units].astype(np.int16)),
                }
            )


def _times(times: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array(times.astype("datetime64[us]"))

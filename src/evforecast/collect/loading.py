"""From a store to a table of a warehouse: rows that are new, merged under their key."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from evforecast.collect.frames import as_frame, latest
from evforecast.collect.shelf import PAYLOAD, as_arrow
from evforecast.disk import write_whole
from evforecast.errors import InputError, require_choice
from evforecast.warehouse import Column, FileFormat, Kind, Merged, TableName, Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

    from evforecast.collect.store import Store

__all__ = ["to_warehouse"]

_FORMAT = FileFormat("parquet", "zstd")


def to_warehouse(
    store: Store, warehouse: Warehouse, table: str, *, into: str | None = None
) -> Merged:
    """Bring the rows of a table to a warehouse, those that it does not have yet.

    Days go one by one, oldest first, from the first whose journal has grown since the last call; each is
    merged under the key of the table, so a call that was interrupted, or is made again, changes nothing. Rows
    that a mended reader no longer brings stay in the warehouse.

    Parameters
    ----------
    store : Store
    warehouse : Warehouse
    table : str
        Of the feed.
    into : str, optional
        The table of the warehouse, made if it is not there; by default of the same name.

    Returns
    -------
    Merged
        Rows inserted and updated.

    Raises
    ------
    InputError
        If the feed has no such table, or its rows have a column that the warehouse's table lacks.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.collect import Store
    >>> from evforecast.sources.feed import Table
    >>> from evforecast.warehouse import connect
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    >>> folder = tempfile.mkdtemp()
    >>> with connect(f"duckdb:///{folder}/ev.duckdb") as warehouse:
    ...     to_warehouse(Store(folder, Nothing()), warehouse, "status")
    Merged(inserted=0, updated=0)
    """
    require_choice(table, store.feed.tables, "table")
    target = TableName.parse(into or table)
    mark = hashlib.sha256(f"{warehouse.url}\n{target.sql}\n{table}".encode()).hexdigest()[:16]
    path = store.folder / "loaded" / f"{mark}.json"
    loaded: dict[str, int] = json.loads(path.read_bytes()) if path.exists() else {}
    # A table that was dropped is filled from the beginning.
    loaded = loaded if warehouse.columns(target) is not None else {}
    inserted = updated = 0
    days = store.journal.days()
    grown = [day for day in days if loaded.get(day) != store.journal.path(day).stat().st_size]
    for day in [day for day in days if grown and day >= grown[0]]:
        size = store.journal.path(day).stat().st_size
        shelf, key = store.shelves[table], store.feed.tables[table].key
        rows = shelf.read(day, store.day(day).order())
        if rows.num_rows:
            frame = latest(as_frame([rows.drop_columns([PAYLOAD])]), key)
            done = _merge(warehouse, target, as_arrow(frame), key)
            inserted, updated = inserted + done.inserted, updated + done.updated
        loaded[day] = size
        write_whole(path, json.dumps(loaded).encode(), flush=False)
    return Merged(inserted, updated)


def _merge(warehouse: Warehouse, target: TableName, rows: pa.Table, key: tuple[str, ...]) -> Merged:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = warehouse.columns(target)
    if found is None:
        found = [Column(field.name, _kind(field, target)) for field in rows.schema]
        warehouse.create(target, found, transient=False)
    known = [column.name for column in found]
    if strange := [name for name in rows.column_names if name not in known]:
        msg = (
            f"{target}: its columns are {known}, and the rows have {strange} too. Add them to the table, or "
            "load into another one."
        )
        raise InputError(msg)
    for name in known:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows))
    passing, prefix = target.renamed(f"{target.name}__collected"), f"{target.name}__collected"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"rows{_FORMAT.suffix}")
        # Every database knows microseconds.
        pq.write_table(
            rows.select(known), file, compression="zstd", coerce_timestamps="us", version="2.6"
        )
        warehouse.purge(prefix)
        warehouse.put([file], prefix)
        warehouse.create(passing, found, transient=True)
        warehouse.copy_into(passing, found, prefix, {file.name: _FORMAT})
        done = warehouse.merge(passing, target, found, key)
    warehouse.drop(passing)
    warehouse.purge(prefix)
    return done


def _kind(field: pa.Field, target: TableName) -> Kind:
    import pyarrow as pa

    tests: list[tuple[bool, Kind]] = [
        (pa.types.is_boolean(field.type), "bool"),
        (pa.types.is_integer(field.type), "int8"),
        (pa.types.is_floating(field.type), "float8"),
        (pa.types.is_timestamp(field.type), "timestamp"),
        (pa.types.is_date(field.type), "date"),
        (pa.types.is_string(field.type) or pa.types.is_null(field.type), "text"),
    ]
    for holds, kind in tests:
        if holds:
            return kind
    msg = f"{target}: column {field.name!r} holds {field.type}, for which there is no column."
    raise InputError(msg)

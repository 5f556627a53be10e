"""The promises that every warehouse keeps, each as one check on small tables of its own."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evforecast.testing.promises import require, run_checks
from evforecast.warehouse import (
    Column,
    CopyError,
    DuckDBWarehouse,
    FileFormat,
    Merged,
    TableName,
    Warehouse,
)

__all__ = ["WAREHOUSE_CHECKS", "check_warehouse"]

_PLAIN = FileFormat("csv", "none")
_NAME = "evforecast check"
_PREFIX = "evforecast_check"
_TABLE, _TARGET = TableName((_NAME,)), TableName((f"{_NAME} Target",))
_COLUMNS = [
    Column("id", "int8"),
    Column("Text", "text"),
    Column("real", "float8"),
    Column("at", "timestamp"),
    Column("yes", "bool"),
]
_ROWS: list[tuple[Any, ...]] = [
    (1, 'a "b"\nc,', 0.1, dt.datetime(2020, 10, 25, 1, 30, 0, 1), True),  # noqa: DTZ001 - UTC
    (2, "", -2.5, dt.datetime(1970, 1, 1), False),  # noqa: DTZ001 - the same
    (3, None, None, None, None),
]
_CSV = (
    b'1,"a ""b""\nc,",0.1,2020-10-25 01:30:00.000001,true\n2,"",-2.5,1970-01-01 00:00:00,false\n'
    b"3,,,,\n"
)


def check_warehouse(warehouse: Warehouse, *, only: Sequence[str] = ()) -> list[str]:
    """Run every check on a warehouse.

    Its own tables, whose names begin with ``evforecast check``, and files below ``evforecast_check`` are gone
    afterwards.

    Parameters
    ----------
    warehouse : Warehouse
        Open, with the right to make tables.
    only : sequence of str
        Names of `WAREHOUSE_CHECKS` to run; by default all.

    Returns
    -------
    list of str
        The names of the checks that passed, which are all that ran.

    Raises
    ------
    AssertionError
        If a promise is broken: says which, and how.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with DuckDBWarehouse(Path(folder, "ev.duckdb")) as warehouse:
    ...         len(check_warehouse(warehouse)) == len(WAREHOUSE_CHECKS)
    True
    """
    return run_checks(WAREHOUSE_CHECKS, only, type(warehouse).__name__, warehouse)


@contextmanager
def _clean(warehouse: Warehouse) -> Iterator[Path]:
    """Give a folder, and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Path(folder)
        finally:
            warehouse.purge(_PREFIX)
            for table in (_TABLE, _TARGET):
                warehouse.drop(table)


def _put(warehouse: Warehouse, folder: Path, body: bytes, name: str) -> dict[str, FileFormat]:
    path = folder / name
    path.write_bytes(body)
    warehouse.put([path], _PREFIX)
    return {name: _PLAIN}


def _load(warehouse: Warehouse, folder: Path, body: bytes, table: TableName = _TABLE) -> None:
    warehouse.create(table, _COLUMNS, transient=True)
    name = f"{len(table.name)}.csv"
    warehouse.copy_into(table, _COLUMNS, _PREFIX, _put(warehouse, folder, body, name))


def _rows(warehouse: Warehouse, table: TableName = _TABLE) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in warehouse.run(f"SELECT * FROM {table.sql}")), key=str)  # noqa: S608


def _check_tables(warehouse: Warehouse) -> None:
    """Check that tables are made, described and dropped, each as often as one likes."""
    with _clean(warehouse):
        for table in (_TABLE, _TARGET):
            require(warehouse.columns(table) is None, f"{table} stands there already")
            for _ in range(2):
                warehouse.create(table, _COLUMNS, transient=False)
            found = warehouse.columns(table)
            require(found == _COLUMNS, f"{table} has {found}")
            for _ in range(2):
                warehouse.drop(table)
            require(warehouse.columns(table) is None, f"{table} was dropped, and stands there")


def _check_bound(warehouse: Warehouse) -> None:
    """Check that values are bound: no text is ever read as SQL."""
    text = "'; DROP TABLE x; --"
    found = warehouse.run("SELECT ?", [text])
    require([tuple(row) for row in found] == [(text,)], f"{text!r} came back as {found}")


def _check_stage(warehouse: Warehouse) -> None:
    """Check that files are staged over those of the same name, told, and removed."""
    with _clean(warehouse) as folder:
        for body in (b"1\n", _CSV):
            _put(warehouse, folder, body, "a.csv")
        names = [file.name for file in warehouse.staged(_PREFIX)]
        require(names == ["a.csv"], f"the stage holds {names}")
        for _ in range(2):
            warehouse.purge(_PREFIX)
        require(not warehouse.staged(_PREFIX), "the stage holds files that were removed")


def _check_load(warehouse: Warehouse) -> None:
    """Check that every value arrives, once, NULL apart from the empty text."""
    with _clean(warehouse) as folder:
        _load(warehouse, folder, _CSV)
        require(_rows(warehouse) == sorted(_ROWS, key=str), f"the table holds {_rows(warehouse)}")
        name = warehouse.staged(_PREFIX)[0].name
        (again,) = warehouse.copy_into(_TABLE, _COLUMNS, _PREFIX, {name: _PLAIN})
        require(again.status == "loaded before", f"a file loaded twice is {again.status!r}")
        require(len(_rows(warehouse)) == len(_ROWS), "a file loaded twice doubles its rows")


def _check_bad_row(warehouse: Warehouse) -> None:
    """Check that a file with a bad row is refused whole and by name."""
    with _clean(warehouse) as folder:
        warehouse.create(_TABLE, _COLUMNS, transient=True)
        files = _put(warehouse, folder, _CSV + b"four,x,1,,\n", "bad.csv")
        try:
            warehouse.copy_into(_TABLE, _COLUMNS, _PREFIX, files)
        except CopyError as error:
            require(error.file == "bad.csv", f"the file is said to be {error.file!r}")
        else:
            require(False, "a file with a bad row was loaded")  # noqa: FBT003
        require(not _rows(warehouse), "rows of a refused file are in the table")


def _check_merge(warehouse: Warehouse) -> None:
    """Check that a merge inserts what lacks, updates what differs, and then has nothing to do."""
    with _clean(warehouse) as folder:
        _load(warehouse, folder, _CSV)
        _load(warehouse, folder, b"2,old,,,\n9,stays,,,\n", _TARGET)
        for wanted in (Merged(inserted=2, updated=1), Merged(inserted=0, updated=0)):
            done = warehouse.merge(_TABLE, _TARGET, _COLUMNS, ["id"])
            require(done == wanted, f"{done}, not {wanted}")
        wanted_rows = sorted([*_ROWS, (9, "stays", None, None, None)], key=str)
        require(_rows(warehouse, _TARGET) == wanted_rows, f"merged: {_rows(warehouse, _TARGET)}")


def _check_fingerprint(warehouse: Warehouse) -> None:
    """Check that its fingerprint is that of DuckDB, whatever the order, and sees a value in another row."""
    with _clean(warehouse) as folder:
        _load(warehouse, folder, _CSV)
        _load(warehouse, folder, b"4,x,,,\n5,y,,,\n", _TARGET)
        mine = [warehouse.fingerprint(table, _COLUMNS)[0] for table in (_TABLE, _TARGET)]
        _load(warehouse, folder, b"5,x,,,\n4,y,,,\n", _TARGET)
        swapped = warehouse.fingerprint(_TARGET, _COLUMNS)[0]
        require(bool(mine[1].differences(swapped)), "values in other rows are not seen")
        with DuckDBWarehouse(folder / "other.duckdb") as other:
            _load(other, folder, _CSV)
            differences = mine[0].differences(other.fingerprint(_TABLE, _COLUMNS)[0])
        require(not differences, f"DuckDB's differs: {differences}")


def _check_transaction(warehouse: Warehouse) -> None:
    """Check that an error takes back what was done in the same transaction."""
    with _clean(warehouse):
        warehouse.create(_TABLE, _COLUMNS, transient=False)
        insert = f'INSERT INTO {_TABLE.sql} ("id") VALUES (1)'  # noqa: S608
        with suppress(_StopError), warehouse.transaction():
            warehouse.run(insert)
            _stop()
        require(not _rows(warehouse), "what failed half-way is there")
        with warehouse.transaction():
            warehouse.run(insert)
        require(len(_rows(warehouse)) == 1, "what was committed is not there")


class _StopError(Exception):
    """Ends a transaction."""


def _stop() -> None:
    raise _StopError


WAREHOUSE_CHECKS: Mapping[str, Callable[[Warehouse], None]] = {
    "tables are made and dropped": _check_tables,
    "values are bound": _check_bound,
    "files are staged and removed": _check_stage,
    "every value arrives once": _check_load,
    "a bad row is refused": _check_bad_row,
    "a merge brings what lacks": _check_merge,
    "fingerprints are those of DuckDB": _check_fingerprint,
    "transactions are whole": _check_transaction,
}
"""The checks of a warehouse by name, in the order they run."""

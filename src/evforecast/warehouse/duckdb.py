"""`DuckDBWarehouse`: the warehouse in a file, with a folder for a stage; what is used where none is named."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from evforecast.errors import InputError, TransientError
from evforecast.warehouse.base import (
    CopyError,
    FileFormat,
    LoadedFile,
    Merged,
    OnError,
    StagedFile,
    WarehouseError,
    check_on_error,
)
from evforecast.warehouse.columns import Column, Kind
from evforecast.warehouse.dialects import DUCKDB
from evforecast.warehouse.duckdb_loading import (
    HISTORY,
    copy_file,
    first_line,
    forget,
    loaded_before,
    make_history,
    remember,
)
from evforecast.warehouse.duckdb_script import load_script
from evforecast.warehouse.duckdb_sql import in_part, merge_inserts, merge_update
from evforecast.warehouse.fingerprint import Fingerprint, fingerprint_sql, read_fingerprints
from evforecast.warehouse.hashing import file_hash
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.statements import create_table, distinct, names
from evforecast.warehouse.transactions import Transactions

if TYPE_CHECKING:
    import duckdb

__all__ = ["DuckDBWarehouse"]

MEMORY_LIMIT, THREADS = "150MB", 2
_AT_ONCE = 500_000  # rows that a join or a DISTINCT handles within the memory limit
_KINDS: dict[str, Kind] = {
    "BOOLEAN": "bool",
    "SMALLINT": "int2",
    "INTEGER": "int4",
    "BIGINT": "int8",
    "REAL": "float4",
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "VARCHAR": "text",
    "BLOB": "bytes",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
}


class DuckDBWarehouse:
    """A warehouse in one file.

    The stage is the folder ``FILE.stage`` beside it. Which files a table was loaded from is kept in the table
    ``evforecast_load_history``, in the same transaction as the rows.

    Parameters
    ----------
    path : path or str
        The file; made if it is not there.
    memory_limit : str
        The most that DuckDB may hold; what does not fit goes to disk. Its own default, most of the
        machine's memory, would make a migration take what other programs need.
    threads : int
        Each wants some tens of megabytes while files are read.

    Raises
    ------
    WarehouseError
        If the file is not a database, or another program has it open.

    Examples
    --------
    >>> import tempfile
    >>> with DuckDBWarehouse(tempfile.mkdtemp() + "/ev.duckdb") as warehouse:
    ...     warehouse.run("SELECT 1 + ?", [1])
    [(2,)]
    """

    dialect = DUCKDB

    def __init__(
        self, path: str | Path, *, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS
    ) -> None:
        import duckdb

        self.path = Path(path)
        if str(path) == ":memory:":
            msg = "DuckDBWarehouse: a warehouse in memory would be gone with the process; name a file."
            raise InputError(msg)
        self.stage = self.path.with_name(self.path.name + ".stage")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "preserve_insertion_order": "false",
            # else a table that is not there could be a variable of the caller's that has its name
            "python_enable_replacements": "false",
        }
        try:
            self._connection = duckdb.connect(str(self.path), config=config)
        except duckdb.Error as error:
            msg = (
                f"{self.path}: DuckDB cannot open it: {error}. Close the program that has it open, or name "
                "another file."
            )
            raise WarehouseError(msg) from error
        self._transactions = Transactions(self.run)
        self._database: str = self.run("SELECT current_database()")[0][0]
        with self._asked("the load history"):
            make_history(self._connection)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"duckdb:///{self.path}"

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Turn DuckDB's errors into ours."""
        import duckdb

        try:
            yield
        except duckdb.OutOfMemoryException as error:
            msg = f"{self.path}: {what}: {first_line(error)}. Open it with a larger memory_limit."
            raise WarehouseError(msg) from error
        except duckdb.IOException as error:
            msg = (
                f"{self.path}: {what}: {first_line(error)}. Is the disk full, or the folder not writable? "
                "What was committed is safe; make room and run it again."
            )
            raise TransientError(msg) from error
        except duckdb.Error as error:
            msg = f"{self.path}: {what}: {first_line(error)}"
            raise WarehouseError(msg) from error

    @contextmanager
    def _transaction(self, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        self._transactions.refuse(what)
        with self._asked(what):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except BaseException:
                with suppress(duckdb.Error):  # it may have ended already
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows.

        Raises
        ------
        WarehouseError
            If DuckDB refuses it.
        """
        with self._asked(sql[:80]):
            return self._connection.execute(sql, list(values)).fetchall()

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction: what `run` does in the block happens together, or not at all."""
        return self._transactions.begin()

    def _full(self, table: TableName) -> TableName:
        """Return the name of a table with its database: a schema may have the same name as that."""
        return TableName((self._database, *table.parts)) if len(table.parts) == 2 else table

    def columns(self, table: TableName) -> list[Column] | None:
        """Return the columns of a table in order, None where there is no such table.

        Raises
        ------
        WarehouseError
            If a column is of a type that this library does not load.
        """
        import duckdb

        try:
            rows = self._connection.execute(f"DESCRIBE {self._full(table).sql}").fetchall()
        except duckdb.CatalogException:
            return None
        return [_column(table, name, kind, null == "YES") for name, kind, null, *_ in rows]

    def create(self, table: TableName, columns: Sequence[Column], *, transient: bool) -> None:
        """Create a table; a transient one replaces what stood there, another is left if it stands."""
        table = self._full(table)
        with self._transaction(f"create table {table}") as connection:
            if transient:
                forget(connection, table)
            if len(table.parts) > 1:
                schema = ".".join(map(quote, table.parts[:-1]))
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(create_table(DUCKDB, table, columns, transient=transient))

    def drop(self, table: TableName) -> None:
        """Drop a table if it stands, with what is known of its loads."""
        table = self._full(table)
        with self._transaction(f"drop table {table}") as connection:
            connection.execute(f"DROP TABLE IF EXISTS {table.sql}")
            forget(connection, table)

    def put(
        self,
        files: Sequence[Path],
        prefix: str,
        *,
        done: Callable[[StagedFile, float], None] | None = None,
    ) -> list[StagedFile]:
        """Link files into the folder of the stage (copied where it lies on another disk)."""
        folder = self.stage / prefix
        folder.mkdir(parents=True, exist_ok=True)
        staged = []
        for path in files:
            start = time.perf_counter()
            new = folder / f"{path.name}.new"
            new.unlink(missing_ok=True)
            try:
                os.link(path, new)
            except OSError:
                shutil.copyfile(path, new)
            new.replace(folder / path.name)
            file = StagedFile(path.name, (folder / path.name).stat().st_size)
            staged.append(file)
            if done is not None:
                done(file, time.perf_counter() - start)
        return staged

    def staged(self, prefix: str) -> list[StagedFile]:
        """Return the files below a prefix, by name."""
        folder = self.stage / prefix
        if not folder.is_dir():
            return []
        return [
            StagedFile(path.name, path.stat().st_size, file_hash(path))
            for path in sorted(folder.iterdir())
            if path.suffix != ".new"
        ]

    def purge(self, prefix: str) -> None:
        """Remove the files below a prefix, and the stage itself when it is empty."""
        shutil.rmtree(self.stage / prefix, ignore_errors=True)
        folder = (self.stage / prefix).parent
        while folder.is_relative_to(self.stage) and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def copy_into(
        self,
        table: TableName,
        columns: Sequence[Column],
        prefix: str,
        files: Mapping[str, FileFormat],
        *,
        on_error: OnError = "abort",
    ) -> list[LoadedFile]:
        """Load staged files into a table, each once.

        With ``abort`` either all of them are in the table afterwards or none. The rows of a file and the
        record that it was loaded are committed together.

        Raises
        ------
        CopyError
            If a file cannot be read and `on_error` is ``abort``, or a file is not in the stage.
        """
        check_on_error(on_error)
        table = self._full(table)
        with self._asked(f"what {table} was loaded from"):
            before = loaded_before(self._connection, table, prefix)
        loaded = [before[name] for name in files if name in before]
        todo = {
            self.stage / prefix / name: form for name, form in files.items() if name not in before
        }
        if missing := [path for path in todo if not path.is_file()]:
            msg = f"{missing[0]}: the file is not in the stage. Stage it again."
            raise CopyError(msg, missing[0].name)
        batches = [list(todo.items())] if on_error == "abort" else [[one] for one in todo.items()]
        for batch in batches:
            with self._transaction(f"load into {table}") as connection:
                for path, form in batch:
                    file = copy_file(connection, table, columns, path, form, on_error=on_error)
                    remember(connection, table, prefix, path.stat().st_size, file)
                    loaded.append(file)
        return loaded

    def history(self) -> list[tuple[Any, ...]]:
        """Return the load history: table, file, bytes, rows, status and time (UTC), oldest first."""
        return self.run(f"SELECT * FROM {HISTORY} ORDER BY loaded_at, file_name")

    def fingerprint(
        self,
        table: TableName,
        columns: Sequence[Column],
        *,
        slice_by: str | None = None,
        few: Sequence[str] = (),
    ) -> dict[Any, Fingerprint]:
        """Return the fingerprint of a table, by slice."""
        sql = fingerprint_sql(DUCKDB, self._full(table).sql, columns, slice_by=slice_by, few=few)
        return read_fingerprints(self.run(sql), columns)

    def distinct(
        self, table: TableName, names_: Sequence[str], *, slice_by: str | None = None
    ) -> dict[Any, int]:
        """Return how many different combinations some columns have, by slice."""
        table = self._full(table)
        # In parts by a hash of the columns, each small enough for the memory limit: a scan is cheap.
        parts = self.run(f"SELECT COUNT(*) FROM {table.sql}")[0][0] // _AT_ONCE + 1
        found: dict[Any, int] = {}
        for part in range(parts):
            where = in_part(names_, part, parts)
            for key, count in self.run(distinct(table, names_, slice_by, where=where)):
                found[key] = found.get(key, 0) + count
        return found

    def merge(
        self, source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str]
    ) -> Merged:
        """Insert the rows of `source` that `target` lacks and, with a key, update those that differ."""
        source, target = self._full(source), self._full(target)
        with self._transaction(f"merge {source} into {target}") as connection:

            def count(sql: str) -> int:
                return int(connection.execute(sql).fetchall()[0][0])

            if not connection.execute(f"SELECT 1 FROM {target.sql} LIMIT 1").fetchall():
                every = names(columns)
                return Merged(
                    count(f"INSERT INTO {target.sql} ({every}) SELECT {every} FROM {source.sql}"), 0
                )
            # In parts by a hash of the key, each small enough for the memory limit.
            rows = count(f"SELECT COUNT(*) FROM {source.sql}")
            parts = (rows + count(f"SELECT COUNT(*) FROM {target.sql}")) // _AT_ONCE + 1
            updates = merge_update(source, target, columns, key, parts) if key else ()
            updated = sum(map(count, updates))
            inserts = merge_inserts(source, target, columns, key, parts)
            return Merged(sum(map(count, inserts)), updated)

    def script(
        self,
        table: TableName,
        columns: Sequence[Column],
        files: Mapping[Path, FileFormat],
        prefix: str,
        *,
        key: Sequence[str] = (),
        on_error: OnError = "abort",
    ) -> str:
        """Return the statements of a whole load and merge as text, to be read or run by hand."""
        staged = {self.stage / prefix / path.name: form for path, form in files.items()}
        return load_script(table, columns, staged, key=key, on_error=on_error)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()


def _column(table: TableName, name: str, kind: str, nullable: object) -> Column:
    """Return the column that DuckDB describes."""
    if kind.startswith("DECIMAL"):
        precision, scale = map(int, kind[8:-1].split(","))
        return Column(name, "decimal", bool(nullable), precision, scale)
    if kind not in _KINDS:
        msg = f"table {table}: column {name!r} is of type {kind}, which is not loaded here"
        raise WarehouseError(msg)
    return Column(name, _KINDS[kind], bool(nullable))

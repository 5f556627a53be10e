"""`SnowflakeWarehouse`: Snowflake through its own connector."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from evforecast.errors import InputError
from evforecast.warehouse.base import (
    CopyError,
    FileFormat,
    LoadedFile,
    Merged,
    OnError,
    StagedFile,
    check_on_error,
)
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import SNOWFLAKE
from evforecast.warehouse.fingerprint import Fingerprint, fingerprint_sql, read_fingerprints
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.snowflake import sql
from evforecast.warehouse.snowflake.errors import SnowflakeError, is_missing
from evforecast.warehouse.snowflake.loading import copy_files, loaded_rows
from evforecast.warehouse.snowflake.results import plain_key, read_columns
from evforecast.warehouse.snowflake.script import migration_script
from evforecast.warehouse.snowflake.session import Session, open_connection
from evforecast.warehouse.snowflake.settings import SnowflakeSettings, address
from evforecast.warehouse.snowflake.stages import Stage, check_file_name
from evforecast.warehouse.statements import create_table, distinct, insert_more
from evforecast.warehouse.transactions import Transactions

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

__all__ = ["SnowflakeWarehouse"]

_LOG = logging.getLogger(__name__)


class SnowflakeWarehouse:
    """Snowflake, through a connection of its own connector.

    Files wait in a stage; the stage and the file formats are made in the schema of the session when they are
    first needed. Names are quoted: a table ``status`` is ``"status"``, in small letters.

    Parameters
    ----------
    connection : snowflake.connector.SnowflakeConnection
        Opened with ``paramstyle="qmark"`` and ``session_parameters=SESSION`` of the module ``settings``, as
        `connect` and `from_url` do; it is closed with the warehouse.
    stage : str
        ``named`` (the stage ``evforecast_stage``), ``named:STAGE``, ``user``, ``table:TABLE`` (CSV only, and
        for that table alone) or ``external:STAGE``, where files are put with the cloud's own tool.
    put_threads : int
        Files uploaded at once, over the one connection.

    Raises
    ------
    InputError
        If the connection names no schema, binds values otherwise, or `stage` is of no kind known here.

    Examples
    --------
    >>> SnowflakeWarehouse.from_url("snowflake://org-ev/ev/raw?user=ann&password=secret")
    Traceback (most recent call last):
    evforecast.errors.InputError: a Snowflake address holds 'password': addresses end in logs. ...
    """

    dialect = SNOWFLAKE

    def __init__(
        self, connection: SnowflakeConnection, *, stage: str = "named", put_threads: int = 4
    ) -> None:
        self.stage = Stage.parse(stage)
        self.put_threads = put_threads
        self._session = Session(connection)
        self._transactions = Transactions(self._session.ask)
        if not (connection.database and connection.schema):
            msg = (
                "SnowflakeWarehouse: the session has no schema, where the stage would be. Name a "
                "database and a schema: in the address, in EVFORECAST_SNOWFLAKE_DATABASE and _SCHEMA, or in "
                "connections.toml. Does the schema exist, and may the role use it?"
            )
            raise InputError(msg)
        if getattr(connection, "is_pyformat", False):
            msg = 'SnowflakeWarehouse: open the connection with paramstyle="qmark"; values are bound to "?".'
            raise InputError(msg)
        self._schema = f"{quote(connection.database)}.{quote(connection.schema)}"

    @classmethod
    def connect(cls, settings: SnowflakeSettings) -> SnowflakeWarehouse:
        """Connect.

        Raises
        ------
        InputError
            If something is missing, or ``connections.toml`` has no such connection.
        TransientError
            If Snowflake cannot be reached.
        WarehouseError
            If it refuses the login.
        """
        Stage.parse(settings.stage)  # before a browser opens for the login
        connection = open_connection(settings)
        try:
            return cls(connection, stage=settings.stage, put_threads=settings.put_threads)
        except InputError:
            connection.close()
            raise

    @classmethod
    def from_url(cls, url: str) -> SnowflakeWarehouse:
        """Connect to what an address names, with secrets from the environment."""
        return cls.connect(SnowflakeSettings.from_url(url))

    @property
    def url(self) -> str:
        """Where it is, without secrets."""
        return address(self._session.connection)

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows; values are bound to the question marks.

        Raises
        ------
        WarehouseError
            If Snowflake refuses it.
        TransientError
            If no answer came.
        """
        return self._session.ask(sql, values)[0]

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction: what `run` does in the block happens together, or not at all."""
        return self._transactions.begin()

    def columns(self, table: TableName) -> list[Column] | None:
        """Return the columns of a table in order, None where there is no such table (or it may not be seen).

        Raises
        ------
        WarehouseError
            If a column is of a type that this library does not load.
        """
        try:
            rows = self._session.ask(sql.describe(table))[0]
        except SnowflakeError as error:
            if is_missing(error):
                return None
            raise
        return read_columns(table, rows)

    def create(self, table: TableName, columns: Sequence[Column], *, transient: bool) -> None:
        """Create a table, and its schema if need be; a transient one replaces what stood there.

        Raises
        ------
        WarehouseError
            If the role may not.
        """
        self._transactions.refuse(f"create table {table}")
        statement = create_table(SNOWFLAKE, table, columns, transient=transient)
        try:
            self._session.ask(statement)
        except SnowflakeError as error:
            if not is_missing(error) or len(table.parts) == 1:
                raise
            self._session.ask(sql.create_schema(table))
            # CREATE SCHEMA makes the session use the new one, and the stage is in the other
            self._session.ask(f"USE SCHEMA {self._schema}")
            self._session.ask(statement)

    def drop(self, table: TableName) -> None:
        """Drop a table if it stands."""
        self._transactions.refuse(f"drop table {table}")
        try:
            self._session.ask(f"DROP TABLE IF EXISTS {table.sql}")
        except SnowflakeError as error:
            if not is_missing(error):  # IF EXISTS does not speak for its schema
                raise

    def put(
        self,
        files: Sequence[Path],
        prefix: str,
        *,
        done: Callable[[StagedFile, float], None] | None = None,
    ) -> list[StagedFile]:
        """Upload files into the stage, several at once, over those of the same name.

        Raises
        ------
        InputError
            If the stage is external, a file is not there, or its path needs quoting.
        TransientError
            If an upload fails; what was uploaded before stays.
        """
        location = self.stage.location(prefix)
        if self.stage.kind == "external":
            msg = (
                f"{location} is an external stage: Snowflake cannot upload there. Copy these files there "
                "with the cloud's own tool (aws s3 cp, gcloud storage cp, azcopy), then resume: "
                f"{', '.join(map(str, files))}"
            )
            raise InputError(msg)
        statements = {path: sql.put(path, location) for path in files}
        for path in files:
            if not path.is_file():
                msg = f"{path}: there is no such file to upload"
                raise InputError(msg)
        self._make_stage()
        staged: dict[Path, StagedFile] = {}
        pool = ThreadPoolExecutor(max(1, min(self.put_threads, len(files))), "evforecast-put")
        try:
            running: dict[Future[float], Path] = {
                pool.submit(self._put, statement): path for path, statement in statements.items()
            }
            for future in as_completed(running):
                path, seconds = running[future], future.result()
                staged[path] = StagedFile(path.name, path.stat().st_size)
                _LOG.info("put %s in %.1f s", path.name, seconds)
                if done is not None:
                    done(staged[path], seconds)
        finally:
            # after a failure what has not begun does not begin
            pool.shutdown(cancel_futures=True)
        return [staged[path] for path in files]

    def _put(self, statement: str) -> float:
        start = time.perf_counter()
        self._session.ask(statement)
        return time.perf_counter() - start

    def _make_stage(self) -> None:
        if self.stage.kind == "named":
            self._session.make(sql.create_stage(self.stage))

    def staged(self, prefix: str) -> list[StagedFile]:
        """Return the files below a prefix, by name.

        Where files are encrypted on this side, which is the default of a stage and always so in that of a
        user or a table, a size is 1 to 16 bytes larger than the file's: the next multiple of 16.
        """
        self._make_stage()
        found = []
        for path, size, *_ in self._session.ask(sql.list_files(self.stage.location(prefix)))[0]:
            before, _, name = path.rpartition(f"{prefix}/")
            if name and "/" not in name and (not before or before.endswith("/")):
                found.append(StagedFile(name, int(size)))
        return sorted(found, key=lambda file: file.name)

    def purge(self, prefix: str) -> None:
        """Remove the files below a prefix; the stage stays."""
        self._make_stage()
        self._remove(self.stage.location(prefix))

    def _remove(self, location: str) -> None:
        self._session.ask(sql.remove(location))

    def copy_into(
        self,
        table: TableName,
        columns: Sequence[Column],
        prefix: str,
        files: Mapping[str, FileFormat],
        *,
        on_error: OnError = "abort",
    ) -> list[LoadedFile]:
        """Load staged files into a table, each once, with at most 1,000 files a statement.

        With ``abort`` either all of them are in the table afterwards or none. Of files that were loaded
        before, `rows` is -1 where Snowflake no longer knows (its history goes back 14 days and 10,000 files).

        Raises
        ------
        CopyError
            If a file cannot be read and `on_error` is ``abort``, or a file is not in the stage.
        """
        check_on_error(on_error)
        self._transactions.refuse(f"load into {table}")
        location = self.stage.location(prefix)
        here = {file.name for file in self.staged(prefix)}
        gone = [check_file_name(name) for name in files if name not in here]
        if gone:
            before = loaded_rows(self._session, table, prefix)
            if lost := [name for name in gone if name not in before]:
                msg = f"{location}{lost[0]}: the file is not in the stage. Stage it again."
                raise CopyError(msg, lost[0])
        todo = {name: file_format for name, file_format in files.items() if name in here}
        copied = copy_files(self._session, table, columns, location, todo, on_error=on_error)
        found = {name: copied.get(name, LoadedFile(name, "loaded before", -1)) for name in files}
        if any(file.rows < 0 for file in found.values()):
            rows = loaded_rows(self._session, table, prefix)
            for name, file in found.items():
                if file.rows < 0:
                    found[name] = LoadedFile(name, file.status, rows.get(name, -1))
        return list(found.values())

    def fingerprint(
        self,
        table: TableName,
        columns: Sequence[Column],
        *,
        slice_by: str | None = None,
        few: Sequence[str] = (),
    ) -> dict[Any, Fingerprint]:
        """Return the fingerprint of a table, by slice."""
        query = fingerprint_sql(SNOWFLAKE, table.sql, columns, slice_by=slice_by, few=few)
        return read_fingerprints(self._session.ask(query)[0], columns)

    def distinct(
        self, table: TableName, names_: Sequence[str], *, slice_by: str | None = None
    ) -> dict[Any, int]:
        """Return how many different combinations some columns have, by slice."""
        rows = self.run(distinct(table, names_, slice_by))
        return {plain_key(key): int(count) for key, count in rows}

    def merge(
        self, source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str]
    ) -> Merged:
        """Insert the rows of `source` that `target` lacks and, with a key, update those that differ.

        It is one statement, all of it or nothing. Of rows with one key in `source`, one is taken.
        """
        self._transactions.refuse(f"merge {source} into {target}")
        if key:
            inserted, *updated = self._session.ask(sql.merge(source, target, columns, key))[0][0]
            return Merged(int(inserted), int(updated[0]) if updated else 0)
        return Merged(int(self._session.ask(insert_more(source, target, columns))[0][0][0]), 0)

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
        return migration_script(
            table, columns, files, prefix, key=key, on_error=on_error, stage=self.stage
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the connection."""
        self.close()

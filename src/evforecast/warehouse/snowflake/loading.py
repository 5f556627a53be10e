"""COPY: files of a stage into a table, all or none, or as many as can be."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from evforecast.errors import EvForecastError
from evforecast.warehouse.base import FileFormat, LoadedFile, OnError
from evforecast.warehouse.columns import Column
from evforecast.warehouse.naming import TableName
from evforecast.warehouse.snowflake import sql
from evforecast.warehouse.snowflake.errors import SnowflakeError, copy_error, is_missing
from evforecast.warehouse.snowflake.results import base_name, read_copied, with_rejected
from evforecast.warehouse.snowflake.session import Session

__all__ = ["copy_files", "loaded_rows"]

_LOG = logging.getLogger(__name__)


def copy_files(
    session: Session,
    table: TableName,
    columns: Sequence[Column],
    location: str,
    files: Mapping[str, FileFormat],
    *,
    on_error: OnError,
) -> dict[str, LoadedFile]:
    """Load files of a folder into a table; return what Snowflake says of each, and it may be silent on some.

    Raises
    ------
    CopyError
        If a file cannot be read and `on_error` is ``abort``.
    """
    formats: dict[FileFormat, list[str]] = {}
    for name, file_format in files.items():
        formats.setdefault(file_format, []).append(name)
    # all the text first: a name that cannot be written stops everything before anything is done
    statements = [
        (sql.copy_into(table, columns, location, batch, kind, on_error=on_error), kind, batch)
        for kind, listed in formats.items()
        for batch in sql.batches(listed)
    ]
    for kind in formats:  # before the transaction: making one would end it
        session.make(sql.create_file_format(kind))
    copied: dict[str, LoadedFile] = {}
    if on_error != "abort":
        for statement, kind, batch in statements:
            copied |= _copy(session, table, statement, kind, batch)
    elif statements:
        with _transaction(session):
            for statement, kind, batch in statements:
                copied |= _copy(session, table, statement, kind, batch)
    return copied


@contextmanager
def _transaction(session: Session) -> Iterator[None]:
    """One COPY is all or nothing by itself; several are so only in a transaction."""
    session.ask("BEGIN")
    try:
        yield
        session.ask("COMMIT")
    except BaseException:
        with suppress(EvForecastError):  # the first error is the one to tell
            session.ask("ROLLBACK")
        raise


def _copy(
    session: Session,
    table: TableName,
    statement: str,
    kind: FileFormat,
    batch: Sequence[str],
) -> dict[str, LoadedFile]:
    try:
        rows, query_id = session.ask(statement)
    except SnowflakeError as error:
        if is_missing(error):
            raise
        raise copy_error(error, table, batch) from error
    copied = read_copied(rows)
    if kind.kind == "csv" and query_id and any(file.rejected for file in copied.values()):
        copied = with_rejected(copied, _rejected(session, table, query_id))
    return copied


def _rejected(session: Session, table: TableName, query_id: str) -> list[tuple[Any, ...]]:
    """Return the rows that a COPY of CSV files left out; none where that is not to be had."""
    try:
        return session.ask(sql.rejected_rows(table, query_id))[0]
    except SnowflakeError as error:
        _LOG.warning("only the first rejected row of each file is known: %s", error)
        return []


def loaded_rows(session: Session, table: TableName, prefix: str) -> dict[str, int]:
    """Return the rows of the files below a prefix that a table was loaded from, as far as Snowflake knows."""
    schema = [table.parts[-2]] if len(table.parts) > 1 else []
    rows = session.ask(sql.load_history(table), [*schema, table.name, f"/{prefix}/"])[0]
    return {base_name(path): int(count) for path, count in rows}

"""Statements of DuckDB alone, as text: reading files, and a merge in parts that a small memory holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evforecast.warehouse.base import FileFormat
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import DUCKDB
from evforecast.warehouse.naming import TableName, literal, quote
from evforecast.warehouse.statements import (
    changes,
    differs,
    insert_missing,
    insert_more,
    names,
    same_key,
)

__all__ = ["in_part", "insert_file", "merge_inserts", "merge_update"]


def insert_file(
    table: TableName, columns: Sequence[Column], file_format: FileFormat, *, keep_going: bool
) -> str:
    """Return the INSERT of one file, its path to be bound.

    With `keep_going`, rows of a CSV file that cannot be read go to the table ``reject_errors``.

    Examples
    --------
    >>> insert_file(
    ...     TableName(("t",)), [Column("n", "int4")], FileFormat("parquet"), keep_going=False
    ... )
    'INSERT INTO "t" ("n") SELECT "n" FROM read_parquet(?)'
    """
    # bytes are hexadecimal text in files
    read = ", ".join(
        f"unhex({quote(c.name)})" if c.kind == "bytes" else quote(c.name) for c in columns
    )
    source = "read_parquet(?)"
    if file_format.kind == "csv":
        types = ", ".join(
            f"{literal(c.name)}: '{'VARCHAR' if c.kind == 'bytes' else DUCKDB.type_of(c)}'"
            for c in columns
        )
        rejects = ", store_rejects=true, rejects_limit=0" if keep_going else ""
        source = (
            f"read_csv(?, columns={{{types}}}, header=false, auto_detect=false, delim=',', quote='\"', "
            "escape='\"', nullstr='', allow_quoted_nulls=false, "
            f"compression='{file_format.compression}'{rejects})"
        )
    return f"INSERT INTO {table.sql} ({names(columns)}) SELECT {read} FROM {source}"


def in_part(listed: Sequence[str], part: int, parts: int) -> str:
    """Return the condition that a row is in one of some parts, by a hash of the named columns.

    Examples
    --------
    >>> in_part(["a", "b"], 0, 3)
    'hash("a", "b") % 3 = 0'
    """
    return f"hash({names(listed)}) % {parts} = {part}"


def merge_update(
    source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str], parts: int
) -> Iterator[str]:
    """Yield the UPDATEs of the rows whose key is in both tables and that differ elsewhere; one a part."""
    others = [column.name for column in columns if column.name not in key]
    if not others:
        return
    for part in range(parts):
        yield (
            f"UPDATE {target.sql} AS t SET {changes(others)} FROM (SELECT * FROM {source.sql} "
            f"WHERE {in_part(key, part, parts)}) AS s "
            f"WHERE hash({names(key, 't')}) % {parts} = {part} AND {same_key(key)} "
            f"AND ({differs(others)})"
        )


def merge_inserts(
    source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str], parts: int
) -> Iterator[str]:
    """Yield the INSERTs of the rows that the target lacks; one a part."""
    by = list(key) or [column.name for column in columns]
    for part in range(parts):
        where = in_part(by, part, parts)
        if key:
            yield insert_missing(source, target, columns, key, where=where)
        else:
            yield insert_more(source, target, columns, where=where)

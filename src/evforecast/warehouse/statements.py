"""Statements that DuckDB and Snowflake share, as text: each function returns one, with names quoted."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import Dialect
from evforecast.warehouse.naming import TableName, quote

__all__ = [
    "changes",
    "column_list",
    "create_table",
    "differs",
    "distinct",
    "insert_missing",
    "insert_more",
    "names",
    "same_key",
]


def names(columns: Sequence[Column] | Sequence[str], alias: str = "") -> str:
    """Return the names of columns with commas between.

    Examples
    --------
    >>> names(["a", "b"], "s")
    's."a", s."b"'
    """
    prefix = f"{alias}." if alias else ""
    return ", ".join(
        prefix + quote(column if isinstance(column, str) else column.name) for column in columns
    )


def column_list(dialect: Dialect, columns: Sequence[Column]) -> str:
    """Return the columns as CREATE TABLE wants them.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> column_list(DUCKDB, [Column("n", "int4", nullable=False)])
    '"n" INTEGER NOT NULL'
    """
    return ", ".join(
        f"{quote(c.name)} {dialect.type_of(c)}{'' if c.nullable else ' NOT NULL'}" for c in columns
    )


def create_table(
    dialect: Dialect, table: TableName, columns: Sequence[Column], *, transient: bool
) -> str:
    """Return CREATE TABLE. A transient table of the load replaces what stood there; another is kept.

    Examples
    --------
    >>> from evforecast.warehouse import SNOWFLAKE
    >>> create_table(SNOWFLAKE, TableName(("t",)), [Column("n", "int8")], transient=True)
    'CREATE OR REPLACE TRANSIENT TABLE "t" ("n" NUMBER(19,0))'
    """
    if transient:
        kind = "OR REPLACE TRANSIENT TABLE" if dialect.name == "snowflake" else "OR REPLACE TABLE"
    else:
        kind = "TABLE IF NOT EXISTS"
    return f"CREATE {kind} {table.sql} ({column_list(dialect, columns)})"


def same_key(key: Sequence[str]) -> str:
    """Return the condition that a row t and a row s have one key.

    Examples
    --------
    >>> same_key(["a"])
    't."a" = s."a"'
    """
    return " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in key)


def differs(listed: Sequence[str]) -> str:
    """Return the condition that a row t and a row s differ in a column, NULL being equal to NULL.

    Examples
    --------
    >>> differs(["a"])
    't."a" IS DISTINCT FROM s."a"'
    """
    return " OR ".join(f"t.{quote(name)} IS DISTINCT FROM s.{quote(name)}" for name in listed)


def changes(listed: Sequence[str]) -> str:
    """Return what SET gives a row: the values of a row s.

    Examples
    --------
    >>> changes(["a"])
    '"a" = s."a"'
    """
    return ", ".join(f"{quote(name)} = s.{quote(name)}" for name in listed)


def insert_missing(
    source: TableName,
    target: TableName,
    columns: Sequence[Column],
    key: Sequence[str],
    *,
    where: str = "TRUE",
) -> str:
    """Return the INSERT of the rows whose key the target lacks, among those of a condition on the key."""
    every, old = names(columns), f"SELECT {names(key)} FROM {target.sql} WHERE {where}"
    return (
        f"INSERT INTO {target.sql} ({every}) SELECT {names(columns, 's')} "
        f"FROM (SELECT {every} FROM {source.sql} WHERE {where}) AS s "
        f"LEFT JOIN ({old}) AS t ON {same_key(key)} WHERE t.{quote(key[0])} IS NULL"
    )


def insert_more(
    source: TableName, target: TableName, columns: Sequence[Column], *, where: str | None = None
) -> str:
    """Return the INSERT of the rows that stand more often in the source than in the target.

    The first of equal rows is row 1, the next row 2: a row that stands three times there and once here is
    inserted twice. EXCEPT takes NULL for equal to NULL, and the numbers keep equal rows apart.
    """
    every = names(columns)
    number = "occurrence"
    while number in {column.name for column in columns}:
        number += "_"
    numbered = f"SELECT {every}, ROW_NUMBER() OVER (PARTITION BY {every} ORDER BY 1) AS {quote(number)} FROM "
    condition = "" if where is None else f" WHERE {where}"
    return (
        f"INSERT INTO {target.sql} ({every}) SELECT {every} FROM "
        f"({numbered}{source.sql}{condition} EXCEPT {numbered}{target.sql}{condition}) AS s"
    )


def distinct(
    table: TableName,
    listed: Sequence[str],
    slice_by: str | None = None,
    *,
    where: str | None = None,
) -> str:
    """Return the query for the number of different combinations of some columns, by slice.

    Examples
    --------
    >>> distinct(TableName(("t",)), ["a"])
    'SELECT slice, COUNT(*) FROM (SELECT DISTINCT 0 AS slice, "a" FROM "t") AS d GROUP BY slice'
    """
    condition = "" if where is None else f" WHERE {where}"
    return (
        f"SELECT slice, COUNT(*) FROM (SELECT DISTINCT {slice_by or '0'} AS slice, {names(listed)} "
        f"FROM {table.sql}{condition}) AS d GROUP BY slice"
    )

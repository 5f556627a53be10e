"""Statements that DuckDB and Snowflake share, as text: each function returns one, with names quoted."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import Dialect
from evforecast.warehouse.naming import TableName, quote

__all__ = ["column_list", "create_table", "insert_missing", "insert_more", "names", "same_row"]


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


def same_row(columns: Sequence[Column] | Sequence[str], left: str, right: str) -> str:
    """Return the condition that two rows agree in some columns, NULL being equal to NULL.

    Examples
    --------
    >>> same_row(["a"], "s", "t")
    's."a" IS NOT DISTINCT FROM t."a"'
    """
    listed = [quote(c if isinstance(c, str) else c.name) for c in columns]
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in listed)


def insert_missing(
    source: TableName,
    target: TableName,
    columns: Sequence[Column],
    key: Sequence[str],
    *,
    where: str = "TRUE",
) -> str:
    """Return the INSERT of the rows whose key the target lacks, among those of a condition on the key."""
    match = " AND ".join(f"t.{quote(name)} = s.{quote(name)}" for name in key)
    every, old = names(columns), f"SELECT {names(key)} FROM {target.sql} WHERE {where}"
    return (
        f"INSERT INTO {target.sql} ({every}) SELECT {names(columns, 's')} "
        f"FROM (SELECT {every} FROM {source.sql} WHERE {where}) AS s "
        f"LEFT JOIN ({old}) AS t ON {match} WHERE t.{quote(key[0])} IS NULL"
    )


def insert_more(
    source: TableName, target: TableName, columns: Sequence[Column], *, where: str = "TRUE"
) -> str:
    """Return the INSERT of the rows that stand more often in the source than in the target.

    The first of equal rows is row 1, the next row 2: a row that stands three times there and once here is
    inserted twice.
    """
    every = names(columns)
    n = quote(_free_name([column.name for column in columns]))
    new, old = (
        f"SELECT {every}, ROW_NUMBER() OVER (PARTITION BY {every} ORDER BY 1) AS {n} "
        f"FROM {table.sql} WHERE {where}"
        for table in (source, target)
    )
    match = f"s.{n} = t.{n} AND {same_row(columns, 's', 't')}"
    return (
        f"INSERT INTO {target.sql} ({every}) SELECT {names(columns, 's')} FROM ({new}) AS s "
        f"LEFT JOIN ({old}) AS t ON {match} WHERE t.{n} IS NULL"
    )


def _free_name(taken: Sequence[str]) -> str:
    name = "occurrence"
    while name in taken:
        name += "_"
    return name

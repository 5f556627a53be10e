"""PostgreSQL: what a table is, its fingerprint, and its rows as a stream; all from one snapshot.

Everything here runs on connections of asyncpg, which joins the messages of COPY in C: one step of Python
a row would cost more than PostgreSQL takes to write it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from evforecast.errors import InputError, MissingColumnsError, MissingExtraError, first_few
from evforecast.migration.errors import LostConnectionError, MigrationError
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.types import SourceColumn
from evforecast.warehouse.columns import Column
from evforecast.warehouse.naming import TableName, quote

__all__ = ["SourceTable", "connected", "inspect", "snapshot", "without_password"]

# What a value's text depends on, set alike whatever the server's or the role's own settings are.
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "application_name": "evforecast",
    # the connection that holds the snapshot waits while the others read
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}

_COLUMNS = """
SELECT a.attname AS name, b.typname AS type, NOT a.attnotnull AS nullable,
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END AS modifier
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
JOIN pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_UNIQUE = """
SELECT i.indisprimary AS is_primary, array_agg(a.attname ORDER BY a.attnum) AS names
FROM pg_index AS i
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
GROUP BY i.indexrelid, i.indisprimary
ORDER BY i.indisprimary DESC, i.indexrelid
"""

_RELATION = """
SELECT c.oid, c.relkind::text AS kind, c.reltuples::float8 AS rows, n.nspname AS schema, c.relname AS name,
       pg_relation_size(c.oid) / current_setting('block_size')::bigint AS blocks
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass($1)
"""


@dataclass(frozen=True)
class SourceTable:
    """What is known of the table or query that is to be migrated.

    Attributes
    ----------
    name : str
        What messages call it.
    relation : str
        As it stands after FROM.
    columns : list of SourceColumn
        Those of the plan, in the plan's order.
    key : tuple of str
        What tells rows apart; empty where nothing does.
    key_is_sure : bool
        Whether PostgreSQL itself enforces that key.
    rows : float or None
        PostgreSQL's own estimate, None where it has none.
    blocks : int
        Of the table's file; 0 for what is no plain table.
    """

    name: str
    relation: str
    columns: list[SourceColumn]
    key: tuple[str, ...]
    key_is_sure: bool
    rows: float | None
    blocks: int

    def block_ranges(self, parts: int) -> list[str]:
        """Return conditions that divide a plain table by where its rows lie; the last range is open."""
        edges = [self.blocks * place // parts for place in range(parts + 1)]
        return [
            f"ctid >= '({low},0)'::tid"
            + (f" AND ctid < '({high},0)'::tid" if place < parts else "")
            for place, (low, high) in enumerate(pairwise(edges), 1)
        ]

    def select(self, columns: Sequence[Column], *, written: bool, where: str = "TRUE") -> str:
        """Return the query of some rows: as they are written to a file, or as they are compared."""
        by_name = {column.name: column for column in self.columns}
        listed = ", ".join(
            (
                by_name[column.name].written(column)
                if written
                else by_name[column.name].value(column)
            )
            + f" AS {quote(column.name)}"
            for column in columns
        )
        return f"SELECT {listed} FROM {self.relation} WHERE {where}"


def without_password(dsn: str) -> str:
    """Return an address of PostgreSQL without its password, for journals and messages.

    Examples
    --------
    >>> without_password("postgresql://ana:secret@db/chargers?password=x")
    'postgresql://ana@db/chargers'
    """
    from urllib.parse import parse_qsl, urlencode, urlsplit

    parts = urlsplit(dsn)
    user, at, host = parts.netloc.rpartition("@")
    query = [(k, v) for k, v in parse_qsl(parts.query) if "password" not in k.lower()]
    return parts._replace(
        netloc=user.split(":")[0] + at + host, query=urlencode(query, safe="/")
    ).geturl()


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Any]:
    """Open a connection, with the settings that make values read alike everywhere.

    Raises
    ------
    MissingExtraError
        If asyncpg is not installed.
    InputError
        If the address is none.
    LostConnectionError
        If the server cannot be reached, or goes away.
    MigrationError
        If it refuses.
    """
    try:
        import asyncpg
    except ImportError as error:
        raise MissingExtraError("postgres", "asyncpg") from error
    where = without_password(dsn)
    try:
        connection = await asyncpg.connect(dsn, server_settings=_SETTINGS, timeout=30)
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        msg = f"{where!r} is no address of PostgreSQL ({error}). Write postgresql://user@host:5432/database."
        raise InputError(msg) from error
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
        msg = f"{where}: cannot be reached: {error}. Is the server up, and the address right?"
        raise LostConnectionError(msg) from error
    except asyncpg.PostgresError as error:
        msg = f"{where}: refused: {error}. Passwords are best kept in PGPASSWORD or ~/.pgpass."
        raise MigrationError(msg) from error
    try:
        yield connection
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # it was closed between two steps of asyncpg
        ConnectionError,
    ) as error:
        msg = f"{where}: the connection was lost: {error}. Run it again with resume: what is done is kept."
        raise LostConnectionError(msg) from error
    except asyncpg.InsufficientPrivilegeError as error:
        msg = f"{where}: {error}. Ask the owner for: GRANT SELECT ON … TO the role you connect as."
        raise MigrationError(msg) from error
    except asyncpg.PostgresError as error:
        detail = f" ({error.detail})" if getattr(error, "detail", None) else ""
        msg = f"{where}: PostgreSQL refused: {error}{detail}"
        raise MigrationError(msg) from error
    finally:
        connection.terminate()


@asynccontextmanager
async def snapshot(connection: Any, name: str | None = None) -> AsyncIterator[str]:
    """Read from one state of the database while the block lasts; yield the name that others join it by."""
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if name is None:
        name = await connection.fetchval("SELECT pg_export_snapshot()")
    else:
        import asyncpg

        try:
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{name}'")
        except (asyncpg.InvalidParameterValueError, asyncpg.UndefinedObjectError) as error:
            msg = f"the snapshot went with the connection that held it ({error}). Run it again with resume."
            raise LostConnectionError(msg) from error
    yield name
    await connection.execute("COMMIT")


async def inspect(connection: Any, plan: MigrationPlan) -> SourceTable:
    """Return what is to be migrated: columns, key and size.

    Raises
    ------
    MigrationError
        If there is no such table.
    MissingColumnsError
        If the plan names a column that is not there.
    InputError
        If two columns have one name.
    """
    if plan.query is not None:
        relation = f"({plan.query.strip().rstrip(';')}) AS q"
        statement = await connection.prepare(f"SELECT * FROM {relation}")
        columns = [
            SourceColumn(a.name, a.type.name, as_text=a.name in plan.as_text)
            for a in statement.get_attributes()
        ]
        unique: list[tuple[bool, tuple[str, ...]]] = []
        rows, blocks = None, 0
    else:
        table = plan.source_table or TableName(("",))
        found = await connection.fetchrow(_RELATION, table.sql)
        if found is None:
            raise MigrationError(await _no_table(connection, table))
        relation = f"{quote(found['schema'])}.{quote(found['name'])}"
        records = await connection.fetch(_COLUMNS, found["oid"])
        columns = [_source_column(record, plan) for record in records]
        unique = [
            (r["is_primary"], tuple(r["names"]))
            for r in await connection.fetch(_UNIQUE, found["oid"])
        ]
        rows = found["rows"] if found["rows"] >= 0 else None
        blocks = found["blocks"] if found["kind"] == "r" else 0
    chosen, key, sure = _chosen(plan, columns, unique)
    return SourceTable(plan.source_name, relation, chosen, key, sure, rows, blocks)


def _source_column(record: Any, plan: MigrationPlan) -> SourceColumn:
    precision = scale = None
    if record["type"] == "numeric" and record["modifier"] >= 0:
        modifier = record["modifier"] - 4
        precision, scale = modifier >> 16, ((modifier & 0x7FF) ^ 1024) - 1024
    return SourceColumn(
        record["name"],
        record["type"],
        record["nullable"],
        precision,
        scale,
        record["name"] in plan.as_text,
    )


def _chosen(
    plan: MigrationPlan,
    columns: list[SourceColumn],
    unique: list[tuple[bool, tuple[str, ...]]],
) -> tuple[list[SourceColumn], tuple[str, ...], bool]:
    """Return the columns to migrate, the key, and whether PostgreSQL enforces it."""
    by_name = {column.name: column for column in columns}
    if len(by_name) < len(columns):
        msg = (
            f"{plan.source_name}: two columns have one name. Name them apart with AS in the query."
        )
        raise InputError(msg)
    asked = [*(plan.columns or ()), *(plan.key or ()), *plan.as_text]
    asked += [plan.slice_by] if plan.slice_by else []
    if missing := [name for name in dict.fromkeys(asked) if name not in by_name]:
        raise MissingColumnsError(missing, by_name, f"migration of {plan.source_name}")
    names = plan.columns if plan.columns is not None else tuple(by_name)
    outside = [name for name in (*(plan.key or ()), plan.slice_by) if name and name not in names]
    if outside or not names:
        msg = f"migration of {plan.source_name}: the columns have to include the key and slice_by: {outside}"
        raise InputError(msg)
    if plan.key is not None:
        key = tuple(plan.key)
    else:
        primary = [found for is_primary, found in unique if is_primary and set(found) <= set(names)]
        key = primary[0] if primary else ()
    sure = any(set(found) <= set(key) for _, found in unique)
    return [by_name[name] for name in names], key, sure


async def _no_table(connection: Any, table: TableName) -> str:
    near = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY tablename <> $1, 1 LIMIT 20",
        table.name,
    )
    names = first_few(record["name"] for record in near) or "none that this role can see"
    return f"there is no table {table} in this database. There are: {names}. Write schema.table."


Sink = Callable[[bytes], Awaitable[None]]


async def copy_rows(connection: Any, query: str, sink: Sink) -> int:
    """Stream the rows of a query as CSV; return how many there were."""
    status = await connection.copy_from_query(query, output=sink, format="csv", encoding="utf8")
    return int(status.split()[-1])

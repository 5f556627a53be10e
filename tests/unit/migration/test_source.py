import pytest

from evforecast.errors import InputError, MissingExtraError
from evforecast.migration import LostConnectionError, MigrationError, MigrationPlan
from evforecast.migration.source import (
    SourceTable,
    connected,
    copy_rows,
    inspect,
    snapshot,
    without_password,
)
from evforecast.migration.waiting import wait
from evforecast.warehouse import Column


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://a:b@h:5/d", "postgresql://a@h:5/d"),
        ("postgresql://h/d?user=a&password=b&host=/tmp", "postgresql://h/d?user=a&host=/tmp"),
        ("postgresql://a:p%40ss@h/d?sslpassword=x", "postgresql://a@h/d"),
    ],
)
def test_no_password_is_shown(dsn, shown):
    assert without_password(dsn) == shown


def test_blocks_are_divided_and_the_last_range_is_open():
    table = SourceTable("t", "t", [], (), False, 10.0, 10)
    assert table.block_ranges(2) == [
        "ctid >= '(0,0)'::tid AND ctid < '(5,0)'::tid",
        "ctid >= '(5,0)'::tid",
    ]
    assert table.block_ranges(1) == ["ctid >= '(0,0)'::tid"]


def test_the_line_to_type_where_asyncpg_is_missing(monkeypatch):
    import sys

    async def connect():
        async with connected("postgresql://h/d"):
            pass

    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'evforecast\[postgres\]'"):
        wait(connect())


pytest.importorskip("asyncpg", reason="asyncpg is not installed (extra 'postgres')")


def look(dsn, **plan):
    async def work():
        async with connected(dsn) as connection:
            return await inspect(connection, MigrationPlan(**plan))

    return wait(work())


@pytest.mark.integration
def test_columns_key_and_size(sql, dsn):
    sql("CREATE DOMAIN price AS numeric(8, 2)")
    sql('CREATE TABLE t (b int, a timestamptz NOT NULL, "P" price, n numeric, PRIMARY KEY (a, b))')
    sql(
        "INSERT INTO t SELECT 1, now() + n * interval '1 s', 1, 1 FROM generate_series(1, 999) AS n"
    )
    sql("ANALYZE t")
    found = look(dsn, table="t")
    assert [c.name for c in found.columns] == ["b", "a", "P", "n"]
    assert [c.type for c in found.columns] == ["int4", "timestamptz", "numeric", "numeric"]
    assert [c.nullable for c in found.columns] == [False, False, True, True]
    assert (found.columns[2].precision, found.columns[2].scale) == (8, 2)
    assert found.columns[3].is_loose
    assert (found.key, found.key_is_sure, found.rows) == (("b", "a"), True, 999)
    assert found.blocks > 1
    assert found.relation == '"public"."t"'


@pytest.mark.integration
def test_a_key_that_the_database_enforces_by_an_index(sql, dsn):
    sql("CREATE TABLE t (a int, b int, c int)")
    assert not look(dsn, table="t", key=["a", "b"]).key_is_sure
    sql("CREATE UNIQUE INDEX ON t (a)")
    assert look(dsn, table="t", key=["a", "b"]).key_is_sure
    assert look(dsn, table="t").key == ()


@pytest.mark.integration
def test_a_query_with_two_columns_of_one_name(sql, dsn):
    with pytest.raises(InputError, match="two columns have one name"):
        look(dsn, query="SELECT 1 AS a, 2 AS a", target="t")


@pytest.mark.integration
def test_a_snapshot_does_not_see_what_comes_later(sql, dsn):
    sql("CREATE TABLE t AS SELECT 1 AS a")

    async def work():
        async with connected(dsn) as one, snapshot(one) as name:
            await_me = []
            async with connected(dsn) as writer:
                await writer.execute("INSERT INTO t VALUES (2)")
            async with connected(dsn) as other, snapshot(other, name):
                await_me.append(await other.fetchval("SELECT count(*) FROM t"))
            return [*await_me, await one.fetchval("SELECT count(*) FROM t")]

    assert wait(work()) == [1, 1]
    assert sql("SELECT count(*) FROM t")[0][0] == 2


@pytest.mark.integration
def test_a_snapshot_that_is_gone(sql, dsn):
    async def work():
        async with connected(dsn) as other, snapshot(other, "00000003-0000001B-1"):
            pass

    with pytest.raises(LostConnectionError, match="the snapshot went"):
        wait(work())


@pytest.mark.integration
def test_rows_come_as_whole_rows_of_csv(sql, dsn):
    got = []

    async def work():
        async def sink(data):
            got.append(data)

        async with connected(dsn) as connection:
            return await copy_rows(
                connection, "SELECT n, '' FROM generate_series(1, 50000) AS n", sink
            )

    assert wait(work()) == 50_000
    assert all(data.endswith(b"\n") for data in got)
    assert b"".join(got).startswith(b'1,""\n2,""\n')


@pytest.mark.integration
def test_what_postgresql_refuses_is_said_in_its_words(sql, dsn):
    async def work():
        async with connected(dsn) as connection:
            await connection.fetch("SELECT 1 / 0")

    with pytest.raises(MigrationError, match="division by zero"):
        wait(work())


def test_the_query_of_rows_names_every_column():
    from evforecast.migration.types import SourceColumn

    source = [SourceColumn("a", "int4"), SourceColumn("t", "bytea")]
    table = SourceTable("t", '"t"', source, (), False, None, 0)
    columns = [Column("a", "int4"), Column("t", "bytes")]
    assert table.select(columns, written=True, where="a > 1") == (
        'SELECT "a" AS "a", encode("t", \'hex\') AS "t" FROM "t" WHERE a > 1'
    )

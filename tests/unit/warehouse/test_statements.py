import pytest

from evforecast.warehouse import DUCKDB, SNOWFLAKE, Column, TableName
from evforecast.warehouse.statements import (
    changes,
    column_list,
    create_table,
    differs,
    insert_missing,
    insert_more,
    names,
    same_key,
)

NEW, OLD = TableName(("new",)), TableName(("old",))
COLUMNS = [Column("k", "int4", nullable=False), Column("occurrence", "text")]


def test_lists_of_columns():
    assert names(COLUMNS, "s") == 's."k", s."occurrence"'
    assert column_list(DUCKDB, COLUMNS) == '"k" INTEGER NOT NULL, "occurrence" VARCHAR'
    assert same_key(["a", "b"]) == 't."a" = s."a" AND t."b" = s."b"'
    assert differs(["a", "b"]) == 't."a" IS DISTINCT FROM s."a" OR t."b" IS DISTINCT FROM s."b"'
    assert changes(["a", "b"]) == '"a" = s."a", "b" = s."b"'


def test_a_transient_table_replaces_and_another_is_kept():
    assert create_table(DUCKDB, NEW, COLUMNS, transient=True).startswith("CREATE OR REPLACE TABLE")
    assert create_table(SNOWFLAKE, NEW, COLUMNS, transient=True).startswith(
        "CREATE OR REPLACE TRANSIENT TABLE"
    )
    assert create_table(SNOWFLAKE, NEW, COLUMNS, transient=False).startswith(
        "CREATE TABLE IF NOT EXISTS"
    )


@pytest.fixture
def tables(duck):
    def filled(new, old):
        for table, rows in ((NEW, new), (OLD, old)):
            duck.create(table, COLUMNS, transient=True)
            for row in rows:
                duck.run(f"INSERT INTO {table.sql} VALUES (?, ?)", row)
        return duck

    return filled


def test_only_rows_whose_key_is_missing(tables):
    duck = tables([(1, "a"), (2, "b"), (3, None)], [(2, "other")])
    duck.run(insert_missing(NEW, OLD, COLUMNS, ["k"]))
    assert sorted(duck.run("SELECT * FROM old"), key=str) == [(1, "a"), (2, "other"), (3, None)]


def test_rows_are_counted_without_a_key(tables):
    duck = tables([(1, "a")] * 3 + [(2, None)] * 2, [(1, "a"), (2, None), (9, "z")])
    duck.run(insert_more(NEW, OLD, COLUMNS))
    found = duck.run("SELECT k, count(*) FROM old GROUP BY k ORDER BY k")
    assert found == [(1, 3), (2, 2), (9, 1)]
    duck.run(insert_more(NEW, OLD, COLUMNS))
    assert duck.run("SELECT count(*) FROM old") == [(6,)]

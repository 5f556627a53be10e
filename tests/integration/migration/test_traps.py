"""Values that files and databases get wrong arrive as they are, or are refused by name."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hard_table import COLUMNS, create

from evforecast.migration import UnfitColumnError, migrate
from evforecast.warehouse import TableName

pytestmark = [
    pytest.mark.integration,
    # the emulator's own, about how it asks DuckDB 2
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

FORMATS = [
    {"format": "csv", "compression": "zstd"},
    {"format": "csv", "compression": "gzip"},
    {"format": "csv", "compression": "none"},
    {"format": "parquet"},
]


def move(dsn, warehouse, tmp_path, **options):
    return migrate(dsn, warehouse, workdir=tmp_path / "work", progress=False, **options)


@pytest.mark.parametrize(
    ("files", "key"),
    list(zip(FORMATS, [(), ("id",), (), ("id",)], strict=True)),
    ids=lambda value: "-".join(value.values() if isinstance(value, dict) else value) or "no key",
)
def test_every_trap_arrives(sql, dsn, warehouse, tmp_path, files, key):
    for statement in create("hard"):
        sql(statement)
    report = move(dsn, warehouse, tmp_path, table="hard", key=key, **files)
    assert report.complete
    assert report.rows == sql("SELECT count(*) FROM hard")[0][0]
    # proved by fingerprint; and without it, for the counts that any database can make
    for column in COLUMNS:
        quoted = '"' + column.replace('"', '""') + '"'
        count = warehouse.run(f'SELECT COUNT({quoted}) FROM "hard"')[0][0]
        assert count == sql(f"SELECT count({quoted}) FROM hard")[0][0], column


@pytest.mark.parametrize("files", FORMATS, ids=lambda f: "-".join(f.values()))
def test_the_values_themselves(sql, dsn, duck, tmp_path, files):
    for statement in create("hard"):
        sql(statement)
    move(dsn, duck, tmp_path, table="hard", **files)
    as_text = ("list", "doc", "uid", "span")
    listed = ", ".join(
        ('"' + c.replace('"', '""') + '"') + ("::text" if c in as_text else "") for c in COLUMNS
    )
    theirs = [list(row) for row in sql(f"SELECT {listed} FROM hard ORDER BY id")]
    mine = [list(row) for row in duck.run('SELECT * FROM "hard" ORDER BY "id"')]
    zoned, loose = list(COLUMNS).index("zoned"), list(COLUMNS).index("loose")
    for row in theirs:
        row[zoned] = row[zoned].astimezone(dt.UTC).replace(tzinfo=None)
        assert isinstance(row[loose], Decimal | None)
    assert list(map(repr, map(normal, mine))) == list(map(repr, map(normal, theirs)))


def normal(row):
    return [value.normalize() if isinstance(value, Decimal) else value for value in row]


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("numeric", "'NaN'", "NaN or infinity"),
        ("numeric(10,2)", "'NaN'", "NaN or infinity"),
        ("numeric(60,2)", "1", "more than 38 digits"),
        ("numeric(3,-2)", "100", "no digits on one side"),
        ("numeric", "1e38 + 0.5", "before the point"),
        ("date", "'infinity'", "an infinite date"),
        ("timestamp", "'-infinity'", "an infinite date"),
        ("timestamptz", "'infinity'", "an infinite date"),
        ("date", "'0044-03-15 BC'", "before the year 1"),
        ("timestamp", "'10000-01-01'", "after 9999"),
        ("time", "'24:00'", "24:00:00"),
    ],
)
def test_what_cannot_be_held_is_refused_by_name_or_moved_as_text(
    sql, dsn, duck, tmp_path, kind, value, reason
):
    sql(f'CREATE TABLE odd (id int, "The Odd" {kind})')
    sql(f"INSERT INTO odd VALUES (1, NULL), (2, {value})")
    with pytest.raises(UnfitColumnError, match=reason) as caught:
        move(dsn, duck, tmp_path, table="odd")
    assert list(caught.value.columns) == ["The Odd"]
    assert duck.columns(TableName(("odd",))) is None
    assert duck.staged("") == []
    report = migrate(
        dsn, duck, workdir=tmp_path / "text", progress=False, table="odd", as_text=["The Odd"]
    )
    assert report.complete
    assert duck.run('SELECT "The Odd" FROM odd ORDER BY id') == [
        tuple(row) for row in sql('SELECT "The Odd"::text FROM odd ORDER BY id')
    ]


def test_the_settings_of_the_server_change_nothing(sql, dsn, duck, tmp_path):
    sql("CREATE TABLE t (at timestamptz, d double precision, span interval, raw bytea)")
    sql("INSERT INTO t VALUES ('2020-06-01 12:00+00', 0.1::float8 + 0.2, '1 day', '\\x01')")
    for setting in (
        "timezone = 'Asia/Kolkata'",
        "datestyle = 'German'",
        "extra_float_digits = 0",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
    ):
        sql(f"ALTER DATABASE {sql('SELECT current_database()')[0][0]} SET {setting}")
    assert move(dsn, duck, tmp_path, table="t").complete
    assert duck.run("SELECT * FROM t") == [
        (dt.datetime(2020, 6, 1, 12), 0.1 + 0.2, "1 day", b"\x01")  # noqa: DTZ001 - UTC without zone
    ]


def test_one_column_of_nulls_and_empty_texts(sql, dsn, duck, tmp_path):
    sql("CREATE TABLE one (a text)")
    sql("INSERT INTO one VALUES (''), (NULL), ('x'), (NULL), ('')")
    for n, files in enumerate(FORMATS):
        report = migrate(
            dsn,
            duck,
            workdir=tmp_path / str(n),
            progress=False,
            table="one",
            target=f"one{n}",
            **files,
        )
        assert report.complete
        found = duck.run(f"SELECT a, count(*) FROM one{n} GROUP BY a ORDER BY a NULLS LAST")
        assert found == [("", 2), ("x", 1), (None, 2)]


def test_types_that_only_postgresql_has(sql, dsn, duck, tmp_path):
    sql("CREATE TYPE mood AS ENUM ('ok', 'sad')")
    sql("CREATE DOMAIN percent AS numeric(5, 2) CHECK (value <= 100)")
    sql("CREATE TABLE t (m mood, p percent, net inet, r int4range, j json, tt timetz)")
    sql(
        "INSERT INTO t VALUES ('sad', 12.5, '10.0.0.1/8', '[1,5)', '{\"a\":  1}', '10:00+02'), "
        "(NULL, NULL, NULL, NULL, NULL, NULL)"
    )
    assert move(dsn, duck, tmp_path, table="t").complete
    row = duck.run("SELECT * FROM t WHERE m IS NOT NULL")[0]
    assert row == ("sad", Decimal("12.50"), "10.0.0.1/8", "[1,5)", '{"a":  1}', "10:00:00+02")
    assert json.loads(row[4]) == {"a": 1}

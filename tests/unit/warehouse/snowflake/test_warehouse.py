"""Against the emulator, in this process and over HTTP, and against a real account where one is named."""

import datetime as dt
import gzip
import subprocess
import sys
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evforecast.errors import InputError
from evforecast.testing import WAREHOUSE_CHECKS, check_warehouse
from evforecast.warehouse import (
    Column,
    CopyError,
    DuckDBWarehouse,
    FileFormat,
    Merged,
    StagedFile,
    TableName,
    WarehouseError,
)
from evforecast.warehouse.snowflake import (
    SnowflakeSettings,
    SnowflakeWarehouse,
    migration_script,
    sql,
)
from evforecast.warehouse.snowflake.session import Session

pytestmark = [
    pytest.mark.integration,
    # fakesnow's own, about how it asks DuckDB 2; in its server's thread an error would be an HTTP 500
    pytest.mark.filterwarnings(
        "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
    ),
]

TABLE = TableName(("Load",))
TARGET = TableName(("ev status",))
GZIP, PLAIN, PARQUET = FileFormat("csv", "gzip"), FileFormat("csv", "none"), FileFormat("parquet")
ALL_KINDS = [
    Column("id", "int8", nullable=False),
    Column("Mixed Case", "text"),
    Column("select", "bool"),
    Column("small", "int2"),
    Column("middle", "int4"),
    Column("price", "decimal", precision=38, scale=10),
    Column("real", "float8"),
    Column("raw", "bytes"),
    Column("day", "date"),
    Column("clock", "time"),
    Column("at", "timestamp"),
]
TYPES = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float8": pa.float64(),
    "text": pa.string(),
    "bytes": pa.string(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
}


def at(*parts):
    return dt.datetime(*parts)  # noqa: DTZ001 - UTC without a zone, as in the warehouse


ROWS = [
    (
        1,
        "plain",
        True,
        32767,
        2**31 - 1,
        Decimal("1.5"),
        0.1,
        "00ff",
        dt.date(2026, 2, 28),
        dt.time(23, 59, 59, 999999),
        at(2026, 10, 25, 1, 30, 0, 1),
    ),
    (2, None, None, None, None, None, None, None, None, None, None),
    (
        3,
        'two\nlines, "quoted", a \\ and \\N',
        False,
        -32768,
        -(2**31),
        Decimal("-999999999999999999.9999999999"),
        float("nan"),
        "",
        dt.date(1, 1, 1),
        dt.time(0),
        at(1969, 12, 31, 23, 59, 59, 999999),
    ),
    (
        2**63 - 1,
        "übergröße 充電 🔌",
        True,
        0,
        0,
        Decimal(0),
        float("inf"),
        "deadbeef",
        dt.date(1969, 12, 31),
        dt.time(12, 0, 0, 5),
        at(1960, 1, 1),
    ),
    (
        -(2**63),
        "  007 ",
        False,
        1,
        1,
        Decimal("0.0000000001"),
        float("-inf"),
        "0012",
        dt.date(9999, 12, 31),
        None,
        at(9999, 12, 31, 23, 59, 59, 999999),
    ),
    (
        5,
        "NULL",
        None,
        2,
        2,
        Decimal(3),
        5e-324,
        None,
        dt.date(1970, 1, 1),
        dt.time(1),
        at(1970, 1, 1),
    ),
    (6, "", None, 2, 2, Decimal(3), 1.7976931348623157e308, None, None, None, None),
    (7, "", None, 2, 2, Decimal(3), -0.0, None, None, None, None),
]


def text_of(value):
    """Write a value as the exporter does; what is None has no quotes, an empty text has."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return repr(value).replace("nan", "NaN")
    if isinstance(value, dt.datetime):
        return f"{value.year:04}-{value:%m-%d %H:%M:%S.%f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def csv_bytes(rows):
    def field(value):
        text = text_of(value)
        if text is None:
            return ""
        if text == "" or any(sign in text for sign in '",\n\r'):
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join(",".join(map(field, row)) + "\n" for row in rows).encode()


def write(path, rows, columns, file_format):
    if file_format.kind == "parquet":
        names = [column.name for column in columns]
        types = [
            pa.decimal128(c.precision, c.scale) if c.kind == "decimal" else TYPES[c.kind]
            for c in columns
        ]
        arrays = [
            pa.array(values, kind)
            for values, kind in zip(zip(*rows, strict=True), types, strict=True)
        ]
        pq.write_table(pa.table(dict(zip(names, arrays, strict=True))), path, compression="zstd")
        return path
    if file_format.compression == "zstd":
        with pa.CompressedOutputStream(str(path), "zstd") as file:
            file.write(csv_bytes(rows))
        return path
    path.write_bytes(gzip.compress(csv_bytes(rows)) if file_format == GZIP else csv_bytes(rows))
    return path


def load(warehouse, table, columns, rows, folder, file_format=GZIP, prefix="run-1"):
    path = write(folder / f"part{file_format.suffix}", rows, columns, file_format)
    warehouse.create(table, columns, transient=True)
    warehouse.put([path], prefix)
    return warehouse.copy_into(table, columns, prefix, {path.name: file_format})


def count(warehouse, table=TABLE):
    return int(warehouse.run(f"SELECT COUNT(*) FROM {table.sql}")[0][0])


@pytest.fixture(scope="module")
def simple():
    return [Column("id", "int8"), Column("state", "text")]


def insert(warehouse, table, columns, rows):
    warehouse.create(table, columns, transient=True)
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        warehouse.run(f"INSERT INTO {table.sql} SELECT {marks}", row)


# Over HTTP the emulator's NULL times come as 1970.
@pytest.mark.parametrize("connect", ["patch"], indirect=True)
def test_it_keeps_every_promise_of_a_warehouse(warehouse):
    assert check_warehouse(warehouse) == list(WAREHOUSE_CHECKS)


# ------------------------------------------------------------------------------------- the round trip


@pytest.mark.parametrize(
    "file_format", [GZIP, PLAIN, FileFormat("csv", "zstd"), PARQUET], ids=lambda f: f.suffix
)
def test_every_kind_arrives_as_in_duckdb(warehouse, tmp_path, file_format):
    """NULL against the empty text in CSV is the taught emulator's reading: fakesnow itself has NULL for both.

    In Parquet it is fakesnow's own.
    """
    prints = []
    loaded = load(warehouse, TABLE, ALL_KINDS, ROWS, tmp_path, file_format)
    prints.append(warehouse.fingerprint(TABLE, ALL_KINDS, few=["Mixed Case"]))
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as other:
        load(other, TABLE, ALL_KINDS, ROWS, tmp_path, file_format)
        prints.append(other.fingerprint(TABLE, ALL_KINDS))
    assert prints[0][0].differences(prints[1][0]) == []
    assert [(file.status, file.rows) for file in loaded] == [("loaded", len(ROWS))]
    assert warehouse.columns(TABLE) == ALL_KINDS


def test_fingerprints_by_slice(warehouse, tmp_path):
    load(warehouse, TABLE, ALL_KINDS, ROWS, tmp_path, PARQUET)
    by = '"small" % 2'
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as other:
        load(other, TABLE, ALL_KINDS, ROWS, tmp_path, PARQUET)
        assert warehouse.fingerprint(TABLE, ALL_KINDS, slice_by=by) == other.fingerprint(
            TABLE, ALL_KINDS, slice_by=by
        )
        assert warehouse.distinct(TABLE, ["middle"], slice_by=by) == other.distinct(
            TABLE, ["middle"], slice_by=by
        )
    assert warehouse.distinct(TABLE, ["Mixed Case", "select"]) == {0: 7}


@pytest.mark.parametrize("file_format", [GZIP, PARQUET], ids=lambda f: f.suffix)
def test_all_the_digits_of_a_decimal_arrive(warehouse, tmp_path, file_format):
    columns = [Column("n", "decimal", precision=38, scale=10)]
    numbers = [Decimal("-9999999999999999999999999999.9999999999"), Decimal("0.0000000001")]
    load(warehouse, TABLE, columns, [(n,) for n in numbers], tmp_path, file_format)
    assert sorted(row[0] for row in warehouse.run('SELECT "n" FROM "Load"')) == numbers


def test_names_need_nothing_of_their_own(warehouse, tmp_path):
    columns = [Column('say "hi"', "int8"), Column("a.b", "text"), Column("ORDER", "text")]
    rows = [(1, "x", "y"), (2, None, "")]
    for file_format in (GZIP, PARQUET):
        load(warehouse, TARGET, columns, rows, tmp_path, file_format, prefix=file_format.kind)
        assert warehouse.columns(TARGET) == columns
        found = warehouse.run(f"SELECT * FROM {TARGET.sql}")
        assert sorted(tuple(row) for row in found) == rows


# --------------------------------------------------------------------------------------------- stages


def test_many_files_are_put_at_once(connect, tmp_path, simple):
    warehouse = connect(put_threads=4)
    files = [
        write(tmp_path / f"part-{n:02}.csv.gz", [(n, f"s{n}")], simple, GZIP) for n in range(20)
    ]
    told = []
    staged = warehouse.put(
        files, "run-1/p", done=lambda file, seconds: told.append((file, seconds))
    )
    assert [file.name for file in staged] == [path.name for path in files]
    # what is staged is encrypted, in blocks of 16 bytes
    assert [(file.name, file.size) for file in warehouse.staged("run-1/p")] == [
        (file.name, (file.size // 16 + 1) * 16) for file in staged
    ]
    assert sorted(file.name for file, _ in told) == [path.name for path in files]
    assert all(seconds > 0 for _, seconds in told)
    warehouse.create(TABLE, simple, transient=True)
    warehouse.copy_into(TABLE, simple, "run-1/p", {path.name: GZIP for path in files})
    assert count(warehouse) == 20


def test_a_prefix_is_a_folder_and_not_the_beginning_of_names(warehouse, tmp_path, simple):
    file = write(tmp_path / "a.csv", [(1, "x")], simple, PLAIN)
    for prefix in ("run-1", "run-10", "run-1/deeper"):
        warehouse.put([file], prefix)
    assert warehouse.staged("run-1") == [StagedFile("a.csv", 16)]
    assert warehouse.staged("run-2") == []
    warehouse.purge("run-10")
    assert warehouse.staged("run-10") == []
    assert warehouse.staged("run-1") == [StagedFile("a.csv", 16)]
    warehouse.purge("run-10")  # again, after a kill: nothing is there


def test_a_file_is_put_over_one_of_its_name(warehouse, tmp_path, simple):
    path = write(tmp_path / "a.csv", [(1, "x")], simple, PLAIN)
    warehouse.put([path], "run-1")
    write(path, [(1, "longer than sixteen bytes")], simple, PLAIN)
    warehouse.put([path], "run-1")
    assert warehouse.staged("run-1") == [StagedFile("a.csv", 32)]


def test_what_cannot_be_put_is_refused_before_anything_is(warehouse, tmp_path):
    good = tmp_path / "a.csv"
    good.write_text("1\n")
    with pytest.raises(InputError, match=r"b\.csv: there is no such file"):
        warehouse.put([good, tmp_path / "b.csv"], "run-1")
    with pytest.raises(InputError, match="Rename it"):
        warehouse.put([good, tmp_path / "it's.csv"], "run-1")
    assert warehouse.staged("run-1") == []
    assert warehouse.put([], "run-1") == []


def test_after_a_failed_upload_the_next_ones_do_not_begin(connect, tmp_path, monkeypatch):
    warehouse = connect(put_threads=1)
    files = [tmp_path / f"{n}.csv" for n in range(5)]
    for path in files:
        path.write_text("1\n")
    tried = []

    def put(statement):
        tried.append(statement)
        msg = "no route"
        raise WarehouseError(msg)

    monkeypatch.setattr(warehouse, "_put", put)
    with pytest.raises(WarehouseError, match="no route"):
        warehouse.put(files, "run-1")
    assert len(tried) < 5


def test_an_external_stage_is_not_put_to(connect, tmp_path):
    warehouse = connect(stage="external:lake")
    with pytest.raises(InputError, match=r"aws s3 cp.*a\.csv"):
        warehouse.put([tmp_path / "a.csv"], "run-1")


# --------------------------------------------------------------------------------------------- tables


def test_a_table_that_is_not_there(warehouse, simple):
    assert warehouse.columns(TABLE) is None
    warehouse.drop(TABLE)
    with pytest.raises(WarehouseError, match="capitals too"):
        warehouse.merge(TABLE, TARGET, simple, ["id"])


def test_a_transient_table_is_new_and_another_is_kept(warehouse, simple):
    insert(warehouse, TABLE, simple, [(1, "x")])
    warehouse.create(TABLE, simple, transient=False)
    assert count(warehouse) == 1
    warehouse.create(TABLE, simple, transient=True)
    assert count(warehouse) == 0
    warehouse.drop(TABLE)
    assert warehouse.columns(TABLE) is None


def test_a_schema_is_made_and_the_session_stays_in_its_own(warehouse, tmp_path, simple):
    table = TableName(("Other", "t"))
    before = warehouse.url
    load(warehouse, table, simple, [(1, "x")], tmp_path)
    again = warehouse.copy_into(table, simple, "run-1", {"part.csv.gz": GZIP})
    assert [(file.status, file.rows) for file in again] == [("loaded before", 1)]
    assert warehouse.url == before
    warehouse.drop(table)


# ---------------------------------------------------------------------------------------------- loads


def test_twice_is_once(warehouse, tmp_path, simple):
    load(warehouse, TABLE, simple, [(1, "x"), (2, "y")], tmp_path)
    again = warehouse.copy_into(TABLE, simple, "run-1", {"part.csv.gz": GZIP})
    assert [(file.status, file.rows) for file in again] == [("loaded before", 2)]
    assert count(warehouse) == 2


def test_what_was_loaded_need_not_be_staged_any_more(warehouse, tmp_path, simple):
    load(warehouse, TABLE, simple, [(1, "x"), (2, "y")], tmp_path)
    warehouse.purge("run-1")
    again = warehouse.copy_into(TABLE, simple, "run-1", {"part.csv.gz": GZIP})
    assert [(file.status, file.rows) for file in again] == [("loaded before", 2)]


def test_a_new_connection_resumes(connect, tmp_path, simple):
    load(connect(), TABLE, simple, [(1, "x")], tmp_path)
    path = write(tmp_path / "more.csv.gz", [(2, "y")], simple, GZIP)
    other = connect()
    other.put([path], "run-1")
    files = {"part.csv.gz": GZIP, "more.csv.gz": GZIP}
    loaded = other.copy_into(TABLE, simple, "run-1", files)
    assert [(file.name, file.status) for file in loaded] == [
        ("part.csv.gz", "loaded before"),
        ("more.csv.gz", "loaded"),
    ]
    assert count(other) == 2


@pytest.mark.parametrize("killed_at", ["COPY", "COMMIT"])
def test_a_kill_before_the_end_leaves_nothing(connect, tmp_path, simple, monkeypatch, killed_at):
    warehouse = connect()
    files = {write(tmp_path / f"{n}.csv", [(n, "x")], simple, PLAIN).name: PLAIN for n in range(5)}
    warehouse.create(TABLE, simple, transient=True)
    warehouse.put([tmp_path / name for name in files], "run-1")
    monkeypatch.setattr(sql, "FILES_AT_ONCE", 2)
    copies = []
    ask = Session.ask

    def killed(self, statement, values=()):
        copies.append(statement.startswith("COPY"))
        if statement.startswith(killed_at) and sum(copies) > 1:
            raise KeyboardInterrupt
        return ask(self, statement, values)

    monkeypatch.setattr(Session, "ask", killed)
    with pytest.raises(KeyboardInterrupt):
        warehouse.copy_into(TABLE, simple, "run-1", files)
    monkeypatch.setattr(Session, "ask", ask)
    assert count(warehouse) == 0
    loaded = warehouse.copy_into(TABLE, simple, "run-1", files)
    assert {file.status for file in loaded} == {"loaded"}
    assert count(warehouse) == 5


def test_a_bad_file_stops_all(warehouse, tmp_path, simple):
    good = write(tmp_path / "a.csv", [(1, "x")], simple, PLAIN)
    bad = tmp_path / "b.csv"
    bad.write_text("one,x\n")
    warehouse.create(TABLE, simple, transient=True)
    warehouse.put([good, bad], "run-1")
    with pytest.raises(
        CopyError, match=r"^b\.csv, line 1: it cannot be loaded into Load"
    ) as caught:
        warehouse.copy_into(TABLE, simple, "run-1", {"a.csv": PLAIN, "b.csv": PLAIN})
    assert caught.value.file == "b.csv"
    assert count(warehouse) == 0
    bad.write_text("2,x\n")
    warehouse.put([bad], "run-1")
    warehouse.copy_into(TABLE, simple, "run-1", {"a.csv": PLAIN, "b.csv": PLAIN})
    assert count(warehouse) == 2


def test_a_file_that_is_no_parquet(warehouse, tmp_path, simple):
    (tmp_path / "a.parquet").write_text("no")
    warehouse.create(TABLE, simple, transient=True)
    warehouse.put([tmp_path / "a.parquet"], "run-1")
    with pytest.raises(CopyError, match=r"^a\.parquet, "):
        warehouse.copy_into(TABLE, simple, "run-1", {"a.parquet": PARQUET})


def test_a_bad_file_is_skipped(warehouse, tmp_path, simple):
    good = write(tmp_path / "a.csv", [(1, "x")], simple, PLAIN)
    (tmp_path / "b.csv").write_text("one,x\n")
    warehouse.create(TABLE, simple, transient=True)
    warehouse.put([good, tmp_path / "b.csv"], "run-1")
    loaded = warehouse.copy_into(
        TABLE, simple, "run-1", {"a.csv": PLAIN, "b.csv": PLAIN}, on_error="skip_file"
    )
    assert [(file.status, file.rows) for file in loaded] == [("loaded", 1), ("skipped", 0)]
    assert "one" in loaded[1].rejected[0]["reason"]
    assert count(warehouse) == 1


def test_a_file_that_is_not_staged(warehouse, simple):
    warehouse.create(TABLE, simple, transient=True)
    with pytest.raises(CopyError, match=r"run-1/a\.csv: the file is not in the stage") as caught:
        warehouse.copy_into(TABLE, simple, "run-1", {"a.csv": PLAIN})
    assert caught.value.file == "a.csv"


def test_a_misspelt_strategy(warehouse, simple):
    with pytest.raises(InputError, match="on_error"):
        warehouse.copy_into(TABLE, simple, "run-1", {}, on_error="skip")


# --------------------------------------------------------------------------------------------- merges


def test_merge_with_a_key(warehouse, simple):
    insert(warehouse, TABLE, simple, [(1, "new"), (2, None), (3, "same"), (4, "x"), (4, "x")])
    insert(warehouse, TARGET, simple, [(2, "old"), (3, "same"), (9, "stays")])
    assert warehouse.merge(TABLE, TARGET, simple, ["id"]) == Merged(inserted=2, updated=1)
    assert warehouse.merge(TABLE, TARGET, simple, ["id"]) == Merged(inserted=0, updated=0)
    rows = {int(n): state for n, state in warehouse.run(f"SELECT * FROM {TARGET.sql}")}
    assert rows == {1: "new", 2: None, 3: "same", 4: "x", 9: "stays"}
    assert count(warehouse, TARGET) == 5


def test_merge_where_all_is_key(warehouse, simple):
    insert(warehouse, TABLE, simple, [(1, "x"), (2, "y")])
    insert(warehouse, TARGET, simple, [(1, "x")])
    assert warehouse.merge(TABLE, TARGET, simple, ["id", "state"]) == Merged(1, 0)
    assert warehouse.merge(TABLE, TARGET, simple, ["id", "state"]) == Merged(0, 0)


def test_merge_without_a_key_counts_equal_rows(warehouse, simple):
    insert(warehouse, TABLE, simple, [(1, None), (1, None), (1, None), (2, "y"), (None, None)])
    insert(warehouse, TARGET, simple, [(1, None), (2, "y"), (2, "y")])
    assert warehouse.merge(TABLE, TARGET, simple, []) == Merged(3, 0)
    assert warehouse.merge(TABLE, TARGET, simple, []) == Merged(0, 0)
    assert count(warehouse, TARGET) == 6


def test_merge_of_every_kind(warehouse, tmp_path):
    load(warehouse, TABLE, ALL_KINDS, ROWS, tmp_path, PARQUET)
    warehouse.create(TARGET, ALL_KINDS, transient=False)
    assert warehouse.merge(TABLE, TARGET, ALL_KINDS, []) == Merged(len(ROWS), 0)
    assert warehouse.merge(TABLE, TARGET, ALL_KINDS, ["id"]) == Merged(0, 0)
    assert warehouse.merge(TABLE, TARGET, ALL_KINDS, []) == Merged(0, 0)
    assert warehouse.fingerprint(TARGET, ALL_KINDS) == warehouse.fingerprint(TABLE, ALL_KINDS)


# ------------------------------------------------------------------------------------------ otherwise


def test_the_script_does_the_same(warehouse, tmp_path, simple):
    files = {write(tmp_path / f"{n}.csv.gz", [(n, "x")], simple, GZIP): GZIP for n in range(3)}
    text = migration_script(TARGET, simple, files, "run-1", key=["id"], rows=3)
    for _ in range(2):  # it may be run again from the start
        for line in text.splitlines():
            # the emulator cannot ALTER SESSION
            if line and not line.startswith(("--", "ALTER SESSION")):
                warehouse.run(line.removesuffix(";"))
        assert count(warehouse, TARGET) == 3
    assert warehouse.columns(TARGET.renamed(f"{TARGET.name}__load")) is None
    assert warehouse.staged("run-1") == []


def test_values_are_bound(warehouse):
    assert warehouse.run("SELECT 1 + ?, ?", [2, "it's \\"]) == [(3, "it's \\")]


def test_the_url_says_where_and_no_secret(warehouse):
    assert warehouse.url.startswith("snowflake://")
    assert "/S1" in warehouse.url
    assert "snow@" not in warehouse.url
    assert "password" not in warehouse.url


def test_it_closes_as_a_context(connect):
    with connect() as warehouse:
        assert warehouse.run("SELECT 1") == [(1,)]


class Connection:
    """As much of a connection as is looked at before anything is asked."""

    def __init__(self, database="EV", schema="RAW", *, is_pyformat=False):
        self.database, self.schema, self.is_pyformat = database, schema, is_pyformat


def test_a_session_has_to_have_a_schema():
    with pytest.raises(InputError, match="the session has no schema"):
        SnowflakeWarehouse(Connection(schema=None))


def test_a_connection_has_to_bind_question_marks():
    with pytest.raises(InputError, match='paramstyle="qmark"'):
        SnowflakeWarehouse(Connection(is_pyformat=True))


@pytest.mark.parametrize(
    ("stage", "folder"),
    [
        ("named", "@evforecast_stage/run-1/"),
        ("named:ev.raw.S", "@ev.raw.S/run-1/"),
        ("user", "@~/run-1/"),
        ('table:ev."Raw".t', '@"ev"."Raw".%"t"/run-1/'),
        ("external:lake/in", "@lake/in/run-1/"),
    ],
)
def test_its_script_uses_its_stage(tmp_path, simple, stage, folder):
    warehouse = SnowflakeWarehouse(Connection(), stage=stage)
    text = warehouse.script(TARGET, simple, {tmp_path / "a.csv": PLAIN}, "run-1", key=["id"])
    assert f"LIST {folder};" in text
    assert f"FROM {folder} FILES = ('a.csv')" in text


def test_a_misspelt_stage_is_found_before_the_login():
    settings = SnowflakeSettings("a", "b", password="c", database="d", schema="e", stage="tabel:x")
    with pytest.raises(InputError, match="names no stage"):
        SnowflakeWarehouse.connect(settings)


def test_nothing_heavy_is_imported():
    code = (
        "import sys, evforecast.warehouse.snowflake\n"
        "assert not {'snowflake.connector', 'duckdb', 'pyarrow', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ----------------------------------------------------------------------------------------------- live


@pytest.fixture
def account():
    """Return a warehouse of a real account, whose test tables and files are gone afterwards."""
    settings = SnowflakeSettings.from_environment()
    if not (settings.account or settings.connection):
        pytest.skip("EVFORECAST_SNOWFLAKE_ACCOUNT or _CONNECTION names no Snowflake account")
    with SnowflakeWarehouse.connect(settings) as warehouse:
        yield warehouse


@pytest.mark.live
@pytest.mark.parametrize("file_format", [GZIP, FileFormat(), PARQUET], ids=lambda f: f.suffix)
def test_every_kind_arrives_in_a_real_account(account, tmp_path, file_format):
    run = f"evforecast-test-{uuid.uuid4().hex}"
    table, target = TableName((f"{run} load",)), TableName((run,))
    try:
        loaded = load(account, table, ALL_KINDS, ROWS, tmp_path, file_format, prefix=run)
        again = account.copy_into(table, ALL_KINDS, run, {loaded[0].name: file_format})
        assert [file.status for file in (*loaded, *again)] == ["loaded", "loaded before"]
        assert account.columns(table) == ALL_KINDS
        found = account.fingerprint(table, ALL_KINDS, few=["Mixed Case"])
        with DuckDBWarehouse(tmp_path / "ev.duckdb") as other:
            load(other, table, ALL_KINDS, ROWS, tmp_path, file_format)
            assert found[0].differences(other.fingerprint(table, ALL_KINDS)[0]) == []
        account.create(target, ALL_KINDS, transient=False)
        assert account.merge(table, target, ALL_KINDS, ["id"]) == Merged(len(ROWS), 0)
        assert account.merge(table, target, ALL_KINDS, []) == Merged(0, 0)
        (tmp_path / "bad.csv").write_text("1,x\none,x\n")
        account.put([tmp_path / "bad.csv"], run)
        simple = [Column("id", "int8"), Column("state", "text")]
        account.create(table, simple, transient=True)
        with pytest.raises(CopyError, match="line 2"):
            account.copy_into(table, simple, run, {"bad.csv": PLAIN})
        kept = account.copy_into(table, simple, run, {"bad.csv": PLAIN}, on_error="continue")
        assert [(file.status, file.rows) for file in kept] == [("partly loaded", 1)]
        assert kept[0].rejected[0]["line"] == 2
    finally:
        account.purge(run)
        account.drop(table)
        account.drop(target)

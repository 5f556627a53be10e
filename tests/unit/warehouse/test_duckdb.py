import datetime as dt
import subprocess
import sys
from decimal import Decimal

import duckdb
import pytest

from evforecast.errors import InputError
from evforecast.migration.parts import PartWriter
from evforecast.warehouse import (
    Column,
    CopyError,
    DuckDBWarehouse,
    FileFormat,
    Merged,
    TableName,
    WarehouseError,
)

TABLE, TARGET = TableName(("Load me",)), TableName(("my schema", "select"))
COLUMNS = [
    Column("id", "int8", nullable=False),
    Column("Text", "text"),
    Column("raw", "bytes"),
    Column("price", "decimal", precision=30, scale=5),
    Column("real", "float8"),
    Column("at", "timestamp"),
    Column("yes", "bool"),
]
CSV = (
    b'1,"a ""b""\nc\\N,",00ff,12345678901234567890.12345,NaN,2020-10-25 01:30:00.000001,t\n'
    b'2,"","",-0.00001,-inf,0001-01-01 00:00:00,f\n'
    b"3,,,,,,\n"
)


def at(*parts):
    return dt.datetime(*parts)  # noqa: DTZ001 - UTC without a zone, as in the warehouse


ROWS = [
    (
        1,
        'a "b"\nc\\N,',
        b"\x00\xff",
        Decimal("12345678901234567890.12345"),
        "nan",
        at(2020, 10, 25, 1, 30, 0, 1),
        True,
    ),
    (2, "", b"", Decimal("-0.00001"), "-inf", at(1, 1, 1), False),
    (3, None, None, None, None, None, None),
]
N = [Column("n", "int4")]
PLAIN = FileFormat("csv", "none")


def staged(duck, tmp_path, name, data, file_format=PLAIN, columns=COLUMNS):
    path = tmp_path / name
    writer = PartWriter(path, columns, file_format)
    writer.write(data)
    writer.close(rows=0, seconds=0.0)
    duck.put([path], "run")
    return {name: file_format}


def rows(duck, table=TABLE):
    found = duck.run(f"SELECT * FROM {table.sql} ORDER BY 1")
    return [tuple(str(v) if isinstance(v, float) else v for v in row) for row in found]


@pytest.mark.parametrize(
    "file_format",
    [FileFormat("csv", c) for c in ("zstd", "gzip", "none")] + [FileFormat("parquet")],
    ids=lambda f: f.suffix,
)
def test_every_value_arrives_once(duck, tmp_path, file_format):
    duck.create(TABLE, COLUMNS, transient=True)
    files = staged(duck, tmp_path, "a" + file_format.suffix, CSV, file_format)
    (loaded,) = duck.copy_into(TABLE, COLUMNS, "run", files)
    assert (loaded.status, loaded.rows) == ("loaded", 3)
    (again,) = duck.copy_into(TABLE, COLUMNS, "run", files)
    assert (again.status, again.rows) == ("loaded before", 3)
    assert rows(duck) == ROWS


def test_tables_are_made_described_and_dropped(duck):
    for table in (TABLE, TARGET):
        assert duck.columns(table) is None
        duck.create(table, COLUMNS, transient=False)
        duck.create(table, COLUMNS, transient=False)
        assert duck.columns(table) == COLUMNS
        duck.drop(table)
        duck.drop(table)
        assert duck.columns(table) is None


def test_a_schema_of_the_name_of_the_database(duck):
    table = TableName(("ev", "t"))  # the file is ev.duckdb
    duck.create(table, N, transient=False)
    duck.run("INSERT INTO ev.ev.t VALUES (1)")
    assert duck.columns(table) == N
    assert duck.fingerprint(table, N)[0].rows == 1
    duck.drop(table)
    assert duck.columns(table) is None


def test_a_type_that_is_not_loaded_here(duck):
    duck.run("CREATE TABLE t (l INTEGER[])")
    with pytest.raises(WarehouseError, match=r"column 'l' is of type INTEGER\[\]"):
        duck.columns(TableName(("t",)))


def test_one_column_of_nulls_and_empty_texts(duck, tmp_path):
    one = [Column("t", "text")]
    duck.create(TABLE, one, transient=True)
    duck.copy_into(TABLE, one, "run", staged(duck, tmp_path, "a.csv", b'x\n\n""\n', columns=one))
    assert sorted(rows(duck), key=str) == [("",), ("x",), (None,)]


def test_the_stage_is_a_folder_of_links(duck, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1\n")
    told = []
    for _ in range(2):
        duck.put([path], "x/run", done=lambda file, seconds: told.append((file.name, seconds >= 0)))
    assert told == [("a.csv", True)] * 2
    (duck.stage / "x/run/b.csv.new").touch()  # what a kill leaves
    (file,) = duck.staged("x/run")
    assert (file.name, file.size) == ("a.csv", 2)
    assert file.sha256.startswith("4355a46b")
    duck.purge("x/run")
    duck.purge("x/run")
    assert duck.staged("x/run") == []
    assert not duck.stage.exists()
    assert path.exists()


def test_a_file_that_is_not_staged(duck):
    duck.create(TABLE, N, transient=True)
    with pytest.raises(CopyError, match="not in the stage") as caught:
        duck.copy_into(TABLE, N, "run", {"a.csv": FileFormat()})
    assert caught.value.file == "a.csv"


def three(duck, tmp_path):
    duck.create(TABLE, N, transient=True)
    files = {}
    for name, data in (("a.csv", b"1\n2\n"), ("b.csv", b"3\nx\n5\n"), ("c.csv", b"6\n")):
        files |= staged(duck, tmp_path, name, data, columns=N)
    return files


def test_abort_loads_all_files_or_none(duck, tmp_path):
    files = three(duck, tmp_path)
    with pytest.raises(CopyError, match=r"b\.csv: it cannot be loaded") as caught:
        duck.copy_into(TABLE, N, "run", files)
    assert caught.value.file == "b.csv"
    assert rows(duck) == duck.history() == []


def test_skip_file_leaves_out_a_bad_file_and_says_why(duck, tmp_path):
    files = three(duck, tmp_path)
    found = duck.copy_into(TABLE, N, "run", files, on_error="skip_file")
    assert [(file.status, file.rows) for file in found] == [
        ("loaded", 2),
        ("skipped", 0),
        ("loaded", 1),
    ]
    assert "'x'" in found[1].rejected[0]["reason"] or "Line: 2" in found[1].rejected[0]["reason"]
    assert rows(duck) == [(1,), (2,), (6,)]


def test_continue_keeps_the_rows_that_were_rejected(duck, tmp_path):
    files = three(duck, tmp_path)
    found = duck.copy_into(TABLE, N, "run", files, on_error="continue")
    assert found[1].status == "partly loaded"
    assert rows(duck) == [(1,), (2,), (3,), (5,), (6,)]
    (row,) = found[1].rejected
    assert (row["line"], row["column"], row["text"]) == (2, "n", "x")
    assert "INTEGER" in row["reason"]
    # a copy that was killed after its commit can still tell them
    again = duck.copy_into(TABLE, N, "run", files, on_error="continue")
    assert [file.status for file in again] == ["loaded before"] * 3
    assert again[1].rejected == found[1].rejected
    duck.create(TABLE, N, transient=True)
    assert duck.history() == []


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_a_file_cut_short_is_named(duck, tmp_path, compression):
    if compression == "gzip" and tuple(map(int, duckdb.__version__.split(".")[:2])) < (1, 2):
        # a migration sees it all the same: it compares the file's size and hash before the load
        pytest.skip("this old DuckDB reads a gzip file that was cut short up to the cut")
    duck.create(TABLE, N, transient=True)
    form = FileFormat("csv", compression)
    data = "".join(f"{n * 7919 % 100_003}\n" for n in range(60_000)).encode()
    files = staged(duck, tmp_path, "a.csv", data, form, N)
    path = duck.stage / "run" / "a.csv"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(CopyError, match=r"a\.csv: it cannot be loaded"):
        duck.copy_into(TABLE, N, "run", files)
    assert rows(duck) == []


def test_a_row_that_is_too_long_for_csv_is_one_for_parquet(duck, tmp_path):
    text = [Column("t", "text")]
    duck.create(TABLE, text, transient=True)
    data = b"x" * 3_000_000 + b"\n"
    with pytest.raises(CopyError, match="Migrate this table as Parquet"):
        duck.copy_into(
            TABLE, text, "run", staged(duck, tmp_path, "a", data, FileFormat("csv", "gzip"), text)
        )
    files = staged(duck, tmp_path, "b", data, FileFormat("parquet"), text)
    assert duck.copy_into(TABLE, text, "run", files)[0].rows == 1


KV = [Column("k", "int4"), Column("v", "text")]


def fill(duck, table, values):
    duck.create(table, KV, transient=True)
    for row in values:
        duck.run(f"INSERT INTO {table.sql} VALUES (?, ?)", row)


def test_merge_with_a_key(duck):
    fill(duck, TABLE, [(1, "a"), (2, None), (3, "c"), (4, "d")])
    fill(duck, TARGET, [(1, "a"), (2, "b"), (3, None), (9, "z")])
    assert duck.merge(TABLE, TARGET, KV, ["k"]) == Merged(inserted=1, updated=2)
    assert rows(duck, TARGET) == [(1, "a"), (2, None), (3, "c"), (4, "d"), (9, "z")]
    assert duck.merge(TABLE, TARGET, KV, ["k"]) == Merged(0, 0)


def test_merge_without_a_key_and_into_an_empty_table(duck):
    fill(duck, TABLE, [(1, "a"), (1, "a"), (2, None)])
    fill(duck, TARGET, [])
    assert duck.merge(TABLE, TARGET, KV, []) == Merged(3, 0)
    duck.run(f"DELETE FROM {TARGET.sql} WHERE k = 1")
    assert duck.merge(TABLE, TARGET, KV, []) == Merged(2, 0)
    assert duck.merge(TABLE, TARGET, KV, []) == Merged(0, 0)


def test_a_merge_in_parts_is_a_merge(duck, monkeypatch):
    monkeypatch.setattr("evforecast.warehouse.duckdb._AT_ONCE", 10)
    fill(duck, TABLE, [])
    duck.run(f"INSERT INTO {TABLE.sql} SELECT n, 'v' || n FROM range(300) AS r(n)")
    fill(duck, TARGET, [])
    duck.run(f"INSERT INTO {TARGET.sql} SELECT n, 'old' FROM range(100) AS r(n)")
    assert duck.distinct(TABLE, ["k"], slice_by="k % 3") == {0: 100, 1: 100, 2: 100}
    assert duck.merge(TABLE, TARGET, KV, ["k"]) == Merged(200, 100)
    assert rows(duck, TARGET) == rows(duck, TABLE)
    duck.run(f"DELETE FROM {TARGET.sql} WHERE k % 2 = 0")
    assert duck.merge(TABLE, TARGET, KV, []) == Merged(150, 0)


def test_distinct_combinations(duck):
    fill(duck, TABLE, [(1, "a"), (1, "a"), (1, None), (None, None)])
    assert duck.distinct(TABLE, ["k", "v"]) == {0: 3}


def test_what_duckdb_refuses_is_said_in_its_words(duck):
    with pytest.raises(WarehouseError, match=r"SELEC 1: .*syntax error"):
        duck.run("SELEC 1")


def test_a_database_in_memory_is_refused():
    with pytest.raises(InputError, match="name a file"):
        DuckDBWarehouse(":memory:")


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello " * 1000)
    with pytest.raises(WarehouseError, match="DuckDB cannot open it"):
        DuckDBWarehouse(path)


def test_a_file_that_another_process_has_open(duck):
    code = (
        "import sys; from evforecast.warehouse import DuckDBWarehouse\n"
        "try: DuckDBWarehouse(sys.argv[1])\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(duck.path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("WarehouseError")
    assert "Close the program" in done.stdout


def test_the_script_does_what_the_library_does(duck, tmp_path):
    files = staged(duck, tmp_path, "a.csv", CSV)
    text = duck.script(
        TABLE, COLUMNS, {tmp_path / name: form for name, form in files.items()}, "run"
    )
    duck.run(text)
    assert rows(duck) == ROWS


def test_a_transaction_happens_or_does_not(duck):
    duck.create(TABLE, N, transient=False)
    with duck.transaction():
        duck.run(f"INSERT INTO {TABLE.sql} VALUES (1)")
        duck.run(f"INSERT INTO {TABLE.sql} VALUES (2)")
    with pytest.raises(WarehouseError), duck.transaction():  # noqa: PT012 - of two statements
        duck.run(f"DELETE FROM {TABLE.sql}")
        duck.run("SELECT * FROM nowhere")
    assert rows(duck) == [(1,), (2,)]
    with duck.transaction():
        duck.run(f"DELETE FROM {TABLE.sql} WHERE n = 1")
    assert rows(duck) == [(2,)]


def test_inside_a_transaction_nothing_else_is_done(duck):
    duck.create(TABLE, N, transient=False)
    calls = [
        lambda: duck.create(TARGET, N, transient=False),
        lambda: duck.drop(TABLE),
        lambda: duck.merge(TABLE, TABLE, N, ["n"]),
    ]
    for call in calls:
        with duck.transaction(), pytest.raises(InputError, match="not inside a transaction"):
            call()
    assert duck.columns(TABLE) == N

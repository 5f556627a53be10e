"""What the emulator was taught of a load, one lesson a test; what uses it is tested where that stands."""

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest

from evforecast.testing.emulated import emulated_snowflake
from evforecast.testing.taught import taught
from evforecast.warehouse import Column, CopyError, FileFormat, TableName
from evforecast.warehouse.snowflake import SnowflakeWarehouse

pytestmark = pytest.mark.integration

TABLE = TableName.parse("lesson")
COLUMNS = [Column("id", "text"), Column("select", "int4"), Column("raw", "bytes")]


@pytest.fixture(scope="module")
def warehouse(emulator):
    with emulated_snowflake() as settings, SnowflakeWarehouse.connect(settings) as opened:
        yield opened


@pytest.fixture
def load(warehouse, tmp_path):
    """Return what writes files, stages them and copies them into a new table."""

    def loaded(on_error="abort", **files):
        made = []
        for name, text in files.items():
            made.append(tmp_path / f"{name}.csv.gz")
            made[-1].write_bytes(gzip.compress(text.encode()))
        kinds = dict.fromkeys((path.name for path in made), FileFormat("csv", "gzip"))
        warehouse.create(TABLE, COLUMNS, transient=True)
        warehouse.put(made, tmp_path.name)
        return warehouse.copy_into(TABLE, COLUMNS, tmp_path.name, kinds, on_error=on_error)

    yield loaded
    warehouse.purge(tmp_path.name)


def rows_of(warehouse):
    return warehouse.run('SELECT "id", "select", "raw" FROM "lesson" ORDER BY "select"')


def test_a_field_is_of_its_columns_type_and_null_is_not_empty(load, warehouse):
    load(one='007,1,00FF\n"",2,\n,3,\n')
    assert rows_of(warehouse) == [("007", 1, b"\x00\xff"), ("", 2, None), (None, 3, None)]


def test_files_are_loaded_as_they_are_named(load, warehouse, tmp_path):
    (tmp_path / "other.csv").write_text("x,9,\n")
    warehouse.put([tmp_path / "other.csv"], tmp_path.name)
    assert [file.rows for file in load(one="a,1,\n", two="b,2,\nc,3,\n")] == [1, 2]
    assert [row[0] for row in rows_of(warehouse)] == ["a", "b", "c"]


def test_an_error_names_its_file(load, warehouse):
    with pytest.raises(CopyError, match="two") as caught:
        load(one="a,1,\n", two="b,many,\n")
    assert caught.value.file == "two.csv.gz"
    assert rows_of(warehouse) == []


def test_a_file_is_skipped_whole(load, warehouse):
    found = load("skip_file", one="a,1,\n", two="b,2,\nc,many,\n", three="d,4,\n")
    assert [file.rows for file in found] == [1, 0, 1]
    assert [row[0] for row in rows_of(warehouse)] == ["a", "d"]


def test_a_folder_is_listed_with_encrypted_sizes_and_removed(warehouse, tmp_path):
    for name, size in (("a", 15), ("b", 16)):
        (tmp_path / name).write_bytes(bytes(size))
    warehouse.put([tmp_path / "a", tmp_path / "b"], "lesson/one")
    assert [file.size for file in warehouse.staged("lesson/one")] == [16, 32]
    assert warehouse.staged("lesson/two") == []
    warehouse.purge("lesson/one")
    assert warehouse.staged("lesson/one") == []


def test_threads_get_their_own_answers(warehouse):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: warehouse.run(f"SELECT {n}")[0][0], range(24)))
    assert found == list(range(24))


def test_a_csv_that_it_does_not_read_is_refused(warehouse):
    from evforecast.testing.taught import _as_csv

    said = {"COMPRESSION": "GZIP", "ESCAPE_UNENCLOSED_FIELD": "NONE", "NULL_IF": []}
    assert _as_csv(said).compression == "gzip"
    with pytest.raises(NotImplementedError, match="BINARY_FORMAT, NULL_IF"):
        _as_csv({**said, "BINARY_FORMAT": "UTF8", "NULL_IF": ["x"]})


def test_taught_twice_it_does_each_thing_once(warehouse, tmp_path):
    (tmp_path / "a").write_bytes(bytes(15))
    warehouse.put([tmp_path / "a"], "twice")
    with taught(), taught():
        assert [file.size for file in warehouse.staged("twice")] == [16]
    assert [file.size for file in warehouse.staged("twice")] == [16]

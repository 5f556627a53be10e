import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store, to_warehouse
from evforecast.errors import InputError
from evforecast.sources.feed import Table
from evforecast.warehouse import Merged, connect

A, B = body("available", "charging"), body("down", "weird")


@pytest.fixture
def warehouse(tmp_path):
    with connect(f"duckdb:///{tmp_path}/ev.duckdb") as warehouse:
        yield warehouse


def rows_in(warehouse, table="status"):
    return warehouse.run(f'SELECT evse_id, status, collected_at FROM "{table}" ORDER BY ALL')


def rows_of(store):
    frame = store.rows("status")[["evse_id", "status", "collected_at"]]
    return sorted((one[0], one[1], one[2].to_pydatetime()) for one in frame.to_numpy())


def test_rows_come_once_however_often_they_are_brought(store, collect, warehouse):
    collect(0, A)
    collect(1, B)
    assert to_warehouse(store, warehouse, "status") == Merged(3, 0)
    assert to_warehouse(store, warehouse, "status") == Merged(0, 0)
    assert rows_in(warehouse) == rows_of(store)
    collect(2, body("offline"))
    collect(96, A)
    assert to_warehouse(store, warehouse, "status") == Merged(3, 0)
    assert rows_in(warehouse) == rows_of(store)
    names = [name for (name,) in warehouse.run("SELECT table_name FROM information_schema.tables")]
    assert not [name for name in names if "__" in name]


def test_a_watermark_that_is_lost_costs_time_and_nothing_else(store, collect, warehouse):
    for cycle in (0, 96):
        collect(cycle, A)
    to_warehouse(store, warehouse, "status")
    for path in store.folder.joinpath("loaded").iterdir():
        path.unlink()
    assert to_warehouse(store, warehouse, "status") == Merged(0, 0)
    warehouse.run('DROP TABLE "status"')
    assert to_warehouse(store, warehouse, "status") == Merged(4, 0)
    assert to_warehouse(store, warehouse, "status", into="other") == Merged(4, 0)


def test_what_a_mended_reader_brings_is_brought(tmp_path, store, collect, warehouse):
    class Mended(StatusFeed):
        def words(self):
            return (*super().words(), "weird")

    for cycle in (0, 96, 192):
        collect(cycle, B)
    to_warehouse(store, warehouse, "status")
    mended = Store(tmp_path, Mended())
    mended.reparse(until="2026-11-29", now=at(193))
    assert to_warehouse(mended, warehouse, "status") == Merged(1, 0)
    assert rows_in(warehouse) == rows_of(mended)


def test_of_a_row_that_changes_the_later_stands(tmp_path, collect, warehouse):
    feed = StatusFeed()
    feed.tables = {"status": Table(("evse_id",), "collected_at")}
    store = Store(tmp_path, feed)
    for cycle, answer in ((0, A), (96, body("down")), (192, body("offline", "down"))):
        collect(cycle, answer, into=store)
        to_warehouse(store, warehouse, "status")
        assert rows_in(warehouse) == rows_of(store)
    # An old day that is read again does not bring its old rows back.
    store.reparse(until="2026-11-29", now=at(193))
    to_warehouse(store, warehouse, "status")
    assert rows_in(warehouse) == rows_of(store)


def test_columns_that_the_table_lacks(tmp_path, store, collect, warehouse):
    class Wider(StatusFeed):
        def read(self, payload):
            reading = super().read(payload)
            reading.tables["status"]["kw"] = 7.5
            return reading

    collect(0, A, into=Store(tmp_path, Wider()))
    to_warehouse(store, warehouse, "status")
    collect(96, A)
    to_warehouse(store, warehouse, "status")  # a column that the rows lack is empty
    assert warehouse.run('SELECT kw FROM "status" ORDER BY collected_at')[-1] == (None,)
    warehouse.run('ALTER TABLE "status" DROP COLUMN kw')
    for path in store.folder.joinpath("loaded").iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"\['kw'\] too. Add them"):
        to_warehouse(store, warehouse, "status")


def test_a_table_that_the_feed_does_not_have(store, warehouse):
    with pytest.raises(InputError, match="table='evse'"):
        to_warehouse(store, warehouse, "evse")

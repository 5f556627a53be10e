import numpy as np
import pyarrow as pa
import pytest

from evforecast.errors import TransientError
from evforecast.scenarios import tables
from evforecast.scenarios.tables import TABLES, Change, commit, make, stamp, watermark
from evforecast.warehouse import DuckDBWarehouse, TableName

ONE, TWO, THREE = (np.datetime64(f"2026-01-0{day}", "s") for day in (1, 2, 3))


@pytest.fixture
def warehouse(tmp_path):
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as opened:
        make(opened, "watermark", "status_grid", "evse")
        yield opened


def grid(*codes, time=ONE):
    rows = pa.table(
        {
            "time": pa.array([time] * len(codes)),
            "evse_id": pa.array([f"E{place}" for place in range(len(codes))]),
            "code": pa.array(codes, pa.int16()),
        }
    )
    return Change(TABLES["status_grid"], rows, '"time" = CAST(? AS TIMESTAMP)', [stamp(time)])


def rows(warehouse):
    return warehouse.run('SELECT "evse_id", "code" FROM "status_grid" ORDER BY "time", "evse_id"')


def test_rows_and_watermark_come_together(warehouse):
    assert watermark(warehouse, "features") is None
    assert commit(warehouse, "features", [grid(0, 1)], before=None, until=ONE) == 2
    assert watermark(warehouse, "features") == ONE
    assert watermark(warehouse, "predict") is None
    assert rows(warehouse) == [("E0", 0), ("E1", 1)]


def test_rows_take_the_place_of_those_that_are_named(warehouse):
    commit(warehouse, "features", [grid(0, 1)], before=None, until=ONE)
    commit(warehouse, "features", [grid(2, time=TWO)], before=ONE, until=TWO)
    commit(warehouse, "features", [grid(3)], before=TWO, until=THREE)
    assert rows(warehouse) == [("E0", 3), ("E0", 2)]


def test_no_rows_remove_those_that_are_named(warehouse):
    commit(warehouse, "features", [grid(0, 1)], before=None, until=ONE)
    assert commit(warehouse, "features", [grid()], before=ONE, until=TWO) == 0
    assert rows(warehouse) == []
    assert watermark(warehouse, "features") == TWO


@pytest.mark.parametrize("before", [None, TWO], ids=["begun", "elsewhere"])
def test_of_two_that_do_the_same_one_is_refused(warehouse, before):
    commit(warehouse, "features", [grid(0, 1)], before=None, until=ONE)
    with pytest.raises(TransientError, match=r"another process is doing the step 'features'"):
        commit(warehouse, "features", [grid(4)], before=before, until=THREE)
    assert rows(warehouse) == [("E0", 0), ("E1", 1)]
    assert watermark(warehouse, "features") == ONE


def test_a_passing_table_that_another_wrote_is_noticed(warehouse, monkeypatch):
    inner = tables._pass

    def crossed(warehouse, change):
        inner(warehouse, change)
        warehouse.run('INSERT INTO "status_grid__new" SELECT * FROM "status_grid__new"')

    monkeypatch.setattr(tables, "_pass", crossed)
    with pytest.raises(TransientError, match="another process"):
        commit(warehouse, "features", [grid(0)], before=None, until=ONE)
    assert (rows(warehouse), watermark(warehouse, "features")) == ([], None)


def test_an_error_in_the_middle_leaves_all_as_it_was(warehouse, monkeypatch):
    commit(warehouse, "features", [grid(0, 1)], before=None, until=ONE)
    inner = warehouse.run

    def broken(sql, values=()):
        if sql.startswith("INSERT"):
            raise TransientError("the line is dead")
        return inner(sql, values)

    monkeypatch.setattr(warehouse, "run", broken)
    with pytest.raises(TransientError, match="the line is dead"):
        commit(warehouse, "features", [grid(4)], before=ONE, until=TWO)
    monkeypatch.undo()
    assert rows(warehouse) == [("E0", 0), ("E1", 1)]
    assert watermark(warehouse, "features") == ONE
    commit(warehouse, "features", [grid(4)], before=ONE, until=TWO)
    assert rows(warehouse) == [("E0", 4)]


def test_nothing_passing_is_left(warehouse):
    commit(warehouse, "features", [grid(0)], before=None, until=ONE)
    assert warehouse.columns(TableName(("status_grid__new",))) is None
    assert not warehouse.stage.exists()


def test_tables_stand_as_they_are_said_to(warehouse):
    make(warehouse, *TABLES)
    for name, table in TABLES.items():
        assert warehouse.columns(TableName((name,))) == list(table.columns), name
        assert set(table.key) <= {column.name for column in table.columns}


def test_without_a_table_there_is_no_watermark(tmp_path):
    with DuckDBWarehouse(tmp_path / "new.duckdb") as warehouse:
        assert watermark(warehouse, "features") is None

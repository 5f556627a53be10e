import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.inwarehouse import store_panel, storing
from evforecast.warehouse import Column, Merged, TableName


@pytest.fixture
def empty(tmp_path):
    with ev.connect(f"duckdb:///{tmp_path}/ev.duckdb") as opened:
        yield opened


def read(warehouse, panel):
    """Return the codes of the table as a panel has them."""
    codes = np.full(panel.codes.shape, -1)
    rows = {time: row for row, time in enumerate(panel.times.tolist())}
    units = {evse_id: unit for unit, evse_id in enumerate(panel.evse_ids)}
    for time, evse_id, code in warehouse.run("SELECT time, evse_id, code FROM status_grid"):
        codes[rows[time], units[evse_id]] = code
    return codes


@pytest.mark.parametrize("cells", [1, 100, 10**6], ids=["a row", "some rows", "all"])
def test_the_panel_comes_back(empty, past, monkeypatch, cells):
    panel = past.tail(40)
    monkeypatch.setattr(storing, "_CELLS", cells)
    done = store_panel(empty, panel, exog="weather")
    assert done == Merged(int((panel.codes >= 0).sum()), 0)
    assert np.array_equal(read(empty, panel), panel.codes)
    assert empty.run("SELECT * FROM evse ORDER BY evse_id")[0] == tuple(
        panel.evse.reset_index().sort_values("evse_id").iloc[0]
    )
    found = empty.run("SELECT temperature FROM weather ORDER BY time")
    assert np.array_equal(np.array(found, float).ravel(), panel.exog["temperature"], equal_nan=True)


def test_stored_again_it_changes_nothing(empty, past):
    store_panel(empty, past)
    assert store_panel(empty, past) == Merged(0, 0)


def test_what_differs_is_replaced_and_the_rest_is_left(empty, past):
    store_panel(empty, past)
    codes = past.codes.copy()
    seen = np.argwhere(codes >= 0)[-1]
    codes[tuple(seen)] = (codes[tuple(seen)] + 1) % 5
    changed = ev.StatusPanel(codes, past.grid, past.evse, tz=past.tz)
    assert store_panel(empty, changed.tail(300)) == Merged(0, 1)
    assert np.array_equal(read(empty, past), codes)


def test_a_panel_without_series_has_none_to_store(empty, past):
    bare = ev.StatusPanel(past.codes, past.grid, past.evse)
    with pytest.raises(InputError, match="no exogenous series"):
        store_panel(empty, bare, exog="weather")


def test_a_panel_of_gaps_stores_its_chargers(empty, past):
    bare = ev.StatusPanel(np.full_like(past.codes, -1), past.grid, past.evse)
    assert store_panel(empty, bare) == Merged(0, 0)
    assert empty.run("SELECT COUNT(*) FROM evse") == [(past.n_evse,)]


def test_nothing_is_left_behind_by_a_load_that_fails(empty, tmp_path):
    table = TableName(("forecast",))
    columns = [Column("n", "int4")]
    empty.create(table, columns, transient=False)
    (tmp_path / "bad.parquet").write_text("no parquet")
    with pytest.raises(Exception, match=r"bad\.parquet"):
        storing.merge_files(empty, [tmp_path / "bad.parquet"], table, columns, ["n"])
    assert empty.columns(TableName(("forecast__new",))) is None
    assert not empty.stage.exists()

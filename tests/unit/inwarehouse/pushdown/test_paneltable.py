import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.features import runs
from evforecast.inwarehouse.pushdown.paneltable import UNKNOWN, PanelTable, ratio
from evforecast.warehouse import DUCKDB, SNOWFLAKE


def table_of(panel):
    return PanelTable.of(panel.grid.start, panel.grid.last, panel.step, tz=panel.tz)


def by_cell(duck, panel, query, columns):
    """Return columns of a query as arrays [time, evse]."""
    rows = duck.run(f"SELECT evse_id, k, {', '.join(columns)} FROM ({query}) AS q")
    place = {name: n for n, name in enumerate(panel.evse.index)}
    found = np.full((len(columns), panel.n_time, panel.n_evse), -99)
    assert len(rows) == panel.n_time * panel.n_evse
    for evse_id, k, *values in rows:
        found[:, k, place[evse_id]] = [-1 if value is None else value for value in values]
    return found


def test_cells_are_those_of_the_panel_with_the_missing_ones(duck, put, gappy):
    panel = gappy(0, days=1)
    put(panel)
    found = by_cell(duck, panel, table_of(panel).cells(DUCKDB), ["code"])
    np.testing.assert_array_equal(found[0], panel.codes)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_states_are_the_runs_of_the_panel(duck, put, gappy, seed):
    panel = gappy(seed, days=1)
    put(panel)
    table = table_of(panel)
    columns = ["status", "stale", "began", "previous", "changes"]
    query = table.states(table.cells(DUCKDB))
    status, stale, began, previous, changes = by_cell(duck, panel, query, columns)
    want = runs(panel.codes)
    rows = np.arange(panel.n_time)[:, None]
    np.testing.assert_array_equal(np.where(status == UNKNOWN, -1, status), want.status)
    np.testing.assert_array_equal(stale, want.stale)
    np.testing.assert_array_equal(rows - began + 1, want.age)
    np.testing.assert_array_equal(np.where(previous == UNKNOWN, -1, previous), want.previous)
    turned = (want.status[1:] != want.status[:-1]).cumsum(axis=0)
    np.testing.assert_array_equal(changes[1:], turned)


def test_histories_know_the_run_before_and_count(duck, put, gappy):
    panel = gappy(3, days=1)
    put(panel)
    table = table_of(panel)
    columns = ["began", "previous_began", "before_previous", "n_0", "n_4"]
    query = table.histories(table.states(table.cells(DUCKDB)))
    began, earlier, before, *counts = by_cell(duck, panel, query, columns)
    state = runs(panel.codes)
    for unit in range(panel.n_evse):
        for row in np.flatnonzero(began[:, unit] > 0):
            last = began[row, unit] - 1
            assert earlier[row, unit] == last - state.age[last, unit] + 1
            before_it = before[row, unit]
            assert (-1 if before_it == UNKNOWN else before_it) == state.previous[last, unit]
    for code, found in zip((0, 4), counts, strict=True):
        np.testing.assert_array_equal(found, (panel.codes == code).cumsum(axis=0))


def test_a_charger_without_a_location_is_its_own(duck, put, gappy):
    panel = gappy(0, days=1)
    put(panel)
    duck.run('UPDATE "evse" SET "location_id" = NULL')
    query = table_of(panel).cells(DUCKDB)
    assert duck.run(f"SELECT COUNT(*) FROM ({query}) WHERE location <> evse_id") == [(0,)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2020-10-25", "2020-10-24"),
        ("2020-10-25T00:01", "2020-10-25T00:16"),
        ("2020-10-25", "2020-10-25T00:20"),
    ],
)
def test_rows_off_the_grid_are_refused(first, last):
    with pytest.raises(InputError, match="no first and last row"):
        PanelTable.of(first, last)


def test_a_ratio_is_no_decimal():
    assert "FLOAT" in ratio(SNOWFLAKE, "a", "b")
    assert "DOUBLE" in ratio(DUCKDB, "a", "b")

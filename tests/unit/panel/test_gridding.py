import numpy as np
import pandas as pd
import pytest

from evforecast.errors import DuplicateObservationError, InputError, IrregularTimeError
from evforecast.panel.gridding import (
    charger_places,
    grid_rows,
    require_sorted,
    scatter,
    status_codes,
)
from evforecast.panel.scheme import STATUS
from evforecast.timegrid import TimeGrid, as_step, as_time

GRID = TimeGrid(as_time("2020-01-01"), as_step("15min"), 2)


def test_charger_places_by_appearance_category_or_table():
    column = pd.Series(["b", "a", "b"])
    assert charger_places(column, None, "t")[1] == ["b", "a"]
    assert charger_places(column.astype("category"), None, "t")[1] == ["a", "b"]
    places, ids = charger_places(column, pd.DataFrame({"evse_id": ["x", "a", "b"]}), "t")
    assert ids == ["x", "a", "b"]
    assert places.tolist() == [2, 1, 2]
    with pytest.raises(InputError, match="1 chargers are not"):
        charger_places(column, pd.DataFrame({"evse_id": ["b"]}), "t")


def test_grid_rows_spans_and_refuses():
    times = np.array(["2020-01-01T00:30", "2020-01-01T00:00"], "M8[s]")
    grid, rows = grid_rows(times, "15min", "t")
    assert (grid.n, rows.tolist()) == (3, [2, 0])
    with pytest.raises(IrregularTimeError, match="1 times are off"):
        grid_rows(times + np.array([60, 0], "m8[s]"), "15min", "t")


def test_scatter_counts_repeats():
    rows, places = np.array([0, 0, 1]), np.array([0, 0, 1])
    codes = np.array([1, 2, 3], np.int8)
    grid = {"grid": GRID, "ids": ["a", "b"], "where": "t"}
    last = scatter(rows, places, codes, duplicates="last", **grid)
    first = scatter(rows, places, codes, duplicates="first", **grid)
    assert last.tolist() == [[2, -1], [-1, 3]]
    assert first.tolist() == [[1, -1], [-1, 3]]
    with pytest.raises(DuplicateObservationError, match="a at 2020-01-01T00:00:00"):
        scatter(rows, places, codes, duplicates="raise", **grid)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["down", None, "charging"]),
        pd.Series(["down", None, "charging"], dtype="category"),
        pd.Series([4, -1, 1]),
        pd.Series([4, pd.NA, 1], dtype="Int8"),
    ],
)
def test_status_codes_of_names_and_codes(column):
    assert status_codes(column, STATUS).tolist() == [4, -1, 1]


def test_status_codes_refuses_a_code_outside_the_scheme():
    with pytest.raises(InputError, match="codes run from 0 to 5"):
        status_codes(pd.Series([0, 5]), STATUS)


def test_require_sorted():
    times = np.array(["2020-01-01", "2020-01-02"], "M8[s]")
    require_sorted(times, "t")
    with pytest.raises(IrregularTimeError, match="row 1"):
        require_sorted(times[::-1], "t")
    with pytest.raises(DuplicateObservationError):
        require_sorted(times[[0, 0]], "t")


def test_grid_rows_of_a_level_span_only_the_entries_in_use():
    level = np.array(["2019-01-01", "2020-01-01T00:00", "2020-01-01T00:15"], "M8[s]")
    grid, rows = grid_rows(level, None, "t", used=np.array([2, 1, 2]))
    assert (grid.n, rows.tolist()) == (2, [1, 0, 1])
    with pytest.raises(InputError, match="1 rows have no time"):
        grid_rows(level, None, "t", used=np.array([1, -1]))

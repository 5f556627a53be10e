"""The dense table against loops over single cells; what is not known yet changes nothing."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import EmptyInputError, InputError
from evforecast.features import ages, lag_blocks, lag_feature_names, lag_features, lagged, runs
from evforecast.panel import StatusPanel, StatusScheme, simulate
from evforecast.timegrid import TimeGrid, as_step, as_time, local_clock

SCHEME = StatusScheme(("a", "b", "c"))
CODES = hnp.arrays(
    np.int8, st.tuples(st.integers(1, 40), st.integers(1, 4)), elements=st.integers(-1, 2)
)
LAGS = st.lists(st.integers(1, 12), min_size=1, max_size=4)


def panel_of(codes, step="15min", start="2020-10-24 21:00", tz="Europe/Paris"):
    grid = TimeGrid(as_time(start), as_step(step), len(codes))
    names = [f"e{place}" for place in range(codes.shape[1])]
    return StatusPanel(np.asarray(codes), grid, names, scheme=SCHEME, tz=tz)


def slow(panel, row, unit, lags, window):  # what the calendar adds is in `compare`
    """One row's features by name, None where unknown, from a list of what was known before it."""
    past = [int(code) for code in panel.codes[:row, unit]]
    out = {f"lag_{lag}": past[-lag] if lag <= row and past[-lag] >= 0 else None for lag in lags}
    age, status = None, None
    for code in past:
        age = 1 if age is None or code not in {-1, status} else age + 1
        status = status if code == -1 else code
    out["time_in_status"] = age if past and past[-1] >= 0 else None
    seen = [code for code in past[-window:] if code >= 0]
    for code, name in enumerate(panel.scheme.names):
        out[f"{name}_share"] = seen.count(code) / len(seen) if seen else None
    return out


def agrees(value, wanted, name, kind):
    if wanted is None:
        return np.isnan(value) if kind == "float32" else value == lagged.UNKNOWN
    if kind == "float32":
        return value == np.float32(wanted)
    if name.endswith("_share"):
        return abs(value / 254 - wanted) <= 0.5 / 254 + 1e-6
    return value == min(wanted, 254)


def compare(panel, table, rows, lags, window, kind):
    names = lag_feature_names(panel.scheme.names, lags)
    assert table.shape == (len(names), len(rows), panel.n_evse)
    assert table.dtype == kind
    clock = local_clock(panel.grid.start + np.array(rows) * panel.step, panel.tz)
    for place, (row, minute, weekday) in enumerate(zip(rows, *clock, strict=True)):
        for unit in range(panel.n_evse):
            wanted = slow(panel, row, unit, lags, window)
            wanted |= {"slot": minute // 15, "weekday": weekday}
            assert list(wanted) == list(dict.fromkeys(names))
            for name, value in zip(names, table[:, place, unit], strict=True):
                assert agrees(value, wanted[name], name, kind), (row, unit, name, value)


@contextmanager
def tiny_tiles():
    """Make every border between tiles, stretches and spans of lags occur within a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ages, "STRETCH", 5)
        patch.setattr(lagged, "_TILE_CELLS", 14)
        patch.setattr(lagged, "_TILE_COLUMNS", 2)
        patch.setattr(lagged, "_NEAR", 3)
        yield


@pytest.mark.parametrize("kind", ["float32", "uint8"])
@given(codes=CODES, lags=LAGS, window=st.integers(1, 14), data=st.data())
@settings(max_examples=50, deadline=None)
def test_against_loops(kind, codes, lags, window, data):
    panel = panel_of(codes)
    start = data.draw(st.integers(0, panel.n_time))
    stop = data.draw(st.integers(start + 1, panel.n_time + 1))
    options = {"dtype": kind, "lags": lags, "window": window, "start": start, "stop": stop}
    table = lag_features(panel, **options)
    compare(panel, table, range(start, stop), lags, window, kind)
    with tiny_tiles():
        again = lag_features(panel, **options)
        blocks = list(lag_blocks(panel, block=data.draw(st.integers(1, 9)), **options))
    assert np.array_equal(table, again, equal_nan=kind == "float32")
    joined = np.concatenate(blocks, axis=1)
    assert np.array_equal(table, joined, equal_nan=kind == "float32")


@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_a_city_against_loops(kind):
    panel = simulate(n_evse=7, days=12, start="2020-10-20", random_state=1)
    table = lag_features(panel, dtype=kind)
    assert table.shape == (18, panel.n_time - 672, 7)
    rows = np.random.default_rng(0).integers(672, panel.n_time, 40)
    compare(panel, table[:, rows - 672], rows, lagged.LAGS, 96, kind)


@given(
    codes=CODES,
    cut=st.integers(0, 39),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["float32", "uint8"]),
)
@settings(deadline=None)
def test_what_comes_after_a_cutoff_changes_nothing_up_to_it(codes, cut, seed, kind):
    cut = min(cut, len(codes) - 1)
    later = codes.copy()
    np.random.default_rng(seed).permuted(later[cut:].ravel(), out=later[cut:].reshape(-1))
    # the features of row `cut` itself come from the rows before it
    options = {"dtype": kind, "lags": [1, 3], "window": 4, "start": 0, "stop": cut + 1}
    whole, permuted, short = (
        lag_features(panel_of(each), **options) for each in (codes, later, codes[:cut])
    )
    for other in (permuted, short):
        assert np.array_equal(whole, other, equal_nan=kind == "float32")
    everything = lag_features(panel_of(later), **options | {"stop": None})
    assert np.array_equal(whole, everything[:, : cut + 1], equal_nan=kind == "float32")


def test_the_first_row_that_all_lags_reach_is_the_first_by_default():
    panel = panel_of(np.zeros((10, 2), np.int8))
    assert lag_features(panel, lags=[2, 5]).shape == (8, 5, 2)
    assert not np.isnan(lag_features(panel, lags=[2, 5])).any()


def test_the_step_after_the_panel_follows_from_its_last_row():
    panel = simulate(n_evse=5, days=3, random_state=0)
    one = lag_features(panel, lags=[1, 96], start=panel.n_time, stop=panel.n_time + 1)
    state = runs(panel.codes)
    seen = panel.codes[-1] >= 0
    assert seen.any()
    assert (one[0, 0] == panel.codes[-1])[seen].all()
    assert (one[2, 0] == state.age[-1])[seen].all()


def test_age_is_that_of_the_runs():
    panel = simulate(n_evse=9, days=6, random_state=2)
    age = lag_features(panel, lags=[1], start=1)[1]
    assert np.array_equal(np.isnan(age), panel.codes[:-1] < 0)
    known = panel.codes[:-1] >= 0
    assert (age[known] == runs(panel.codes).age[:-1][known]).all()


def test_the_matrix_of_cases_is_a_view():
    table = lag_features(panel_of(np.zeros((10, 3), np.int8)), lags=[1])
    cases = table.reshape(len(table), -1).T
    assert cases.shape == (27, 7)
    assert np.shares_memory(cases, table)


def test_layouts_and_selections_of_chargers_change_nothing():
    panel = simulate(n_evse=6, days=9, random_state=0)
    table = lag_features(panel)
    columns = StatusPanel(np.asfortranarray(panel.codes), panel.grid, panel.evse, tz=panel.tz)
    assert np.array_equal(lag_features(columns), table, equal_nan=True)
    every_other = panel.select(panel.evse_ids[::2])
    assert np.array_equal(lag_features(every_other), table[:, :, ::2], equal_nan=True)


def test_slots_follow_the_clock_on_the_wall_through_the_hour_that_occurs_twice():
    # 2020-10-25 00:00 UTC is 02:00 in Paris, and so is 01:00
    panel = panel_of(np.zeros((8, 1), np.int8), start="2020-10-25 00:00")
    slot, weekday = lag_features(panel, start=0)[-2:, :, 0]
    assert slot.tolist() == [8, 9, 10, 11, 8, 9, 10, 11]
    assert set(weekday) == {6}


def test_slots_of_steps_under_a_minute():
    panel = panel_of(np.zeros((4, 1), np.int8), step="30s", start="2020-06-01", tz="UTC")
    assert lag_features(panel, start=0)[-2, :, 0].tolist() == [0, 1, 2, 3]


def test_long_runs_and_long_windows():
    codes = np.zeros((700, 1), np.int8)
    codes[650:] = 1
    panel = panel_of(codes, step="5min")
    table = lag_features(panel, lags=[1])  # a day has 288 steps: more than a byte counts
    assert table[1, 648, 0] == 649
    assert table[1, -1, 0] == 49
    assert table[2, -1, 0] == np.float32(239 / 288)
    assert lag_features(panel_of(codes), dtype="uint8", lags=[1])[1, 648, 0] == 254


@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "float64"},
        {"lags": []},
        {"lags": [0]},
        {"lags": [1.5]},
        {"window": 0},
        {"start": -1},
        {"stop": 12},
    ],
)
def test_what_is_no_option_is_refused(options):
    panel = panel_of(np.zeros((10, 1), np.int8))
    with pytest.raises(InputError):
        lag_features(panel, **{"lags": [1]} | options)


def test_a_past_shorter_than_the_lags_says_what_to_do():
    with pytest.raises(EmptyInputError, match="start=0"):
        lag_features(panel_of(np.zeros((10, 1), np.int8)))


def test_slots_that_do_not_fit_into_a_byte_are_refused():
    panel = panel_of(np.zeros((10, 1), np.int8), step="5min")
    with pytest.raises(InputError, match="float32"):
        lag_features(panel, dtype="uint8", start=0)


def test_blocks_check_before_the_first_one_is_asked_for():
    panel = panel_of(np.zeros((10, 1), np.int8))
    with pytest.raises(InputError, match="block"):
        lag_blocks(panel, start=0, block=0)
    with pytest.raises(EmptyInputError):
        lag_blocks(panel)


def test_a_panel_without_chargers_has_an_empty_table():
    assert lag_features(panel_of(np.zeros((10, 0), np.int8)), start=0).shape == (16, 10, 0)

"""The features of one step: against those of the direct table, and kept up along a path."""

import numpy as np
import pandas as pd
import pytest

from evforecast.features import OneStepState, OneStepTable, feature_names, one_step_names
from evforecast.features.table import FeatureTable
from evforecast.panel import MISSING, StatusPanel, simulate

STATUSES = ("available", "charging", "passive", "offline", "down")
NAMES = one_step_names(STATUSES)


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=9, days=12, random_state=3)


def whole(panel):
    """The panel without gaps in its last rows: a path of the future has none."""
    codes = panel.codes.copy()
    for row in range(1, len(codes)):
        codes[row] = np.where(codes[row] < 0, codes[row - 1], codes[row])
    return StatusPanel(
        np.where(np.arange(len(codes))[:, None] > 800, codes, panel.codes),
        panel.grid,
        panel.evse,
        tz=panel.tz,
    )


def test_what_has_the_name_of_a_direct_feature_is_that_feature(panel):
    rng = np.random.default_rng(0)
    rows, units = rng.integers(1, panel.n_time - 1, 80), rng.integers(0, panel.n_evse, 80)
    here = pd.DataFrame(OneStepTable(panel).at(rows, units), columns=NAMES)
    there = pd.DataFrame(FeatureTable(panel).at(rows, units, 1), columns=feature_names(STATUSES))
    shared = [name for name in NAMES if name in there.columns and "same_time" not in name]
    assert len(shared) == 27
    for name in shared:
        np.testing.assert_array_equal(here[name], there[name], err_msg=name)


def test_the_rest_against_loops(panel):
    rng = np.random.default_rng(1)
    rows, units = rng.integers(100, panel.n_time - 1, 40), rng.integers(0, panel.n_evse, 40)
    table = pd.DataFrame(OneStepTable(panel).at(rows, units), columns=NAMES)
    for case, (row, unit) in enumerate(zip(rows, units, strict=True)):
        for hours in (4, 24):
            window = panel.codes[max(row - hours * 4 + 1, 0) : row + 1, unit]
            seen = window[window >= 0]
            for code, name in enumerate(STATUSES):
                share = (seen == code).mean() if len(seen) else np.nan
                assert table.loc[case, f"{name}_{hours}h"] == pytest.approx(share, nan_ok=True)
        last = [
            next((int(c) for c in panel.codes[row::-1, u] if c >= 0), -1)
            for u in range(panel.n_evse)
        ]
        known = [code for code in last if code >= 0]
        for code, name in enumerate(STATUSES):
            assert table.loc[case, f"{name}_network"] == pytest.approx(
                known.count(code) / len(known)
            )
        for days in (1, 7):
            at = row + 1 - days * 96
            code = panel.codes[at, unit] if at >= 0 and panel.codes[at, unit] >= 0 else np.nan
            assert table.loc[case, f"same_time_{days}d"] == pytest.approx(code, nan_ok=True)


def test_along_what_really_happened_they_are_those_of_the_table(panel):
    panel = whole(panel)
    cutoff, horizon = 850, 200
    state = OneStepState(panel.head(cutoff + 1), horizon, n_paths=2)
    table, units = OneStepTable(panel), np.arange(panel.n_evse)
    kept = [place for place, name in enumerate(NAMES) if not name.endswith("_profile")]
    for step in range(horizon):
        expected = table.at(np.full(panel.n_evse, cutoff + step), units)
        for path in state.features():
            np.testing.assert_allclose(path[:, kept], expected[:, kept], atol=1e-6)
        if step == 0:
            np.testing.assert_array_equal(state.features()[0], expected)
        state.move(np.repeat(panel.codes[cutoff + step + 1][None], 2, axis=0))


def test_a_run_longer_than_the_lookback_forgets_what_came_before_it():
    """One change, then nothing for longer than eight days."""
    panel = simulate(n_evse=2, days=30, random_state=0)
    codes = np.zeros_like(panel.codes)
    codes[:700] = 1
    panel = StatusPanel(codes, panel.grid, panel.evse)
    state = OneStepState(panel.head(1301), 300, n_paths=1)
    table = OneStepTable(panel)
    kept = [place for place, name in enumerate(NAMES) if not name.endswith("_profile")]
    for step in range(300):
        expected = table.at(np.full(2, 1300 + step), np.arange(2))
        np.testing.assert_allclose(state.features()[0][:, kept], expected[:, kept], atol=1e-6)
        state.move(panel.codes[1301 + step][None])
    assert state.features()[0, 0, NAMES.index("previous")] == MISSING


def test_paths_do_not_touch_each_other(panel):
    rng = np.random.default_rng(0)
    moves = rng.integers(0, 5, (30, 3, 9)).astype(np.int8)
    together = OneStepState(panel, 30, n_paths=3)
    alone = [OneStepState(panel, 30, n_paths=1) for _ in range(3)]
    for move in moves:
        together.move(move)
        for path in range(3):
            alone[path].move(move[path][None])
    for path in range(3):
        np.testing.assert_array_equal(together.features()[path], alone[path].features()[0])


def test_permuting_what_comes_after_the_cutoff_changes_nothing(panel):
    rows, units = np.full(panel.n_evse, 700), np.arange(panel.n_evse)
    codes = panel.codes.copy()
    codes[701:] = np.random.default_rng(0).permuted(codes[701:], axis=0)
    other = StatusPanel(codes, panel.grid, panel.evse, tz=panel.tz)
    assert (other.codes != panel.codes).any()
    before, after = (OneStepTable(p).at(rows, units) for p in (panel, other))
    np.testing.assert_array_equal(before, after)


def test_a_charger_never_seen_has_features():
    panel = simulate(n_evse=4, days=2, random_state=0)
    codes = panel.codes.copy()
    codes[:, 1] = MISSING
    state = OneStepState(StatusPanel(codes, panel.grid, panel.evse), 3, n_paths=2)
    state.move(np.full((2, 4), 2, np.int8))
    assert (state.features()[:, 1, NAMES.index("status")] == 2).all()
    assert (state.features()[:, 1, NAMES.index("passive_24h")] == 1).all()

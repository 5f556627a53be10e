import numpy as np
import pytest

from evforecast import MarkovForecaster
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes, tz="UTC", start="2020-01-01", step="15min"):
    codes = np.asarray(codes, np.int8)
    ids = [f"c{i}" for i in range(codes.shape[1])]
    return StatusPanel(codes, TimeGrid(as_time(start), as_step(step), len(codes)), ids, tz=tz)


@pytest.mark.conformance
def test_conformance():
    check_forecaster(MarkovForecaster(horizons=[1, 4, 96]))


def test_against_matrix_powers():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, 3, (300, 2)), 3, axis=0)
    model = MarkovForecaster().fit(panel_of(codes))
    p = model.predict_proba(panel_of(codes), [1, 7]).proba
    for unit in range(2):
        for place, horizon in enumerate((1, 7)):
            power = np.linalg.matrix_power(model.matrix_[unit].astype(float), horizon)
            assert p[place, unit] == pytest.approx(power[codes[-1, unit]], abs=1e-4)


def test_a_charger_seen_some_rows_ago_sets_out_there():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, 3, (300, 2)), 3, axis=0)
    model = MarkovForecaster().fit(panel_of(codes))
    gap = codes.copy()
    gap[-5:, 1] = -1
    stale = model.predict_proba(panel_of(gap), [2]).proba[0]
    fresh = model.predict_proba(panel_of(codes[:-5]), [7]).proba[0]
    assert stale[1] == pytest.approx(fresh[1], abs=1e-5)
    assert stale[0] == pytest.approx(
        model.predict_proba(panel_of(codes), [2]).proba[0, 0], abs=1e-5
    )


def test_a_charger_with_little_history_leans_on_the_network():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, 2, (300, 3)), 4, axis=0)
    codes[2:, 2] = -1
    model = MarkovForecaster(unit_weight=20.0).fit(panel_of(codes))
    assert model.matrix_[2] == pytest.approx(model.network_, abs=0.1)

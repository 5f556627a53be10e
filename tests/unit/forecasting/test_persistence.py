import numpy as np
import pytest

from evforecast import Persistence
from evforecast.errors import EmptyInputError
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes, tz="UTC", start="2020-01-01", step="15min"):
    codes = np.asarray(codes, np.int8)
    ids = [f"c{i}" for i in range(codes.shape[1])]
    return StatusPanel(codes, TimeGrid(as_time(start), as_step(step), len(codes)), ids, tz=tz)


@pytest.mark.conformance
def test_conformance():
    check_forecaster(Persistence(horizons=[1, 4, 96]))


def test_table_is_the_share_of_what_followed():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, (4000, 2))
    codes[::2] = codes[1::2]  # each status holds for two rows, from an even one on
    model = Persistence(horizons=[1, 2]).fit(panel_of(codes))
    same = (codes[:-1] == codes[1:]).mean()
    assert np.diag(model.table_[0])[:3].mean() == pytest.approx(same, abs=0.02)
    assert np.diag(model.table_[1])[:3].mean() == pytest.approx(1 / 3, abs=0.03)


def test_an_old_observation_counts_for_the_longer_lag():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, 2, (500, 2)), 4, axis=0)
    model = Persistence(horizons=[1, 3, 9]).fit(panel_of(codes))
    gap = codes.copy()
    gap[-2:, 0] = -1  # seen two rows ago: the forecast of one row is one of three rows
    fresh = model.predict_proba(panel_of(codes[:-2]), [3]).proba[0, 0]
    stale = model.predict_proba(panel_of(gap), [1]).proba[0, 0]
    assert stale == pytest.approx(fresh, abs=1e-6)


def test_never_observed_gets_the_mean():
    codes = np.repeat([[0, 1, 1]], 200, axis=0)
    gone = codes.copy()
    gone[:, 0] = -1
    p = Persistence(horizons=[1]).fit(panel_of(codes)).predict_proba(panel_of(gone)).proba[0, 0]
    assert p[:2] == pytest.approx([1 / 3, 2 / 3], abs=1e-3)


def test_a_horizon_longer_than_the_past_is_refused():
    with pytest.raises(EmptyInputError, match=r"\[96\] steps apart in a panel of 50"):
        Persistence(horizons=[1, 96]).fit(panel_of(np.zeros((50, 2))))

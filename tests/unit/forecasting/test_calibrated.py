import numpy as np
import pytest

from evforecast import Calibrated, SemiMarkovForecaster, simulate
from evforecast.errors import InputError
from evforecast.forecasting.calibrated import Recalibration, _fit_map, _loss
from evforecast.testing import check_forecaster


class Overconfident(SemiMarkovForecaster):
    """Twice as sure as it may be."""

    def _predict(self, context, horizons):
        return super()._predict(context, horizons) ** 2


@pytest.mark.conformance
def test_conformance():
    check_forecaster(Calibrated(SemiMarkovForecaster([1, 8])))


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=20, days=36, random_state=0)


def test_one_that_is_too_sure_is_found_out(city):
    past, later = city.head(96 * 32), city
    model = Calibrated(Overconfident([4, 16])).fit(past)
    assert set(model.maps_) == {4, 16}
    assert model.maps_[16].sharpness == pytest.approx(0.5, abs=0.15)
    rows = range(96 * 32, 96 * 36 - 16, 7)
    for place, horizon in enumerate((4, 16)):
        truth = np.stack([later.codes[row + horizon] for row in rows])
        ours, theirs = (
            np.stack([m.predict_proba(later.head(row + 1)).proba[place] for row in rows])
            for m in (model, model.forecaster_)
        )
        assert _loss(ours, truth) < _loss(theirs, truth)


def test_a_few_days_are_refused_with_the_reason(city):
    model = Calibrated(Overconfident([4])).fit(city.head(96 * 20))
    assert model.maps_ == {}
    assert "20 days long; 14 to hold out and as many before" in model.reasons_[4]
    alone = Overconfident([4]).fit(city.head(96 * 20))
    np.testing.assert_allclose(
        model.predict_proba(city).proba, alone.predict_proba(city).proba, atol=1e-5
    )
    with pytest.raises(InputError, match="14 at least, found 2"):
        Calibrated(Overconfident([4]), days=2).fit(city)


def test_a_map_that_does_not_help_later_is_not_used(city):
    """The second half of the held-out days is scrambled: what the first half teaches loses there."""
    codes = city.codes.copy()
    rng = np.random.default_rng(0)
    codes[-96 * 7 :] = rng.integers(0, 5, codes[-96 * 7 :].shape)
    from evforecast.panel import StatusPanel

    broken = StatusPanel(codes, city.grid, city.evse, tz=city.tz)

    class Hesitant(SemiMarkovForecaster):
        """Half as sure as it may be: calibration makes it surer, which the second half punishes."""

        def _predict(self, context, horizons):
            return super()._predict(context, horizons) ** 0.5

    model = Calibrated(Hesitant([4])).fit(broken)
    assert model.maps_ == {}
    assert "it lost on the second: log loss" in model.reasons_[4]


def test_nothing_observed_is_a_reason(city):
    codes = city.codes.copy()
    codes[-96 * 7 :] = -1
    from evforecast.panel import StatusPanel

    model = Calibrated(SemiMarkovForecaster([4])).fit(StatusPanel(codes, city.grid, city.evse))
    assert model.reasons_[4] == "nothing was observed in one half of the 14 days"


def test_the_map_is_found_from_draws_of_a_known_one():
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 2, 3], 20_000)
    true = Recalibration(0.6, np.array([0.5, 0.0, -0.5]))
    truth = (rng.random((20_000, 1)) > np.cumsum(true(p), axis=1)).sum(axis=1).astype(np.int8)
    truth[::9] = -1
    found = _fit_map(p, truth)
    assert found.sharpness == pytest.approx(0.6, abs=0.05)
    assert found.shift - found.shift.mean() == pytest.approx(true.shift, abs=0.06)


def test_few_cases_stay_near_the_identity():
    found = _fit_map(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([1, 1], np.int8))
    assert found.sharpness == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(found(np.array([0.7, 0.3])), [0.7, 0.3], atol=0.05)

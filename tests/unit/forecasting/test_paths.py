import numpy as np
import pytest

from evforecast import SemiMarkovForecaster, simulate
from evforecast.errors import HorizonError, InputError, NotFittedError
from evforecast.features import location_codes
from evforecast.forecasting.dependence import Dependence, JointDraws
from evforecast.forecasting.paths import sample


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=12, days=6, random_state=0)


@pytest.fixture(scope="module")
def model(city):
    return SemiMarkovForecaster([1, 8]).fit(city)


class Coin:
    """Heads or tails, whatever came before; it remembers what it was told."""

    def __init__(self, n_paths, n_evse):
        self.told = []
        self._shape = (n_paths, n_evse, 2)

    def law(self):
        return np.full(self._shape, 0.5)

    def move(self, status):
        self.told.append(status)


def test_the_walk_is_told_every_step_and_the_horizons_are_kept():
    coin = Coin(7, 3)
    draws = JointDraws(Dependence(), np.arange(3), 7, np.random.default_rng(0))
    paths, mean = sample(coin, draws, np.array([2, 5]))
    assert len(coin.told) == 5
    assert paths.shape == (7, 2, 3)
    assert (paths[:, 0] == coin.told[1]).all()
    assert (paths[:, 1] == coin.told[4]).all()
    np.testing.assert_allclose(mean, np.full((2, 3, 2), 0.5))


def test_paths_have_the_chances_of_the_exact_forecast(city, model):
    exact = model.predict_proba(city).proba
    shares = model.sample_paths(city, n_paths=3000, random_state=0).to_forecast().proba
    error = np.sqrt(exact * (1 - exact) / 3000) + 1e-3
    assert (np.abs(exact - shares) / error).max() < 5


def test_the_mean_of_the_last_law_is_the_better_estimate(city, model):
    exact = model.predict_proba(city).proba
    codes, mean = model._sample(city, np.array([1, 8]), 200, np.random.default_rng(0))
    shares = np.stack([(codes == code).mean(axis=0) for code in range(5)], axis=-1)
    assert np.abs(mean - exact)[1].mean() < np.abs(shares - exact)[1].mean()
    seen = city.codes[-1] >= 0  # the others are moved to the cutoff by chance first
    np.testing.assert_allclose(mean[0, seen], exact[0, seen], atol=5e-3)


@pytest.mark.parametrize("location", [0.0, 1.0])
def test_chargers_of_a_location_move_together_as_fitted(location):
    """Two that are not free: both become free with the smaller chance, or with the product."""
    city = simulate(n_evse=40, days=6, random_state=0)
    model = SemiMarkovForecaster([1]).fit(city)
    model.dependence_ = Dependence(location)
    free = model.predict_proba(city).proba[0, :, 0]
    codes = model.sample_paths(city, n_paths=4000, random_state=0).codes[:, 0]
    places, now = location_codes(city), city.codes[-1]
    checked = 0
    for one in range(40):
        for two in range(one):
            if places[one] == places[two] and now[one] > 0 and now[two] > 0:
                both = ((codes[:, one] == 0) & (codes[:, two] == 0)).mean()
                chances = free[[one, two]]
                expected = chances.min() if location else chances.prod()
                assert both == pytest.approx(expected, abs=0.03)
                checked += abs(chances.min() - chances.prod()) > 0.03
    assert checked >= 2


def test_the_same_seed_draws_the_same_paths(city, model):
    one, two = (model.sample_paths(city, n_paths=5, random_state=3).codes for _ in range(2))
    other = model.sample_paths(city, n_paths=5, random_state=4).codes
    assert (one == two).all()
    assert (one != other).any()


def test_a_location_is_a_number():
    panel = simulate(n_evse=12, days=1, random_state=0)
    codes = location_codes(panel)
    same = panel.evse["location_id"].to_numpy()
    assert ((codes[:, None] == codes) == (same[:, None] == same)).all()


def test_what_cannot_be_drawn_is_refused(city, model):
    with pytest.raises(NotFittedError, match="Call fit"):
        SemiMarkovForecaster().sample_paths(city)
    with pytest.raises(InputError, match="n_paths must be at least 1"):
        model.sample_paths(city, n_paths=0)
    with pytest.raises(HorizonError):
        model.sample_paths(city, [0])

import numpy as np
import pytest
from scipy import stats

from evforecast.forecasting.dependence import (
    Dependence,
    JointDraws,
    _between_locations,
    _common_covariance,
    estimate_dependence,
    pick,
)

LOCATION = np.repeat(np.arange(40), 3)


def numbers(dependence, n_step=300, n_paths=1, location=LOCATION):
    draws = JointDraws(dependence, location, n_paths, np.random.default_rng(0))
    return np.stack([draws.step() for _ in range(n_step)])


@pytest.mark.parametrize(
    "dependence",
    [Dependence(), Dependence(0.7), Dependence(0.4, 0.1, 0.5), Dependence(0, 0.3, 0.9)],
)
def test_each_number_is_uniform_whatever_the_others_are(dependence):
    u = numbers(dependence, n_step=20, n_paths=500)[..., [0, 1, 60]]
    assert u.min() >= 0
    assert u.max() <= 1
    for unit in range(3):
        # The paths are independent of each other, steps of one path are not.
        assert stats.kstest(u[10, :, unit], "uniform").pvalue > 1e-3


def test_chargers_of_a_location_follow_one_number_as_often_as_asked():
    u = numbers(Dependence(0.7), n_paths=20)
    assert (u[..., 0] == u[..., 1]).mean() == pytest.approx(0.7, abs=0.02)
    assert (u[..., 0] == u[..., 3]).mean() == 0


def test_the_factor_is_common_and_goes_on():
    normal = stats.norm.ppf(np.clip(numbers(Dependence(0, 0.2, 0.8), n_step=4000), 1e-9, 1 - 1e-9))
    assert np.corrcoef(normal[:, 0, 0], normal[:, 0, 60])[0, 1] == pytest.approx(0.2, abs=0.05)
    mean = normal[:, 0].mean(axis=1)
    assert np.corrcoef(mean[:-1], mean[1:])[0, 1] == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    "truth", [Dependence(), Dependence(0.8), Dependence(0, 0.05, 0.6), Dependence(0.3, 0.05, 0)]
)
def test_what_was_put_in_is_found(truth):
    rng = np.random.default_rng(1)
    p = rng.uniform(0.02, 0.3, (3000, len(LOCATION)))
    event = numbers(truth, n_step=3000)[:, 0] > 1 - p
    p[rng.random(p.shape) < 0.1] = np.nan
    found = estimate_dependence(p, event, LOCATION)
    # The numbers of a location have the factor in common as well, beside their own.
    assert found.location == pytest.approx(truth.location, abs=0.06 + truth.network)
    assert found.network == pytest.approx(truth.network, abs=0.01)
    if truth.network:
        assert found.memory == pytest.approx(truth.memory, abs=0.15)


def test_pairs_against_a_loop():
    rng = np.random.default_rng(2)
    p = rng.random((30, 4))
    p[rng.random(p.shape) < 0.3] = np.nan
    pairs = [(i, j) for i in range(4) for j in range(i)]
    slow = sum(
        min(row[i], row[j]) - row[i] * row[j]
        for row in p
        for i, j in pairs
        if not np.isnan(row[i] + row[j])
    )
    assert _common_covariance(p) == pytest.approx(slow)
    values = rng.standard_normal((30, 4))
    for lag in (0, 1):
        slow = sum(
            values[t, i] * values[t + lag, j]
            for t in range(30 - lag)
            for i in range(4)
            for j in range(4)
            if i != j
        )
        assert _between_locations(values, lag) == pytest.approx(slow)


def test_without_pairs_or_events_chargers_are_independent():
    nothing = np.full((5, 2), np.nan)
    assert estimate_dependence(nothing, np.zeros((5, 2), bool), np.arange(2)) == Dependence()
    alone = estimate_dependence(np.full((50, 1), 0.5), np.ones((50, 1), bool), np.zeros(1, int))
    assert alone == Dependence()


def test_a_number_picks_a_status_as_often_as_its_law_says():
    law = np.array([0.1, 0.0, 0.6, 0.3])
    u = (np.arange(10_000) + 0.5) / 10_000
    shares = np.bincount(pick(np.broadcast_to(law, (10_000, 4)), u), minlength=4) / 10_000
    assert shares == pytest.approx(law, abs=1e-3)
    assert pick(law[None], np.array([1.0])).tolist() == [3]

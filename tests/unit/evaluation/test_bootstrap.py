import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.evaluation import ratio_interval
from evforecast.evaluation.bootstrap import ratio_of_sums_interval


def cases(seed=0, n=40, m=60):
    rng = np.random.default_rng(seed)
    reference = rng.gamma(2, 0.2, (n, m))
    scores = 0.8 * reference + rng.normal(0, 0.05, (n, m)) * rng.random(m)
    hole = rng.random((n, m)) < 0.1
    return np.where(hole, np.nan, scores), np.where(hole, np.nan, reference)


def test_ratio_of_means_and_an_interval_around_it():
    scores, reference = cases()
    ratio, low, high = ratio_interval(scores, reference)
    assert ratio == pytest.approx(np.nanmean(scores) / np.nanmean(reference))
    assert low < ratio < high
    assert high - low < 0.1


def test_against_a_plain_loop():
    scores, reference = cases()
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(2000):
        pick = rng.integers(0, scores.shape[1], scores.shape[1])
        draws.append(np.nansum(scores[:, pick]) / np.nansum(reference[:, pick]))
    _, low, high = ratio_interval(scores, reference, n_draws=4000)
    assert [low, high] == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=2e-3)


def test_seed():
    assert ratio_interval(*cases(), random_state=3) == ratio_interval(*cases(), random_state=3)


def test_other_cases_are_refused():
    scores, reference = cases()
    scores[0, 0] = np.nan if not np.isnan(scores[0, 0]) else 1.0
    with pytest.raises(InputError, match="not of the same cases"):
        ratio_interval(scores, reference)


def test_blocks_are_drawn_like_chargers():
    scores, reference = cases()
    sums = np.nansum(scores, axis=0), np.nansum(reference, axis=0)
    assert ratio_of_sums_interval(*sums) == pytest.approx(ratio_interval(scores, reference))


def test_a_perfect_reference():
    assert ratio_of_sums_interval(np.ones(6), np.zeros(6)) == (np.inf, np.inf, np.inf)
    assert ratio_of_sums_interval(np.zeros(6), np.ones(6)) == (0, 0, 0)
    assert np.isnan(ratio_of_sums_interval(np.zeros(6), np.zeros(6))).all()

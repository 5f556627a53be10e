import itertools

import numpy as np
import pytest
from scipy import stats

from evforecast.usecases.sums import power_interval, sum_interval, sum_law

P = np.array([0.1, 0.5, 0.9, 0.7, 0.3])
POWER = np.array([7.4, 22.0, 7.4, 0.0, 50.0])


def power_slowly(level):
    """Go through every outcome."""
    outcomes = np.array(list(itertools.product([0, 1], repeat=len(P))))
    chances = np.where(outcomes, P, 1 - P).prod(axis=1)
    drawn = outcomes @ POWER
    order = np.argsort(drawn)
    below = chances[order].cumsum()
    return [drawn[order][np.searchsorted(below, q)] for q in ((1 - level) / 2, (1 + level) / 2)]


def test_equal_chances_make_a_binomial_law():
    np.testing.assert_allclose(
        sum_law(np.full(50, 0.3)), stats.binom(50, 0.3).pmf(range(51)), atol=1e-12
    )


def test_the_interval_is_that_of_a_binomial_law():
    law = stats.binom(50, 0.3)
    for level in (0.5, 0.9, 0.99):
        assert sum_interval(law.pmf(range(51)), level) == law.interval(level)
    assert sum_interval(np.array([1.0]), 0.9) == (0, 0)


@pytest.mark.parametrize("level", [0.2, 0.5, 0.9, 0.97])
def test_power_against_every_outcome(level):
    assert power_interval(P, POWER, level) == pytest.approx(power_slowly(level))


def test_equal_powers_are_counts_and_not_rounded():
    low, high = power_interval(P, np.full(5, 3.68), 0.9)
    assert (low, high) == tuple(3.68 * k for k in sum_interval(sum_law(P), 0.9))


def test_chargers_without_power_draw_none():
    assert power_interval(P, np.zeros(5), 0.9) == (0, 0)
    assert power_interval(P[:2], np.array([0.01, 0.02]), 0.9) == (0, 0)

import numpy as np
import pytest

from evforecast.forecasting.hazards import Hazards
from evforecast.forecasting.passage import remaining_steps
from evforecast.forecasting.propagation import OpenRuns


def constant(chance, late=None):
    """One status is left with `chance` a step, with `late` from age 10 on."""
    base = np.zeros((48, 2, 2, 2), np.float32)
    base[:, 0, 0, 1], base[:, 0, 1, 1] = chance, chance if late is None else late
    ones = np.ones((2, 1, 2, 2), np.float32)
    return Hazards(np.array([1, 10]), np.array([0, 0]), base, ones, np.repeat(ones, 24, axis=1))


def clock(n):
    return np.arange(n) // 2 % 48, np.arange(n) // 4 % 24


def start(age=1, stale=0):
    return OpenRuns(*(np.array([x]) for x in (0, 0, age, stale)))


@pytest.mark.parametrize("chance", [0.5, 0.1, 0.001])
@pytest.mark.parametrize("rows", [1, 30, 3000])
def test_a_constant_chance_has_the_mean_of_a_geometric_law(chance, rows):
    """Rows after the cutoff that the run goes on: (1 - q) / q, however many rows are summed."""
    left = remaining_steps(constant(chance), start(), *clock(rows))
    assert left[0] == pytest.approx((1 - chance) / chance, rel=1e-3)


@pytest.mark.parametrize(("age", "stale"), [(1, 0), (4, 0), (12, 0), (3, 5)])
def test_an_age_against_a_simulation(age, stale):
    left = remaining_steps(constant(0.02, 0.2), start(age, stale), *clock(2000 + stale))
    rng = np.random.default_rng(0)
    ages = np.full(20_000, age + stale)  # still in the run at the cutoff
    alive, total = np.ones(20_000, bool), 0
    while alive.any():
        alive &= rng.random(20_000) >= np.where(ages < 10, 0.02, 0.2)
        ages += 1
        total += alive.sum()
    assert left[0] == pytest.approx(total / 20_000, rel=0.05)


def test_a_status_never_left_lasts_very_long():
    left = remaining_steps(constant(0.0), start(), *clock(10))
    assert np.isfinite(left).all()
    assert left[0] > 1e5

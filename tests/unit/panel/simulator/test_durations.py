"""Durations: medians, the long share, the cap, and the shape that a coin toss cannot have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.panel.simulator.durations import HOUR, MINUTE, Lasting

MANY = np.zeros(20_000)


def test_median_of_short_ones():
    drawn = Lasting(45 * MINUTE, 0.6).draw(np.random.default_rng(0), MANY)
    assert np.median(drawn) == pytest.approx(45 * MINUTE, rel=0.03)


def test_long_share_and_what_is_added_to_it():
    stay = Lasting(MINUTE, 0.1, 0.2, 100 * HOUR, 0.1)
    drawn = stay.draw(np.random.default_rng(0), MANY)
    assert (drawn > HOUR).mean() == pytest.approx(0.2, abs=0.01)
    drawn = stay.draw(np.random.default_rng(0), MANY + 0.3)
    assert (drawn > HOUR).mean() == pytest.approx(0.5, abs=0.015)


def test_not_memoryless():
    # the coefficient of variation of a geometric or exponential duration is 1 or a little less
    drawn = Lasting(45 * MINUTE, 0.4).draw(np.random.default_rng(0), MANY)
    assert drawn.std() / drawn.mean() < 0.6
    drawn = Lasting(2 * HOUR, 1.2, 0.2, 36 * HOUR, 1.2).draw(np.random.default_rng(0), MANY)
    assert drawn.std() / drawn.mean() > 2


@given(seed=st.integers(0, 2**32), longest=st.floats(1, 1e6))
def test_positive_and_capped(seed, longest):
    stay = Lasting(HOUR, 2.0, 0.5, 10 * HOUR, 2.0, longest=longest)
    drawn = stay.draw(np.random.default_rng(seed), np.zeros(20))
    assert (drawn > 0).all()
    assert (drawn <= longest).all()

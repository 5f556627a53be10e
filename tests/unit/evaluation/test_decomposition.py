import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import brier_decomposition, brier_score

CASES = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, n, elements=st.floats(0, 1)),
        hnp.arrays(np.int8, n, elements=st.sampled_from([0, 1])),
        hnp.arrays(np.int64, n, elements=st.integers(1, 3)),
        st.integers(1, 12),
    )
)


@given(CASES)
def test_the_parts_sum_to_the_score_and_a_weight_is_a_repetition(case):
    p, obs, times, bins = case
    parts = brier_decomposition(p, obs, weights=times, bins=bins)
    total = (
        parts.reliability
        - parts.resolution
        + parts.uncertainty
        + parts.within_variance
        - parts.within_covariance
    )
    assert total == pytest.approx(parts.brier, abs=1e-12)
    twice = brier_score(np.column_stack([1 - p, p]), obs)
    assert parts.brier == pytest.approx(np.average(twice, weights=times) / 2, abs=1e-12)
    again = brier_decomposition(np.repeat(p, times), np.repeat(obs, times), bins=bins)
    np.testing.assert_allclose(parts, again, atol=1e-12)


def test_worked_by_hand():
    # 0.2 came true once in 4, 0.6 thrice in 4, of which one has a neighbour in its bin
    p = np.array([0.2] * 4 + [0.6, 0.6, 0.6, 0.8])
    obs = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    parts = brier_decomposition(p, obs, bins=2)
    assert parts.uncertainty == 0.25
    assert parts.reliability == pytest.approx((0.05**2 + 0.1**2) / 2)
    assert parts.resolution == pytest.approx(0.25**2)
    assert parts.within_variance == pytest.approx((3 * 0.05**2 + 0.15**2) / 8)
    assert parts.within_covariance == pytest.approx(-2 * (3 * 0.05 * 0.25 + 0.15 * 0.75) / 8)


def test_bins_of_like_forecasts_have_nothing_within():
    rng = np.random.default_rng(0)
    p = rng.choice([0.05, 0.35, 0.75], 500)
    parts = brier_decomposition(p, (rng.random(500) < p).astype(int))
    assert parts[["within_variance", "within_covariance"]].to_numpy() == pytest.approx(0)
    assert parts.resolution > 10 * parts.reliability


def test_unknown_truth_is_left_out():
    p, obs = np.array([[0.1, 0.9], [0.4, 0.6]]), np.array([[0, 1], [np.nan, -1]])
    assert brier_decomposition(p, obs).equals(brier_decomposition(p[0], obs[0]))


def test_bad_input():
    with pytest.raises(InputError, match="brier_decomposition: forecasts"):
        brier_decomposition(np.zeros(2), np.zeros(3))
    with pytest.raises(InputError, match="brier_decomposition: 1 of 2 weights"):
        brier_decomposition(np.zeros(2), np.zeros(2), weights=[1, np.nan])
    with pytest.raises(EmptyInputError, match="brier_decomposition: no case"):
        brier_decomposition(np.zeros(2), np.full(2, -1))

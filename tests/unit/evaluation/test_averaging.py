import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import InputError
from evforecast.evaluation import weighted_mean

SCORES = np.array([[1.0, 2.0, np.nan], [3.0, np.nan, np.nan]])


def test_worked_by_hand():
    assert weighted_mean(SCORES) == 2
    assert weighted_mean(SCORES, weights=[[1], [3]]) == pytest.approx((1 + 2 + 9) / 5)
    np.testing.assert_array_equal(weighted_mean(SCORES, axis=0), [2, 2, np.nan])
    np.testing.assert_array_equal(weighted_mean(SCORES, weights=[0, 1, 1], axis=1), [2, np.nan])
    assert weighted_mean(SCORES, axis=(0, 1)) == 2
    assert np.isnan(weighted_mean([]))


def test_an_infinite_score_counts_unless_its_weight_is_0():
    assert weighted_mean([1.0, np.inf]) == np.inf
    assert weighted_mean([1.0, np.inf], weights=[1, 0]) == 1


@given(
    hnp.arrays(np.float64, (3, 4), elements=st.one_of(st.just(np.nan), st.floats(-10, 10))),
    hnp.arrays(np.int64, (3, 4), elements=st.integers(0, 3)),
)
def test_a_weight_is_a_repetition(scores, times):
    repeated = np.repeat(scores.ravel(), times.ravel())
    known = repeated[~np.isnan(repeated)]
    mean = weighted_mean(scores, weights=times)
    assert mean == pytest.approx(known.mean(), abs=1e-12) if len(known) else np.isnan(mean)
    rows = weighted_mean(scores, weights=times, axis=1)
    assert rows.shape == (3,)
    for row, score, weight in zip(rows, scores, times, strict=True):
        np.testing.assert_equal(row, weighted_mean(score, weights=weight))


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_that_are_none(wrong):
    with pytest.raises(InputError, match="weighted_mean: 1 of 3 weights are negative, NaN or inf"):
        weighted_mean(SCORES, weights=[1, wrong, 1])


def test_weights_that_do_not_fit():
    with pytest.raises(InputError, match=r"weights \(2,\) do not spread over cases \(2, 3\)"):
        weighted_mean(SCORES, weights=[1, 2])

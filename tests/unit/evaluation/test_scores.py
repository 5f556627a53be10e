import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import InputError
from evforecast.evaluation import accuracy, brier_score, log_score, skill_score

P = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [0.1, 0.1, 0.8]])


def test_worked_by_hand():
    obs = np.array([0, 0, -1])
    assert log_score(P, obs)[:2] == pytest.approx([0.35667, 9.21034], abs=1e-5)
    assert brier_score(P, obs)[:2] == pytest.approx([0.09 + 0.04 + 0.01, 1.5])
    assert accuracy(P, obs)[:2].tolist() == [1, 0]
    for score in (log_score, brier_score, accuracy):
        assert np.isnan(score(P, obs)[2])


def test_shapes_are_kept():
    p = np.full((2, 3, 4, 5), 0.2, np.float32)
    obs = np.zeros((2, 3, 4), np.int8)
    for score in (log_score, brier_score, accuracy):
        assert score(p, obs).shape == (2, 3, 4)
        assert score(p, obs).dtype == np.float64


@given(
    hnp.arrays(float, 4, elements=st.floats(0.01, 1)),
    hnp.arrays(float, 4, elements=st.floats(0.01, 1)),
)
def test_the_truth_has_the_best_expected_score(truth, other):
    truth, other = truth / truth.sum(), other / other.sum()
    outcomes = np.arange(4)
    for score in (lambda p, o: log_score(p, o, clip=0), brier_score):
        expected = [truth @ score(np.tile(p, (4, 1)), outcomes) for p in (truth, other)]
        assert expected[0] <= expected[1] + 1e-12


def test_skill():
    assert skill_score(0.3, 0.4) == pytest.approx(0.25)
    assert np.isnan(skill_score(0.3, 0.0))
    assert skill_score([1.0, 0.0], [2.0, 2.0]).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(("fcst", "obs"), [(P, np.zeros(2, int)), (P, np.full(3, 3))])
def test_bad_input(fcst, obs):
    for score in (log_score, brier_score):
        with pytest.raises(InputError):
            score(fcst, obs)

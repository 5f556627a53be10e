import numpy as np
import pytest

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


def test_a_surprise_costs_what_the_clip_says():
    impossible = np.array([[1.0, 0.0]])
    assert log_score(impossible, np.array([1]), clip=0.01) == pytest.approx(-np.log(0.01))
    assert log_score(impossible, np.array([1]), clip=0) == np.inf


def test_skill():
    assert skill_score(0.3, 0.4) == pytest.approx(0.25)
    assert np.isnan(skill_score(0.3, 0.0))
    assert skill_score([1.0, 0.0], [2.0, 2.0]).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("fcst", "obs", "found"),
    [
        (P, np.zeros(2, int), r"\(3, 3\) do not fit observations \(2,\)"),
        (np.array(0.5), np.array(0), "one more at the end"),
        (P, np.full(3, 3), "3 was observed, where forecasts have chances of 0 to 2 only"),
        (np.where(P == 0, np.nan, P), np.zeros(3, int), "1 forecasts of a known truth are NaN"),
    ],
)
def test_bad_input(fcst, obs, found):
    for score in (log_score, brier_score, accuracy):
        with pytest.raises(InputError, match=found):
            score(fcst, obs)


def test_a_forecast_may_be_missing_where_the_truth_is():
    hole = np.where(P == 0, np.nan, P)
    obs = np.array([0, -1, 2], np.int8)
    for score in (log_score, brier_score, accuracy):
        np.testing.assert_array_equal(score(hole, obs), score(P, obs))

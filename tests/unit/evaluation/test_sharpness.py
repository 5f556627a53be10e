import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.evaluation import entropy, log_score


def test_worked_by_hand():
    p = np.array([[[0.25] * 4, [1, 0, 0, 0], [0.5, 0.5, 0, 0]]])
    assert entropy(p).shape == (1, 3)
    assert entropy(p)[0] == pytest.approx([np.log(4), 0, np.log(2)])


def test_it_is_the_log_score_that_a_forecast_expects():
    laws = np.random.default_rng(0).dirichlet(np.ones(5), size=20)
    for law in laws:
        scores = log_score(np.tile(law, (5, 1)), np.arange(5), clip=0)
        assert entropy(law) == pytest.approx(law @ scores)


def test_a_forecast_that_is_too_sharp_scores_worse_than_it_claims():
    rng = np.random.default_rng(0)
    law = rng.dirichlet(np.ones(3), size=20_000)
    obs = (law.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    sharp, blunt = (law**power / (law**power).sum(axis=1, keepdims=True) for power in (2, 0.5))
    assert log_score(law, obs).mean() == pytest.approx(entropy(law).mean(), abs=0.02)
    assert log_score(sharp, obs).mean() > entropy(sharp).mean() + 0.1
    assert log_score(blunt, obs).mean() < entropy(blunt).mean() - 0.1


@pytest.mark.parametrize("wrong", [np.nan, -0.1])
def test_bad_input(wrong):
    with pytest.raises(InputError, match="none may be negative or NaN"):
        entropy(np.array([0.5, wrong]))
    assert entropy(np.empty((0, 3))).shape == (0,)

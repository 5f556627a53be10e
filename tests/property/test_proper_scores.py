"""No forecast has a better expected score than the truth itself, and none that differs an equal one.

Laws are of few outcomes with chances that are fractions, so that every expectation is a finite sum, and so
that equally likely draws can be any of the laws exactly.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.evaluation import (
    brier_score,
    crps,
    energy_score,
    entropy,
    log_score,
    ranked_probability_score,
)

COUNTS = np.array([0, 1, 2, 5])
# Futures of two horizons; the first three do not lie on one line.
FUTURES = np.array([[0, 0], [3, 0], [0, 2], [3, 2], [1, 1]])


def laws(n):
    """Draw how often each of n outcomes occurs among a few."""
    occurs = hnp.arrays(np.int64, n, elements=st.integers(0, 5))
    return occurs.filter(lambda times: times.any())


def chances_of(score):
    """Return the score of a law by each outcome, for a score of chances."""
    return lambda law: score(np.tile(law / law.sum(), (len(law), 1)), np.arange(len(law)))


def draws_of(score, outcomes):
    """Return the same for a score of draws."""

    def by_outcome(law):
        draws = np.repeat(outcomes, law, axis=0)
        cases = np.broadcast_to(draws[:, None], (len(draws), *outcomes.shape))
        return score(cases, outcomes)

    return by_outcome


SCORES = {
    "log": (4, chances_of(lambda p, obs: log_score(p, obs, clip=0))),
    "brier": (4, chances_of(brier_score)),
    "ranked probability": (4, chances_of(ranked_probability_score)),
    "crps": (len(COUNTS), draws_of(crps, COUNTS)),
    "energy": (len(FUTURES), draws_of(energy_score, FUTURES)),
}


def check_proper(by_outcome, truth, other):
    q = truth / truth.sum()
    occurs = q > 0
    own, its = (q[occurs] @ by_outcome(law)[occurs] for law in (truth, other))
    if np.allclose(q, other / other.sum(), rtol=0, atol=1e-12):
        assert own == pytest.approx(its, abs=1e-12)
    else:
        assert own < its - 1e-9


@pytest.mark.parametrize("name", SCORES)
@given(data=st.data())
def test_the_truth_has_the_best_expected_score(name, data):
    n, by_outcome = SCORES[name]
    check_proper(by_outcome, data.draw(laws(n)), data.draw(laws(n)))


@given(laws(4), laws(4))
def test_the_log_score_of_the_truth_is_its_entropy_and_no_less_is_to_be_had(truth, other):
    q, p = truth / truth.sum(), other / other.sum()
    occurs = q > 0
    scores = SCORES["log"][1]
    assert q[occurs] @ scores(truth)[occurs] == pytest.approx(entropy(q))
    assert q[occurs] @ -np.log(np.maximum(p, 1e-300))[occurs] >= entropy(q) - 1e-12


def test_a_score_that_is_not_proper_is_found_out():
    def linear(p, obs):
        return 1 - p[np.arange(len(obs)), obs]

    with pytest.raises(AssertionError):
        check_proper(chances_of(linear), np.array([1, 2, 0, 0]), np.array([0, 1, 0, 0]))

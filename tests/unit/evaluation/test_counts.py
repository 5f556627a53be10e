import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import evforecast as ev
from evforecast.errors import InputError
from evforecast.evaluation import brier_score, crps, ranked_probability_score

DRAWS = hnp.arrays(
    np.int64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.integers(0, 12)
)


def slow_crps(draws, obs):
    n = len(draws)
    away = sum(abs(float(x) - obs) for x in draws) / n
    among = sum(abs(float(one) - float(two)) for one in draws for two in draws)
    return away - among / (2 * n**2)


def slow_rps(chances, obs):
    total = 0.0
    for count in range(len(chances)):
        total += (sum(chances[: count + 1]) - (obs <= count)) ** 2
    return total


@given(DRAWS, st.data())
def test_draws_against_all_pairs_and_against_their_shares(draws, data):
    obs = data.draw(hnp.arrays(np.int64, draws.shape[1], elements=st.integers(-1, 12)))
    expected = [slow_crps(x, y) if y >= 0 else np.nan for x, y in zip(draws.T, obs, strict=True)]
    found = crps(draws, obs)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    shares = (draws[..., None] == np.arange(13)).mean(axis=0)
    np.testing.assert_allclose(ranked_probability_score(shares, obs), found, atol=1e-12)


def test_chances_against_a_plain_loop():
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(7), size=(3, 5))
    obs = rng.integers(-1, 7, (3, 5))
    found = ranked_probability_score(chances.astype(np.float32), obs.astype(np.int8))
    assert found.shape == (3, 5)
    assert found.dtype == np.float64
    for place in np.ndindex(3, 5):
        slow = slow_rps(chances[place], obs[place]) if obs[place] >= 0 else np.nan
        assert found[place] == pytest.approx(slow, abs=1e-6, nan_ok=True)


def test_certain_forecasts_pay_the_distance():
    obs = np.array([0, 2, 5])
    assert ranked_probability_score(np.tile(np.eye(6)[2], (3, 1)), obs).tolist() == [2, 0, 3]
    assert crps(np.full((4, 3), 2), obs).tolist() == [2, 0, 3]


def test_two_outcomes_are_half_a_brier_score():
    p = np.array([[0.3, 0.7], [0.9, 0.1]])
    obs = np.array([0, 1])
    np.testing.assert_allclose(ranked_probability_score(p, obs), brier_score(p, obs) / 2)


def test_nan_is_a_missing_truth_too():
    obs = np.array([1.0, np.nan])
    assert np.isnan(ranked_probability_score(np.full((2, 3), 1 / 3), obs)).tolist() == [False, True]
    assert np.isnan(crps(np.ones((5, 2)), obs)).tolist() == [False, True]


def test_more_draws_of_one_law_score_better_by_what_the_notes_say():
    rng = np.random.default_rng(0)
    cases, n = 200_000, 4
    obs = rng.integers(0, 10, cases)
    few, many = (crps(rng.integers(0, 10, (size, cases)), obs).mean() for size in (n, 2 * n))
    apart = 3.3  # the mean distance between two draws: (100 - 1) / 30
    assert few - many == pytest.approx(apart / (2 * n) - apart / (4 * n), abs=0.01)


def test_counts_of_paths():
    panel = ev.simulate(n_evse=6, days=4, random_state=0)
    paths = ev.SemiMarkovForecaster([4, 8]).fit(panel).sample_paths(panel, n_paths=20)
    counts, _ = paths.counts("free", by="area")
    scores = crps(counts, np.full(counts.shape[1:], 1))
    assert scores.shape == counts.shape[1:]
    assert (scores >= 0).all()


@pytest.mark.parametrize(
    ("draws", "obs", "found"),
    [
        (np.zeros((5, 2)), np.zeros(3), "must come first"),
        (np.zeros((0, 3)), np.zeros(3), "one path at least"),
        (np.array(1.0), np.array(1.0), "must come first"),
        (np.full((5, 3), np.nan), np.zeros(3), "only a truth may be missing"),
        (np.full((5, 3), np.inf), np.zeros(3), "NaN or infinite"),
    ],
)
def test_bad_draws(draws, obs, found):
    with pytest.raises(InputError, match=f"crps.*{found}"):
        crps(draws, obs)


def test_bad_chances():
    chances = np.full((2, 4), 0.25)
    with pytest.raises(InputError, match="do not fit observations"):
        ranked_probability_score(chances, np.zeros(3))
    with pytest.raises(InputError, match="4 was observed"):
        ranked_probability_score(chances, np.array([1, 4]))
    with pytest.raises(InputError, match="2 forecasts of a known truth are NaN"):
        ranked_probability_score(chances * np.nan, np.zeros(2))

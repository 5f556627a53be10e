import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import evforecast as ev
from evforecast.errors import InputError
from evforecast.evaluation import crps, energy_score


def slow_energy(draws, obs):
    known = obs >= 0
    if not known.any():
        return np.nan
    n = len(draws)
    away = sum(np.linalg.norm((x - obs)[known]) for x in draws) / n
    among = sum(np.linalg.norm((one - two)[known]) for one in draws for two in draws)
    return away - among / (2 * n**2)


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 4)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.int64, shape, elements=st.integers(0, 6)),
            hnp.arrays(np.int64, shape[1:], elements=st.integers(-1, 6)),
        )
    )
)
def test_against_all_pairs(case):
    draws, obs = case
    expected = [slow_energy(draws[:, i], obs[i]) for i in range(len(obs))]
    np.testing.assert_allclose(energy_score(draws, obs), expected, atol=1e-12)
    first = energy_score(draws[..., :1], obs[..., :1])
    np.testing.assert_allclose(first, crps(draws[..., 0], obs[..., 0]), atol=1e-12)


def test_a_missing_truth_leaves_its_dimension_out():
    rng = np.random.default_rng(0)
    draws, obs = rng.poisson(3.0, (50, 4, 3)), rng.poisson(3.0, (4, 3)).astype(float)
    obs[:, 1] = np.nan
    np.testing.assert_allclose(
        energy_score(draws, obs), energy_score(draws[..., [0, 2]], obs[:, [0, 2]])
    )
    obs[2] = np.nan
    assert np.isnan(energy_score(draws, obs)).tolist() == [False, False, True, False]


def test_how_horizons_go_together_is_seen():
    rng = np.random.default_rng(0)
    level = rng.integers(0, 10, (200, 1))
    together = np.repeat(level, 8, axis=1)
    apart = rng.permuted(together, axis=0)  # the same draws at every horizon
    truths = np.repeat(np.arange(10)[:, None], 8, axis=1)

    def mean(draws):
        return np.mean([energy_score(draws, truth) for truth in truths])

    assert np.sort(together, axis=0).tolist() == np.sort(apart, axis=0).tolist()
    assert mean(together) < mean(apart) - 0.5


def test_trajectories_of_counts():
    panel = ev.simulate(n_evse=6, days=4, random_state=0)
    paths = ev.SemiMarkovForecaster([4, 8, 12]).fit(panel).sample_paths(panel, n_paths=20)
    counts, names = paths.counts("free", by="area")
    scores = energy_score(np.moveaxis(counts, 1, -1), np.ones((len(names), 3)))
    assert scores.shape == (len(names),)
    assert (scores >= 0).all()


def test_memory_is_of_the_size_of_the_draws():
    draws = np.random.default_rng(0).poisson(3.0, (200, 50, 8)).astype(float)
    tracemalloc.start()
    energy_score(draws, draws[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # all pairs at once would take 200 times the draws
    assert peak < 6 * draws.nbytes


@pytest.mark.parametrize(
    ("draws", "obs", "found"),
    [
        (np.zeros((5, 2, 3)), np.zeros((3, 2)), "must come first"),
        (np.zeros(5), np.array(1), "the last one is the dimension"),
        (np.full((5, 2), np.nan), np.zeros(2), "only a truth may be missing"),
    ],
)
def test_bad_input(draws, obs, found):
    with pytest.raises(InputError, match=f"energy_score.*{found}"):
        energy_score(draws, obs)

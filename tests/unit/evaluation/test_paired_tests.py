import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from evforecast.evaluation.paired_tests import diebold_mariano, holm

SERIES = hnp.arrays(
    float, st.integers(8, 40), elements=st.sampled_from([-1.5, -0.25, 0.0, 0.5, 2.0, np.nan])
)


def slow(d, overlap):
    """Go through all pairs of origins, one by one."""
    known = [i for i, value in enumerate(d) if not np.isnan(value)]
    size = known[-1] - known[0] + 1
    lag = max(2 * overlap, int(1.3 * np.sqrt(size)))
    mean = sum(d[i] for i in known) / len(known)
    total = 0.0
    for i in known:
        for j in known:
            if abs(i - j) <= lag:
                total += (1 - abs(i - j) / (lag + 1)) * (d[i] - mean) * (d[j] - mean)
    h = lag + 1
    hln = np.sqrt((size + 1 - 2 * h + h * (h - 1) / size) / size)
    statistic = hln * mean / np.sqrt(total / len(known) ** 2)
    return statistic, 2 * stats.t.cdf(-abs(statistic), len(known) - 1)


@settings(deadline=None)
@given(SERIES, st.integers(0, 5))
def test_against_all_pairs_and_antisymmetric(d, overlap):
    found = diebold_mariano(d, overlap=overlap)
    if np.isnan(found[0]):
        seen = np.flatnonzero(~np.isnan(d))
        size = seen[-1] - seen[0] + 1 if len(seen) else 0
        assert len(seen) < 2 or size <= 1 + max(2 * overlap, int(1.3 * np.sqrt(size)))
        return
    if np.nanstd(d) > 0:
        assert found == pytest.approx(slow(d, overlap), rel=1e-6, abs=1e-12)
    assert diebold_mariano(-d, overlap=overlap) == (-found[0], found[1])
    assert diebold_mariano(4 * d, overlap=overlap) == pytest.approx(found)
    padded = np.concatenate([np.full(3, np.nan), d, np.full(5, np.nan)])
    assert diebold_mariano(padded, overlap=overlap) == found


def rates(d, overlap=0):
    """Return how often the null is rejected at 5 %, by ours and by the t test of independent cases."""
    ours = np.array([diebold_mariano(row, overlap=overlap)[1] for row in d])
    naive = stats.ttest_1samp(d, 0, axis=1).pvalue
    return (ours < 0.05).mean(), (naive < 0.05).mean(), ours


def test_of_white_noise_the_p_values_are_near_uniform():
    ours, naive, p = rates(np.random.default_rng(0).normal(size=(2000, 112)))
    assert naive == pytest.approx(0.05, abs=0.02)
    assert ours == pytest.approx(0.05, abs=0.025)
    assert stats.kstest(p, "uniform").statistic < 0.05


def test_of_autocorrelated_differences_it_rejects_far_less_than_a_test_of_independent_ones():
    noise = np.random.default_rng(1).normal(size=(1000, 312))
    d = np.zeros_like(noise)
    for t in range(1, d.shape[1]):
        d[:, t] = 0.6 * d[:, t - 1] + noise[:, t]
    ours, naive, _ = rates(d[:, 200:])
    assert naive > 0.3
    assert ours < 0.12


def test_the_overlap_of_forecasts_is_covered():
    # a forecast of 24 origins ahead has the errors of 24 others in it
    noise = np.random.default_rng(2).normal(size=(1000, 123))
    d = np.lib.stride_tricks.sliding_window_view(noise, 24, axis=1).sum(axis=-1)
    covered, naive, _ = rates(d, overlap=23)
    uncovered, _, _ = rates(d)
    assert naive > 0.5
    assert covered < uncovered < naive
    assert covered < 0.13


def test_a_real_difference_is_found_despite_the_caution():
    d = np.random.default_rng(3).normal(0.5, 1, size=(200, 112))
    assert rates(d)[0] > 0.9


def test_constant_and_too_short_series():
    assert diebold_mariano(np.zeros(50)) == (0, 1)
    assert diebold_mariano(np.full(50, -0.25)) == (-np.inf, 0)
    for d in (np.array([]), np.full(4, np.nan), np.array([1.0, 2.0, 4.0])):
        assert np.isnan(diebold_mariano(d)).all()
    noise = np.random.default_rng(0).normal(size=30)
    assert np.isnan(diebold_mariano(noise, overlap=15)).all()
    assert np.isfinite(diebold_mariano(noise, overlap=14)).all()


@given(
    hnp.arrays(float, st.integers(1, 12), elements=st.floats(0, 1) | st.just(np.nan)),
    st.floats(0, 0.999),
)
def test_holm_against_stepping_down(p, alpha):
    places = [i for i in np.argsort(p, kind="stable") if not np.isnan(p[i])]
    rejected = np.zeros(len(p), bool)
    for rank, i in enumerate(places):
        if p[i] * (len(places) - rank) > alpha:
            break
        rejected[i] = True
    adjusted = holm(p)
    assert (np.isnan(adjusted) == np.isnan(p)).all()
    assert ((adjusted <= alpha) == rejected).all()

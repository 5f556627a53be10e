import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.forecasting import counting
from evforecast.forecasting.counting import local_part, marginal, pair_counts, shrink, status_counts


@given(hnp.arrays(np.int8, (30, 3), elements=st.integers(-1, 2)), st.integers(1, 5))
def test_pairs_against_a_loop(codes, lag):
    slow = np.zeros((3, 3, 3))
    for t in range(30 - lag):
        for n in range(3):
            if codes[t, n] >= 0 and codes[t + lag, n] >= 0:
                slow[n, codes[t, n], codes[t + lag, n]] += 1
    assert (pair_counts(codes, lag, 3) == slow).all()


def test_blocks_do_not_lose_pairs(monkeypatch):
    codes = np.random.default_rng(0).integers(-1, 3, (100, 4)).astype(np.int8)
    whole = pair_counts(codes, 7, 3)
    monkeypatch.setattr(counting, "_BLOCK", 9)
    assert (pair_counts(codes, 7, 3) == whole).all()


def test_a_lag_longer_than_the_panel_counts_nothing():
    assert pair_counts(np.zeros((5, 2), np.int8), 9, 3).sum() == 0


def test_status_counts():
    codes = np.array([[0, 1], [1, -1], [1, 1]], np.int8)
    counts = status_counts(codes, np.array([0, 0, 1]), 3, 2)
    assert counts.tolist() == [[[1, 1], [0, 1]], [[0, 1], [0, 1]], [[0, 0], [0, 0]]]


def test_shrink_goes_from_prior_to_counts():
    prior = np.array([0.5, 0.5])
    assert shrink(np.zeros(2), prior, 3.0).tolist() == [0.5, 0.5]
    assert shrink(np.array([1e9, 0]), prior, 3.0) == pytest.approx([1, 0], abs=1e-6)


def test_marginal_is_never_zero():
    share = marginal(np.array([[5.0, 0.0]]))
    assert share.sum() == pytest.approx(1)
    assert (share > 0).all()


def test_local_part_covers_the_day():
    parts = local_part(np.arange(1440), 48)
    assert parts.min() == 0
    assert parts.max() == 47
    assert (np.bincount(parts) == 30).all()

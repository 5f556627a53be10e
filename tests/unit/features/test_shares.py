import numpy as np
import pytest

from evforecast.features import StatusCounter
from evforecast.features.shares import network_shares, shares


@pytest.fixture
def codes():
    return np.random.default_rng(0).integers(-1, 3, (60, 4)).astype(np.int8)


def test_against_a_plain_count(codes):
    counter = StatusCounter(codes, 3)
    rng = np.random.default_rng(1)
    last = rng.integers(-3, 60, 200)
    after = last - rng.integers(0, 30, 200)
    units = rng.integers(0, 4, 200)
    fast = counter.counts(after, last, units)
    network = counter.network_counts(after, last)
    for case in range(200):
        window = codes[max(after[case] + 1, 0) : max(last[case] + 1, 0)]
        for status in range(3):
            assert fast[case, status] == (window[:, units[case]] == status).sum()
            assert network[case, status] == (window == status).sum()


def test_counts_that_wrap_around_still_differ_rightly():
    codes = np.zeros((70_000, 1), np.int8)
    counter = StatusCounter(codes, 1)
    rows, unit = np.array([69_999]), np.array([0])
    assert counter.counts(rows - 672, rows, unit).item() == 672
    assert counter.network_counts(rows - 69_999, rows).item() == 69_999


def test_a_group_is_counted_together(codes):
    group = np.array([1, 0, 1, 1])
    counter = StatusCounter(codes, 3, group)
    last, units = np.array([10, 59, 30]), np.array([0, 1, 3])
    counts = counter.counts(last - 9, last, units)
    for case in range(3):
        members = codes[last[case] - 8 : last[case] + 1, group == group[units[case]]]
        assert counts[case].tolist() == [(members == status).sum() for status in range(3)]
    np.testing.assert_array_equal(
        counter.network_counts(last - 9, last),
        StatusCounter(codes, 3).network_counts(last - 9, last),
    )


def test_a_large_group_has_more_cells_than_two_bytes_count():
    codes = np.zeros((700, 120), np.int8)
    counter = StatusCounter(codes, 1, np.zeros(120, int))
    assert counter.counts(np.array([-1]), np.array([699]), np.array([7]))[0, 0] == 84_000


def test_shares_of_nothing_are_unknown_and_the_network_of_nobody_is_empty(codes):
    np.testing.assert_array_equal(
        shares(np.array([[[1, 3]], [[0, 0]]], np.float32)), [[[0.25, 0.75]], [[np.nan, np.nan]]]
    )
    mix = network_shares(codes, 3)
    for row, seen in zip(mix, codes, strict=True):
        known = seen[seen >= 0]
        assert row.tolist() == [(known == code).sum() / max(len(known), 1) for code in range(3)]
    assert network_shares(np.full((1, 4), -1, np.int8), 2).tolist() == [[0, 0]]

import numpy as np
import pytest

from evforecast.plotting.stretches import stretches


def slowly(codes):
    """Return the stretches one row after the other."""
    found = []
    for unit in range(codes.shape[1]):
        column = codes[:, unit].tolist()
        row = 0
        while row < len(column):
            stop = row
            while stop < len(column) and column[stop] == column[row]:
                stop += 1
            if column[row] != -1:
                begun = row > 0 and column[row - 1] != -1
                ended = stop < len(column) and column[stop] != -1
                found.append((unit, row, stop - row, column[row], begun, ended))
            row = stop
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_row_after_row(seed):
    codes = np.random.default_rng(seed).integers(-1, 3, (40, 4)).astype(np.int8)
    assert list(zip(*(each.tolist() for each in stretches(codes)), strict=True)) == slowly(codes)


def test_a_charger_that_was_never_seen_has_none():
    assert stretches(np.full((5, 2), -1, np.int8)).first.tolist() == []


def test_the_end_of_one_charger_is_not_the_beginning_of_the_next():
    found = stretches(np.array([[0, 1], [0, 1]], np.int8))
    assert found.length.tolist() == [2, 2]
    assert not found.begun.any()
    assert not found.ended.any()

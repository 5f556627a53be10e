from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.features import runs
from evforecast.features.ages import STRETCH, Ages, stretches

CODES = hnp.arrays(
    np.int8, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.integers(-1, 2)
)


def followed(codes, cuts=()):
    ages, edges = Ages(codes.shape[1]), [0, *sorted(cuts), len(codes)]
    parts = [codes[a:b] for a, b in pairwise(edges) if b > a]
    columns = slice(0, codes.shape[1])
    return np.vstack([ages.follow(part, part >= 0, columns) for part in parts])


@given(CODES, st.data())
def test_however_it_is_cut_it_is_what_the_runs_tell(codes, data):
    cuts = data.draw(st.lists(st.integers(0, len(codes)), max_size=4))
    assert followed(codes, cuts).tolist() == runs(codes).age.tolist()


def test_a_run_longer_than_a_stretch_goes_on_in_the_next():
    codes = np.zeros((3 * STRETCH, 1), np.int8)
    codes[STRETCH + 7] = -1
    cuts = [part.stop for part in stretches(0, len(codes))][:-1]
    assert followed(codes, cuts).ravel().tolist() == list(range(1, 3 * STRETCH + 1))


def test_chargers_are_followed_apart():
    codes = np.array([[0, 1], [0, 0]], np.int8)
    ages = Ages(2)
    for column in (slice(1, 2), slice(0, 1)):
        part = codes[:, column]
        assert ages.follow(part, part >= 0, column).tolist() == runs(part).age.tolist()


def test_stretches_of_nothing():
    assert list(stretches(5, 5)) == []

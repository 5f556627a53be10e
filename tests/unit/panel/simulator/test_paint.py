"""Painting stretches of time onto rows, against a plain loop."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evforecast.panel.simulator.outages import Spells
from evforecast.panel.simulator.paint import paint

STRETCHES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-30, 150), st.integers(0, 80)), max_size=12
)


@given(stretches=STRETCHES, step=st.integers(1, 20), origin=st.integers(-10, 40))
def test_a_row_shows_what_is_so_at_its_instant(stretches, step, origin):
    unit = np.array([s[0] for s in stretches], dtype=np.intp)
    start = np.array([s[1] for s in stretches], dtype=float)
    end = start + np.array([s[2] for s in stretches], dtype=float)
    painted = paint(Spells(unit, start, end), 3, origin=origin, step=step, n_row=9)
    for u in range(3):
        for row in range(9):
            now = origin + row * step
            expected = ((unit == u) & (start <= now) & (now < end)).sum()
            assert painted[u, row] == expected


def test_codes_of_neighbouring_stretches():
    spells = Spells(np.array([0, 0]), np.array([0.0, 20.0]), np.array([20.0, 30.0]))
    painted = paint(spells, 1, origin=0, step=10, n_row=4, codes=np.array([2, 1], np.int8))
    assert painted.tolist() == [[2, 2, 1, 0]]
    assert painted.dtype == np.int8


def test_nothing_to_paint():
    none = np.zeros(0)
    painted = paint(Spells(none.astype(int), none, none), 2, origin=0, step=1, n_row=3)
    assert painted.tolist() == [[0, 0, 0], [0, 0, 0]]

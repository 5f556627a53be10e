import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError
from evforecast.plotting import transitions
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes):
    codes = np.asarray(codes, np.int8)
    grid = TimeGrid(as_time("2020-10-25"), as_step("15min"), len(codes))
    return ev.StatusPanel(codes, grid, [f"c{place}" for place in range(codes.shape[1])])


def test_shares_of_the_changes_out_of_each_status(ax):
    # available to charging twice, to down once; charging to available; never over a gap
    transitions(panel_of(np.transpose([[0, 0, 1, 0], [0, 1, -1, 2], [0, 4, 4, -1]])), ax=ax)
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    wanted = np.full((5, 5), np.nan)
    wanted[0] = [np.nan, 2 / 3, 0, 0, 1 / 3]
    wanted[1] = [1, np.nan, 0, 0, 0]
    np.testing.assert_allclose(cells, wanted)
    rows = [text.get_text() for text in ax.get_yticklabels()]
    assert rows[:3] == ["available (3)", "charging (1)", "passive (0)"]


def test_every_change_of_a_panel_counts_once(panel, ax):
    transitions(panel, ax=ax)
    n = 0
    for column in panel.codes.T.tolist():
        for before, after in itertools.pairwise(column):
            n += before != after and -1 not in {before, after}
    told = [text.get_text() for text in ax.get_yticklabels()]
    assert sum(int(text.split("(")[1][:-1].replace(",", "")) for text in told) == n
    rows = np.ma.filled(ax.images[0].get_array(), 0).sum(axis=1)
    np.testing.assert_allclose(rows, 1)


def test_without_axes_a_notebook_gets_a_figure(panel):
    assert transitions(panel).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match="no charger"):
        transitions(panel_of([[0], [-1], [1]]))
    assert not plt.get_fignums()

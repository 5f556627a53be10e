import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.dates import date2num

import evforecast as ev
from evforecast.errors import EmptyInputError
from evforecast.plotting import observed
from evforecast.plotting.levels import NAMES
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes, start="2020-10-24 22:00", tz="Europe/Paris"):
    grid = TimeGrid(as_time(start), as_step("1h"), len(codes))
    return ev.StatusPanel(codes, grid, [f"c{i}" for i in range(codes.shape[1])], tz=tz)


def test_a_cell_a_charger_and_local_day(ax):
    # the 25th has 25 hours in Paris, the 26th 24
    codes = np.zeros((49, 3), np.int8)
    codes[:20, 0] = -1  # few on the first day
    codes[24, 1] = -1  # all but one hour of the first day
    codes[25:, 2] = -1  # nothing on the second
    observed(panel_of(codes), ax=ax)
    cells = ax.images[0].get_array()
    words = [[NAMES[int(c)] if c is not np.ma.masked else "nothing" for c in row] for row in cells]
    assert words == [["90% or more", "all"], ["less", "all"], ["all", "nothing"]]
    left, right, _, _ = ax.images[0].get_extent()
    assert left == date2num(as_time("2020-10-24 22:00"))
    assert right == date2num(as_time("2020-10-26 23:00"))


def test_the_title_says_how_much_and_never_rounds_up(ax):
    codes = np.zeros((48, 100), np.int8)
    codes[0, 0] = -1
    observed(panel_of(codes, "2020-11-01 23:00"), ax=ax)
    assert ax.get_title(loc="left") + ax.get_title() == "99.9% of all was observed"


def test_a_local_day_without_a_row_stays_blank(ax):
    # one row a day, at 22:00 UTC: the day of 23 hours in spring lies between two of them
    grid = TimeGrid(as_time("2021-03-26 22:30"), as_step("1D"), 4)
    codes = np.zeros((4, 2), np.int8)
    observed(ev.StatusPanel(codes, grid, ["a", "b"], tz="Europe/Paris"), ax=ax)
    days = ax.images[0].get_array()
    assert days.shape[1] >= 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["all"]
    assert set(days.compressed()) == {0}


def test_only_levels_that_occur_are_explained(ax):
    observed(panel_of(np.zeros((24, 2), np.int8), "2020-11-01 23:00"), ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["all"]


def test_without_axes_a_notebook_gets_a_figure(panel):
    assert observed(panel).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match="no observed status"):
        observed(panel_of(np.full((24, 2), -1, np.int8)))
    assert not plt.get_fignums()

import matplotlib.pyplot as plt
import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError
from evforecast.plotting import shares
from evforecast.timegrid import TimeGrid, as_step, as_time


def levels(ax):
    """Return the top of each status, ``[status, box]``."""
    return np.array([patch.get_data().values for patch in ax.patches])


def test_shares_by_hour_are_those_of_the_observed(panel, ax):
    shares(panel, ax=ax)
    tops = levels(ax)
    assert tops.shape == (5, 24)
    np.testing.assert_allclose(tops[-1], 1)
    local = panel.to_long().dropna()
    hour = local["time"].dt.tz_localize("UTC") if local["time"].dt.tz is None else local["time"]
    hour = hour.dt.tz_convert(panel.tz).dt.hour
    wanted = (local["status"] == "available").groupby(hour).mean()
    np.testing.assert_allclose(tops[0], wanted)


def test_shares_by_the_hour_of_the_local_week(panel, ax):
    shares(panel, "week", ax=ax)
    tops = levels(ax)
    assert tops.shape == (5, 7 * 24)
    # the panel begins on Monday the 28th at midnight in Paris, and has six days: Sunday is blank
    assert np.isnan(tops[0, 6 * 24 :]).all()
    rows = slice(24 * 4 + 12 * 4, 24 * 4 + 13 * 4)  # Tuesday, noon to one
    wanted = (panel.codes[rows] == 0).sum() / (panel.codes[rows] >= 0).sum()
    assert tops[0, 24 + 12] == pytest.approx(wanted)
    names = [text.get_text() for text in ax.get_xticklabels(minor=True)]
    assert names == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def test_a_gap_stays_a_gap(panel, ax):
    shares(panel, "time", ax=ax)
    tops = levels(ax)
    assert tops.shape == (5, 6 * 24)
    observed = (panel.codes >= 0).any(axis=1).reshape(-1, 4).any(axis=1)
    assert 3 <= (~observed).sum() < 20
    np.testing.assert_array_equal(np.isnan(tops[0]), ~observed)
    assert ax.get_xlabel() == "local time (Europe/Paris)"


def test_a_long_history_is_shown_by_the_local_day(ax):
    panel = ev.simulate(n_evse=3, days=10, random_state=0)
    shares(panel, "time", ax=ax)
    assert levels(ax).shape == (5, 10)


def test_a_day_of_25_hours_is_one_day(ax):
    grid = TimeGrid(
        as_time("2020-10-14 22:00"), as_step("15min"), 11 * 96 + 4
    )  # to the end of the 25th
    codes = np.zeros((grid.n, 1), np.int8)
    codes[-100:] = 4
    shares(ev.StatusPanel(codes, grid, ["a"], tz="Europe/Paris"), "time", ax=ax)
    tops = levels(ax)
    assert tops.shape == (5, 11)
    assert tops[0].tolist() == [1] * 10 + [0]
    edges = ax.patches[0].get_data().edges
    np.testing.assert_allclose(np.diff(edges) * 24, [24] * 10 + [25])


def test_coarse_statuses_too(panel, ax):
    shares(panel.coarsen("down"), ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["not down", "down"]


def test_one_row_is_a_history(ax):
    grid = TimeGrid(as_time("2020-10-25 10:15"), as_step("15min"), 1)
    shares(ev.StatusPanel(np.zeros((1, 2), np.int8), grid, ["a", "b"]), "time", ax=ax)
    assert levels(ax).shape == (5, 1)


def test_what_cannot_be_drawn_is_said(panel):
    with pytest.raises(InputError, match="choose among 'hour', 'week', 'time'"):
        shares(panel, "weeks")
    with pytest.raises(EmptyInputError, match="no observed"):
        shares(panel.between(panel.times[201], panel.times[205]))
    assert not plt.get_fignums()

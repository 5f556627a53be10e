import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError, UnknownStatusError
from evforecast.plotting import exogenous
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes, series, start="2020-10-05"):
    grid = TimeGrid(as_time(start), as_step("1h"), len(codes))
    panel = ev.StatusPanel(
        np.asarray(codes, np.int8), grid, [f"c{i}" for i in range(codes.shape[1])]
    )
    index = pd.DatetimeIndex(grid.times)
    return panel.with_exog(pd.DataFrame({"x": series}, index=index))


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


USUAL = "same hour of the week, other days"


def test_habit_alone_leaves_nothing_between_the_lines(ax):
    # three weeks of the same: charging from noon, when x is large
    hour = np.arange(21 * 24) % 24
    codes = np.repeat((hour >= 12).astype(np.int8)[:, None], 4, axis=1)
    exogenous(panel_of(codes, np.where(hour >= 12, 5.0, 1.0)), "x", ax=ax)
    found = lines(ax)
    assert found["observed"].get_xdata().tolist() == [1, 5]
    assert found["observed"].get_ydata().tolist() == [0, 1]
    np.testing.assert_allclose(found[USUAL].get_ydata(), [0, 1], atol=1e-12)


def test_what_is_more_than_habit_lies_between_the_lines(ax):
    # all charge in the second of three weeks, whatever the hour, and then x is 1
    second = np.repeat([0, 1, 0], 7 * 24)
    exogenous(panel_of(np.repeat(second[:, None], 2, axis=1), second.astype(float)), "x", ax=ax)
    found = lines(ax)
    assert found["observed"].get_ydata().tolist() == [0, 1]
    # in the other weeks one of the two other weeks charged, in the second week none did
    np.testing.assert_allclose(found[USUAL].get_ydata(), [0.5, 0], atol=1e-12)


def test_the_interval_is_that_of_whole_days(ax):
    # two weeks: within a day all hours are alike, so that 24 hours tell no more than one day
    rng = np.random.default_rng(0)
    day = rng.integers(0, 2, 14)
    codes = np.repeat(np.repeat(day, 24)[:, None], 3, axis=1)
    exogenous(panel_of(codes, np.tile([1.0, 2.0], 7 * 24)), "x", ax=ax)
    low, high = ax.collections[0].get_segments()[0][:, 1]
    mean = day.mean()
    se = np.sqrt(((day - mean) ** 2).sum()) / 14
    np.testing.assert_allclose([low, high], [mean - 1.96 * se, mean + 1.96 * se], rtol=1e-3)


def test_many_values_are_put_into_classes_of_equal_size(ax):
    x = np.random.default_rng(0).normal(size=21 * 24)
    panel = panel_of(np.zeros((21 * 24, 1), np.int8), x)
    exogenous(panel, "x", bins=4, ax=ax)
    edges = np.quantile(panel.exog["x"], [0, 0.25, 0.5, 0.75, 1])
    across = lines(ax)["observed"].get_xdata()
    assert len(across) == 4
    assert ((edges[:-1] < across) & (across < edges[1:])).all()


def test_no_rain_is_a_class_of_its_own(ax):
    rng = np.random.default_rng(0)
    rain = np.where(rng.random(21 * 24) < 0.9, 0.0, rng.gamma(2, size=21 * 24))
    exogenous(panel_of(np.zeros((21 * 24, 1), np.int8), rain), "x", ax=ax)
    across = lines(ax)["observed"].get_xdata()
    assert len(across) == 3
    assert across[0] == 0 < across[1] < across[2]


def test_times_without_the_series_or_a_status_do_not_count(ax):
    x = np.repeat([1.0, np.nan, 2.0], 7 * 24)
    codes = np.ones((21 * 24, 2), np.int8)
    codes[:24] = -1
    exogenous(panel_of(codes, x), "x", ax=ax)
    assert lines(ax)["observed"].get_xdata().tolist() == [1, 2]


def test_without_axes_a_notebook_gets_a_figure():
    panel = ev.simulate(n_evse=3, days=9, random_state=0)
    assert exogenous(panel, "temperature").figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    panel = panel_of(np.zeros((48, 1), np.int8), np.full(48, np.nan))
    with pytest.raises(InputError, match=r"no series 'y'; the panel has \['x'\]"):
        exogenous(panel, "y")
    bare = ev.StatusPanel(panel.codes, panel.grid, panel.evse)
    with pytest.raises(InputError, match=r"the panel has \[\]"):
        exogenous(bare, "x")
    with pytest.raises(InputError, match="two classes"):
        exogenous(panel, "x", bins=1)
    with pytest.raises(UnknownStatusError):
        exogenous(panel, "x", "busy")
    with pytest.raises(EmptyInputError, match="nothing was observed while 'x'"):
        exogenous(panel, "x")
    assert not plt.get_fignums()

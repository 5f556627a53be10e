import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting import counts

TIMES = pd.date_range("2020-10-25", periods=30, freq="h")
BAND = pd.DataFrame({"time": TIMES, "expected": 5.0, "low": 2, "high": 9})
LINE = pd.DataFrame({"time": TIMES, "expected": np.arange(30.0)})


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_a_line_a_forecast_and_a_band_where_there_is_one(ax):
    counts({"joint": BAND, "plain": LINE}, ax=ax)
    found = lines(ax)
    assert list(found) == ["joint", "plain"]
    assert found["plain"].get_ydata().tolist() == LINE["expected"].tolist()
    assert found["plain"].get_xdata().tolist() == date2num(TIMES.to_numpy()).tolist()
    assert found["joint"].get_marker() != found["plain"].get_marker()
    (band,) = ax.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert {heights.min(), heights.max()} == {2, 9}
    assert ax.get_ylim()[0] == 0


def test_what_came_is_drawn_in_steps_and_a_gap_stays_a_gap(ax):
    came = pd.Series([1, np.nan, 3], TIMES[:3])
    counts({"joint": BAND}, came, tz="Europe/Paris", label="chargers", ax=ax)
    line = lines(ax)["observed"]
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(line.get_ydata(), [1, np.nan, 3])
    assert ax.get_xlabel() == "local time (Europe/Paris)"
    assert ax.get_ylabel() == "chargers"


def test_without_axes_a_notebook_gets_a_figure():
    assert counts({"joint": BAND}).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match="forecasts with rows"):
        counts({})
    with pytest.raises(EmptyInputError, match=r"found \['joint'\]"):
        counts({"joint": BAND.iloc[:0]})
    with pytest.raises(MissingColumnsError, match=r"plotting\.counts: joint.*expected"):
        counts({"joint": BAND.drop(columns="expected")})
    assert not plt.get_fignums()

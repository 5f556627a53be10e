import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, HorizonError, InputError, MissingColumnsError
from evforecast.plotting import over_time

BY = ("model", "horizon", "day")


def drawn(ax):
    """Return the lines with a marker, by the name in the legend."""
    return {line.get_label(): line for line in ax.get_lines() if line.get_marker() != "None"}


def test_a_line_a_model_over_the_days_of_one_horizon(result, ax):
    over_time(result, horizon=16, ax=ax)
    lines = drawn(ax)
    assert list(lines) == result.models
    scores = result.scores(BY).query("horizon == 16 and model == 'markov'")
    np.testing.assert_allclose(lines["markov"].get_ydata(), scores["log_loss"])
    np.testing.assert_allclose(lines["markov"].get_xdata(), date2num(scores["day"].to_numpy()))
    assert len({line.get_marker() for line in lines.values()}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == result.models


def test_all_horizons_together_are_weighed_by_their_cases(result, ax):
    over_time(result, ax=ax)
    scores = result.scores(("model", "day")).query("model == 'persistence'")
    np.testing.assert_allclose(drawn(ax)["persistence"].get_ydata(), scores["log_loss"])


def test_the_ratio_to_a_reference_of_the_same_day(result, ax):
    over_time(result, reference="persistence", horizon=4, ax=ax)
    lines = drawn(ax)
    assert list(lines) == ["markov", "climatology"]
    at = result.scores(BY).query("horizon == 4").set_index("model")["log_loss"]
    wanted = at["markov"].to_numpy() / at["persistence"].to_numpy()
    np.testing.assert_allclose(lines["markov"].get_ydata(), wanted)
    assert ax.get_ylabel() == "log loss / that of persistence"
    assert any((np.asarray(line.get_ydata()) == 1).all() for line in ax.get_lines())


def test_a_line_breaks_where_no_truth_is_known(ax):
    days = pd.to_datetime(["2020-10-26", "2020-10-27", "2020-10-30"])
    table = pd.DataFrame({"model": "a", "horizon": 4, "day": days, "log_loss": [1, 2, 3], "n": 5})
    over_time(table, ax=ax)
    np.testing.assert_array_equal(drawn(ax)["a"].get_ydata(), [1, 2, np.nan, np.nan, 3])


def test_days_are_put_together_by_their_cases(ax):
    days = pd.date_range("2020-10-26", periods=5)
    losses, n = [1.0, 2, 3, 4, 5], [1, 3, 1, 1, 1]
    table = pd.DataFrame({"model": "a", "horizon": 4, "day": days, "log_loss": losses, "n": n})
    over_time(table, every="2D", ax=ax)
    line = drawn(ax)["a"]
    assert line.get_ydata().tolist() == [1.75, 3.5, 5]
    assert line.get_xdata().tolist() == date2num(days[::2].to_numpy()).tolist()
    assert ax.get_xlabel() == "first of 2 days of forecasts"


def test_one_day_stands_between_its_neighbours(ax):
    table = pd.DataFrame(
        {"model": "a", "horizon": 4, "day": pd.to_datetime(["2026-01-13"]), "log_loss": 0.2, "n": 5}
    )
    over_time(table, ax=ax)
    days = pd.to_datetime(["2026-01-12", "2026-01-14"]).to_numpy()
    assert list(ax.get_xlim()) == date2num(days).tolist()


def test_without_axes_a_notebook_gets_a_figure(result):
    assert over_time(result).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(result):
    table = result.scores(BY)
    with pytest.raises(MissingColumnsError, match="day"):
        over_time(result.scores())
    with pytest.raises(EmptyInputError, match="no row"):
        over_time(table.iloc[:0])
    with pytest.raises(HorizonError, match=r"no horizon 7; the scores have \[1, 4, 16, 96\]"):
        over_time(table, horizon=7)
    with pytest.raises(InputError, match=r"'oracle'.*markov"):
        over_time(table, reference="oracle")
    for every in ("36h", "1h"):
        with pytest.raises(InputError, match="whole days"):
            over_time(table, every=every)
    assert not plt.get_fignums()

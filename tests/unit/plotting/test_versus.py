import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba

import evforecast as ev
from evforecast.errors import InputError
from evforecast.evaluation import compare
from evforecast.plotting import versus


@pytest.fixture(scope="module")
def duel():
    """Return a backtest of six days: at the first horizon one model is sharper, at the second the same."""
    panel = ev.simulate(n_evse=8, days=10, random_state=0)
    models = {"persistence": ev.Persistence([1, 8]), "climatology": ev.Climatology([1, 8])}
    result = ev.backtest(models, panel, every="3h", last="6D", progress=False)
    same = result.proba["persistence"].copy()
    same[:, 1] = result.proba["climatology"][:, 1]
    return dataclasses.replace(result, proba={**result.proba, "persistence": same})


def test_ratios_with_their_intervals(duel, ax):
    versus(duel, "persistence", "climatology", ax=ax)
    table = compare(duel, "persistence", "climatology")
    line = next(
        line
        for line in ax.get_lines()
        if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"
    )
    np.testing.assert_allclose(line.get_ydata(), table["ratio"])
    bars = np.array(ax.collections[0].get_segments())[:, :, 1]
    np.testing.assert_allclose(bars, table[["low", "high"]])
    assert ax.get_ylabel() == "log loss: persistence / climatology"
    assert any(np.asarray(line.get_ydata()).tolist() == [1, 1] for line in ax.get_lines())


def test_a_full_mark_only_where_a_difference_is_shown(duel, ax):
    versus(duel, "persistence", "climatology", ax=ax)
    assert compare(duel, "persistence", "climatology")["verdict"].tolist() == [
        "better",
        "no difference shown",
    ]
    marks = {line.get_label(): line for line in ax.get_lines() if line.get_marker() == "o"}
    assert marks["difference shown"].get_xdata().tolist() == [1]
    assert marks["not shown"].get_xdata().tolist() == [8]
    assert to_rgba(marks["not shown"].get_markerfacecolor()) == to_rgba(ax.get_facecolor())


def test_the_other_score(duel, ax):
    versus(duel, "persistence", "climatology", score="brier", ax=ax)
    assert ax.get_ylabel() == "brier: persistence / climatology"


def test_without_axes_a_notebook_gets_a_figure(duel):
    assert versus(duel, "persistence", "climatology").figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(duel):
    with pytest.raises(InputError, match="oracle"):
        versus(duel, "oracle", "climatology")
    assert not plt.get_fignums()

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError
from evforecast.plotting import mix_change, status_colour

NOW = pd.Series({"available": 0.75, "passive": 0.0, "down": 0.25})
USUAL = pd.Series({"down": 0.1, "available": 0.6, "passive": 0.3})


def test_two_bars_a_status_matched_by_name(ax):
    mix_change(NOW, USUAL, ax=ax)
    now, usual = ax.containers
    np.testing.assert_allclose([bar.get_width() for bar in now], [0.75, 0.0, 0.25])
    np.testing.assert_allclose([bar.get_width() for bar in usual], [0.6, 0.3, 0.1])
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == ["available", "passive", "down"]
    # the first status on top, and now above the usual
    tops = [bar.get_y() for pair in zip(now, usual, strict=True) for bar in pair]
    assert tops == sorted(tops, reverse=True)


def test_what_is_told_by_colour_is_told_by_words_too(ax):
    mix_change(NOW, USUAL, ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["now", "usual"]
    assert [text.get_text() for text in ax.texts[:3]] == ["75.0%", "0.0%", "25.0%"]
    rgba = ax.containers[0][0].get_facecolor()
    assert plt.matplotlib.colors.to_hex(rgba).upper() == status_colour("available")
    assert ax.containers[1][0].get_facecolor()[3] == 0


def test_a_status_that_is_everything_has_room_for_its_number(ax):
    mix_change(pd.Series({"a$b$": 1.0}), pd.Series({"a$b$": 1.0}), ax=ax)
    assert ax.get_xlim()[1] > 1.1


def test_without_axes_a_notebook_gets_a_figure():
    assert mix_change(NOW, USUAL).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match=r"'available', 'passive', 'down'"):
        mix_change(NOW, USUAL.drop("down"))
    with pytest.raises(EmptyInputError, match="needed"):
        mix_change(NOW.iloc[:0], USUAL)
    assert not plt.get_fignums()

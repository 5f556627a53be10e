import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting import map_states

EVSE = pd.DataFrame(
    {"lat": [48.85, 48.85, 48.86, 48.87, np.nan], "lon": [2.35, 2.35, 2.36, 2.37, 2.38]},
    index=list("abcde"),
)


def test_a_mark_a_point_and_word_and_a_legend_that_counts_chargers(ax):
    map_states(EVSE, pd.Series({"a": "down", "b": "down", "c": "stale"}), ax=ax)
    quiet, down, stale = ax.collections
    assert down.get_offsets().tolist() == [[2.35, 48.85]]
    assert stale.get_offsets().tolist() == [[2.36, 48.86]]
    # the charger without a word is there, and the one without a place is not
    assert quiet.get_offsets().tolist() == [[2.37, 48.87]]
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["down (2)", "stale (1)"]


def test_words_are_told_apart_by_shape_as_well_as_by_colour(ax):
    map_states(EVSE, pd.Series({"c": "stale", "a": "down"}), ax=ax)
    _, stale, down = ax.collections
    assert not np.array_equal(stale.get_paths()[0].vertices, down.get_paths()[0].vertices)
    assert not np.array_equal(stale.get_facecolor(), down.get_facecolor())


def test_no_word_at_all(ax):
    map_states(EVSE, pd.Series(dtype=object), ax=ax)
    assert ax.get_legend() is None
    assert len(ax.collections[0].get_offsets()) == 3


def test_a_word_of_which_no_charger_has_a_place(ax):
    map_states(EVSE, pd.Series({"e": "$x$ $y$"}), ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [r"\$x\$ \$y\$ (0)"]


def test_without_axes_a_notebook_gets_a_figure():
    assert map_states(EVSE, pd.Series({"a": "down"})).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(MissingColumnsError, match="lon"):
        map_states(EVSE[["lat"]], pd.Series({"a": "down"}))
    with pytest.raises(EmptyInputError, match="none of the 1 chargers"):
        map_states(EVSE.loc[["e"]], pd.Series({"e": "down"}))
    assert not plt.get_fignums()

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, InputError, MissingColumnsError
from evforecast.panel import evse_table
from evforecast.plotting import map_chargers


@pytest.fixture
def table():
    known = pd.DataFrame(
        {
            "evse_id": ["a", "b", "c", "d"],
            "lat": [48.0, 48.0, 49.0, np.nan],
            "lon": [2.0, 2.0, 3.0, 2.0],
        }
    )
    return evse_table(["a", "b", "c", "d"], known)


def test_chargers_at_one_point_share_a_mark(table, ax):
    map_chargers(table, [0.0, 1.0, 0.2, 9.0], label="P(free)", ax=ax)
    marks = ax.collections[-1]
    np.testing.assert_allclose(marks.get_offsets(), [[2, 48], [3, 49]])
    np.testing.assert_allclose(marks.get_array(), [0.5, 0.2])
    assert marks.get_sizes()[0] > marks.get_sizes()[1]
    assert "1 chargers without coordinates" in ax.get_title(loc="left") + ax.get_title()


def test_a_series_is_matched_by_id(table, ax):
    map_chargers(table, pd.Series({"c": 0.2, "b": 1.0, "a": 0.0}), ax=ax)
    np.testing.assert_allclose(ax.collections[-1].get_array(), [0.5, 0.2])


def test_chargers_without_a_value_are_hollow(table, ax):
    map_chargers(table, pd.Series({"c": 0.2}), ax=ax)
    hollow, full = ax.collections
    assert len(hollow.get_offsets()) == len(full.get_offsets()) == 1
    assert not len(hollow.get_facecolor())


def test_a_map_without_values(table, ax):
    map_chargers(table, ax=ax)
    assert len(ax.collections) == 1
    assert len(ax.figure.axes) == 1


def test_kilometres_are_equal_both_ways(table, ax):
    map_chargers(table, ax=ax)
    assert ax.get_aspect() == pytest.approx(1 / np.cos(np.radians(48.5)))


def test_what_cannot_be_drawn_is_said(table):
    with pytest.raises(EmptyInputError, match="none of the 2 chargers"):
        map_chargers(evse_table(["a", "b"]))
    with pytest.raises(MissingColumnsError, match="lat"):
        map_chargers(pd.DataFrame({"lon": [1.0]}))
    with pytest.raises(InputError, match=r"\(2,\) for 4 chargers"):
        map_chargers(table, [1.0, 2.0])
    assert not plt.get_fignums()

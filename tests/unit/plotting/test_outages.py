import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.dates import date2num

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError
from evforecast.plotting import outages, status_colour
from evforecast.timegrid import TimeGrid, as_step, as_time

STEP = 900 / 86_400


def panel_of(**columns):
    codes = np.array(list(columns.values()), np.int8).T
    grid = TimeGrid(as_time("2020-10-25"), as_step("15min"), len(codes))
    return ev.StatusPanel(codes, grid, list(columns))


PANEL = panel_of(
    short=[0, 4, 0, 0, 0, 0],
    long=[0, 3, 3, 4, 0, -1],
    never=[0, 0, 1, 0, 0, 0],
    always=[4, 4, 4, 4, 4, 4],
)


def bars(ax):
    """Return row, first and last time in steps, and colour of each bar."""
    start = date2num(PANEL.times[0])
    return sorted(
        (
            round(bar.get_y() + bar.get_height() / 2),
            round((bar.get_x() - start) / STEP),
            round((bar.get_x() + bar.get_width() - start) / STEP),
            to_hex(bar.get_facecolor()),
        )
        for bar in ax.patches
    )


def test_a_bar_an_outage_the_worst_charger_on_top(ax):
    outages(PANEL, ax=ax)
    offline, down = (status_colour(name).lower() for name in ("offline", "down"))
    assert bars(ax) == [(0, 1, 3, offline), (0, 3, 4, down), (1, 1, 2, down)]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["long", "short"]
    low, high = ax.get_ylim()
    assert low > high  # the first row is on top


def test_the_share_of_observed_time_stands_beside_each(ax):
    outages(PANEL, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["60%", "17%"]


def test_those_never_in_service_are_counted_and_not_drawn(ax):
    outages(PANEL, ax=ax)
    assert ax.get_title(loc="left") + ax.get_title() == "1 more were never seen in service"


def test_they_are_drawn_where_there_is_no_other(ax):
    outages(PANEL.select(["always", "never"]), ax=ax)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["always"]
    assert len(ax.patches) == 1


def test_a_thin_line_where_a_charger_was_observed(ax):
    outages(PANEL, ax=ax)
    start = date2num(PANEL.times[0])
    spans = {
        round(line[0, 1]): np.round((line[:, 0] - start) / STEP).tolist()
        for line in ax.collections[0].get_segments()
    }
    assert spans == {0: [0, 5], 1: [0, 6]}


def test_as_many_as_asked_for_and_what_is_asked_for(ax):
    outages(PANEL, 1, statuses=["down"], ax=ax)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["short"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["down"]


def test_without_axes_a_notebook_gets_a_figure():
    assert outages(PANEL).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match="was ever offline or down"):
        outages(PANEL.select(["never"]))
    for bad in ({"n": 0}, {"statuses": []}, {"statuses": ["broken"]}):
        with pytest.raises(InputError, match=r"plotting\.outages"):
            outages(PANEL, **bad)
    assert not plt.get_fignums()

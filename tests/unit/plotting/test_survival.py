import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import evforecast as ev
from evforecast.errors import EmptyInputError
from evforecast.plotting import status_colour, survival
from evforecast.plotting.stretches import stretches
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes):
    codes = np.asarray(codes, np.int8)
    grid = TimeGrid(as_time("2020-10-25"), as_step("15min"), len(codes))
    return ev.StatusPanel(codes, grid, [f"c{place}" for place in range(codes.shape[1])])


def stay(length, ended, n):
    """Return `n` chargers that begin to charge in the second row, and go on for `length`."""
    column = [0, *[1] * length, 0 if ended else -1]
    column += [-1] * (12 - len(column))
    return np.repeat(np.array(column)[:, None], n, axis=1)


def curves(ax):
    return {line.get_label().split(":")[0]: line for line in ax.get_lines()}


def test_what_kaplan_and_meier_say_by_hand(ax):
    # 30 stays: 10 end after two steps, 8 are lost from sight after three, 12 end after five
    survival(panel_of(np.hstack([stay(2, True, 10), stay(3, False, 8), stay(5, True, 12)])), ax=ax)
    line = curves(ax)["charging"]
    assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(line.get_ydata(), [1, 2 / 3, 2 / 3, 2 / 3, 0])
    assert line.get_label() == "charging: median 1 h 15, 30 stays"


def test_a_stay_that_was_not_seen_to_begin_does_not_count(ax):
    lost = np.full((12, 30), 4)
    lost[6:] = 0
    survival(panel_of(np.hstack([stay(2, True, 10), lost])), ax=ax)
    assert "down" not in curves(ax)
    assert "available" in curves(ax)  # of the lost ones: they end in the panel's end


def test_curves_end_where_few_stays_are_left(panel, ax):
    survival(panel, ax=ax)
    seen = stretches(panel.codes)
    for name, line in curves(ax).items():
        code = panel.scheme.code(name)
        lengths = seen.length[seen.begun & (seen.code == code)]
        last = line.get_xdata()[-1]
        assert (lengths >= last).sum() >= 10 > (lengths >= last + 1).sum()
        assert (np.diff(line.get_ydata()) <= 0).all()
        assert to_hex(line.get_color()) == status_colour(name).lower()
        assert line.get_path_effects()


def test_a_median_that_is_not_reached_is_not_made_up(ax):
    survival(panel_of(stay(6, False, 20)), ax=ax)
    assert curves(ax)["charging"].get_label() == "charging: median beyond, 20 stays"


def test_without_axes_a_notebook_gets_a_figure(panel):
    assert survival(panel).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(EmptyInputError, match="fewer than 10 stays"):
        survival(panel_of(stay(2, True, 9)))
    assert not plt.get_fignums()

import numpy as np
import pytest

from evforecast.plotting.labels import duration, plain


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (5, "5 min"),
        (60, "1 h"),
        (75, "1 h 15"),
        (1440, "24 h"),
        (2880, "48 h"),
        (4320, "3 d"),
        (4335, "72 h 15"),
    ],
)
def test_horizons_are_written_as_people_say_them(minutes, text):
    assert duration(np.timedelta64(minutes, "m")) == text


def test_steps_of_seconds_are_durations_too():
    assert duration(4 * np.timedelta64(900, "s")) == "1 h"


def test_dollars_start_no_formula(ax):
    ax.set_title(plain("$\\undefined$"))
    ax.figure.draw_without_rendering()

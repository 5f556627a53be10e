import numpy as np
import pytest
from matplotlib.colors import to_hex

import evforecast as ev
from evforecast.plotting import status_colour
from evforecast.plotting.stacks import local_edges, stack_steps
from evforecast.timegrid import TimeGrid, as_step, as_time


def of(start, n, tz):
    grid = TimeGrid(as_time(start), as_step("15min"), n)
    return ev.StatusPanel(np.zeros((n, 1), np.int8), grid, ["a"], tz=tz)


def test_days_begin_at_local_midnight_even_when_the_clock_changes():
    edges = local_edges(of("2020-10-24 12:00", 2 * 96, "Europe/Paris"), "D")
    assert np.diff(edges).astype(int).tolist() == [24 * 3600, 25 * 3600, 24 * 3600]
    assert edges[0] == as_time("2020-10-23 22:00")


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kathmandu"])
def test_hours_are_those_of_the_wall(tz):
    # Kathmandu is 5 h 45 ahead
    edges = local_edges(of("2020-10-24 12:00", 8, tz), "h")
    local = (edges.astype("M8[m]").astype(int) + (0 if tz == "UTC" else 345)) % 60
    assert (local == 0).all()
    assert edges[0] <= as_time("2020-10-24 12:00") < edges[1]
    assert edges[-2] <= as_time("2020-10-24 13:45") < edges[-1]


def test_bands_lie_on_each_other_and_a_gap_stays_a_gap(ax):
    heights = np.array([[0.5, 0.5], [np.nan, np.nan], [0.2, 0.8]])
    stack_steps(ax, ["available", "down"], heights, np.arange(4.0))
    low, high = (band.get_data() for band in ax.patches)
    np.testing.assert_array_equal(low.values, [0.5, np.nan, 0.2])
    np.testing.assert_array_equal(high.baseline, low.values)
    np.testing.assert_allclose(high.values, [1, np.nan, 1])
    colours = [to_hex(band.get_facecolor()).upper() for band in ax.patches]
    assert colours == [status_colour(name) for name in ("available", "down")]

"""Hours: the wall clock of UTC hours, across the changes of the clocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.panel.simulator.durations import DAY, HOUR
from evforecast.panel.simulator.hours import Hours

PARIS_2020 = Hours.of(np.datetime64("2020-01-01T00:00:00", "s"), 366 * 24, "Europe/Paris")


def at(time):
    return np.array([(np.datetime64(time, "s") - PARIS_2020.first).astype(float)])


def test_autumn_hour_occurs_twice():
    before, after = at("2020-10-25T00:30"), at("2020-10-25T01:30")
    assert PARIS_2020.hour_of_day(before) == PARIS_2020.hour_of_day(after) == 2.5


def test_spring_hour_never_occurs():
    assert PARIS_2020.hour_of_day(at("2020-03-29T00:59:59")) < 2
    assert PARIS_2020.hour_of_day(at("2020-03-29T01:00:00")) == 3


@pytest.mark.parametrize(
    ("time", "weekend"),
    [
        ("2020-10-23T21:59", False),  # Friday 23:59 in Paris
        ("2020-10-23T22:00", True),
        ("2020-10-25T22:59", True),  # Sunday 23:59, in winter time by now
        ("2020-10-25T23:00", False),
    ],
)
def test_weekend_by_the_wall(time, weekend):
    assert PARIS_2020.is_weekend(at(time)) == weekend


def test_unwall_across_the_change():
    noon = PARIS_2020.wall(at("2020-10-25T11:00"))
    assert PARIS_2020.unwall(noon) == at("2020-10-25T11:00")
    assert PARIS_2020.unwall(noon - DAY) == at("2020-10-24T10:00")


@given(st.floats(0, 365 * DAY))
def test_unwall_undoes_wall(t):
    back = PARIS_2020.unwall(PARIS_2020.wall(np.array([t])))[0]
    # in the hour that occurs twice either answer is right
    assert min(abs(back - t), abs(abs(back - t) - HOUR)) < 1e-3


def test_times_after_the_end_belong_to_the_last_hour():
    assert PARIS_2020.cell(np.array([-5.0, PARIS_2020.end + 9e9])).tolist() == [0, 366 * 24 - 1]


def test_zone_of_half_an_hour():
    hours = Hours.of(np.datetime64("2020-01-01T18:30:00", "s"), 2, "Asia/Kolkata")
    assert hours.hour_of_day(hours.starts).tolist() == [0.0, 1.0]

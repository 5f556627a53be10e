"""Visits: order of the phases, no overlap, nights, and cuts by outages."""

import numpy as np
import pytest

from evforecast.panel import STATUS
from evforecast.panel.simulator.city import found_city
from evforecast.panel.simulator.demand import Demand
from evforecast.panel.simulator.durations import DAY, HOUR
from evforecast.panel.simulator.hours import Hours
from evforecast.panel.simulator.outages import Spells
from evforecast.panel.simulator.visits import Visits, visits

HOURS = Hours.of(np.datetime64("2020-09-27T22:00:00", "s"), 60 * 24, "Europe/Paris")


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    city = found_city(rng, 300)
    return city, visits(rng, city, HOURS, Demand(np.full((city.n_location, HOURS.n), 1 / DAY)))


def test_phases_follow_each_other(drawn):
    _, came = drawn
    assert (came.plugged <= came.charging).all()
    assert (came.charging <= came.full).all()
    assert (came.full <= came.left).all()
    assert (came.left > came.plugged).all()


def test_one_car_at_a_time(drawn):
    _, came = drawn
    order = np.lexsort((came.plugged, came.evse))
    same = came.evse[order][1:] == came.evse[order][:-1]
    assert (came.plugged[order][1:] >= came.left[order][:-1])[same].all()


def test_frozen_chargers_have_no_visits(drawn):
    city, came = drawn
    assert set(came.evse) == set(np.flatnonzero(city.frozen == -1))


def test_charging_has_a_mode_and_a_tail(drawn):
    # whole charging runs of ytrain_raw_sample: median .75 h (in slots), mean 1.19 h, longest 9 h
    _, came = drawn
    length = (came.full - came.charging)[came.full > came.charging] / HOUR
    assert np.median(length) == pytest.approx(0.85, abs=0.15)
    assert length.mean() == pytest.approx(1.25, abs=0.2)
    counts, _ = np.histogram(length, np.arange(0, 12.1, 0.25))
    # a memoryless duration is most often the shortest
    assert 1 <= counts.argmax() <= 3
    assert counts[0] < 0.5 * counts.max()


def test_full_cars_stay_overnight_and_leave_in_the_morning(drawn):
    _, came = drawn
    stay = came.left - came.full
    hour = HOURS.hour_of_day(came.full)
    night = (hour >= 20) | (hour < 2)
    day = (hour >= 8) & (hour < 16)
    assert stay[night].mean() > 2 * stay[day].mean()
    long = night & (stay > 4 * HOUR) & (stay < 16 * HOUR) & (came.full > came.charging)
    week = long & ~HOURS.is_weekend(came.left)
    assert HOURS.hour_of_day(came.left[week]).mean() == pytest.approx(7.8, abs=0.5)
    # one hour of wall clock, not of UTC: the clocks change on day 28
    after = week & (came.left > 29 * DAY)
    assert HOURS.hour_of_day(came.left[after]).mean() == pytest.approx(7.8, abs=0.5)


def test_cut_by_outages():
    came = Visits(
        np.array([0, 0, 0, 1]),
        plugged=np.array([0.0, 11.0, 40.0, 0.0]),
        charging=np.array([1.0, 12.0, 41.0, 1.0]),
        full=np.array([20.0, 30.0, 42.0, 20.0]),
        left=np.array([25.0, 35.0, 43.0, 25.0]),
    )
    cut = came.cut(Spells(np.array([0]), np.array([10.0]), np.array([15.0])))
    # under way: ends with the start of the outage; begun within it: does not happen; others: as
    # they were
    assert cut.full.tolist() == [10, 10, 42, 20]
    assert cut.left.tolist() == [10, 10, 43, 25]
    assert cut.plugged.tolist() == [0, 10, 40, 0]


def test_spells_say_passive_charging_passive():
    came = Visits(np.array([7]), np.array([0.0]), np.array([1.0]), np.array([5.0]), np.array([9.0]))
    spells, codes = came.spells()
    assert STATUS.decode(codes).tolist() == ["passive", "charging", "passive"]
    assert spells.start.tolist() == [0, 1, 5]
    assert spells.end.tolist() == [1, 5, 9]


def test_a_city_where_nobody_lives():
    rng = np.random.default_rng(0)
    city = found_city(rng, 3)
    city.frozen[:] = 0
    assert len(visits(rng, city, HOURS, Demand(np.full((1, 5), 1 / DAY))).evse) == 0

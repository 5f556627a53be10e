"""Demand: arrivals by inversion against a plain loop, weekly shapes, mild weather."""

import numpy as np
import pytest

from evforecast.panel.simulator import demand as module
from evforecast.panel.simulator.city import KINDS, found_city
from evforecast.panel.simulator.demand import Demand, demand
from evforecast.panel.simulator.durations import DAY, HOUR
from evforecast.panel.simulator.hours import Hours
from evforecast.panel.simulator.weather import exogenous

HOURS = Hours.of(np.datetime64("2020-09-27T22:00:00", "s"), 56 * 24, "Europe/Paris")


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    city, exog = found_city(rng, 600), exogenous(rng, HOURS)
    return city, exog, demand(rng, city, HOURS, exog)


def plain_arrival(rate, t, wait):
    """Walk through the hours, using up the wait."""
    hour = int(t // HOUR)
    while hour < len(rate):
        left = (hour + 1) * HOUR - t
        if rate[hour] * left > wait:
            return t + wait / rate[hour]
        wait -= rate[hour] * left
        hour += 1
        t = hour * HOUR
    return np.inf


def test_arrive_equals_the_plain_loop():
    rng = np.random.default_rng(1)
    rate = rng.uniform(0.1, 3, size=(4, 100)) / DAY
    location = rng.integers(4, size=500)
    t = rng.uniform(0, 100 * HOUR, size=500)
    wait = rng.exponential(1.0, size=500)
    expected = [
        plain_arrival(rate[place], a, b) for place, a, b in zip(location, t, wait, strict=True)
    ]
    arrival = Demand(rate).arrive(location, t, wait)
    assert np.isinf(arrival).any()
    assert np.isfinite(arrival).any()
    np.testing.assert_allclose(arrival, expected, rtol=1e-9, atol=1e-3)


def test_after_the_end_nobody_comes():
    late = Demand(np.full((1, 3), 1 / DAY)).arrive(np.array([0]), np.array([1e9]), np.array([0.0]))
    assert np.isinf(late)


def test_mean_is_about_one_a_day(drawn):
    assert drawn[2].rate.mean() * DAY == pytest.approx(1, abs=0.2)
    assert (drawn[2].rate > 0).all()


@pytest.mark.parametrize(("kind", "peak"), [("residential", 19), ("work", 9)])
def test_neighbourhoods_peak_by_the_wall_clock(drawn, kind, peak):
    city, _, wanted = drawn
    hour = HOURS.hour_of_day(HOURS.starts).astype(int)
    week = ~HOURS.is_weekend(HOURS.starts)
    # before and after 25 October, when the clocks change
    for part in (HOURS.starts < 27 * DAY, HOURS.starts > 29 * DAY):
        chosen = wanted.rate[city.kind == KINDS.index(kind)][:, week & part].mean(axis=0)
        by_hour = np.bincount(hour[week & part], weights=chosen)
        assert abs(by_hour.argmax() - peak) <= 1


def test_offices_rest_at_weekends(drawn):
    city, _, wanted = drawn
    office = wanted.rate[city.kind == KINDS.index("work")].mean(axis=0)
    weekend = HOURS.is_weekend(HOURS.starts)
    assert office[weekend].mean() < 0.75 * office[~weekend].mean()


def test_weather_matters_mildly():
    # the strongest cold and rain of a year change demand by less than a quarter
    assert abs(module.COLD * 20) < 0.25
    assert abs(module.WET * 3) < 0.25
    assert abs(module.JAMMED * 3) < 0.25


def test_cold_hours_draw_more(drawn):
    city, exog, _ = drawn
    cold = exog.assign(temperature=exog["temperature"] - 10)
    plain = demand(np.random.default_rng(3), city, HOURS, exog).rate
    more = demand(np.random.default_rng(3), city, HOURS, cold).rate
    np.testing.assert_allclose(more / plain, np.exp(10 * module.COLD), rtol=1e-6)

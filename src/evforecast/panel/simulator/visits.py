"""Visits: a car plugs in, charges, stays on plugged but full, and leaves. A semi-Markov process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evforecast.panel.scheme import MISSING, STATUS
from evforecast.panel.simulator.city import City
from evforecast.panel.simulator.demand import Demand
from evforecast.panel.simulator.durations import DAY, HOUR, MINUTE, Floats, Lasting
from evforecast.panel.simulator.hours import Hours
from evforecast.panel.simulator.outages import Spells, before

__all__ = ["Visits", "visits"]

BURST = 0.7
"""Shape of the gamma distribution of the demand that passes between two visits: below 1, so that a
freed charger is soon taken again or stays free for long. Reference sample: free runs have a median
of 2 h, and one in seven lasts one quarter-hour."""

CHARGING = Lasting(42 * MINUTE, 0.6, 0.14, 2.6 * HOUR, 0.5, longest=14 * HOUR)
"""Reference sample, 395 whole charging runs: mode .75 h, median .75 h, mean 1.19 h, longest 9 h."""
EVENING, EVENING_LONG = (17.0, 23.0), 0.12
"""Drivers who come home charge what the day took: more long sessions."""

NO_CHARGE = 0.27
"""Visits that never charge: passive alone. Reference sample: 182 of 560 visits, some of them with
a charge too short to be seen."""
IDLE = Lasting(14 * MINUTE, 1.0, 0.2, 2.2 * HOUR, 0.7, longest=2 * DAY)
"""How long those last. Reference sample, 292 whole passive runs: half of them one quarter-hour,
mean 1.13 h."""
BEFORE = 0.16
"""Visits in which the car waits, plugged, before it charges. Reference sample: 77 of 379 that
charge."""
WAITING = Lasting(14 * MINUTE, 0.8, longest=6 * HOUR)

NIGHT, OVERNIGHT = (18.5, 5.0), 0.22
"""A car that is full in these hours stays until the morning, with this probability."""
LEAVING, LEAVING_WEEKEND, LEAVING_SPREAD = 7.8, 9.8, 1.3
"""When it leaves: hour of the wall clock, and standard deviation in hours."""
LINGER = 0.16
LINGERING = Lasting(35 * MINUTE, 0.9, longest=DAY)
"""By day a driver may be late."""
FORGOTTEN = 0.0035
FORGETTING = Lasting(1.5 * DAY, 1.0, longest=21 * DAY)
"""A car is left for days. Reference sample: 7 of 210 chargers passive for a whole day."""
SHORTEST = 1 * MINUTE
"""No visit is shorter."""


@dataclass(frozen=True)
class Visits:
    """Visits in no order, times in seconds since the first hour.

    Attributes
    ----------
    evse : numpy.ndarray
        int, shape ``[visit]``: the place of the charger.
    plugged, charging, full, left : numpy.ndarray
        Shape ``[visit]``, not decreasing from one to the next: the car plugs in, starts to charge,
        is full, and leaves.
    """

    evse: np.ndarray
    plugged: Floats
    charging: Floats
    full: Floats
    left: Floats

    def cut(self, outages: Spells) -> Visits:
        """Return the visits as outages allow: they end at its start, none begins in one."""
        limit = before(outages, self.evse, self.plugged, self.left)
        times = (np.minimum(t, limit) for t in (self.plugged, self.charging, self.full, self.left))
        return Visits(self.evse, *times)

    def spells(self) -> tuple[Spells, np.ndarray]:
        """Return the stretches of passive and charging, and the code of each."""
        passive, charging = STATUS.code("passive"), STATUS.code("charging")
        starts = np.concatenate([self.plugged, self.charging, self.full])
        ends = np.concatenate([self.charging, self.full, self.left])
        codes = np.repeat(np.array([passive, charging, passive], np.int8), len(self.evse))
        return Spells(np.tile(self.evse, 3), starts, ends), codes


def visits(rng: np.random.Generator, city: City, hours: Hours, wanted: Demand) -> Visits:
    """Draw all visits, round by round: the k-th visit of every charger at once.

    Parameters
    ----------
    rng : numpy.random.Generator
    city : City
    hours : Hours
    wanted : Demand

    Returns
    -------
    Visits

    Examples
    --------
    >>> from evforecast.panel.simulator.city import found_city
    >>> rng, hours = np.random.default_rng(0), Hours.of(np.datetime64("2020-01-06", "s"), 48, "UTC")
    >>> city = found_city(rng, 30)
    >>> steady = Demand(np.full((city.n_location, 48), 1 / DAY))
    >>> happened = visits(rng, city, hours, steady)
    >>> bool((happened.left >= happened.plugged).all())
    True
    """
    alive = np.flatnonzero(city.frozen == MISSING)
    free_since: Floats = np.zeros(len(alive))
    rounds: list[tuple[np.ndarray, Floats, Floats, Floats, Floats]] = []
    while len(alive):
        wait = rng.standard_gamma(BURST, len(alive)) / BURST / city.pull[alive]
        plugged = wanted.arrive(city.location[alive], free_since, wait)
        came = plugged < hours.end
        alive, plugged = alive[came], plugged[came]
        charging, full, left = _stay(rng, city.slowness[alive], hours, plugged)
        rounds.append((alive, plugged, charging, full, left))
        free_since = left
    if not rounds:
        none = np.zeros(0)
        return Visits(none.astype(np.intp), none, none, none, none)
    return Visits(*(np.concatenate(part) for part in zip(*rounds, strict=True)))


def _stay(
    rng: np.random.Generator, slowness: Floats, hours: Hours, plugged: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return when the cars that plug in at `plugged` start to charge, are full, and leave."""
    n = len(plugged)
    never = np.zeros(n)
    kind, after = rng.random(n), rng.random(n)
    hour = hours.hour_of_day(plugged)
    evening = EVENING_LONG * ((hour >= EVENING[0]) & (hour < EVENING[1]))
    idle = kind < NO_CHARGE
    waits = (kind >= NO_CHARGE) & (kind < NO_CHARGE + BEFORE)
    charging = plugged + np.where(waits, WAITING.draw(rng, never), 0.0)
    full = charging + np.where(idle, 0.0, slowness * CHARGING.draw(rng, evening))

    hour = hours.hour_of_day(full)
    night = (hour >= NIGHT[0]) | (hour < NIGHT[1])
    overnight = ~idle & night & (after < OVERNIGHT)
    lingers = ~idle & ~night & (after < LINGER)
    stays = np.where(lingers, LINGERING.draw(rng, never), 0.0)
    stays = np.where(idle, IDLE.draw(rng, never), stays)
    stays = np.where(rng.random(n) < FORGOTTEN, FORGETTING.draw(rng, never), stays)
    left = np.where(overnight, _morning(rng, hours, full), full + stays)
    return charging, full, np.maximum(left, plugged + SHORTEST)


def _morning(rng: np.random.Generator, hours: Hours, t: Floats) -> Floats:
    """Return when cars that are full at `t`, at night, leave: in the morning, on the wall."""
    wall = hours.wall(t)
    midnight = (wall + 12 * HOUR) // DAY * DAY
    weekend = (midnight // DAY + 3) % 7 >= 5
    hour = np.where(weekend, LEAVING_WEEKEND, LEAVING) + LEAVING_SPREAD * rng.standard_normal(
        len(t)
    )
    return np.maximum(hours.unwall(midnight + hour * HOUR), t)

"""How many drivers want a charger: by location and hour, by the clock, the day, the weather."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.panel.simulator.city import City
from evforecast.panel.simulator.durations import DAY, HOUR, Floats
from evforecast.panel.simulator.hours import Hours
from evforecast.panel.simulator.weather import wandering

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Demand", "demand"]

SMALL_HOURS = 0.6
"""Demand at any hour, to which the peaks add. Reference sample: a sixth of the charging runs start
from 0 to 6, and at 7, the quietest hour, half as many chargers are charging as at 22."""
PEAKS = {
    # kind: (hour, width in hours, height) on weekdays; then at weekends
    "residential": (((8.5, 1.5, 0.5), (19.0, 2.5, 1.6)), ((12.5, 3.0, 0.8), (19.0, 2.5, 1.2))),
    "work": (((9.0, 1.4, 2.2), (14.0, 1.8, 1.1)), ((12.0, 3.0, 0.4),)),
    "leisure": (((12.5, 1.8, 0.9), (18.5, 2.2, 1.1)), ((15.0, 2.6, 2.0), (20.0, 2.0, 1.0))),
}
CITY_DAY, LOCATION_DAY = 0.1, 0.28
"""Standard deviations of the logarithm of demand from day to day: of the city, of each location."""
DAY_MEMORY, LOCATION_MEMORY = 2.0, 4.0
"""After how many days a good or bad day is forgotten (correlation 1/e)."""
COLD, WET, JAMMED = 0.008, -0.04, 0.03
"""Change of the logarithm of demand for each degree below 12, mm/h of rain up to 3, and step of
the state of traffic: mild, because weather and traffic add little (Hecht et al. 2021,
doi:10.3390/en14237834)."""


class Demand:
    """Demand over time, ready to ask when the next driver comes.

    Parameters
    ----------
    rate : numpy.ndarray
        Shape ``[location, hour]``, above 0: demand a second, in units of the average day's.

    Examples
    --------
    >>> steady = Demand(np.full((1, 48), 1 / DAY))
    >>> steady.arrive(np.array([0, 0]), np.array([0.0, 600.0]), np.array([0.5, 2.5]))
    array([43200.,    inf])
    """

    def __init__(self, rate: Floats) -> None:
        n, hours = rate.shape
        self.rate = rate
        self.total = np.zeros((n, hours + 1))
        np.cumsum(rate * HOUR, axis=1, out=self.total[:, 1:])
        # the sums of a location stand above those of the one before: one sorted array for all of
        # them, in which one search finds the arrivals anywhere
        self.total += (self.total[:, -1].max() + 1.0) * np.arange(n)[:, None]

    def arrive(self, location: npt.NDArray[np.intp], t: Floats, wait: Floats) -> Floats:
        """Return when the demand at each location since `t` has added up to `wait`.

        Times are in seconds since the first hour, those after the last one infinite; `wait` is in
        average days.
        """
        width = self.total.shape[1]
        now = np.minimum((t // HOUR).astype(np.intp), width - 2)
        passed = self.total[location, now] + self.rate[location, now] * (t - now * HOUR)
        target = passed + wait
        late = target >= self.total[location, -1]
        cell = np.searchsorted(self.total.ravel(), target, side="right") - 1 - location * width
        cell = np.where(late, 0, cell)
        rest = (target - self.total[location, cell]) / self.rate[location, cell]
        return np.where(late, np.inf, cell * HOUR + rest)


def demand(rng: np.random.Generator, city: City, hours: Hours, exog: pd.DataFrame) -> Demand:
    """Draw the demand at every location and hour.

    Parameters
    ----------
    rng : numpy.random.Generator
    city : City
    hours : Hours
    exog : pandas.DataFrame
        Weather and traffic, one row an hour (see `exogenous`).

    Returns
    -------
    Demand

    Examples
    --------
    >>> from evforecast.panel.simulator.city import found_city
    >>> from evforecast.panel.simulator.weather import exogenous
    >>> rng, hours = np.random.default_rng(0), Hours.of(np.datetime64("2020-01-06", "s"), 24, "UTC")
    >>> demand(rng, found_city(rng, 6), hours, exogenous(rng, hours)).rate.shape
    (2, 24)
    """
    shapes = np.stack([_week(hours, *PEAKS[kind]) for kind in PEAKS])
    day = (hours.wall(hours.starts) // DAY).astype(np.intp)
    day -= day[0]
    n_day = int(day[-1]) + 1
    moods = (
        CITY_DAY * wandering(rng, (1, n_day), DAY_MEMORY)
        + LOCATION_DAY * wandering(rng, (city.n_location, n_day), LOCATION_MEMORY)
    )[:, day]
    outside = (
        COLD * (12.0 - exog["temperature"].to_numpy(np.float64))
        + WET * np.minimum(exog["rain_level"].to_numpy(np.float64), 3.0)
        + JAMMED * (exog["traffic_state"].to_numpy(np.float64) - 1.0)
    )
    return Demand(shapes[city.kind] * np.exp(moods + outside) / DAY)


def _week(
    hours: Hours,
    weekdays: tuple[tuple[float, float, float], ...],
    weekend: tuple[tuple[float, float, float], ...],
) -> Floats:
    """Return the shape of one kind of neighbourhood at every hour; its mean over a week is 1."""
    middle = hours.starts + HOUR / 2
    clock = np.arange(24) + 0.5
    work, rest = _bumps(clock, weekdays), _bumps(clock, weekend)
    mean = (5 * work.mean() + 2 * rest.mean()) / 7
    hour = hours.hour_of_day(middle)
    here = np.where(hours.is_weekend(middle), _bumps(hour, weekend), _bumps(hour, weekdays))
    return np.asarray(here / mean)


def _bumps(hour: Floats, peaks: tuple[tuple[float, float, float], ...]) -> Floats:
    value = np.full(hour.shape, SMALL_HOURS)
    for at, width, height in peaks:
        apart = (hour - at + 12) % 24 - 12
        value += height * np.exp(-0.5 * (apart / width) ** 2)
    return value

"""Weather and road traffic of a simulated city, hour by hour, under the challenge's names."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evforecast.panel.simulator.durations import DAY, Floats
from evforecast.panel.simulator.hours import Hours

__all__ = ["exogenous", "wandering"]

YEAR = 365.25 * DAY
YEAR_MEAN, SEASON, HOTTEST = 12.5, 8.0, 200 * DAY
"""Paris-Montsouris: 12 to 13 °C over the year, 5 °C in January, 20.5 °C in late July."""
DAILY_SWING, WARMEST_HOUR = 3.5, 15.0
SPELL, SHOWER = 72.0, 5.0
"""How many hours a warm or windy spell, and a rainy one, hold on (correlation 1/e)."""
TEMPERATURE_SPREAD = 3.2
WIND_MEDIAN, WIND_SPREAD = 11.0, 0.45
"""In km/h, as Meteociel prints it."""
RAIN_THRESHOLD, RAIN_UNIT = 1.3, 1.6
"""Rain falls in about a tenth of the hours; in mm in the hour."""
FLOW = 620.0
"""Vehicles an hour on the average counted arc of Paris."""
STATE_BOUNDS = (1.05, 1.4, 1.75)
"""Flow over its mean at which the state steps up: 1 fluid, 2 pre-saturated, 3 saturated, 4 blocked
(the codes of the City's permanent counters)."""


def exogenous(rng: np.random.Generator, hours: Hours) -> pd.DataFrame:
    """Draw weather and traffic for every hour.

    Parameters
    ----------
    rng : numpy.random.Generator
    hours : Hours

    Returns
    -------
    pandas.DataFrame
        float32, one row an hour: ``temperature`` (°C), ``wind_speed`` and ``wind_gust_speed``
        (km/h), ``rain_level`` (mm/h), ``traffic_state`` (1 fluid to 4 blocked), ``average_flow``
        (vehicles/h).

    Examples
    --------
    >>> hours = Hours.of(np.datetime64("2020-01-01", "s"), 24, "Europe/Paris")
    >>> exogenous(np.random.default_rng(0), hours).shape
    (24, 6)
    """
    n = hours.n
    hour, wall = hours.hour_of_day(hours.starts), hours.wall(hours.starts)
    season = np.cos(2 * np.pi * (wall - HOTTEST) / YEAR)
    temperature = (
        YEAR_MEAN
        + SEASON * season
        + DAILY_SWING * np.cos(2 * np.pi * (hour - WARMEST_HOUR) / 24)
        + TEMPERATURE_SPREAD * wandering(rng, (n,), SPELL)
    )
    wind = WIND_MEDIAN * np.exp(WIND_SPREAD * wandering(rng, (n,), SPELL / 3))
    gust = wind * (1.5 + 0.4 * np.abs(wandering(rng, (n,), SHOWER)))
    rain = RAIN_UNIT * np.maximum(wandering(rng, (n,), SHOWER) - RAIN_THRESHOLD, 0.0)
    day_spell = 0.07 * wandering(rng, (n,), SPELL) + 0.06 * wandering(rng, (n,), 2.0)
    shape = _traffic(hour, hours.is_weekend(hours.starts)) * np.exp(day_spell)
    table = {
        "temperature": temperature.round(1),
        "wind_speed": wind.round(),
        "wind_gust_speed": gust.round(),
        "rain_level": rain.round(1),
        "traffic_state": 1.0 + np.searchsorted(STATE_BOUNDS, shape),
        "average_flow": (FLOW * shape).round(1),
    }
    return pd.DataFrame(table, dtype=np.float32)


def wandering(rng: np.random.Generator, shape: tuple[int, ...], memory: float) -> Floats:
    """Return stationary noise along the last axis: variance 1, correlation 1/e after `memory`.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : tuple of int
    memory : float
        In steps of the last axis, above 0.

    Returns
    -------
    numpy.ndarray

    Examples
    --------
    >>> wandering(np.random.default_rng(0), (2, 5), 3.0).shape
    (2, 5)
    """
    keep = np.exp(-1.0 / memory)
    shocks = rng.standard_normal(shape)
    # the first value is drawn from the stationary distribution, the others add fresh shocks to it
    shocks[..., 1:] *= np.sqrt(1 - keep**2)
    from scipy.signal import lfilter  # slow to load, and only the simulator needs it

    return np.asarray(lfilter([1.0], [1.0, -keep], shocks, axis=-1), dtype=np.float64)


def _traffic(hour: Floats, weekend: np.ndarray) -> Floats:
    """Return the flow over its mean by the wall clock: two rush hours, or one afternoon."""
    since_four = (hour - 4) % 24
    awake = 1 / (1 + np.exp(-2 * (since_four - 2.2))) - 1 / (1 + np.exp((19.0 - since_four) / 1.4))
    rush = 0.35 * np.exp(-(((hour - 8.7) / 1.3) ** 2)) + 0.4 * np.exp(-(((hour - 18.3) / 1.7) ** 2))
    stroll = 0.25 * np.exp(-(((hour - 16.5) / 3.5) ** 2)) - 0.15 * (hour < 10)
    return np.asarray(np.maximum(0.3 + 0.75 * awake + np.where(weekend, stroll, rush), 0.15))

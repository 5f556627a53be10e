"""The driver, who asks which charger will be free on arrival."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import StatusForecast
from evforecast.timegrid import TimeLike
from evforecast.usecases.base import UseCase, probability_of

__all__ = ["DRIVER", "free"]

DRIVER = UseCase("driver", "Which charger will be free when I arrive?", "free", (1, 2, 4, 8, 16))

_EARTH_RADIUS_M = 6_371_000.0


def free(
    forecast: StatusForecast,
    *,
    near: tuple[float, float],
    arrive: TimeLike,
    n: int = 5,
    at_least: float = 0.0,
) -> pd.DataFrame:
    """Return the nearest chargers with the chance that each is free at arrival.

    Parameters
    ----------
    forecast : StatusForecast
        Of all statuses, or of ``free``.
    near : (float, float)
        Latitude and longitude, in degrees.
    arrive : time
        When; a time without zone is UTC. Between two horizons, the later one counts.
    n : int
        How many chargers.
    at_least : float
        Leave out chargers with a lower chance; 0.5 keeps those that are more likely free than not.

    Returns
    -------
    pandas.DataFrame
        ``evse_id``, ``location_id``, ``distance_m`` (great circle, metres) and ``p_free``, the nearest
        first and, at one place, the likeliest.

    Raises
    ------
    HorizonError
        If the forecast does not reach `arrive`.
    InputError
        If `near` is no position.
    EmptyInputError
        If no charger has coordinates.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Climatology(horizons=[4]).fit(panel).predict_proba(panel)
    >>> len(free(forecast, near=(48.857, 2.352), arrive=forecast.times[0], n=3))
    3
    """
    lat, lon = near
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        msg = f"driver.free: near={near!r} is no (latitude, longitude) in degrees."
        raise InputError(msg)
    table = forecast.evse
    if table["lat"].isna().all():
        msg = "driver.free: no charger has coordinates; give the panel a table with lat and lon."
        raise EmptyInputError(msg)
    answer = pd.DataFrame(
        {
            "evse_id": table.index,
            "location_id": table["location_id"].to_numpy(),
            "distance_m": _distance(lat, lon, table["lat"].to_numpy(), table["lon"].to_numpy()),
            "p_free": probability_of(forecast, "free")[forecast.place(arrive)],
        }
    )
    return (
        answer[answer["p_free"] >= at_least]
        .dropna(subset="distance_m")
        .sort_values(["distance_m", "p_free"], ascending=[True, False], ignore_index=True)
        .head(n)
    )


def _distance(
    lat: float, lon: float, lats: npt.NDArray[np.float64], lons: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return great-circle distances in metres (haversine)."""
    north, south = np.radians(lat), np.radians(lats)
    half = np.sin((south - north) / 2) ** 2
    half = half + np.cos(north) * np.cos(south) * np.sin(np.radians(lons - lon) / 2) ** 2
    metres: npt.NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return metres

"""The driver, who asks which charger will be free on arrival."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import StatusForecast, StatusPaths
from evforecast.panel.evse import groups
from evforecast.timegrid import TimeLike
from evforecast.usecases.base import UseCase, probability_of

__all__ = ["DRIVER", "any_free", "free"]

DRIVER = UseCase("driver", "Which charger will be free when I arrive?", "free", tuple(range(1, 17)))
"""The question of a driver."""

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
    table = forecast.evse
    answer = pd.DataFrame(
        {
            "evse_id": table.index,
            "location_id": table["location_id"].to_numpy(),
            "distance_m": _distance(near, table, "driver.free"),
            "p_free": probability_of(forecast, "free")[forecast.place(arrive)],
        }
    )
    return (
        answer[answer["p_free"] >= at_least]
        .dropna(subset="distance_m")
        .sort_values(["distance_m", "p_free"], ascending=[True, False], ignore_index=True)
        .head(n)
    )


def any_free(
    paths: StatusPaths,
    *,
    near: tuple[float, float] | None = None,
    arrive: TimeLike | None = None,
    by: str | None = "location_id",
) -> pd.DataFrame:
    """Return, for each location, the chance that at least one of its chargers is free.

    Chargers of a location fill up together, so this is less than if each were free or not by itself;
    both are given.

    Parameters
    ----------
    paths : StatusPaths
        Joint futures of all statuses, or of ``free``. From 200 of them a chance is known to 0.035, one
        standard error, or better.
    near : (float, float), optional
        Latitude and longitude, in degrees; a group stands at the mean place of its chargers.
    arrive : time, optional
        When; a time without zone is UTC. Between two horizons, the later one counts. By default the
        last horizon.
    by : str or None
        A column of the table of chargers; None for the whole network.

    Returns
    -------
    pandas.DataFrame
        The group, ``p_any_free``, ``p_if_independent`` (the same chances of each charger, taken as
        independent), ``expected`` (free chargers) and ``n`` (chargers). With `near` also ``distance_m``,
        the nearest first, groups without coordinates left out; else the likeliest first.

    Raises
    ------
    HorizonError
        If the paths do not reach `arrive`.
    InputError
        If `near` is no position, or the paths do not tell ``free``.
    EmptyInputError
        If `near` is given and no charger has coordinates.
    MissingColumnsError
        If the table of chargers has no column `by`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> paths = ev.SemiMarkovForecaster([4]).fit(panel).sample_paths(panel, random_state=0)
    >>> any_free(paths, near=(48.857, 2.352)).columns.to_list()
    ['location_id', 'distance_m', 'p_any_free', 'p_if_independent', 'expected', 'n']
    """
    group, names = groups(paths.evse, by, "driver.any_free")
    counts, _ = paths.counts("free", by=by)
    shares = paths.coarsen("free").to_forecast()
    place = len(shares.horizons) - 1 if arrive is None else shares.place(arrive)
    none = np.ones(len(names))
    np.multiply.at(none, group, 1 - shares.proba[place, :, 1].astype(np.float64))
    answer = pd.DataFrame(
        {
            by or "network": names,
            "p_any_free": (counts[:, place] > 0).mean(axis=0),
            "p_if_independent": 1 - none,
            "expected": counts[:, place].mean(axis=0),
            "n": np.bincount(group, minlength=len(names)),
        }
    )
    if near is None:
        return answer.sort_values("p_any_free", ascending=False, kind="stable", ignore_index=True)
    where = paths.evse[["lat", "lon"]].groupby(group).mean()
    answer.insert(1, "distance_m", _distance(near, where, "driver.any_free"))
    return answer.dropna(subset="distance_m").sort_values(
        ["distance_m", "p_any_free"], ascending=[True, False], ignore_index=True
    )


def _distance(
    near: tuple[float, float], table: pd.DataFrame, where: str
) -> npt.NDArray[np.float64]:
    """Return great-circle distances to places in metres (haversine), NaN where one has none."""
    lat, lon = near
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        msg = f"{where}: near={near!r} is no (latitude, longitude) in degrees."
        raise InputError(msg)
    if table["lat"].isna().all():
        msg = f"{where}: no charger has coordinates; give the panel a table with lat and lon."
        raise EmptyInputError(msg)
    north, south = np.radians(lat), np.radians(table["lat"].to_numpy(dtype=np.float64))
    turn = np.radians(table["lon"].to_numpy(dtype=np.float64) - lon)
    half = np.sin((south - north) / 2) ** 2 + np.cos(north) * np.cos(south) * np.sin(turn / 2) ** 2
    metres: npt.NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return metres

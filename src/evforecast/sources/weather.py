"""What all sources of weather bring: one table, one set of names and units, one row a station and hour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError, MissingColumnsError, first_few
from evforecast.sources.feed import Table

if TYPE_CHECKING:
    from evforecast.timegrid import Times

__all__ = ["UNITS", "WEATHER", "weather_rows", "weather_series"]

UNITS: Mapping[str, str] = {
    "temperature": "°C",
    "humidity": "%",
    "dew_point": "°C",
    "pressure": "hPa",
    "wind_speed": "km/h",
    "wind_gust": "km/h",
    "wind_direction": "°",
    "rain": "mm",
    "visibility": "km",
    "cloud": "octas",
}
"""The columns of measurements and their units.

``pressure`` is at sea level; ``wind_direction`` is where the wind comes from; ``wind_gust`` and ``rain``
are of the hour that ends at ``time``; ``cloud`` is 0 to 8, and 9 where the sky cannot be seen (fog).
"""

WEATHER = Table(key=("station", "time"), time="time")
"""The table ``weather``: ``station`` and ``station_name`` (text), ``time`` (UTC), and those of `UNITS`."""

_CHALLENGE = {"wind_gust": "wind_gust_speed", "rain": "rain_level"}


def weather_rows(
    time: Times, station: Any, station_name: Any, values: Mapping[str, Any]
) -> pd.DataFrame:
    """Return rows of the table ``weather``; measurements that `values` lacks are missing.

    Parameters
    ----------
    time : numpy.ndarray
        UTC, shape ``[row]``.
    station, station_name : str or array of str
        Which station, and what it is called, with what would change if it were moved (its altitude).
    values : mapping of str to array
        By the names of `UNITS`, in its units.

    Examples
    --------
    >>> time = np.array(["2020-11-08T09:00"], dtype="datetime64[s]")
    >>> weather_rows(time, "7156", "Montsouris, 75 m", {"temperature": [11.2]}).temperature.item()
    11.2
    """
    columns = {
        name: np.asarray(values.get(name, np.full(len(time), np.nan)), np.float64) for name in UNITS
    }
    frame = pd.DataFrame({"time": time, **columns})
    frame.insert(0, "station", station)
    frame.insert(1, "station_name", station_name)
    return frame


def weather_series(rows: pd.DataFrame) -> pd.DataFrame:
    """Return weather as exogenous series of a panel, named as in the challenge.

    Parameters
    ----------
    rows : pandas.DataFrame
        The table ``weather`` of a source, one row an hour; rows of one station after another's are
        fine.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` (UTC), increasing; the measurements that have a value, in `UNITS`, with
        ``wind_gust_speed`` for ``wind_gust`` and ``rain_level`` for ``rain``; and
        ``station_changes``: how many times the point of observation had changed by then, which lets a
        model tell a jump of the instrument from one of the weather.

    Raises
    ------
    MissingColumnsError
        If columns are missing.
    InputError
        If a time occurs twice.

    Examples
    --------
    >>> time = np.array(["2020-11-08T09:00", "2020-11-08T10:00"], dtype="datetime64[s]")
    >>> rows = weather_rows(time, ["7156", "7157"], ["A", "B"], {"rain": [0.0, 0.2]})
    >>> weather_series(rows).iloc[-1].to_dict()
    {'rain_level': 0.2, 'station_changes': 1.0}
    """
    needed = ["station", "station_name", "time", *UNITS]
    if missing := [name for name in needed if name not in rows.columns]:
        raise MissingColumnsError(missing, rows.columns, "weather_series")
    ordered = rows.sort_values("time", kind="stable")
    again = ordered.loc[ordered["time"].duplicated(keep=False), "station"]
    if len(again):
        msg = (
            f"weather_series: {ordered['time'].duplicated().sum():,} hours have several rows, of "
            f"{first_few(again.unique())}. Choose one station: rows[rows['station'] == …]."
        )
        raise InputError(msg)
    where = ordered["station"] + "\0" + ordered["station_name"]
    changed = (where != where.shift()).to_numpy(bool)
    series = ordered.set_index("time")[list(UNITS)].dropna(axis="columns", how="all")
    series = series.rename(columns=_CHALLENGE)
    series["station_changes"] = np.maximum(np.cumsum(changed) - 1.0, 0.0)
    return series

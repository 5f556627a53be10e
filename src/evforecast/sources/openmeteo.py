"""Weather by the hour from Open-Meteo: what was, and what is foreseen.

Both services answer with JSON: arrays by variable, with their units, in UTC. They are values of weather
models at a grid point near the place, not of an instrument. A unit that is not the expected one stops the
reading. The free service is for uses that are not commercial and asks to be named (CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError, InputError, first_few
from evforecast.sources._instants import instants
from evforecast.sources._payload import Sieve, json_body, kinds, numbers, where
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.sources.weather import WEATHER, weather_rows

if TYPE_CHECKING:
    from evforecast.timegrid import TimeLike

__all__ = ["OpenMeteoArchive", "OpenMeteoForecast"]

_ARCHIVE = "https://archive-api.open-meteo.com/v1/archive"
_FORECAST = "https://api.open-meteo.com/v1/forecast"

_VARIABLES = {
    "temperature_2m": ("temperature", "°C", 1.0),
    "relative_humidity_2m": ("humidity", "%", 1.0),
    "dew_point_2m": ("dew_point", "°C", 1.0),
    "pressure_msl": ("pressure", "hPa", 1.0),
    "wind_speed_10m": ("wind_speed", "km/h", 1.0),
    "wind_gusts_10m": ("wind_gust", "km/h", 1.0),
    "wind_direction_10m": ("wind_direction", "°", 1.0),
    "precipitation": ("rain", "mm", 1.0),
    "cloud_cover": ("cloud", "%", 8 / 100),
    "visibility": ("visibility", "m", 1 / 1000),
}
"""Their variables: our name, the unit that they come in, and the factor to ours."""

_NOT_IN_ARCHIVE = ("visibility",)
_FIRST, _LAST = 9, 2  # days back: the archive fills in the last ones later
_DAYS_AHEAD = 3


class _OpenMeteo:
    """What the two have in common: the place, the query, and the arrays."""

    def __init__(self, lat: float, lon: float) -> None:
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            msg = f"Open-Meteo: lat={lat}, lon={lon} is no place; degrees, latitude first."
            raise InputError(msg)
        self.lat, self.lon = lat, lon
        north, east = ("n" if lat >= 0 else "s"), ("e" if lon >= 0 else "w")
        self._place = f"{abs(lat):.4f}{north}-{abs(lon):.4f}{east}".replace(".", "-")

    def _request(self, address: str, name: str, leave: tuple[str, ...], **more: Any) -> Request:
        query = {
            "latitude": f"{self.lat:.4f}",
            "longitude": f"{self.lon:.4f}",
            "hourly": ",".join(variable for variable in _VARIABLES if variable not in leave),
            "timezone": "GMT",
            **more,
        }
        return Request(f"{address}?{urlencode(query, safe=',')}", name)


class OpenMeteoArchive(_OpenMeteo):
    """The weather of the last days at a place, once a day.

    Each cycle asks for the days from nine to two days ago, so that a day that came late is had, and what
    was preliminary is replaced.

    Parameters
    ----------
    lat, lon : float
        Degrees.

    Attributes
    ----------
    name, every, lag, tables
        See `evforecast.sources.feed.Feed`; the table ``weather`` is that of
        `evforecast.sources.weather`, with the grid point as ``station``. Any past week can be had with
        the `now` of two days after it.

    Raises
    ------
    InputError
        If the coordinates are no degrees.

    Examples
    --------
    >>> feed = OpenMeteoArchive(48.8566, 2.3522)
    >>> [request.name for request in feed.requests(np.datetime64("2026-11-28T06:00"))]
    ['2026-11-19..2026-11-26']
    """

    def __init__(self, lat: float, lon: float) -> None:
        super().__init__(lat, lon)
        self.name = f"open-meteo-archive-{self._place}"
        self.every = "1D"
        self.lag = "3650D"
        self.tables: Mapping[str, Table] = {"weather": WEATHER}

    def requests(self, now: TimeLike) -> list[Request]:
        """Return the request for the days from nine to two days ago, UTC."""
        today = pd.Timestamp(now).normalize()
        first, last = (f"{today - pd.Timedelta(days=back):%Y-%m-%d}" for back in (_FIRST, _LAST))
        name = f"{first}..{last}"
        return [self._request(_ARCHIVE, name, _NOT_IN_ARCHIVE, start_date=first, end_date=last)]

    def read(self, payload: Payload) -> Reading:
        """Read one answer; an hour without any value is not there yet, and counted apart.

        Raises
        ------
        FileFormatError
            If it is no such answer, an error of the service, cut short, in other units, or not in UTC.
        """
        return _read(payload, "weather")


class OpenMeteoForecast(_OpenMeteo):
    """The weather foreseen for the next three days at a place, each hour.

    The table ``weather-forecast`` is that of `evforecast.sources.weather` with ``issued_at``: when the
    forecast was collected, as the service does not say when its models ran. A model that uses the rows
    with ``issued_at`` before its cutoff has not looked ahead. A forecast that is not collected is lost.

    Parameters
    ----------
    lat, lon : float
        Degrees.

    Attributes
    ----------
    name, every, lag, tables
        See `evforecast.sources.feed.Feed`.

    Raises
    ------
    InputError
        If the coordinates are no degrees.

    Examples
    --------
    >>> feed = OpenMeteoForecast(48.8566, 2.3522)
    >>> feed.name, feed.tables["weather-forecast"].key
    ('open-meteo-forecast-48-8566n-2-3522e', ('station', 'issued_at', 'time'))
    """

    def __init__(self, lat: float, lon: float) -> None:
        super().__init__(lat, lon)
        self.name = f"open-meteo-forecast-{self._place}"
        self.every = "1h"
        self.lag = "0min"
        self.tables: Mapping[str, Table] = {
            "weather-forecast": Table(key=("station", "issued_at", "time"), time="issued_at")
        }

    def requests(self, now: TimeLike) -> list[Request]:  # noqa: ARG002 - the same at any time
        """Return the request for today and the two days after, UTC."""
        return [self._request(_FORECAST, "forecast", (), forecast_days=_DAYS_AHEAD)]

    def read(self, payload: Payload) -> Reading:
        """Read one answer.

        Raises
        ------
        FileFormatError
            If it is no such answer, an error of the service, cut short, in other units, or not in UTC.
        """
        reading = _read(payload, "weather-forecast")
        table = reading.tables["weather-forecast"]
        issued = np.full(len(table), payload.collected_at, dtype="datetime64[s]")
        table.insert(2, "issued_at", issued)
        return reading


def _read(payload: Payload, name: str) -> Reading:
    what = where(payload)
    answer = json_body(payload.body, what)
    hourly = _checked(answer, what)
    raw = pd.DataFrame({key: pd.Series(cells, dtype=object) for key, cells in hourly.items()})
    sieve = Sieve(raw)
    time, reason = instants(raw["time"], np.zeros(len(raw)), tz="UTC")
    sieve.reject(np.isnat(time), reason)
    values = {}
    for variable, (ours, _, factor) in _VARIABLES.items():
        if variable in raw.columns:
            found, wrong = numbers(raw[variable])
            sieve.reject(wrong, f"{variable} is no number")
            values[ours] = found * factor
    empty = [np.isnan(cells) for cells in values.values()]
    sieve.set_apart(np.logical_and.reduce(empty), "hours without a value")
    sieve.reject_repeats(pd.DataFrame({"time": time}), "the hour stands there already")
    station = f"{answer['latitude']:.4f},{answer['longitude']:.4f}"
    frame = weather_rows(time, station, f"grid point, {answer.get('elevation')} m", values)
    missing = [variable for variable in _VARIABLES if variable not in raw.columns]
    absent = [name for name in missing if name in payload.request.url]
    return Reading(
        tables={name: frame[sieve.kept].reset_index(drop=True)},
        rejected=sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        fields=kinds(raw),
        notes=(f"asked for and not answered: {first_few(absent)}",) if absent else (),
    )


def _checked(answer: Any, what: str) -> dict[str, list[Any]]:
    """Return the arrays of an answer that is one, in UTC and in the units that we know."""
    if isinstance(answer, dict) and answer.get("error"):
        msg = f"{what}: the service answered with an error: {answer.get('reason')!r}."
        raise FileFormatError(msg)
    try:
        hourly, units = dict(answer["hourly"]), dict(answer["hourly_units"])
        place = float(answer["latitude"]), float(answer["longitude"])
        lengths = {key: len(cells) for key, cells in hourly.items() if isinstance(cells, list)}
        zone = answer["utc_offset_seconds"]
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"{what}: not an answer with 'hourly', 'hourly_units', 'latitude', 'longitude' and "
            f"'utc_offset_seconds' ({error}): {answer!r:.120}."
        )
        raise FileFormatError(msg) from error
    if zone != 0 or units.get("time") != "iso8601":
        msg = f"{what}: times {zone!r} s off UTC, as {units.get('time')!r}; ask with timezone=GMT."
        raise FileFormatError(msg)
    if set(lengths) != set(hourly) or len(set(lengths.values())) != 1 or "time" not in lengths:
        msg = f"{what}: the arrays {lengths} near {place} do not have one value an hour each."
        raise FileFormatError(msg)
    known = [variable for variable in _VARIABLES if variable in hourly]
    other = {
        variable: units.get(variable)
        for variable in known
        if units.get(variable) != _VARIABLES[variable][1]
    }
    if other or not known:
        expected = {variable: _VARIABLES[variable][1] for variable in other}
        msg = (
            f"{what}: units {other}, where {expected} are expected. Has the service changed them?"
            if other
            else f"{what}: no variable that is known among {first_few(hourly)}."
        )
        raise FileFormatError(msg)
    return hourly

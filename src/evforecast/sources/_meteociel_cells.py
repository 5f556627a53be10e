"""The words of Meteociel's table of hours: which column is what, and what a cell says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from evforecast.sources._html_page import Cell
from evforecast.sources._payload import plain

__all__ = ["HOUR", "RAIN", "WIND", "column", "is_left_out", "measured"]

HOUR, RAIN, WIND = "heure", "precip", "vent"
_HOURLY = "mm/h"  # other amounts of rain, of six hours say, have columns of their own
_COLUMNS = {
    "neb": "cloud",
    "visi": "visibility",
    "temperature": "temperature",
    "humi": "humidity",
    "point de rosee": "dew_point",
    "pression": "pressure",
    RAIN: "rain",
    WIND: WIND,
}  # how the titles begin, in small letters without accents
_LEFT_OUT = (HOUR, "temps", "humidex", "windchill", "max rain rate")
_NOTHING = ("", "-", "---", "n.c.", "n/a")
_NONE_FELL = ("aucune", "trace", "traces")
_SUFFIX = {
    "temperature": "°c",
    "dew_point": "°c",
    "humidity": "%",
    "pressure": "hpa",
    "visibility": "km",
    "rain": "mm",
    WIND: "km/h",
}
_CLOUD = re.compile(r"([0-9])/8")
_PERIOD = re.compile(r"[(/]\s*(\d+)\s*h\s*\)?$")
_DIRECTION = re.compile(r"(?<!\d)(\d{1,3})\s*°")


def column(title: str) -> str | None:
    """Return what a column holds by its title: a name of `UNITS`, or `WIND`; None if it is not read."""
    if is_left_out(title):
        return None
    return next((name for word, name in _COLUMNS.items() if title.startswith(word)), None)


def is_left_out(title: str) -> bool:
    """Tell whether a column is known, and not read."""
    return title.startswith(_LEFT_OUT) or (title.startswith(RAIN) and _HOURLY not in title)


def measured(name: str, cells: Sequence[Cell]) -> dict[str, float]:
    """Return what the cells of a column say, by the names of `UNITS`; NaN where they say nothing.

    Raises
    ------
    ValueError
        If they say something else than a number in the unit that is expected.
    """
    text = plain(" ".join(cell.text for cell in cells))
    if name == WIND:
        speed, _, gust = text.partition("(")
        return {
            "wind_speed": _number(WIND, speed),
            "wind_gust": _number(WIND, gust.rstrip(" )")),
            "wind_direction": _direction(cells),
        }
    return {name: _number(name, text)}


def _number(name: str, text: str) -> float:
    text = text.strip()
    if text in _NOTHING:
        return np.nan
    if name == "cloud":
        found = _CLOUD.fullmatch(text)
        if found:
            return float(found[1])
        raise ValueError(text)
    if name == "rain":
        if text in _NONE_FELL:
            return 0.0  # a trace is less than the gauge can measure
        period = _PERIOD.search(text)
        if period and int(period[1]) != 1:
            return np.nan  # an amount of several hours is none of this one
        text = text[: period.start()] if period else text
    pattern = rf"[<>]?\s*(-?\d+(?:[.,]\d+)?)\s*{re.escape(_SUFFIX[name])}[^\d]*"
    number = re.fullmatch(pattern, text)
    if number is None:
        raise ValueError(text)
    return float(number[1].replace(",", "."))


def _direction(cells: Sequence[Cell]) -> float:
    """Return the direction, degrees, that an attribute of the arrow's image says."""
    for cell in cells:
        for attribute in cell.images:
            if found := _DIRECTION.search(attribute):
                return float(found[1])
    return np.nan

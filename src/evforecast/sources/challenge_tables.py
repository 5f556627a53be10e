"""The other two files of the Planète-Oui challenge: the chargers, and weather and traffic."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import (
    DuplicateObservationError,
    FileFormatError,
    IrregularTimeError,
    require_choice,
)
from evforecast.panel import evse_table
from evforecast.panel.gridding import Duplicates
from evforecast.sources import _textfile
from evforecast.sources.report import ReadReport
from evforecast.timegrid import Ambiguous, to_utc

__all__ = ["parse_chargers", "parse_weather_traffic", "read_chargers", "read_weather_traffic"]

_TIME = "timestamp"
_CHARGERS = {
    "t_id": "evse_id",
    "s_id": "location_id",
    "latitude": "lat",
    "longitude": "lon",
    "street": "street",
    "city": "city",
    "zipcode": "area",
    "model": "model",
}
_SERIES = (
    "temperature",
    "wind_speed",
    "wind_gust_speed",
    "rain_level",
    "traffic_state",
    "average_flow",
)


def read_chargers(path: _textfile.FilePath, *, encoding: str = "utf-8") -> pd.DataFrame:
    r"""Read the file of the chargers, for the argument `evse` of `read`.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.
    encoding : str
        How the text is written.

    Returns
    -------
    pandas.DataFrame
        Index ``evse_id`` (``t_id``); ``location_id`` (``s_id``), ``area`` (``zipcode``, as text),
        ``lat`` and ``lon`` (degrees), ``model``, ``street``, ``city``.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or a coordinate is no number.
    InputError
        If a charger stands there twice.

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "chargers.csv")
    >>> text = "t_id,s_id,latitude,longitude,street,city,zipcode,model\n"
    >>> _ = path.write_text(text + "S7-T1,S7,48.85,2.35,,Paris,75004,A\n")
    >>> challenge.read_chargers(path).area.item()
    '75004'
    """
    return _load_chargers(path, encoding=encoding)[0]


def parse_chargers(
    buffer: _textfile.Buffer, *, encoding: str = "utf-8"
) -> tuple[pd.DataFrame, ReadReport]:
    r"""Read a file of the chargers that is here already.

    Parameters
    ----------
    buffer : bytes or open file
        The content, plain or compressed.
    encoding : str
        How the text is written.

    Returns
    -------
    table : pandas.DataFrame
        See `read_chargers`.
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> text = "t_id,s_id,latitude,longitude,street,city,zipcode,model\n"
    >>> text += "S7-T1,S7,48.85,2.35,,Paris,75004,A\n"
    >>> challenge.parse_chargers(text.encode())[0].area.item()
    '75004'
    """
    return _load_chargers(buffer, encoding=encoding)


def read_weather_traffic(path: _textfile.FilePath, **options: Any) -> pd.DataFrame:
    r"""Read the weather-and-traffic file, for the argument `exog` of `read`.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.
    **options
        ``tz``, ``ambiguous``, ``duplicates`` and ``encoding`` as in `read`; ``bad``, "raise" or
        "missing": what to do with cells that are no number.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` (UTC, naive); float64 columns in the units of the file, which names none:
        ``temperature`` reads as degrees Celsius, ``wind_speed`` and ``wind_gust_speed`` share one
        unit, ``traffic_state`` and ``average_flow`` are the city's means.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or a cell is no number.
    NaiveTimeError, AmbiguousTimeError, DuplicateObservationError, EmptyInputError
        As in `read`.

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "exog.csv")
    >>> text = "timestamp,temperature,wind_speed,wind_gust_speed,rain_level,traffic_state,"
    >>> _ = path.write_text(text + "average_flow\n2019-11-25 01:00,7.5,3,,0,1,350\n")
    >>> challenge.read_weather_traffic(path, tz="Europe/Paris").temperature.item()
    7.5
    """
    return _load_series(path, **options)[0]


def parse_weather_traffic(
    buffer: _textfile.Buffer, **options: Any
) -> tuple[pd.DataFrame, ReadReport]:
    r"""Read a weather-and-traffic file that is here already.

    Parameters
    ----------
    buffer : bytes or open file
        The content, plain or compressed.
    **options
        As in `read_weather_traffic`.

    Returns
    -------
    frame : pandas.DataFrame
        See `read_weather_traffic`.
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> text = "timestamp,temperature,wind_speed,wind_gust_speed,rain_level,traffic_state,"
    >>> text += "average_flow\n2019-11-25 01:00,7.5,3,,0,1,350\n"
    >>> challenge.parse_weather_traffic(text.encode(), tz="Europe/Paris")[0].temperature
    time
    2019-11-25    7.5
    Name: temperature, dtype: float64
    """
    return _load_series(buffer, **options)


def _load_chargers(
    source: _textfile.FilePath | _textfile.Buffer, *, encoding: str
) -> tuple[pd.DataFrame, ReadReport]:
    expected = f"a comma-separated file with the header '{','.join(_CHARGERS)}' in any order"
    with _textfile.open_text(source, encoding) as stream:
        name = stream.name
        names = _textfile.header(stream, list(_CHARGERS), expected)
        table = _textfile.read_table(stream, names, list(_CHARGERS), expected=expected)
    known = pd.DataFrame(
        {ours: _textfile.text(table[theirs]) for theirs, ours in _CHARGERS.items()}
    )
    for theirs, ours in (("latitude", "lat"), ("longitude", "lon")):
        known[ours], _ = _textfile.numbers(table[theirs], f"{name}, column {theirs!r}")
    if known["evse_id"].isna().any():
        row = int(np.flatnonzero(known["evse_id"].isna())[0]) + 2
        msg = f"{name}, row {row}: no t_id. Give every charger an id."
        raise FileFormatError(msg)
    report = ReadReport(name, rows_read=len(known), rows_kept=len(known))
    _textfile.log(report)
    return evse_table(known["evse_id"].tolist(), known), report


def _load_series(
    source: _textfile.FilePath | _textfile.Buffer,
    *,
    tz: str | None = None,
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    bad: _textfile.Bad = "raise",
    encoding: str = "utf-8",
) -> tuple[pd.DataFrame, ReadReport]:
    columns = [_TIME, *_SERIES]
    expected = f"a comma-separated file with the header '{','.join(columns)}' in any order"
    with _textfile.open_text(source, encoding) as stream:
        name = stream.name
        names = _textfile.header(stream, columns, expected)
        table = _textfile.read_table(stream, names, columns, expected=expected)
    seconds, keep = ordered_times(
        table[_TIME], f"{name}, column {_TIME!r}", tz, ambiguous, duplicates
    )
    frame = pd.DataFrame(index=pd.DatetimeIndex(seconds[keep], name="time"))
    n_bad = {}
    for column in _SERIES:
        values, count = _textfile.numbers(
            table[column], f"{name}, column {column!r}", bad, optional=True
        )
        frame[column] = values[keep]
        if count:
            n_bad[column] = count
    report = ReadReport(
        name,
        rows_read=table.num_rows,
        rows_kept=len(keep),
        repeats=table.num_rows - len(keep),
        bad_cells=n_bad,
    )
    _textfile.log(report)
    return frame, report


def ordered_times(
    column: Any, where: str, tz: str | None, ambiguous: Ambiguous, duplicates: Duplicates
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.intp]]:
    """Return the UTC times of the rows, in order, and which rows to keep, one a time."""
    require_choice(duplicates, get_args(Duplicates), "duplicates")
    seconds = to_utc(_textfile.text(column), where=where, tz=tz, ambiguous=ambiguous)
    step = np.diff(seconds).astype(np.int64)
    if (step < 0).any():
        at = int(np.flatnonzero(step < 0)[0])
        msg = (
            f"{where}: times are not in order; row {at + 3:,} ({seconds[at + 1]} UTC) comes after "
            f"{seconds[at]}. Sort the rows of the file by time."
        )
        raise IrregularTimeError(msg)
    if (step == 0).any() and duplicates == "raise":
        again = seconds[1:][step == 0]
        raise DuplicateObservationError(where, len(again), [f"{time} UTC" for time in again])
    fresh = np.append(step > 0, [True]) if duplicates == "last" else np.append([True], step > 0)
    keep = np.flatnonzero(fresh)
    return seconds, keep

"""The hourly files of Météo-France: all stations of a département, some years a file.

They are called ``H_75_previous-2020-2022.csv.gz`` or ``H_75_latest-2023-2024.csv.gz`` and stand on
meteo.data.gouv.fr under the Licence Ouverte: semicolons, one column a quantity and one with its quality,
hours in UTC. Winds come in m/s and visibility in metres; we keep km/h and km, as in
`evforecast.sources.weather`. Values whose quality is 2 (doubtful, being checked) are left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import FileFormatError, first_few
from evforecast.sources import _textfile
from evforecast.sources._payload import Sieve, kinds, numbers, words
from evforecast.sources.feed import Reading
from evforecast.sources.weather import weather_rows

__all__ = ["parse", "read"]

_STATION, _NAME, _ALTITUDE, _TIME = "NUM_POSTE", "NOM_USUEL", "ALTI", "AAAAMMJJHH"
_QUANTITIES = {
    "T": ("temperature", 1.0),
    "U": ("humidity", 1.0),
    "TD": ("dew_point", 1.0),
    "PMER": ("pressure", 1.0),
    "FF": ("wind_speed", 3.6),
    "FXI": ("wind_gust", 3.6),
    "DD": ("wind_direction", 1.0),
    "RR1": ("rain", 1.0),
    "VV": ("visibility", 1 / 1000),
    "N": ("cloud", 1.0),
}
"""Their quantities: our name and the factor to our unit."""

_DOUBTFUL = 2
_EXPECTED = f"an hourly file of Météo-France: {_STATION};{_NAME};…;{_TIME};RR1;QRR1;…"


def read(path: _textfile.FilePath) -> Reading:
    r"""Read an hourly file.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.

    Returns
    -------
    Reading
        With the table ``weather`` (see `evforecast.sources.weather`), all stations of the file.

    Raises
    ------
    FileFormatError
        If it is another file, damaged, cut short, or of another encoding.
    EmptyInputError
        If it has no rows.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "H_75_latest-2023-2024.csv")
    >>> head = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJHH;RR1;QRR1;FF;QFF\n"
    >>> _ = path.write_text(head + "75114001;PARIS-MONTSOURIS;48.8;2.3;75;2020110809;0.2;1;5.0;1\n")
    >>> float(read(path).tables["weather"].wind_speed.item())
    18.0
    """
    return _load(path)


def parse(buffer: _textfile.Buffer) -> Reading:
    r"""Read a file that is here already: see `read`.

    Parameters
    ----------
    buffer : bytes or open file
        The content, plain or compressed.

    Examples
    --------
    >>> head = b"NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJHH;T;QT\n"
    >>> row = b"75114001;PARIS-MONTSOURIS;48.8;2.3;75;2020110809;11.2;1\n"
    >>> parse(head + row).tables["weather"].time.item()
    Timestamp('2020-11-08 09:00:00')
    """
    return _load(buffer)


def _load(source: _textfile.FilePath | _textfile.Buffer) -> Reading:
    with _textfile.open_text(source) as stream:
        name = stream.name
        names = [title.strip() for title in stream.peek_line().split(";")]
        found = [quantity for quantity in _QUANTITIES if quantity in names]
        missing = [title for title in (_STATION, _NAME, _ALTITUDE, _TIME) if title not in names]
        if missing or not found:
            msg = (
                f"{name}, line 1: no column {first_few(missing or _QUANTITIES)}; found "
                f"{first_few(names)}. Expected {_EXPECTED}"
            )
            raise FileFormatError(msg)
        qualities = [f"Q{quantity}" for quantity in found if f"Q{quantity}" in names]
        keep = [_STATION, _NAME, _ALTITUDE, _TIME, *found, *qualities]
        stream.skip_line()
        table = _textfile.read_table(stream, names, keep, expected=_EXPECTED, delimiter=";")
    raw = pd.DataFrame({title: _textfile.categorical(table[title]) for title in keep})
    sieve = Sieve(raw)
    station = words(raw[_STATION])
    sieve.reject(station == "", "no station")
    time = _times(raw[_TIME])
    sieve.reject(np.isnat(time), f"{_TIME} is no hour")
    values, notes = {}, []
    for quantity in found:
        ours, factor = _QUANTITIES[quantity]
        cells, wrong = numbers(raw[quantity].array)
        sieve.reject(wrong, f"{quantity} is no number")
        if f"Q{quantity}" in qualities:
            quality, strange = numbers(raw[f"Q{quantity}"].array)
            sieve.reject(strange, f"Q{quantity} is no number")
            doubtful = (quality == _DOUBTFUL) & ~np.isnan(cells)
            cells[doubtful] = np.nan
            if doubtful.any():
                notes.append(f"{int(doubtful.sum()):,} values of {quantity} are doubtful: left out")
        values[ours] = cells * factor
    empty = [np.isnan(cells) for cells in values.values()]
    sieve.set_apart(np.logical_and.reduce(empty), "hours without a value")
    keys = pd.DataFrame({"station": station, "time": time})
    sieve.reject_repeats(keys, "the station and hour stand there already")
    called = pd.Series(words(raw[_NAME])) + ", " + words(raw[_ALTITUDE]) + " m"
    frame = weather_rows(time, station, called.to_numpy(object), values)
    return Reading(
        tables={"weather": frame[sieve.kept].reset_index(drop=True)},
        rejected=sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        fields=kinds(raw),
        notes=tuple(notes),
    )


def _times(column: pd.Series) -> npt.NDArray[np.datetime64]:
    """Return the hours, UTC, NaT where a cell is none."""
    levels = pd.Series([str(level).strip() for level in column.cat.categories], dtype=object)
    levels = levels.where(levels.str.fullmatch(r"\d{10}").astype(bool), None)
    hours = pd.to_datetime(levels, format="%Y%m%d%H", errors="coerce")
    times = np.append(hours.to_numpy("datetime64[s]"), np.datetime64("NaT", "s"))
    return times[column.cat.codes]

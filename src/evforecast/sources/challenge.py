"""Readers of the Planète-Oui challenge files: 273 chargers of Paris, every quarter of an hour.

Three comma-separated files, with a header and naive times:

- the statuses, wide: ``timestamp``, then a column a charger (``S7-T1``, …) with the words
  Available, Charging, Passive, Offline, Down, or blank;
- the chargers: ``t_id, s_id, latitude, longitude, street, city, zipcode, model``;
- weather and traffic: ``timestamp, temperature, wind_speed, wind_gust_speed, rain_level,
  traffic_state, average_flow``.

Quarter-hours that a file leaves out become missing rows; no status is carried over them.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError, UnknownStatusError, first_few
from evforecast.panel import MISSING, VOCABULARIES, StatusPanel, evse_table
from evforecast.panel.gridding import Duplicates, evse_ids, grid_rows
from evforecast.panel.vocabulary import Unknown
from evforecast.sources import _textfile
from evforecast.sources.challenge_tables import (
    ordered_times,
    parse_chargers,
    parse_weather_traffic,
    read_chargers,
    read_weather_traffic,
)
from evforecast.sources.report import ReadReport
from evforecast.timegrid import Ambiguous, StepLike

__all__ = [
    "FORMAT",
    "parse",
    "parse_chargers",
    "parse_weather_traffic",
    "read",
    "read_chargers",
    "read_weather_traffic",
    "read_with_report",
    "sniff",
]

FORMAT = (
    "a comma-separated file with the header 'timestamp,S7-T1,…': a time, then a status a charger"
)
"""What such a file looks like, for messages."""

_TIME = "timestamp"
_Table = pd.DataFrame | str | os.PathLike[str] | None


def read(
    path: _textfile.FilePath,
    *,
    tz: str | None = None,
    step: StepLike = "15min",
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    unknown: Unknown = "raise",
    evse: _Table = None,
    exog: _Table = None,
    encoding: str = "utf-8",
) -> StatusPanel:
    r"""Read the wide status file into a panel; what was dropped or missing is logged at INFO.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed (gzip, bzip2, xz).
    tz : str, optional
        The clock that wrote the times, "Europe/Paris" or "UTC": the file does not say.
    step : str or timedelta
        The grid; times that the file leaves out are missing rows.
    ambiguous : {'infer', 'first', 'second'}
        See `evforecast.timegrid.to_utc`: the hour that occurs twice in autumn.
    duplicates : {'raise', 'first', 'last'}
        What to do with a second row for one time.
    unknown : {'raise', 'missing'}
        What to do with words that are no status.
    evse : pandas.DataFrame or path, optional
        The table of chargers, or the file that `read_chargers` reads. Chargers that it lacks belong
        to the station of their name.
    exog : pandas.DataFrame or path, optional
        Series on UTC times, or the file that `read_weather_traffic` reads (in the same `tz`).
    encoding : str
        How the text is written.

    Returns
    -------
    StatusPanel
        The chargers in the order of the file; without `evse`, the location is the part before
        ``-T``.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or is damaged.
    EmptyInputError
        If it has no rows.
    NaiveTimeError
        If times carry no zone and `tz` is not given.
    AmbiguousTimeError
        If a local time occurred twice and the order does not tell which.
    IrregularTimeError
        If times go backwards, or off the grid.
    DuplicateObservationError
        With ``duplicates="raise"``, if a time stands in two rows.
    UnknownStatusError
        With ``unknown="raise"``, for words that are no status.

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "ytrain.csv")
    >>> _ = path.write_text(
    ...     "timestamp,S7-T1\n2019-11-25 00:00:00,Down\n2019-11-25 00:30:00,Passive\n"
    ... )
    >>> challenge.read(path, tz="Europe/Paris").codes.ravel().tolist()
    [4, -1, 2]
    """
    return read_with_report(
        path,
        tz=tz,
        step=step,
        ambiguous=ambiguous,
        duplicates=duplicates,
        unknown=unknown,
        evse=evse,
        exog=exog,
        encoding=encoding,
    )[0]


def read_with_report(path: _textfile.FilePath, **options: Any) -> tuple[StatusPanel, ReadReport]:
    r"""Read the wide status file as `read` does, and return the report too.

    Parameters
    ----------
    path : str or path
        The file.
    **options
        As in `read`.

    Returns
    -------
    panel : StatusPanel
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "ytrain.csv")
    >>> _ = path.write_text(
    ...     "timestamp,S7-T1\n2019-11-25 00:00:00,Down\n2019-11-25 00:30:00,Passive\n"
    ... )
    >>> panel, report = challenge.read_with_report(path, tz="Europe/Paris")
    >>> report.missing_slots
    1
    """
    return _load(path, **options)


def parse(buffer: _textfile.Buffer, **options: Any) -> tuple[StatusPanel, ReadReport]:
    r"""Read a wide status file that is here already.

    Parameters
    ----------
    buffer : bytes or open file
        The content, plain or compressed.
    **options
        As in `read`.

    Returns
    -------
    panel : StatusPanel
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> text = b"timestamp,S7-T1\n2019-11-25 00:00:00,Down\n2019-11-25 00:30:00,Passive\n"
    >>> panel, report = challenge.parse(text, tz="Europe/Paris")
    >>> panel.codes.ravel(), report.missing_slots
    (array([ 4, -1,  2], dtype=int8), 1)
    """
    return _load(buffer, **options)


def sniff(path: _textfile.FilePath) -> bool:
    r"""Tell from its first line whether a file is the wide status file.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.

    Returns
    -------
    bool

    Examples
    --------
    >>> from evforecast.sources import challenge
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "status.csv")
    >>> _ = path.write_text("timestamp,S7-T1,S7-T2\n")
    >>> challenge.sniff(path)
    True
    """
    first, _, others = _textfile.first_line(path).partition(",")
    return first.strip('"') == _TIME and bool(others) and "temperature" not in others


def _load(
    source: _textfile.FilePath | _textfile.Buffer,
    *,
    tz: str | None = None,
    step: StepLike = "15min",
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    unknown: Unknown = "raise",
    evse: _Table = None,
    exog: _Table = None,
    encoding: str = "utf-8",
) -> tuple[StatusPanel, ReadReport]:
    with _textfile.open_text(source, encoding) as stream:
        name = stream.name
        names = _textfile.header(stream, [_TIME], FORMAT)
        if names[0] != _TIME or len(names) < 2:
            msg = f"{name}, line 1: {first_few(names)}. Expected {FORMAT}."
            raise FileFormatError(msg)
        table = _textfile.read_table(stream, names, names, expected=FORMAT)
    where = f"{name}, column {_TIME!r}"
    seconds, keep = ordered_times(table[_TIME], where, tz, ambiguous, duplicates)
    grid, rows = grid_rows(seconds, step, where)
    ids = names[1:]
    codes = np.full((grid.n, len(ids)), MISSING, dtype=np.int8)
    differs = np.zeros(len(rows), dtype=bool)
    strange: dict[str, int] = {}
    vocabulary = VOCABULARIES["challenge"]
    for place, charger in enumerate(ids):
        decoded = vocabulary.decode(_textfile.categorical(table[charger]), unknown="missing")
        codes[rows[keep], place] = decoded.codes[keep]
        differs |= decoded.codes != codes[rows, place]
        for word, count in decoded.unknown.items():
            strange[word] = strange.get(word, 0) + count
    if strange and unknown == "raise":  # all columns first: one error names every word
        raise UnknownStatusError(name, strange, vocabulary.words)

    known = pd.DataFrame({"evse_id": ids, "location_id": [text.rsplit("-T", 1)[0] for text in ids]})
    known = known.set_index("evse_id")
    notes = []
    if evse is not None:
        given = evse if isinstance(evse, pd.DataFrame) else read_chargers(evse, encoding=encoding)
        given = evse_table(evse_ids(given), given)
        strangers = [text for text in ids if text not in given.index]
        if strangers:
            notes.append(
                f"{len(strangers):,} chargers not in the table of chargers: {first_few(strangers)}"
            )
        known = given.reindex(ids).combine_first(known)
    panel = StatusPanel(codes, grid, evse_table(ids, known), tz=tz or "UTC")
    if exog is not None:
        if not isinstance(exog, pd.DataFrame):
            exog = read_weather_traffic(exog, tz=tz, ambiguous=ambiguous, encoding=encoding)
        panel = panel.with_exog(exog)
    report = ReadReport(
        name,
        rows_read=len(rows),
        rows_kept=len(keep),
        repeats=len(rows) - len(keep),
        conflicts=int(differs.sum()),
        missing_slots=grid.n - len(keep),
        unknown_words=strange,
        notes=tuple(notes),
    )
    _textfile.log(report)
    return panel, report

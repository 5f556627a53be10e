"""Readers of the Smarter Mobility challenge: status counts at 91 stations of Paris.

One comma-separated file with the header ``date, Station, Available, Charging, Passive, Other, tod,
dow, trend, Latitude, Longitude, Postcode, area`` and a row a station and quarter-hour. It says how
many chargers of a station are in a status, not which, so it makes a long frame of counts and no
panel.
"""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd

from evforecast.errors import DuplicateObservationError, FileFormatError, InputError, require_choice
from evforecast.panel import MISSING
from evforecast.panel.gridding import Duplicates, grid_rows, require_columns
from evforecast.sources import _textfile
from evforecast.sources.report import ReadReport
from evforecast.timegrid import Ambiguous, to_utc

__all__ = ["FORMAT", "STATUSES", "parse", "read", "read_with_report", "sniff", "to_counts"]

FORMAT = (
    "a comma-separated file with at least the columns date, Station, Available, Charging, Passive, "
    "Other, Latitude, Longitude, Postcode, area"
)
"""What such a file looks like, for messages."""
STATUSES = ("available", "charging", "passive", "other")
"""The counted statuses; ``other`` is offline and down together."""

_COUNTS = ("Available", "Charging", "Passive", "Other")
_PLACES = {"Latitude": "lat", "Longitude": "lon"}
_COLUMNS = ("date", "Station", *_COUNTS, *_PLACES, "Postcode", "area")
_STEP = "15min"


def read(
    path: _textfile.FilePath,
    *,
    tz: str | None = None,
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    encoding: str = "utf-8",
) -> pd.DataFrame:
    r"""Read the counts into a long frame; what was dropped or missing is logged at INFO.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed (gzip, bzip2, xz).
    tz : str, optional
        The clock that wrote naive times; without it they raise.
    ambiguous : {'infer', 'first', 'second'}
        See `evforecast.timegrid.to_utc`; the order is that of each station's rows.
    duplicates : {'raise', 'first', 'last'}
        What to do with a second row for one station and time.
    encoding : str
        How the text is written.

    Returns
    -------
    pandas.DataFrame
        ``time`` (UTC, naive), ``location_id`` and ``area`` (categoricals), the int8 counts
        ``available``, ``charging``, ``passive``, ``other`` (-1 where blank), ``lat`` and ``lon``
        (degrees), ``postcode`` (categorical); sorted by time, then station. The columns ``tod``,
        ``dow`` and ``trend`` repeat what the time says and are left out.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, is damaged, or a count is no small whole number.
    EmptyInputError
        If it has no rows.
    NaiveTimeError, AmbiguousTimeError, IrregularTimeError
        If times lack a zone, are not clear, or lie off the quarter-hours.
    DuplicateObservationError
        With ``duplicates="raise"``, if rows repeat a station and time.

    Examples
    --------
    >>> from evforecast.sources import smarter_mobility
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "train.csv")
    >>> text = "date,Station,Available,Charging,Passive,Other,Latitude,Longitude,Postcode,area\n"
    >>> text += "2020-07-03 00:00:00,FR*V75*EBELI*2*1,1,2,0,0,48.85,2.35,75004,south\n"
    >>> _ = path.write_text(text)
    >>> smarter_mobility.read(path, tz="UTC").charging.item()
    2
    """
    return read_with_report(
        path, tz=tz, ambiguous=ambiguous, duplicates=duplicates, encoding=encoding
    )[0]


def read_with_report(path: _textfile.FilePath, **options: Any) -> tuple[pd.DataFrame, ReadReport]:
    r"""Read the counts as `read` does, and return the report too.

    Parameters
    ----------
    path : str or path
        The file.
    **options
        As in `read`.

    Returns
    -------
    frame : pandas.DataFrame
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import smarter_mobility
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "train.csv")
    >>> text = "date,Station,Available,Charging,Passive,Other,Latitude,Longitude,Postcode,area\n"
    >>> text += "2020-07-03 00:00:00,FR*V75*EBELI*2*1,1,2,0,0,48.85,2.35,75004,south\n"
    >>> _ = path.write_text(text)
    >>> frame, report = smarter_mobility.read_with_report(path, tz="UTC")
    >>> report.rows_read
    1
    """
    return _load(path, **options)


def parse(buffer: _textfile.Buffer, **options: Any) -> tuple[pd.DataFrame, ReadReport]:
    r"""Read counts that are here already.

    Parameters
    ----------
    buffer : bytes or open file
        The content, plain or compressed.
    **options
        As in `read`.

    Returns
    -------
    frame : pandas.DataFrame
    report : ReadReport

    Examples
    --------
    >>> from evforecast.sources import smarter_mobility
    >>> text = (
    ...     b"date,Station,Available,Charging,Passive,Other,Latitude,Longitude,Postcode,area\n"
    ...     b"2020-07-03 00:00:00,FR*V75*EBELI*2*1,1,2,0,0,48.85,2.35,75004,south\n"
    ... )
    >>> frame, report = smarter_mobility.parse(text, tz="UTC")
    >>> int(frame.charging.item())
    2
    """
    return _load(buffer, **options)


def sniff(path: _textfile.FilePath) -> bool:
    r"""Tell from its first line whether a file has this format.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.

    Returns
    -------
    bool

    Examples
    --------
    >>> from evforecast.sources import smarter_mobility
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "status.csv")
    >>> _ = path.write_text("timestamp,S7-T1,S7-T2\n")
    >>> smarter_mobility.sniff(path)
    False
    """
    names = [name.strip(' "') for name in _textfile.first_line(path).split(",")]
    return set(_COLUMNS) <= set(names)


def to_counts(
    frame: pd.DataFrame, *, status: str = "charging", by: str | None = "area"
) -> pd.DataFrame:
    r"""Count the chargers in a status by group and time, as `StatusPanel.to_counts` does.

    Parameters
    ----------
    frame : pandas.DataFrame
        What `read` returned.
    status : {'charging', 'available', 'passive', 'other'}
        The status to count.
    by : str or None
        ``area``, ``location_id`` or ``postcode``; None for the whole network.

    Returns
    -------
    pandas.DataFrame
        Index ``time``, every quarter-hour from first to last; one float64 column a group, NaN where
        no station of it was observed.

    Raises
    ------
    InputError
        If `status` is not counted.
    MissingColumnsError
        If the frame lacks a column.

    Examples
    --------
    >>> from evforecast.sources import smarter_mobility
    >>> text = (
    ...     b"date,Station,Available,Charging,Passive,Other,Latitude,Longitude,Postcode,area\n"
    ...     b"2020-07-03 00:00:00,FR*V75*EBELI*2*1,1,2,0,0,48.85,2.35,75004,south\n"
    ... )
    >>> smarter_mobility.to_counts(smarter_mobility.parse(text, tz="UTC")[0])["south"].item()
    2.0
    """
    if status not in STATUSES:
        msg = f"to_counts: no status {status!r} in this source. Use one of {', '.join(STATUSES)}."
        raise InputError(msg)
    require_columns(frame, ["time", status, *([] if by is None else [by])], "to_counts")
    known = frame[frame[status] != MISSING]
    value = known[status].astype(np.float64)
    keys = (
        [known["time"]]
        if by is None
        else [known["time"], known[by].astype(object).fillna("unknown")]
    )
    wide = value.groupby(keys).sum()
    counts = wide.to_frame("all") if by is None else wide.unstack()  # noqa: PD010 - not a reshape by value
    grid, _ = grid_rows(frame["time"].to_numpy().astype("datetime64[s]"), _STEP, "to_counts")
    counts = counts.set_axis(pd.DatetimeIndex(counts.index).as_unit("s"), axis=0)
    counts = counts.reindex(pd.DatetimeIndex(grid.times, name="time"))
    return counts.set_axis([str(name) for name in counts.columns], axis=1)


def _load(
    source: _textfile.FilePath | _textfile.Buffer,
    *,
    tz: str | None = None,
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    encoding: str = "utf-8",
) -> tuple[pd.DataFrame, ReadReport]:
    require_choice(duplicates, get_args(Duplicates), "duplicates")
    with _textfile.open_text(source, encoding) as stream:
        name = stream.name
        names = _textfile.header(stream, list(_COLUMNS), FORMAT)
        table = _textfile.read_table(stream, names, list(_COLUMNS), expected=FORMAT)
    station = _textfile.categorical(table["Station"])
    if (station.codes < 0).any():
        row = int(np.flatnonzero(station.codes < 0)[0]) + 2
        msg = f"{name}, row {row:,}: no Station. Mend the file."
        raise FileFormatError(msg)
    where = f"{name}, column 'date'"
    time = to_utc(
        _textfile.text(table["date"]), where=where, tz=tz, groups=station.codes, ambiguous=ambiguous
    )
    columns: dict[str, Any] = {
        "time": time,
        "location_id": station,
        "area": _textfile.categorical(table["area"]),
    }
    blanks = {}
    for theirs, ours in zip(_COUNTS, STATUSES, strict=True):
        columns[ours], blanks[theirs] = _counts(table[theirs], f"{name}, column {theirs!r}")
    for theirs, ours in _PLACES.items():
        columns[ours], _ = _textfile.numbers(table[theirs], f"{name}, column {theirs!r}")
    columns["postcode"] = _textfile.categorical(table["Postcode"])
    frame = pd.DataFrame(columns)
    repeats = frame.duplicated(["time", "location_id"])
    if repeats.any() and duplicates == "raise":
        rows = frame[repeats].head(4)
        examples = [f"{row.location_id} at {row.time} UTC" for row in rows.itertuples()]
        raise DuplicateObservationError(name, int(repeats.sum()), examples)
    if repeats.any():
        frame = frame.drop_duplicates(
            ["time", "location_id"], keep="first" if duplicates == "first" else "last"
        )
    frame = frame.sort_values(["time", "location_id"], kind="stable", ignore_index=True)
    grid, _ = grid_rows(time, _STEP, where)
    report = ReadReport(
        name,
        rows_read=table.num_rows,
        rows_kept=len(frame),
        repeats=table.num_rows - len(frame),
        missing_slots=grid.n * len(station.categories) - len(frame),
        bad_cells={column: count for column, count in blanks.items() if count},
    )
    _textfile.log(report)
    return frame, report


def _counts(column: Any, what: str) -> tuple[np.ndarray, int]:
    """Return a column of counts as int8, -1 where blank, and how many are blank."""
    values, _ = _textfile.numbers(column, what)
    blank = np.isnan(values)
    wrong = ~blank & ((values < 0) | (values > 127) | (values % 1 != 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        msg = (
            f"{what}: {int(wrong.sum()):,} cells are no count, the first in row {row + 2}: "
            f"{values[row]:g}. Mend the file."
        )
        raise FileFormatError(msg)
    return np.where(blank, MISSING, values).astype(np.int8), int(blank.sum())

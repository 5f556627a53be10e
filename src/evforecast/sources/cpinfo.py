"""Readers of the cpinfo.ie snapshots: the charge points of Ireland that were not free.

Each row is one connector of one charge point in one snapshot, one every few minutes: ``date``
(yyyymmdd), ``time`` (hmm, without leading zeros), id, connector type, status, ``"lon,lat"``,
address, lon, lat; tab separated, no header, latin-1. How the files are read:

- **Absent means available.** A unit that a snapshot does not list was free, for every unit of the
  file.
- **A snapshot is all rows of one stamp.** Lists that were cut short while they were fetched come
  again, whole, further down with the same stamp; their union is the snapshot, and repeats are
  counted. Sequences of snapshots that interleave are merged by time.
- **NA rows are filler** for snapshots that were not taken: no observation, and missing for all
  units.
- **A unit is an id and a connector type.** An id that one snapshot shows at two addresses stands
  for two posts, and ``N/A`` for all that have none: their units carry the address. A position or an
  address that merely changed keeps its unit, with the last one seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, FileFormatError, InputError
from evforecast.panel import MISSING, VOCABULARIES, StatusPanel
from evforecast.panel.vocabulary import Unknown
from evforecast.sources import _textfile
from evforecast.sources._cpinfo_units import name_units, unit_table
from evforecast.sources.report import ReadReport
from evforecast.timegrid import Ambiguous, StepLike, TimeGrid, as_step, to_utc

__all__ = ["FORMAT", "parse", "read", "read_with_report", "sniff"]

FORMAT = (
    "9 tab-separated columns without a header: date (yyyymmdd), time (hmm), id, connector type, "
    "status, 'lon,lat', address, lon, lat"
)
"""What such a file looks like, for messages."""

_COLUMNS = ("date", "time", "id", "type", "status", "position", "address", "lon", "lat")
_FILLER = "NA"
_AVAILABLE = VOCABULARIES["cpinfo"].scheme.code("available")
# A snapshot below half of the six on either side was cut short, but a small network varies as much.
_NEIGHBOURS, _THIN, _ENOUGH = 6, 0.5, 30

_Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Rows:
    """The observations of a file, one a row: which place of `places` in which snapshot of `times`.

    `places` holds each different (id, type, address, position) of the file once, with the last
    snapshot that lists it: a thousand rows where the file has millions.
    """

    snapshot: _Ints
    place: _Ints
    status: pd.Categorical
    times: npt.NDArray[np.datetime64]
    places: pd.DataFrame


def read(
    path: _textfile.FilePath,
    *,
    step: StepLike = "15min",
    max_age: StepLike | None = None,
    tz: str = "Europe/Dublin",
    ambiguous: Ambiguous = "infer",
    unknown: Unknown = "raise",
    encoding: str = "latin-1",
) -> StatusPanel:
    r"""Read a file of snapshots into a panel; what was dropped or missing is logged at INFO.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed (gzip, bzip2, xz).
    step : str or timedelta
        The grid, aligned on midnight UTC. Row ``t`` holds the last snapshot in ``(t - max_age,
        t]``.
    max_age : str or timedelta, optional
        How long a snapshot stands when no newer one comes; `step` by default.
    tz : str
        The clock that wrote the file: Irish local time, as this source is one known site.
    ambiguous : {'infer', 'first', 'second'}
        See `evforecast.timegrid.to_utc`: the hour that occurs twice in autumn.
    unknown : {'raise', 'missing'}
        What to do with status words that are not Occ, Part, OOC or OOS: raise, or count them and
        set the unit missing in that snapshot.
    encoding : str
        How the text is written.

    Returns
    -------
    StatusPanel
        Units ``id/type`` (and ``@address`` where an id is not enough) in alphabetic order; the
        location is the address, the area the county, or Northern Ireland, the model the connector
        type.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or is damaged.
    EmptyInputError
        If it holds no observation.
    AmbiguousTimeError
        If a local time occurred twice and the order does not tell which.
    UnknownStatusError
        With ``unknown="raise"``, for words that are no status.

    Examples
    --------
    >>> from evforecast.sources import cpinfo
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "snapshots.txt")
    >>> _ = path.write_text("20181101\t905\tCP:1\tCHAdeMO\tOOS\t-6.9,52.8\tMill Road\t-6.9\t52.8\n")
    >>> cpinfo.read(path).to_long().status.item()
    'down'
    """
    return read_with_report(
        path,
        step=step,
        max_age=max_age,
        tz=tz,
        ambiguous=ambiguous,
        unknown=unknown,
        encoding=encoding,
    )[0]


def read_with_report(path: _textfile.FilePath, **options: Any) -> tuple[StatusPanel, ReadReport]:
    r"""Read a file as `read` does, and return the report too.

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
    >>> from evforecast.sources import cpinfo
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "snapshots.txt")
    >>> _ = path.write_text("20181101\t905\tCP:1\tCHAdeMO\tOOS\t-6.9,52.8\tMill Road\t-6.9\t52.8\n")
    >>> panel, report = cpinfo.read_with_report(path)
    >>> report.rows_read, report.repeats
    (1, 0)
    """
    return _load(path, **options)


def parse(buffer: _textfile.Buffer, **options: Any) -> tuple[StatusPanel, ReadReport]:
    r"""Read snapshots that are here already.

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
    >>> from evforecast.sources import cpinfo
    >>> row = b"20181101\t905\tCP:1\tCHAdeMO\tOOS\t-6.9,52.8\tMill Road, County Carlow"
    >>> row += b"\t-6.9\t52.8\r\n"
    >>> panel, report = cpinfo.parse(row)
    >>> panel.evse.loc["CP:1/CHAdeMO", "area"], panel.to_long().status.item()
    ('Carlow', 'down')
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
    >>> from evforecast.sources import cpinfo
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "snapshots.txt")
    >>> _ = path.write_text("20181101\t905\tCP:1\tCHAdeMO\tOOS\t-6.9,52.8\tMill Road\t-6.9\t52.8\n")
    >>> cpinfo.sniff(path)
    True
    """
    fields = _textfile.first_line(path).split("\t")
    return (
        len(fields) == len(_COLUMNS) and len(fields[0]) == 8 and (fields[0] + fields[1]).isdigit()
    )


def _load(
    source: _textfile.FilePath | _textfile.Buffer,
    *,
    step: StepLike = "15min",
    max_age: StepLike | None = None,
    tz: str = "Europe/Dublin",
    ambiguous: Ambiguous = "infer",
    unknown: Unknown = "raise",
    encoding: str = "latin-1",
) -> tuple[StatusPanel, ReadReport]:
    size = as_step(step)
    age = (
        size if max_age is None else np.timedelta64(int(pd.Timedelta(max_age).total_seconds()), "s")
    )
    if age <= np.timedelta64(0, "s"):
        msg = f"cpinfo: max_age must be positive, found {max_age!r}."
        raise InputError(msg)
    with _textfile.open_text(source, encoding) as stream:
        name = stream.name
        table = _textfile.read_table(
            stream,
            _COLUMNS,
            _COLUMNS[:7],
            integers=("date", "time"),
            n_before=0,
            delimiter="\t",
            expected=FORMAT,
        )
    rows = _rows(table, name, tz, ambiguous)
    n_read = table.num_rows
    del table
    places, split = name_units(rows.places, rows.place, rows.snapshot)
    unit_of_place, units = pd.factorize(places["evse_id"], sort=True)
    unit = unit_of_place[rows.place]
    decoded = VOCABULARIES["cpinfo"].decode(rows.status, unknown=unknown)

    shape = (len(rows.times), len(units))
    flat = rows.snapshot * shape[1] + unit
    del unit
    codes = np.full(shape[0] * shape[1], _AVAILABLE, dtype=np.int8)
    codes[flat] = decoded.codes  # of several rows of one unit in one snapshot, the last one stands
    listed = np.zeros(len(codes), dtype=bool)
    listed[flat] = True
    conflicts = int((codes[flat] != decoded.codes).sum())
    whole = ~_thin(listed.reshape(shape).sum(axis=1))
    grid, seen, latest = _latest(rows.times[whole], size, age)
    result = np.full((grid.n, shape[1]), MISSING, dtype=np.int8)
    result[seen] = codes.reshape(shape)[whole][latest[seen]]

    evse = unit_table(units, places)
    n_unplaced = int(evse["lat"].isna().sum())
    notes = [f"{shape[0]:,} snapshots"]
    if split:
        notes.append(f"ids that stand for several posts, named by address: {', '.join(split)}")
    if n_thin := int((~whole).sum()):
        notes.append(
            f"{n_thin:,} snapshots with less than half of their neighbours' rows set missing"
        )
    n_kept = int(listed.reshape(shape)[whole].sum())
    report = ReadReport(
        name,
        rows_read=n_read,
        rows_kept=n_kept,
        repeats=len(flat) - int(listed.sum()),
        conflicts=conflicts,
        filler_rows=n_read - len(flat),
        missing_slots=int((~seen).sum()),
        unknown_words=decoded.unknown,
        bad_cells={"lon,lat": n_unplaced} if n_unplaced else {},
        notes=tuple(notes),
    )
    _textfile.log(report)
    return StatusPanel(result, grid, evse, tz=tz), report


def _rows(table: Any, name: str, tz: str, ambiguous: Ambiguous) -> _Rows:
    """Return the observations of a table, without filler, their stamps as instants."""
    columns = {key: _textfile.categorical(table[key]) for key in _COLUMNS[2:7]}
    garbled = [word for word in columns["address"].categories if _looks_like_utf8(word)]
    if garbled:
        msg = (
            f"{name}: addresses such as {garbled[0]!r} are UTF-8 read as latin-1. "
            "Pass encoding='utf-8'."
        )
        raise FileFormatError(msg)
    stamp = table["date"].to_numpy().astype(np.int64) * 10_000 + table["time"].to_numpy()
    starts = np.flatnonzero(np.diff(stamp, prepend=-1))
    _check_stamps(stamp[starts], starts, name)
    real = np.asarray((columns["id"] != _FILLER) | (columns["status"] != _FILLER))
    if not real.any():
        msg = f"{name}: {len(real):,} rows, all of them filler (NA): no snapshot was taken."
        raise EmptyInputError(msg)
    if not real.all():
        columns = {key: column[real] for key, column in columns.items()}
        stamp = stamp[real]
        starts = np.flatnonzero(np.diff(stamp, prepend=-1))
    # Runs of one stamp in the order of the file: in autumn that tells the two equal hours apart.
    local = pd.to_datetime(pd.Series(stamp[starts]).astype(str), format="%Y%m%d%H%M")
    instants = to_utc(local, where=f"{name}, date and time", tz=tz, ambiguous=ambiguous)
    times, number = np.unique(instants, return_inverse=True)
    snapshot = np.repeat(number.astype(np.intp), np.diff(starts, append=len(stamp)))
    del stamp

    status = columns.pop("status")
    key = np.zeros(len(snapshot), dtype=np.int64)
    for column in columns.values():
        key *= len(column.categories) + 1
        key += column.codes
    place, distinct = pd.factorize(key)
    first = np.empty(len(distinct), dtype=np.intp)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    places = pd.DataFrame(
        {key: np.asarray(column[first], object) for key, column in columns.items()}
    )
    places["last"] = pd.Series(snapshot).groupby(place).max().to_numpy()
    return _Rows(snapshot, place, status, times, places)


def _looks_like_utf8(word: str) -> bool:
    """Tell whether a text, read as latin-1, is a text in UTF-8 with letters beyond ASCII."""
    if word.isascii():
        return False
    try:
        word.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _check_stamps(stamps: npt.NDArray[np.int64], rows: _Ints, name: str) -> None:
    day, clock = stamps // 10_000, stamps % 10_000
    dates = pd.to_datetime(pd.Series(day).astype(str), format="%Y%m%d", errors="coerce")
    wrong = np.flatnonzero(dates.isna().to_numpy() | (clock // 100 > 23) | (clock % 100 > 59))
    if len(wrong):
        at = wrong[0]
        msg = (
            f"{name}, row {rows[at] + 1:,}: {day[at]} {clock[at]} is no date and time. "
            f"Expected {FORMAT}."
        )
        raise FileFormatError(msg)


def _thin(n_listed: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which snapshots were cut short: few rows against the ones before and the ones after.

    Both sides, because a large outage that ends halves the rows too, and for good.
    """
    size = pd.Series(n_listed, dtype=np.float64)
    before = size.shift().rolling(_NEIGHBOURS, min_periods=1).median()
    after = size[::-1].shift().rolling(_NEIGHBOURS, min_periods=1).median()[::-1]
    usual = np.fmin(before.to_numpy(), after.to_numpy())
    return np.asarray((size.to_numpy() < _THIN * usual) & (usual >= _ENOUGH))


def _latest(
    times: npt.NDArray[np.datetime64], step: np.timedelta64, max_age: np.timedelta64
) -> tuple[TimeGrid, npt.NDArray[np.bool_], _Ints]:
    """Return the grid over the snapshots, where a row has one, and the latest one of each row."""
    epoch = np.datetime64(0, "s")
    first, last = (epoch + -(-(time - epoch) // step) * step for time in (times[0], times[-1]))
    grid = TimeGrid(first, step, int((last - first) // step) + 1)
    latest = np.searchsorted(times, grid.times, side="right") - 1
    return grid, grid.times - times[latest] < max_age, latest

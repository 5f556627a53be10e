"""Hourly counts of the permanent road sensors of Paris: the live data set, and the yearly archives.

About 3,000 arcs of streets; 60 % count vehicles, another 10 % know only their occupancy, the others
are silent. A stamp is the **end** of its hour. A day is published in the night two days later, about
02:30; the data set keeps about thirteen months, the archives hold the years before.

Stamps of the archives are local and carry no zone. They have 24 rows on each of the two days a year when
the clocks change, of 23 and 25 hours: the row of the hour that never was, and the one of the hour that was
twice, are rejected, as nothing in the file says which hour they are.

Data of the City of Paris, under the Open Database License.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pandas as pd

from evforecast.errors import FileFormatError
from evforecast.sources import _traffic_rows
from evforecast.sources._instants import PARIS
from evforecast.sources._payload import where
from evforecast.sources._traffic_areas import by_area, city_state, nearest_arc
from evforecast.sources.feed import Payload, Reading, Request, Table

if TYPE_CHECKING:
    import numpy as np

    from evforecast.sources._textfile import FilePath

__all__ = ["ParisTraffic", "by_area", "city_state", "nearest_arc", "read_archive"]

_EXPORTS = "https://opendata.paris.fr/api/explore/v2.1/catalog/datasets/comptages-routiers-permanents/exports"
_COUNTS = "iu_ac,t_1h,q,k,etat_trafic,etat_barre"
_ARCS = "iu_ac,libelle,t_1h,geo_point_2d"
_PUBLISHED = pd.Timedelta("3h")  # local clock: the night's publication ends before
_DAYS = 3  # asked for again and again, as a late sensor is filled in later
_DEFLATE64 = 9


class ParisTraffic:
    """The live data set of the counts, day by day.

    Each cycle asks for the three newest days that can be there, and for where the arcs are. The table
    ``traffic`` has ``iu_ac`` (the arc), ``time`` (UTC, the end of the hour), ``q`` (vehicles/h), ``k``
    (occupancy, % of the hour), ``state`` (0 unknown, 1 fluid, 2 pre-saturated, 3 saturated, 4 blocked)
    and ``open`` (0 unknown, 1 open, 2 closed, 3 invalid; arcs that are "invalid" may count well); the
    table ``traffic-arcs`` has ``iu_ac``, ``name``, ``lat``, ``lon`` (degrees, the middle of the arc; NaN
    for some) and ``collected_at``.

    Attributes
    ----------
    name, every, lag, tables
        See `evforecast.sources.feed.Feed`. A past day can be had with the `now` of two days later.

    Examples
    --------
    >>> import numpy as np
    >>> feed = ParisTraffic()
    >>> [request.name for request in feed.requests(np.datetime64("2026-09-01T21:00"))]
    ['2026-08-28', '2026-08-29', '2026-08-30', 'arcs-2026-08-30']
    """

    def __init__(self) -> None:
        self.name = "paris-traffic"
        self.every = "1D"
        self.lag = "365D"
        self.tables: Mapping[str, Table] = {
            "traffic": Table(key=("iu_ac", "time"), time="time"),
            "traffic-arcs": Table(key=("iu_ac",), time="collected_at"),
        }

    def requests(self, now: np.datetime64) -> list[Request]:
        """Return one request for each of the three newest local days, and one for the arcs."""
        local = pd.Timestamp(now).tz_localize("UTC").tz_convert(PARIS).tz_localize(None)
        newest = (local - _PUBLISHED).normalize() - pd.Timedelta("2D")
        days = [newest - pd.Timedelta(days=back) for back in reversed(range(_DAYS))]
        counts = [
            Request(
                _url("json", _COUNTS, first, last),
                f"{day:%Y-%m-%d}",
                _url("csv", _COUNTS, first, last),
            )
            for day in days
            for first, last in [_span(day)]
        ]
        _, last = _span(newest)
        hour = last - pd.Timedelta("1h")
        return [
            *counts,
            Request(_url("json", _ARCS, hour, last), f"arcs-{newest:%Y-%m-%d}"),
        ]

    def read(self, payload: Payload) -> Reading:
        """Read one answer: JSON, an envelope of ``records``, GeoJSON, or CSV.

        Raises
        ------
        FileFormatError
            If it is none of them, cut short, or lacks fields.
        """
        what = where(payload)
        start = payload.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start in {b"[", b"{", b"<", b""}:
            raw = _traffic_rows.rows_of_json(payload.body, what)
        else:
            raw = _traffic_rows.rows_of_text(payload.body, what)
        if payload.request.name.startswith("arcs"):
            return _traffic_rows.arcs(raw, payload.collected_at, what)
        return _traffic_rows.counts(raw, what)


def read_archive(path: FilePath) -> Iterator[tuple[str, Reading]]:
    r"""Read a file of the yearly archives, text by text, so that memory holds one week.

    Parameters
    ----------
    path : str or path
        A text file of either layout, plain or compressed, or a zip of them.

    Yields
    ------
    name : str
        The text file.
    reading : Reading
        With the table ``traffic`` (see `ParisTraffic`). Weeks overlap in places: of rows with the same
        arc and hour in two texts, keep the later.

    Raises
    ------
    FileFormatError
        If a text is no such file, or the zip is damaged or compressed with Deflate64, as some years are:
        Python does not unpack those.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "trafic_capteurs_2020_W45.txt")
    >>> text = "iu_ac;libelle;t_1h;q;k;etat_trafic;etat_barre\n1;Quai;2020-11-08 10:00:00;250;3.5;1;1\n"
    >>> _ = path.write_text(text)
    >>> [(name, reading.tables["traffic"].time.item()) for name, reading in read_archive(path)]
    [('trafic_capteurs_2020_W45.txt', Timestamp('2020-11-08 09:00:00'))]
    """
    with open(path, "rb") as file:  # noqa: PTH123 - paths and text alike
        zipped = file.read(4) == b"PK\x03\x04"
    if not zipped:
        name = str(path).replace("\\", "/").rpartition("/")[2]
        yield name, _traffic_rows.counts(_traffic_rows.rows_of_text(path, str(path)), str(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir() or member.filename.startswith("__MACOSX"):
                    continue
                what = f"{path}, {member.filename}"
                if member.compress_type == _DEFLATE64:
                    msg = (
                        f"{what}: compressed with Deflate64, which Python does not unpack. Unpack the "
                        f"archive with another tool first (7z x {path}), then read the text files."
                    )
                    raise FileFormatError(msg)
                body = archive.read(member)
                raw = _traffic_rows.rows_of_text(body, what)
                yield member.filename, _traffic_rows.counts(raw, what)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        msg = f"{path}: the zip is damaged or cut short ({error}). Fetch it again."
        raise FileFormatError(msg) from error


def _span(day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the midnights, UTC, around a local day: its hours end after the first, up to the last."""
    first, last = (
        moment.tz_localize(PARIS).tz_convert("UTC").tz_localize(None)
        for moment in (day, day + pd.Timedelta("1D"))
    )
    return first, last


def _url(form: str, fields: str, after: pd.Timestamp, until: pd.Timestamp) -> str:
    condition = f"t_1h>date'{after:%Y-%m-%dT%H:%M:%S}' and t_1h<=date'{until:%Y-%m-%dT%H:%M:%S}'"
    query = {"select": fields, "where": condition, "timezone": "UTC"}
    return f"{_EXPORTS}/{form}?{urlencode(query)}"

"""OCPI locations, versions 2.1.1, 2.2.1 and 2.3.0: any network in the world that speaks the protocol.

One location is one place, with its EVSEs below. How they are read:

- **A row is an EVSE.** Its id is ``evse_id``; without one, the ``uid`` behind the codes of country and party
  (2.2 on) that make it unique. A location's id gets the same codes.
- **The stamp** is when the EVSE or one of its connectors was last updated, which is not the start of its
  state; stamps without a zone are UTC, as the protocol has it.
- **No passive.** An EVSE is ``CHARGING`` as long as a car is plugged in.
- **Planned and removed EVSEs** have no status: they are counted apart.
- **Pages.** What a server leaves out of an answer is at the address in its header Link: `Payload.next_url`
  carries it here, and `Reading.more` asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError
from evforecast.panel import VOCABULARIES
from evforecast.sources import _textfile
from evforecast.sources._payload import json_body, read_body, records, where
from evforecast.sources._status_rows import (
    ELEMENT,
    EVSE,
    STATUS,
    degrees,
    require_feed_name,
    status_reading,
    texts,
    unpacked,
    zoned_times,
)
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.timegrid import TimeLike

__all__ = ["OcpiLocations", "parse", "read"]

_APART = {"PLANNED": "planned chargers", "REMOVED": "removed chargers"}
_EVSES, _POINT = "evses", "coordinates"
_NO_EVSE = "neither an EVSE nor a location with a list of them"
_OK = 1000  # status codes of the protocol: 1xxx is success


@dataclass(frozen=True)
class OcpiLocations:
    """The locations of a network.

    Parameters
    ----------
    url : str
        Where they are: the endpoint of the module Locations, or a file. A limit belongs in its query.
    name : str
        What to call the feed: small letters, digits and ``-``.
    every : str
        How often it is worth asking.

    Raises
    ------
    InputError
        If `name` is no such name.

    Examples
    --------
    >>> feed = OcpiLocations("https://example.org/ocpi/2.2.1/locations", "example")
    >>> feed.name, list(feed.tables)
    ('example', ['status', 'evse'])
    """

    url: str = field(repr=False)  # it may hold a key
    name: str
    every: str = "15min"
    lag: str = field(default="0min", init=False)
    tables: Mapping[str, Table] = field(
        default_factory=lambda: {"status": STATUS, "evse": EVSE}, init=False, repr=False
    )

    def __post_init__(self) -> None:
        """Refuse a name that is no folder."""
        require_feed_name(self.name)

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask: the first page."""
        del now
        return [Request(self.url, "locations")]

    def read(self, payload: Payload) -> Reading:
        """Read a page of locations.

        Raises
        ------
        FileFormatError
            If it holds none, or an error of the protocol.
        """
        what = f"{self.name}, {where(payload)}"
        document = json_body(unpacked(payload.body, what), what)
        return _reading(_locations(document, what), payload, self.name)


def parse(body: bytes, *, collected_at: TimeLike) -> Reading:
    """Read locations that are here already.

    Parameters
    ----------
    body : bytes
        JSON, plain or a gzip file: a list of locations, one location, or either in the envelope of the
        protocol.
    collected_at : time
        When they were collected, UTC.

    Returns
    -------
    Reading
        Table ``status``: ``evse_id``, ``status`` (ours), ``word`` (theirs), ``observed_at`` (their
        ``last_updated``), ``collected_at``, ``source``. Table ``evse``, with the same rows: ``evse_id``,
        ``location_id``, ``address``, ``area`` (the post code, else the city), ``lat``, ``lon`` (degrees).

    Raises
    ------
    FileFormatError
        If they cannot be read at all.

    Examples
    --------
    >>> body = (
    ...     '[{"id": "L1", "evses": [{"uid": "1", "evse_id": "BE*BEC*E1", "status": "BLOCKED"}]}]'
    ... )
    >>> reading = parse(body.encode(), collected_at="2026-11-28 08:00Z")
    >>> reading.tables["status"][["evse_id", "status"]].values.tolist()
    [['BE*BEC*E1', 'passive']]
    """
    return read_body(OcpiLocations("", "ocpi"), body, collected_at)


def read(path: _textfile.FilePath, *, collected_at: TimeLike) -> Reading:
    """Read a file of locations.

    Parameters
    ----------
    path : str or path
        The file, plain or gzip.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        See `parse`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "locations.json")
    >>> _ = path.write_text('{"data": [], "status_code": 1000}')
    >>> read(path, collected_at="2026-11-28 08:00Z").rows_read
    0
    """
    return parse(Path(path).read_bytes(), collected_at=collected_at)


def _locations(document: Any, what: str) -> list[Any]:
    """Return the locations of an answer, out of the envelope of the protocol."""
    if isinstance(document, Mapping) and "status_code" in document:
        code, said = document["status_code"], document.get("status_message")
        if not (isinstance(code, int) and _OK <= code < 2 * _OK):
            msg = f"{what}: the server says {code!r}, {str(said)[:200]!r}. Look at the query and the key."
            raise FileFormatError(msg)
    if isinstance(document, Mapping) and "data" in document:
        document = document["data"]
    if isinstance(document, Mapping) and _EVSES in document:
        document = [document]
    if not isinstance(document, list):
        msg = f"{what}: no locations of OCPI, found {document!r:.80}. Expected a list of them, or 'data'."
        raise FileFormatError(msg)
    return document


def _rows(locations: Sequence[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each EVSE and its location; what is neither stands in a row of its own."""
    for location in locations:
        evses = (location.get(_EVSES) or []) if isinstance(location, dict) else None
        if not isinstance(evses, list):
            yield {ELEMENT: location}, {}
            continue
        for evse in evses:
            yield (evse if isinstance(evse, dict) else {ELEMENT: evse}), location


def _reading(locations: Sequence[Any], payload: Payload, source: str) -> Reading:
    pairs = list(_rows(locations))
    evses, places = [evse for evse, _ in pairs], [place for _, place in pairs]
    countries, parties = _cells(places, "country_code"), _cells(places, "party_id")
    owners = ["*".join(filter(None, each)) for each in zip(countries, parties, strict=True)]
    uids = list(map(_owned, owners, _cells(evses, "uid")))
    points = [_point(evse) or _point(place) for evse, place in pairs]
    columns = {
        "evse_id": _first(_cells(evses, "evse_id"), uids),
        "word": _cells(evses, "status"),
        "location_id": list(map(_owned, owners, _cells(places, "id"))),
        "address": _cells(places, "address"),
        "area": _first(_cells(places, "postal_code"), _cells(places, "city")),
        "refused": [_NO_EVSE if ELEMENT in evse else None for evse in evses],
    }
    given = pd.DataFrame(
        {name: pd.Series(column, dtype=object) for name, column in columns.items()}
    ).assign(
        lat=degrees([point.get("latitude") for point in points], "lat"),
        lon=degrees([point.get("longitude") for point in points], "lon"),
        observed_at=zoned_times(_cells(evses, "last_updated"), naive_is_utc=True),
        collected_at=np.full(len(pairs), payload.collected_at.astype("datetime64[s]")),
    )
    empty = sum(isinstance(place, dict) and not place.get(_EVSES) for place in locations)
    return status_reading(
        _as_they_came(pairs, source),
        given,
        vocabulary=VOCABULARIES["ocpi"],
        apart=_APART,
        source=source,
        notes=[f"{empty:,} locations have no EVSE"] if empty else [],
        more=_next_page(payload),
    )


def _as_they_came(
    pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], source: str
) -> pd.DataFrame:
    """Return each EVSE with the fields of its location, as a table of objects."""
    names = {name for _, place in pairs for name in place} - {_EVSES}
    above = [(name, f"location.{name}") for name in sorted(names)]
    rows = [{**{ours: place.get(name) for name, ours in above}, **evse} for evse, place in pairs]
    return records(rows, source).reindex(range(len(rows)))


def _cells(rows: Sequence[Mapping[str, Any]], name: str) -> list[str | None]:
    return texts(row.get(name) for row in rows)


def _first(one: Sequence[str | None], other: Sequence[str | None]) -> list[str | None]:
    return [first or second for first, second in zip(one, other, strict=True)]


def _point(row: Mapping[str, Any]) -> Mapping[str, Any]:
    point = row.get(_POINT)
    return point if isinstance(point, Mapping) else {}


def _owned(owner: str, name: str | None) -> str | None:
    """Return an id that is unique within its owner with the owner before it."""
    return None if name is None else f"{owner}*{name}" if owner else name


def _next_page(payload: Payload) -> tuple[Request, ...]:
    if not payload.next_url:
        return ()
    found = re.search(r"-page-(\d+)$", payload.request.name)
    page = int(found[1]) if found else 1
    base = payload.request.name.removesuffix(found[0] if found else "")
    return (Request(payload.next_url, f"{base}-page-{page + 1}"),)

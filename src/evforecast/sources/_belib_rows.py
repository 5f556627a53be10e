"""Rows of Belib's two datasets: the fields and words of the City's portal, and what they are to us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError
from evforecast.panel import VOCABULARIES
from evforecast.sources import _textfile
from evforecast.sources._belib_ids import distinct, location_of
from evforecast.sources._odsapi import Envelope
from evforecast.sources._payload import records
from evforecast.sources._status_rows import (
    ELEMENT,
    NO_OBJECT,
    degrees,
    point_reading,
    status_reading,
    texts,
    zoned_times,
)
from evforecast.sources.feed import Reading, Request

__all__ = ["points", "snapshots", "statuses"]

_VOCABULARY = VOCABULARIES["belib"]
_ID, _WORD, _STAMP = "id_pdc", "statut_pdc", "last_updated"
_ADDRESS, _POINT = "adresse_station", "coordonneesxy"
_COMMUNE, _DISTRICT = "code_insee_commune", "arrondissement"
_STATIC_IDS = ("id_pdc_local", _ID, "id_pdc_itinerance")
_POWER, _CHANGED = "puissance_nominale", "date_maj"
_SNAPSHOT = "snapshot_utc"

_APART = {
    "Pas implémenté": "chargers not in use yet",
    "Pas implémentée": "chargers not in use yet",
    "Non implémenté": "chargers not in use yet",
    "Non implémentée": "chargers not in use yet",
    "En cours de mise en service": "chargers about to be put in use",
    "Mise en service planifiée": "planned chargers",
    "Supprimé": "removed chargers",
    "Supprimée": "removed chargers",
}
# The north of the sixteenth district has a post code of its own, 75116.
_POST_CODE = re.compile(r"\b75(0\d\d|116)\b")
_COMMUNE_CODE = re.compile(r"751(\d\d)")
_DISTRICT_NAME = re.compile(r"0?(\d{1,2})e(?:r)?\b")


def snapshots(path: _textfile.FilePath) -> Reading:
    """Return the reading of a file of many snapshots, with one spelling of an id for all of them.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or a snapshot has no time.
    EmptyInputError
        If it has no rows.
    """
    columns = (_SNAPSHOT, _ID, _WORD, _STAMP)
    expected = f"a comma-separated file with the header '{','.join(columns)}' in any order"
    with _textfile.open_text(path) as stream:
        what = stream.name
        names = _textfile.header(stream, columns, expected)
        table = _textfile.read_table(stream, names, columns, expected=expected)
    raw = pd.DataFrame({name: _textfile.text(table[name]) for name in columns})
    collected = zoned_times(raw[_SNAPSHOT])
    if np.isnat(collected).any():
        row = int(np.flatnonzero(np.isnat(collected))[0])
        msg = (
            f"{what}, row {row + 2:,}: {_SNAPSHOT} {raw[_SNAPSHOT][row]!r} is no time with a zone."
        )
        raise FileFormatError(msg)
    given = pd.DataFrame(
        {
            "evse_id": _ids(texts(raw[_ID])),
            "word": pd.Series(texts(raw[_WORD]), dtype=object),
            "observed_at": zoned_times(raw[_STAMP]),
            "collected_at": collected,
            "refused": pd.Series(None, index=raw.index, dtype=object),
        }
    )
    return status_reading(
        raw, given, vocabulary=_VOCABULARY, apart=_APART, source="belib-snapshots"
    )


def statuses(
    envelope: Envelope,
    collected_at: np.datetime64,
    source: str,
    *,
    notes: Sequence[str] = (),
    more: tuple[Request, ...] = (),
) -> Reading:
    """Return the reading of rows of the live availability."""
    raw, refused = _rows(envelope)
    ids = _ids(texts(_cells(raw, _ID)))
    given = _described(raw, ids, collected_at).assign(
        refused=refused,
        word=pd.Series(texts(_cells(raw, _WORD)), dtype=object),
        observed_at=zoned_times(_cells(raw, _STAMP)),
    )
    return status_reading(
        raw, given, vocabulary=_VOCABULARY, apart=_APART, source=source, notes=notes, more=more
    )


def points(
    envelope: Envelope,
    collected_at: np.datetime64,
    source: str,
    *,
    notes: Sequence[str] = (),
    more: tuple[Request, ...] = (),
) -> Reading:
    """Return the reading of rows of the static data."""
    raw, refused = _rows(envelope)
    spellings = zip(*(texts(_cells(raw, name)) for name in _STATIC_IDS), strict=True)
    ids = _ids([next(filter(None, each), None) for each in spellings])
    power = pd.Series(texts(_cells(raw, _POWER)), dtype=object)
    words = texts(_cells(raw, _WORD))
    given = _described(raw, ids, collected_at).assign(
        refused=refused,
        power_kw=pd.to_numeric(power, errors="coerce").to_numpy(np.float64),
        changed_at=zoned_times(_cells(raw, _CHANGED), naive_is_utc=True),
    )
    given["apart"] = pd.Series([_APART.get(word or "") for word in words], dtype=object)
    return point_reading(raw, given, source=source, notes=notes, more=more)


def _rows(envelope: Envelope) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows as they came, and why one is none: an element that is no object."""
    rows = [row if isinstance(row, dict) else {ELEMENT: row} for row in envelope.rows]
    refused = [None if isinstance(row, dict) else NO_OBJECT for row in envelope.rows]
    raw = records(rows, "belib").reindex(range(len(rows)))
    return raw, pd.Series(refused, dtype=object)


def _cells(raw: pd.DataFrame, name: str) -> Sequence[Any]:
    return list(raw[name]) if name in raw else [None] * len(raw)


def _ids(given: Sequence[str | None]) -> pd.Series:
    forms = distinct(each for each in given if each is not None)
    return pd.Series([None if each is None else forms[each] for each in given], dtype=object)


def _described(raw: pd.DataFrame, ids: pd.Series, collected_at: np.datetime64) -> pd.DataFrame:
    """Return ids, places and the time of collection, row by row."""
    addresses = texts(_cells(raw, _ADDRESS))
    areas = map(_area, addresses, texts(_cells(raw, _COMMUNE)), texts(_cells(raw, _DISTRICT)))
    points = [_lat_lon(point) for point in _cells(raw, _POINT)]
    columns = {
        "evse_id": list(ids),
        "location_id": [None if each is None else location_of(each) for each in ids],
        "address": addresses,
        "area": list(areas),
    }
    return pd.DataFrame(
        {name: pd.Series(cells, dtype=object) for name, cells in columns.items()}
    ).assign(
        lat=degrees([lat for lat, _ in points], "lat"),
        lon=degrees([lon for _, lon in points], "lon"),
        collected_at=np.full(len(ids), collected_at.astype("datetime64[s]")),
    )


def _area(address: str | None, commune: str | None, district: str | None) -> str | None:
    """Return the post code of a district of Paris."""
    if found := _POST_CODE.search(address or ""):
        return "75016" if found[1] == "116" else f"75{found[1]}"
    if found := _COMMUNE_CODE.fullmatch(commune or ""):
        return f"750{found[1]}"
    if found := _DISTRICT_NAME.match(district or ""):
        return f"750{int(found[1]):02d}"
    return None


def _lat_lon(point: Any) -> tuple[Any, Any]:
    """Return latitude and longitude: named, or in the portal's order, latitude first."""
    if isinstance(point, Mapping):
        return point.get("lat"), point.get("lon")
    if isinstance(point, str):
        point = point.strip("[] ").split(",")
    return tuple(point) if isinstance(point, list) and len(point) == 2 else (None, None)

"""IRVE, the national files of French charging networks, schema 2.3.0: status (dynamic) and points (static).

Both are tables in CSV that every network publishes for itself, joined on ``id_pdc_itinerance``. How they are
read:

- **Ids are kept as given.** ``Non concerné``, which the schema allows, is no id: the row is rejected.
- **A status is a pair**, ``etat_pdc`` and ``occupation_pdc``, with one word for both in the vocabulary.
- **The stamp** is when the information was sent up, which is not the start of the state. One without a zone
  could be any clock: ``observed_at`` is missing there.
- **No passive**, but for what is reserved: an occupied point may charge or not.
- **Positions** are longitude first, as the schema has it. The area is the post code in the address, else the
  code of the commune.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from evforecast.panel import VOCABULARIES
from evforecast.sources import _textfile
from evforecast.sources._csv_rows import csv_rows
from evforecast.sources._payload import numbers, read_body, where
from evforecast.sources._status_rows import (
    EVSE,
    STATUS,
    degrees,
    point_reading,
    require_feed_name,
    status_reading,
    unpacked,
    zoned_times,
)
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.timegrid import TimeLike

__all__ = ["IrvePoints", "IrveStatus", "parse", "parse_points", "read", "read_points"]

_ID, _STATE, _USE, _STAMP = "id_pdc_itinerance", "etat_pdc", "occupation_pdc", "horodatage"
_PLACE_ID, _ADDRESS, _POINT = "id_station_itinerance", "adresse_station", "coordonneesxy"
_COMMUNE, _POWER, _CHANGED = "code_insee_commune", "puissance_nominale", "date_maj"
_NONE = {"non concerné", "non concerne"}
_POST_CODE = re.compile(r"\b\d{5}\b")


@dataclass(frozen=True)
class IrveStatus:
    """The statuses of a network: its dynamic file.

    Parameters
    ----------
    url : str
        Where the file is; the host that holds it, not one that redirects there.
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
    >>> feed = IrveStatus("https://example.org/dynamic.csv", "example")
    >>> feed.name, list(feed.tables)
    ('example', ['status'])
    """

    url: str = field(repr=False)  # it may hold a key
    name: str
    every: str = "15min"
    lag: str = field(default="0min", init=False)
    tables: Mapping[str, Table] = field(
        default_factory=lambda: {"status": STATUS}, init=False, repr=False
    )

    def __post_init__(self) -> None:
        """Refuse a name that is no folder."""
        require_feed_name(self.name)

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask: the file."""
        del now
        return [Request(self.url, "status")]

    def read(self, payload: Payload) -> Reading:
        """Read the file.

        Raises
        ------
        FileFormatError
            If it is no such file.
        """
        what = f"{self.name}, {where(payload)}"
        table = csv_rows(unpacked(payload.body, what), what, (_ID, _STATE, _USE, _STAMP))
        raw = table.raw
        pairs = zip(raw[_STATE], raw[_USE], strict=True)
        given = pd.DataFrame(
            {
                "evse_id": _known(raw[_ID]),
                "word": pd.Series(
                    [
                        f"{state or ''}/{use or ''}" if state or use else None
                        for state, use in pairs
                    ],
                    dtype=object,
                ),
                "refused": pd.Series(table.broken, dtype=object),
            }
        ).assign(
            observed_at=zoned_times(raw[_STAMP]),
            collected_at=np.full(len(raw), payload.collected_at.astype("datetime64[s]")),
        )
        return status_reading(
            raw,
            given,
            vocabulary=VOCABULARIES["irve"],
            apart={},
            source=self.name,
            notes=table.notes,
        )


@dataclass(frozen=True)
class IrvePoints:
    """The charge points of a network: its static file.

    Parameters
    ----------
    url : str
        Where the file is; the host that holds it, not one that redirects there.
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
    >>> feed = IrvePoints("https://example.org/static.csv", "example-points")
    >>> feed.every, list(feed.tables)
    ('1D', ['evse'])
    """

    url: str = field(repr=False)  # it may hold a key
    name: str
    every: str = "1D"
    lag: str = field(default="0min", init=False)
    tables: Mapping[str, Table] = field(
        default_factory=lambda: {"evse": EVSE}, init=False, repr=False
    )

    def __post_init__(self) -> None:
        """Refuse a name that is no folder."""
        require_feed_name(self.name)

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask: the file."""
        del now
        return [Request(self.url, "points")]

    def read(self, payload: Payload) -> Reading:
        """Read the file.

        Raises
        ------
        FileFormatError
            If it is no such file.
        """
        what = f"{self.name}, {where(payload)}"
        table = csv_rows(unpacked(payload.body, what), what, (_ID, _PLACE_ID, _ADDRESS, _POINT))
        raw = table.raw
        blank = pd.Series(None, index=raw.index, dtype=object)
        points = [(point or "").strip("[]").split(",") for point in raw[_POINT]]
        lonlat = [point if len(point) == 2 else (None, None) for point in points]
        given = pd.DataFrame(
            {
                "evse_id": _known(raw[_ID]),
                "location_id": _known(raw[_PLACE_ID]),
                "address": raw[_ADDRESS],
                "area": pd.Series(
                    map(_area, raw[_ADDRESS], raw.get(_COMMUNE, blank)),
                    index=raw.index,
                    dtype=object,
                ),
                "refused": pd.Series(table.broken, dtype=object),
            }
        ).assign(
            lat=degrees([lat for _, lat in lonlat], "lat"),
            lon=degrees([lon for lon, _ in lonlat], "lon"),
            power_kw=numbers(raw.get(_POWER, blank))[0],
            changed_at=zoned_times(raw.get(_CHANGED, blank), naive_is_utc=True),
            collected_at=np.full(len(raw), payload.collected_at.astype("datetime64[s]")),
        )
        return point_reading(raw, given, source=self.name, notes=table.notes)


def parse(body: bytes, *, collected_at: TimeLike) -> Reading:
    r"""Read a dynamic file that is here already.

    Parameters
    ----------
    body : bytes
        CSV, plain or a gzip file.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        Table ``status``: ``evse_id``, ``status`` (ours), ``word`` (their two, with a slash between),
        ``observed_at`` (their ``horodatage``), ``collected_at``, ``source``.

    Raises
    ------
    FileFormatError
        If it is no such file.

    Examples
    --------
    >>> text = "id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage\n"
    >>> text += "FRA68P68021001,en_service,libre,2022-10-18T12:35:49+0000\n"
    >>> reading = parse(text.encode(), collected_at="2022-10-18 12:40Z")
    >>> reading.tables["status"][["evse_id", "status"]].values.tolist()
    [['FRA68P68021001', 'available']]
    """
    return read_body(IrveStatus("", "irve"), body, collected_at)


def read(path: _textfile.FilePath, *, collected_at: TimeLike) -> Reading:
    r"""Read a dynamic file.

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
    >>> path = pathlib.Path(tempfile.mkdtemp(), "dynamic.csv")
    >>> _ = path.write_text("id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage\n")
    >>> read(path, collected_at="2022-10-18 12:40Z").rows_read
    0
    """
    return parse(Path(path).read_bytes(), collected_at=collected_at)


def parse_points(body: bytes, *, collected_at: TimeLike) -> Reading:
    r"""Read a static file that is here already.

    Parameters
    ----------
    body : bytes
        CSV, plain or a gzip file.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        Table ``evse``: ``evse_id``, ``location_id``, ``address``, ``area`` (the post code, else the code of
        the commune), ``lat``, ``lon`` (degrees), ``power_kw``, ``collected_at``, ``source``.

    Raises
    ------
    FileFormatError
        If it is no such file.

    Examples
    --------
    >>> text = "id_pdc_itinerance,id_station_itinerance,adresse_station,coordonneesXY\n"
    >>> text += 'FRA68E680210015,FRA68P68021001,1 avenue de la Paix 75001 Paris,"[7.48, 48.34]"\n'
    >>> reading = parse_points(text.encode(), collected_at="2022-10-18 12:40Z")
    >>> reading.tables["evse"][["area", "lat"]].values.tolist()
    [['75001', 48.34]]
    """
    return read_body(IrvePoints("", "irve-points"), body, collected_at)


def read_points(path: _textfile.FilePath, *, collected_at: TimeLike) -> Reading:
    r"""Read a static file.

    Parameters
    ----------
    path : str or path
        The file, plain or gzip.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        See `parse_points`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "static.csv")
    >>> text = "id_pdc_itinerance,id_station_itinerance,adresse_station,coordonneesXY\n"
    >>> _ = path.write_text(text)
    >>> read_points(path, collected_at="2022-10-18 12:40Z").rows_read
    0
    """
    return parse_points(Path(path).read_bytes(), collected_at=collected_at)


def _known(ids: pd.Series) -> pd.Series:
    """Return ids, None where the file says that there is none."""
    named = [None if each is None or each.lower() in _NONE else each for each in ids]
    return pd.Series(named, index=ids.index, dtype=object)


def _area(address: str | None, commune: str | None) -> str | None:
    codes = _POST_CODE.findall(address or "")
    return codes[-1] if codes else commune

"""Belib', the public chargers of Paris: the live availability and the static data of the City's portal.

The availability shows only the present: what is not collected is lost. How it is read:

- **The time of a status is when it was collected.** ``last_updated`` is kept as ``observed_at``, but it is
  not the start of the state: nearly all rows are touched at 04:30 every night, stamps jump back, and some
  are months old. No stamp, or one that cannot be read, leaves ``observed_at`` missing and the status there.
- **No passive.** A car that is plugged in without charging is ``Occupé (en charge)`` like one that charges.
- **Ids** come in several spellings; see `normal_id`. Two that would become one in one answer stay as given.
- **Planned and removed chargers** have no status: they are counted apart. A word that is not known is
  rejected, never guessed.
- **Addresses and positions** may be missing. The area is the post code in the address; else the commune's
  code, else the district, as one post code each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evforecast.panel import StatusLog
from evforecast.sources import _textfile
from evforecast.sources._belib_ids import normal_id
from evforecast.sources._belib_rows import points, snapshots, statuses
from evforecast.sources._odsapi import Dataset, opened
from evforecast.sources._payload import json_body, read_body, where
from evforecast.sources._status_rows import EVSE, STATUS
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.sources.report import ReadReport
from evforecast.timegrid import TimeLike

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = [
    "BelibPoints",
    "BelibStatus",
    "normal_id",
    "parse",
    "parse_points",
    "read",
    "read_points",
    "read_snapshots",
]

PORTAL = "https://opendata.paris.fr/api/explore/v2.1"

_NAME = "belib-points-de-recharge-pour-vehicules-electriques"
_LIVE, _STATIC = f"{_NAME}-disponibilite-temps-reel", f"{_NAME}-donnees-statiques"


@dataclass(frozen=True)
class BelibStatus:
    """The live availability.

    Parameters
    ----------
    portal : str
        The address of the API, up to the version.

    Examples
    --------
    >>> feed = BelibStatus()
    >>> feed.name, feed.every, feed.lag
    ('belib-status', '15min', '0min')
    """

    portal: str = PORTAL
    name: str = field(default="belib-status", init=False)
    every: str = field(default="15min", init=False)
    lag: str = field(default="0min", init=False)
    tables: Mapping[str, Table] = field(
        default_factory=lambda: {"status": STATUS, "evse": EVSE}, init=False, repr=False
    )

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask: the export, and the first page of the records where that fails.

        Further pages are in `Reading.more` of the page before.
        """
        del now
        return [self._dataset.request("availability")]

    def read(self, payload: Payload) -> Reading:
        """Read an export or a page, of any version of the API.

        Raises
        ------
        FileFormatError
            If it is none.
        """
        what = f"{self.name}, {where(payload)}"
        envelope = opened(json_body(payload.body, what), what)
        more, notes = self._dataset.more(payload, envelope)
        return statuses(envelope, payload.collected_at, self.name, more=more, notes=notes)

    @property
    def _dataset(self) -> Dataset:
        return Dataset(self.portal, _LIVE, "id_pdc")


@dataclass(frozen=True)
class BelibPoints:
    """The static data: where the chargers are, and how strong.

    Parameters
    ----------
    portal : str
        The address of the API, up to the version.

    Examples
    --------
    >>> feed = BelibPoints()
    >>> feed.name, feed.every, list(feed.tables)
    ('belib-points', '1D', ['evse'])
    """

    portal: str = PORTAL
    name: str = field(default="belib-points", init=False)
    every: str = field(default="1D", init=False)
    lag: str = field(default="0min", init=False)
    tables: Mapping[str, Table] = field(
        default_factory=lambda: {"evse": EVSE}, init=False, repr=False
    )

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask, as for the live availability."""
        del now
        return [self._dataset.request("points")]

    def read(self, payload: Payload) -> Reading:
        """Read an export or a page, of any version of the API.

        Raises
        ------
        FileFormatError
            If it is none.
        """
        what = f"{self.name}, {where(payload)}"
        envelope = opened(json_body(payload.body, what), what)
        more, notes = self._dataset.more(payload, envelope)
        return points(envelope, payload.collected_at, self.name, more=more, notes=notes)

    @property
    def _dataset(self) -> Dataset:
        return Dataset(self.portal, _STATIC, "id_pdc_local")


def parse(body: bytes, *, collected_at: TimeLike) -> Reading:
    """Read an answer of the live availability that is here already.

    Parameters
    ----------
    body : bytes
        JSON: an export, or a page of records of any version of the API.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        Table ``status``: ``evse_id``, ``status`` (ours), ``word`` (theirs), ``observed_at`` (their
        ``last_updated``), ``collected_at``, ``source``. Table ``evse``, with the same rows: ``evse_id``,
        ``location_id``, ``address``, ``area`` (post code), ``lat``, ``lon`` (degrees).

    Raises
    ------
    FileFormatError
        If it cannot be read at all.

    Examples
    --------
    >>> row = '[{"id_pdc": "FR*V75*EPX20*21*01", "statut_pdc": "Disponible"}]'
    >>> reading = parse(row.encode(), collected_at="2026-11-28 08:00Z")
    >>> reading.tables["status"][["evse_id", "status"]].values.tolist()
    [['FR*V75*EPX20*21*1', 'available']]
    """
    return read_body(BelibStatus(), body, collected_at)


def read(path: _textfile.FilePath, *, collected_at: TimeLike) -> Reading:
    """Read a file with an answer of the live availability.

    Parameters
    ----------
    path : str or path
        The file.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        See `parse`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "status.json")
    >>> _ = path.write_text('[{"id_pdc": "FR*V75*EPX20*21*1", "statut_pdc": "Disponible"}]')
    >>> read(path, collected_at="2026-11-28 08:00Z").rows_read
    1
    """
    return parse(Path(path).read_bytes(), collected_at=collected_at)


def parse_points(body: bytes, *, collected_at: TimeLike) -> Reading:
    """Read an answer of the static data that is here already.

    Parameters
    ----------
    body : bytes
        JSON: an export, or a page of records of any version of the API.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        Table ``evse``: as in `parse`, and ``power_kw``.

    Raises
    ------
    FileFormatError
        If it cannot be read at all.

    Examples
    --------
    >>> row = '[{"id_pdc_local": "FR*V75*EPX20*21*1", "puissance_nominale": "7"}]'
    >>> reading = parse_points(row.encode(), collected_at="2026-11-28 08:00Z")
    >>> reading.tables["evse"][["location_id", "power_kw"]].values.tolist()
    [['FR*V75*PPX20*21', 7.0]]
    """
    return read_body(BelibPoints(), body, collected_at)


def read_points(path: _textfile.FilePath, *, collected_at: TimeLike) -> Reading:
    """Read a file with an answer of the static data.

    Parameters
    ----------
    path : str or path
        The file.
    collected_at : time
        When it was collected, UTC.

    Returns
    -------
    Reading
        See `parse_points`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "points.json")
    >>> _ = path.write_text('[{"id_pdc_local": "FR*V75*EPX20*21*1"}]')
    >>> read_points(path, collected_at="2026-11-28 08:00Z").rows_read
    1
    """
    return parse_points(Path(path).read_bytes(), collected_at=collected_at)


def read_snapshots(path: _textfile.FilePath, *, evse: pd.DataFrame | None = None) -> StatusLog:
    r"""Read a file of many snapshots into a log; what was left out is logged at INFO.

    Parameters
    ----------
    path : str or path
        A comma-separated file, plain or compressed, with the columns ``snapshot_utc``, ``id_pdc``,
        ``statut_pdc`` and ``last_updated``.
    evse : pandas.DataFrame, optional
        The table of chargers, with ids as `normal_id` has them.

    Returns
    -------
    StatusLog
        Both ``observed_at`` and ``collected_at`` are the time of the snapshot: that is when a charger was
        seen in a status.

    Raises
    ------
    FileFormatError
        If the file has another shape or encoding, or a snapshot has no time.
    EmptyInputError
        If it has no rows.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "snapshots.csv")
    >>> text = "snapshot_utc,id_pdc,statut_pdc,last_updated\n"
    >>> text += "2023-01-27T15:56:27Z,FR*V75*E9001*01*1,Disponible,2023-01-27T04:30:03+01:00\n"
    >>> _ = path.write_text(text)
    >>> len(read_snapshots(path))
    1
    """
    reading = snapshots(path)
    status = reading.tables["status"]
    _textfile.log(
        ReadReport(
            str(path),
            rows_read=reading.rows_read,
            rows_kept=len(status),
            unknown_words=reading.unknown_words,
            notes=tuple(f"{count:,} {what}" for what, count in reading.counted_apart.items()),
        )
    )
    frame = status.assign(observed_at=status["collected_at"])
    return StatusLog(frame, tz="UTC", evse=evse)

"""The history of the names that point at versions, and what it says of a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from evforecast.registry.card import utc_index
from evforecast.registry.kept import as_kept, read_back

__all__ = ["AliasEvent", "current", "events_frame", "version_before"]

SCHEMA = 1
_COLUMNS = ("number", "at", "alias", "action", "version", "previous", "by", "reason")


@dataclass(frozen=True)
class AliasEvent:
    """One move of an alias; written once.

    Attributes
    ----------
    number : int
        Its place in the history of the model, from 1 on.
    at : numpy.datetime64
        UTC.
    alias : str
        ``champion``, ``challenger``, …
    action : str
        ``set``, ``rollback`` or ``clear``.
    version, previous : int
        What the alias points at since, and did before; 0 is nothing.
    by, reason : str
        Who moved it, and why.
    card_sha256 : str
        Of the card of the version: one that is changed later is noticed. Empty for ``clear``.
    record : dict or None
        What the move rests on, as it was handed over.
    """

    number: int
    at: np.datetime64
    alias: str
    action: Literal["set", "rollback", "clear"]
    version: int
    previous: int
    by: str
    reason: str
    card_sha256: str
    record: dict[str, Any] | None = field(default=None, repr=False)

    def to_json(self) -> bytes:
        """Return the event as it is kept."""
        return as_kept(SCHEMA, {**asdict(self), "at": str(self.at)})

    @classmethod
    def from_json(cls, text: bytes, where: object) -> AliasEvent:
        """Read what `to_json` returned.

        Parameters
        ----------
        text : bytes
        where : object
            The file, for the message.

        Raises
        ------
        RegistryError
            If it is no event, or one of a later schema.
        """
        names = ("an event", "event of an alias")
        return read_back(cls, text, where, schema=SCHEMA, time="at", names=names)


def current(events: Iterable[AliasEvent]) -> dict[str, int]:
    """Return what each alias points at after `events`, oldest first; those that point at nothing left out.

    Examples
    --------
    >>> current([])
    {}
    """
    last = {event.alias: event.version for event in events}
    return {alias: version for alias, version in last.items() if version}


def version_before(events: Iterable[AliasEvent], alias: str) -> int:
    """Return the version to which a rollback of `alias` goes, 0 if there is none.

    That is the one it pointed at before the present one, moves that were themselves rolled back left
    out: two rollbacks go back two versions, not there and back. What was cleared comes back.

    Parameters
    ----------
    events : iterable of AliasEvent
        Oldest first.
    alias : str

    Examples
    --------
    >>> version_before([], "champion")
    0
    """
    way: list[int] = []  # the versions up to the present one that still stand
    present = 0
    for event in events:
        if event.alias == alias:
            if event.action == "set" and way[-1:] != [event.version]:
                way.append(event.version)
            elif event.action == "rollback":
                while way and way[-1] != event.version:
                    way.pop()
            present = event.version
    standing = way[:-1] if present else way
    return standing[-1] if standing else 0


def events_frame(events: Iterable[AliasEvent]) -> pd.DataFrame:
    """Return events as a table: ``number, at, alias, action, version, previous, by, reason``.

    Times carry their zone, UTC. The other facts of an event are its own.

    Examples
    --------
    >>> len(events_frame([]))
    0
    """
    rows = [[getattr(event, name) for name in _COLUMNS] for event in events]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame["at"] = utc_index(row[1] for row in rows)
    return frame.astype(dict.fromkeys(("number", "version", "previous"), np.int64))

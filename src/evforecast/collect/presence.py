"""Which chargers are there, since when, and which were there all day and are gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from evforecast.collect.watch import Alert
from evforecast.errors import FileFormatError

if TYPE_CHECKING:
    from evforecast.collect.store import Store

__all__ = ["note_presence", "vanished"]

_TABLE = "status"
_A_DAY = np.timedelta64(86_400, "s")
_SHOWN = 10


def note_presence(store: Store, day: str, cycle: np.datetime64, now: np.datetime64) -> list[Alert]:
    """Compare the chargers of a cycle with those before it; return an alert on those that have vanished.

    Done once all requests of the cycle have an answer: a charger may have gone to another page.

    Parameters
    ----------
    store : Store
        Held. A feed without a table ``status`` has no chargers to miss.
    day : str
        In whose journal the cycle stands.
    cycle, now : numpy.datetime64

    Returns
    -------
    list of Alert
    """
    if _TABLE not in store.shelves:
        return []
    state, kept = store.day(day), {}
    for line in state.answers:
        if line["cycle"] == str(cycle) and (one := state.of(line)) and one.is_readable:
            kept[one.id] = one
    known = store.profiles.present()
    if not kept or known.get("payloads") == sorted(kept):
        return []
    try:
        there = store.shelves[_TABLE].ids(
            day, [name for name in kept if kept[name].rows.get(_TABLE)]
        )
    except FileFormatError:  # its rows will be read again
        return []
    if there is None:
        return []
    rejected = sum(one.reading["rejected"] for one in kept.values() if one.reading)
    since, gone = vanished(known.get("since", {}), there, cycle, rejected=rejected)
    alerts = []
    if gone:
        more = f" and {len(gone) - _SHOWN:,} more" if len(gone) > _SHOWN else ""
        message = f"{len(gone):,} gone that were there all of the last day: {', '.join(gone[:_SHOWN])}{more}."
        alerts.append(
            Alert("vanished", gone[0] if len(gone) == 1 else f"{len(gone):,} chargers", message)
        )
        told = [vars(alert) for alert in alerts]
        store.journal.append(day, {"what": "noticed", "at": str(now), "alerts": told}, flush=False)
    store.profiles.keep_present({"payloads": sorted(kept), "since": since})
    return alerts


def vanished(
    since: Mapping[str, str], there: Collection[str], cycle: np.datetime64, *, rejected: int
) -> tuple[dict[str, str], list[str]]:
    """Return since when each charger is there without a break, and which were so for a day and are gone.

    Parameters
    ----------
    since : mapping of str to str
        As this returned it for the cycle before.
    there : collection of str
        The chargers of this cycle.
    cycle : numpy.datetime64
    rejected : int
        How many rows of it were rejected: as many chargers may be there, and cannot be read.

    Examples
    --------
    >>> at = np.datetime64("2026-11-28T08:00:00")
    >>> vanished({"S1": "2026-11-26T08:00:00", "S2": "2026-11-28T07:45:00"}, ["S3"], at, rejected=0)
    ({'S3': '2026-11-28T08:00:00'}, ['S1'])
    """
    missing = since.keys() - set(there)
    new = {name: str(cycle) for name in sorted(set(there) - since.keys())}
    if len(missing) <= rejected:
        return {**since, **new}, []
    kept = {name: begin for name, begin in since.items() if name not in missing}
    gone = sorted(name for name in missing if cycle - np.datetime64(since[name], "s") >= _A_DAY)
    return {**kept, **new}, gone

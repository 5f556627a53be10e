"""What is done with a store now and then: the archive read again, and old bodies removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evforecast.collect.reading import read
from evforecast.collect.recovery import close, mend, wanting
from evforecast.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from evforecast.collect.store import Store

__all__ = ["reparse", "retain"]

# A cycle waits as long for a day to be read again.
WAIT = 60.0


def reparse(
    store: Store, since: np.datetime64, until: np.datetime64, now: np.datetime64
) -> pd.DataFrame:
    """Read the archived bodies of some days again (see `Store.reparse`)."""
    first, last = str(since.astype("datetime64[D]")), str(until - np.timedelta64(1, "s"))[:10]
    found = []
    for day in store.journal.days():
        if first <= day <= last:
            # Held for one day at a time: a collector at work gets its turn in between.
            with store.writing("reading its archive again", wait=WAIT):
                found.append({"day": day, **_reparse_day(store, day, now)})
    columns = ["day", "payloads", "rows", "rejected", "unreadable", "failed", "without_body"]
    return pd.DataFrame(found, columns=columns).set_index("day")


def _reparse_day(store: Store, day: str, now: np.datetime64) -> dict[str, int]:
    mend(store, day, now)
    state = store.day(day)
    names = [name for name in state.order() if not state.payloads[name].removed]
    line = {"what": "reread", "at": str(now), "payloads": names}
    if names:
        store.journal.append(day, line)
    for name in names:
        read(store, day, store.day(day).payloads[name], now=now, is_new=False)
    if day < str(now.astype("datetime64[D]")):
        close(store, day, now)
    after = [kept for name, kept in store.day(day).payloads.items() if name in names]
    readable = [kept.reading for kept in after if kept.is_readable and kept.reading is not None]
    return {
        "payloads": len(names),
        "rows": sum(sum(reading["rows"].values()) for reading in readable),
        "rejected": sum(reading["rejected"] for reading in readable),
        "unreadable": len(after) - len(readable),
        "failed": sum("reason" in reading for reading in readable),
        "without_body": len(state.payloads) - len(names),
    }


def retain(store: Store, raw_days: int, now: np.datetime64) -> int:
    """Remove old bodies whose rows are there (see `Store.retain`)."""
    if raw_days < 1:
        msg = f"retain: raw_days={raw_days!r}: bodies of today and yesterday are needed; keep 1 day or more."
        raise InputError(msg)
    oldest = str(now.astype("datetime64[D]") - np.timedelta64(raw_days, "D"))
    freed = 0
    for day in store.archive.days():
        if day >= oldest:
            break
        with store.writing("removing old bodies", wait=WAIT):
            if store.journal.last(day).get("what") != "closed":
                mend(store, day, now)
                close(store, day, now)
            freed += _retain_day(store, day, now)
    return freed


def _retain_day(store: Store, day: str, now: np.datetime64) -> int:
    state = store.day(day)
    try:
        incomplete = set(wanting(store, day, is_thorough=True))
    except FileFormatError:  # the file of the day is damaged: the bodies are all there is
        return 0
    old = [
        name for name, kept in state.payloads.items() if kept.is_readable and name not in incomplete
    ]
    if new := [name for name in old if not state.payloads[name].removed]:
        # Said before it is done: a body that is gone is never a riddle.
        store.journal.append(day, {"what": "removed", "at": str(now), "payloads": new})
    freed = store.archive.remove(day, old)
    if new:
        store.journal.append(day, {"what": "closed", "at": str(now)})
    return freed

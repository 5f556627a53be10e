"""Reading one payload: its rows, its rejected rows, what the watch has to say, and the line that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from evforecast._version import __version__
from evforecast.collect.day import Kept
from evforecast.collect.journal import Line
from evforecast.collect.shelf import PAYLOAD, as_arrow
from evforecast.collect.watch import Alert, watch, watch_unchanged
from evforecast.errors import FileFormatError, MissingColumnsError
from evforecast.sources.feed import Payload, Reading, Request
from evforecast.sources.http_errors import masked

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from evforecast.collect.store import Store

__all__ = ["note_unchanged", "read"]

_LONG_ENOUGH = 12
_A_DAY = np.timedelta64(86_400, "s")


def read(
    store: Store,
    day: str,
    kept: Kept,
    *,
    now: np.datetime64,
    body: bytes | None = None,
    is_new: bool = True,
) -> list[Alert]:
    """Read a payload and keep what it brings, in place of what was read from it before.

    The line in the journal comes last: a payload without one is read again. What a reader raises is no error
    here, but what the disk says is.

    Parameters
    ----------
    store : Store
        Held.
    day : str
    kept : Kept
    now : numpy.datetime64
    body : bytes, optional
        By default that of the archive.
    is_new : bool
        Whether the watch has not seen it.

    Returns
    -------
    list of Alert
    """
    facts: dict[str, Any] = {"payload": kept.id, "at": str(now), "by": __version__}
    try:
        payload = _payload(kept, store.archive.get(day, kept.id) if body is None else body)
        reading = store.feed.read(payload)
        tables = _checked(store, reading)
        rejected = _as_text(reading.rejected)
    except Exception as error:  # noqa: BLE001 - whatever a reader does, collecting goes on
        reason = f"{type(error).__name__}: {error}"
        alert = Alert("unreadable", kept.answer["name"], reason)
        if before := _left(store, day, kept):
            # A reader that fails on what was read once: its rows stay.
            line = {**before, **facts, "reason": reason, "alerts": []}
        else:
            told = [asdict(alert)] if is_new else []
            line = {"what": "unreadable", **facts, "reason": reason, "alerts": told}
        store.journal.append(day, line, flush=False)
        return [alert]
    for name, table in tables.items():
        store.shelves[name].put(day, kept.id, table)
    store.quarantine.put(day, kept.id, rejected)
    alerts, is_frozen = _watched(store, kept, reading) if is_new else ([], False)
    line = {
        "what": "read",
        **facts,
        "rows": {name: table.num_rows for name, table in tables.items()},
        "rejected": rejected.num_rows,
        "rows_read": int(reading.rows_read),
        "counted_apart": _counts(reading.counted_apart),
        "unknown_words": _counts(reading.unknown_words),
        "notes": [str(note) for note in reading.notes],
        "more": [[masked(page.url), page.name, masked(page.fallback)] for page in reading.more],
        "alerts": [asdict(alert) for alert in alerts],
        **({"is_frozen": True} if is_frozen else {}),
    }
    store.journal.append(day, line, flush=False)
    return alerts


def _left(store: Store, day: str, kept: Kept) -> Line | None:
    """Return what was read from a payload before, as far as its rows are there; None for nothing."""
    before = kept.before
    if before is None or before["what"] != "read":
        return None
    if not kept.is_lost:
        return before
    rows = {name: store.shelf(name).counts(day).get(kept.id, 0) for name in before["rows"]}
    rejected = store.quarantine.counts(day).get(kept.id, 0)
    return {**before, "rows": rows, "rejected": rejected} if any(rows.values()) else None


def note_unchanged(store: Store, line: Line, last: Line) -> tuple[list[Alert], Line]:
    """Tell the watch that a request was answered by what we have; return what it says.

    Parameters
    ----------
    store : Store
        Held.
    line : mapping
        The answer.
    last : mapping
        The one before: a feed that goes back to an earlier body is not frozen.

    Returns
    -------
    list of Alert
    mapping
        The answer, with what the watch says.
    """
    name, url = line["name"], line["url"]
    is_same, enough = last.get("sha256") == line["sha256"], _enough(store)
    profile, alerts = watch_unchanged(
        store.profiles.of(name, url), name=name, is_same=is_same, enough=enough
    )
    store.profiles.keep(name, url, profile)
    said = {"alerts": [asdict(alert) for alert in alerts]}
    return alerts, {**line, **said, **({"is_frozen": True} if profile.is_frozen(enough) else {})}


def _enough(store: Store) -> int:
    """Return how many answers may tell that a feed is frozen: those of a day, or twelve; 0 if it may be."""
    if not any(table.time in table.key for table in store.feed.tables.values()):
        return 0  # of its rows the last ones count: where chargers are may stay as it is
    return min(_LONG_ENOUGH, max(int(_A_DAY // store.every), 1))


def _payload(kept: Kept, body: bytes) -> Payload:
    answer = kept.answer
    request = Request(answer["url"], answer["name"])
    collected_at = np.datetime64(answer["collected_at"], "s")
    content_type, next_url = answer.get("content_type") or "", answer.get("next_url") or ""
    return Payload(body, request, collected_at, content_type, next_url)


def _checked(store: Store, reading: Reading) -> dict[str, pa.Table]:
    """Return the rows of each table, once they are what the feed says of it."""
    if strange := reading.tables.keys() - store.feed.tables.keys():
        msg = f"{store.feed.name}: the reader brought tables that the feed does not name: {sorted(strange)}."
        raise FileFormatError(msg)
    tables = {}
    for name, frame in reading.tables.items():
        table = store.feed.tables[name]
        where = f"{store.feed.name}, table {name!r}"
        if missing := [col for col in (*table.key, table.time) if col not in frame.columns]:
            raise MissingColumnsError(missing, map(str, frame.columns), where)
        if PAYLOAD in frame.columns:
            msg = (
                f"{where}: a column may not be called {PAYLOAD!r}, the store has one of that name."
            )
            raise FileFormatError(msg)
        if frame[table.time].isna().any():
            msg = f"{where}: rows without a {table.time!r}; the reader has to reject them."
            raise FileFormatError(msg)
        tables[name] = as_arrow(frame)
    return tables


def _as_text(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    columns = {
        str(name): pa.array(
            [
                None if is_missing else str(value)
                for value, is_missing in zip(frame[name], frame[name].isna(), strict=True)
            ],
            pa.string(),
        )
        for name in frame.columns
    }
    return pa.table(columns)


def _watched(store: Store, kept: Kept, reading: Reading) -> tuple[list[Alert], bool]:
    """Hold a reading against those before; return what is to be told, and whether the feed is frozen."""
    name, url = kept.answer["name"], kept.answer["url"]
    enough = _enough(store)
    try:
        profile, alerts = watch(store.profiles.of(name, url), reading, name=name, enough=enough)
    except Exception as error:  # noqa: BLE001 - the rows are kept; a watch that cannot look says so
        message = f"The watch over it failed: {type(error).__name__}: {error}"
        return [Alert("unreadable", name, message)], False
    store.profiles.keep(name, url, profile)
    return alerts, profile.is_frozen(enough)


def _counts(given: Mapping[str, int]) -> dict[str, int]:
    return {str(name): int(count) for name, count in given.items()}

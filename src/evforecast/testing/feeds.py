"""The promises that every feed keeps, each as one check on real answers of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from evforecast.collect import Store, collect_once
from evforecast.errors import FileFormatError
from evforecast.panel import STATUS
from evforecast.sources.feed import Feed, Payload, Reading
from evforecast.sources.http import Answer
from evforecast.testing.promises import require, run_checks
from evforecast.timegrid import as_step

__all__ = ["FEED_CHECKS", "check_feed"]

_NOW = np.datetime64("2026-11-28T08:00:03", "s")
_UNREADABLE = (
    b"",
    b"<html><title>Log in</title></html>",
    b"\x00\xff\x00\xff",
    b"{",
    b"null",
    b"[]x",
)


def check_feed(
    feed: Feed, bodies: Sequence[bytes], *, now: np.datetime64 = _NOW, only: Sequence[str] = ()
) -> list[str]:
    """Run every check on a feed.

    Parameters
    ----------
    feed : Feed
        What is to be collected.
    bodies : sequence of bytes
        Real answers to its first request, one at least; a feed with pages: the last page.
    now : numpy.datetime64
        The time at which they could have come, UTC.
    only : sequence of str
        Names of `FEED_CHECKS` to run; by default all.

    Returns
    -------
    list of str
        The names of the checks that passed, which are all that ran.

    Raises
    ------
    AssertionError
        If a promise is broken: says which, and how.

    Examples
    --------
    >>> from evforecast.sources.ocpi import OcpiLocations
    >>> body = b'''[{"id": "1", "coordinates": {"latitude": "48.85", "longitude": "2.35"}, "evses":
    ... [{"uid": "1-1", "status": "CHARGING", "last_updated": "2026-11-28T07:55:00Z"}],
    ... "last_updated": "2026-11-28T07:55:00Z"}]'''
    >>> feed = OcpiLocations("https://example.org/locations", "mine")
    >>> len(check_feed(feed, [body])) == len(FEED_CHECKS)
    True
    """
    require(bool(bodies), "give at least one real answer: nothing is shown without one")
    payloads = [_payload(feed, body, now) for body in bodies]
    return run_checks(FEED_CHECKS, only, f"the feed {feed.name!r}", feed, payloads)


def _payload(feed: Feed, body: bytes, now: np.datetime64) -> Payload:
    return Payload(body, feed.requests(now)[0], now)


def _check_facts(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check what the feed says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        Store(folder, feed)  # refuses a name that is no folder, and times that are none
    require(bool(as_step(feed.every) > np.timedelta64(0, "s")), f"every is {feed.every!r}")
    require(bool(feed.tables), "it brings no table")
    now = payloads[0].collected_at
    asked = list(feed.requests(now))
    require(asked == list(feed.requests(now)), "requests of one time differ")
    names = [request.name for request in asked]
    require(len(set(names)) == len(names), f"two requests are called the same: {names}")
    for request in asked:
        is_address = request.url.startswith(("http://", "https://"))
        require(is_address, f"{request.url!r} is no address")


def _check_account(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check that each row is taken, rejected with a reason, or counted apart."""
    main = next(iter(feed.tables))
    for payload in payloads:
        read = feed.read(payload)
        parts = len(read.tables[main]) + len(read.rejected) + sum(read.counted_apart.values())
        require(
            read.rows_read == parts, f"{read.rows_read} rows were read, and {parts} accounted for"
        )
        require(read.rows_read > 0, "no row was read from a real answer")
        if len(read.rejected):
            reasons = read.rejected.get("reason", pd.Series(dtype=object))
            require(len(reasons.dropna()) == len(read.rejected), "a rejected row has no reason")


def _check_tables(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check that rows have their key, their time in UTC without a zone, and our words."""
    for payload in payloads:
        tables = feed.read(payload).tables
        require(set(tables) <= set(feed.tables), f"tables {list(tables)}, of {list(feed.tables)}")
        for name, rows in tables.items():
            table = feed.tables[name]
            lost = [column for column in (*table.key, table.time) if column not in rows]
            require(not lost, f"table {name!r} lacks {lost}")
            for column in table.key:
                require(
                    bool(rows[column].notna().all()), f"{name!r}: {column!r} is not always there"
                )
            kind = rows[table.time].dtype
            require(kind.kind == "M", f"{name!r}: {table.time!r} holds {kind}, no times in UTC")
            if name == "status":
                words = set(rows["status"].dropna()) - set(STATUS.names)
                require(not words, f"{sorted(words)} are no statuses of ours")


def _check_repeatable(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check that an answer is read alike each time."""
    for payload in payloads:
        one, two = feed.read(payload), feed.read(payload)
        same = all(one.tables[name].equals(two.tables[name]) for name in one.tables)
        require(same and one.rejected.equals(two.rejected), "two readings of one answer differ")


def _check_refusal(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check that what cannot be read is refused by `FileFormatError`, and by nothing else."""
    whole = payloads[0].body
    for body in (*_UNREADABLE, whole[: len(whole) // 2], whole[:-3]):
        try:
            read = feed.read(replace(payloads[0], body=body))
        except FileFormatError:
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            require(False, f"{body[:30]!r} raises {type(error).__name__}, no FileFormatError")  # noqa: FBT003
        _accounted(feed, read, body)


def _accounted(feed: Feed, read: Reading, body: bytes) -> None:
    """Check that a part that can be read, of a text say, is no observation out of nothing."""
    rows = len(read.tables.get(next(iter(feed.tables)), ()))
    require(rows <= read.rows_read, f"{body[:30]!r} gives {rows} rows of {read.rows_read}")
    require(body not in _UNREADABLE or not rows, f"{body[:30]!r} gives {rows} rows")


def _check_collected(feed: Feed, payloads: Sequence[Payload]) -> None:
    """Check that what is collected is what was read, cycle after cycle, and reads the same again."""
    now = payloads[0].collected_at
    with tempfile.TemporaryDirectory() as folder:
        store, main = Store(folder, feed), next(iter(feed.tables))
        server = _Server(payloads[0])
        result = collect_once(store, server, now=now)
        require(result.is_complete, f"collecting brought {result.outcomes}")
        table = feed.tables[main]
        wanted = feed.read(payloads[0]).tables[main].drop_duplicates(list(table.key), keep="last")
        rows = store.rows(main)
        require(len(rows) == len(wanted), f"the store has {len(rows)} rows of {len(wanted)}")
        done = store.reparse(now=now)
        require(not done[["unreadable", "failed"]].to_numpy().any(), "reading again fails")
        require(store.rows(main).equals(rows), "reading again gives other rows")


class _Server:
    """Answers every request alike."""

    def __init__(self, payload: Payload) -> None:
        self._payload = payload

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Answer."""
        del etag, modified
        return Answer(url, 200, self._payload.body, collected_at=self._payload.collected_at)


FEED_CHECKS: Mapping[str, Callable[[Feed, Sequence[Payload]], None]] = {
    "it says what it is and what to ask": _check_facts,
    "every row is accounted for": _check_account,
    "rows have their key, their time and our words": _check_tables,
    "an answer is read alike each time": _check_repeatable,
    "what cannot be read is refused": _check_refusal,
    "what is collected is what was read": _check_collected,
}
"""The checks of a feed by name, in the order they run."""

"""`Store`: all that was collected of one feed, in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from evforecast.collect import ledger, upkeep
from evforecast.collect.day import Day
from evforecast.collect.frames import as_frame, latest
from evforecast.collect.journal import Journal, Line
from evforecast.collect.lock import held
from evforecast.collect.profiles import Profiles
from evforecast.collect.raw import Archive
from evforecast.collect.shelf import PAYLOAD, Shelf
from evforecast.disk import size_of
from evforecast.errors import InputError, require_choice
from evforecast.sources.feed import Feed
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time

__all__ = ["Store"]

_NAME = re.compile("[a-z0-9][a-z0-9-]*")


class Store:
    """All that was collected of one feed: bodies as they came, a journal, and the rows read from them.

    A folder ``ROOT/FEED`` holds ``raw/DAY/`` (bodies, packed), ``journal/DAY.jsonl`` (a line for each thing
    done), ``rows/TABLE/`` and ``rejected/`` (Parquet). A body is on the disk before it is read, so rows can
    be read again; a day stands alone, so days can be copied, and old bodies removed. Reading needs no lock
    and is safe while another process collects.

    Parameters
    ----------
    root : path-like
        The folder of all feeds; made by the first answer.
    feed : Feed
    every : str or timedelta, optional
        How often it is collected, where that is less often than the feed itself says.

    Attributes
    ----------
    folder : Path
    every : numpy.timedelta64
        The time between two cycles.

    Raises
    ------
    InputError
        If `feed` is but a name, or has one that no folder can have; or `every` is no divisor of a day.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.feed import Table
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    ...
    ...     def requests(self, now):
    ...         return []
    >>> store = Store(tempfile.mkdtemp(), Nothing())
    >>> len(store.entries()), str(store.every)
    (0, '900 seconds')
    """

    def __init__(
        self, root: str | os.PathLike[str], feed: Feed, *, every: StepLike | None = None
    ) -> None:
        if isinstance(feed, str):
            msg = (
                f"Store: feed={feed!r} is the name of a feed. Pass the feed itself, BelibStatus() say; or "
                f"open what evforecast collect made: open_store(root, {feed!r})."
            )
            raise InputError(msg)
        if not _NAME.fullmatch(feed.name):
            msg = f"Store: {feed.name!r} is no name for a folder; use lower case letters, digits and '-'."
            raise InputError(msg)
        self.feed = feed
        self.folder = Path(root) / feed.name
        own = as_step(feed.every)
        self.every = own if every is None else max(own, as_step(every))
        self.lag = np.timedelta64(int(pd.Timedelta(feed.lag).total_seconds()), "s")
        self.journal = Journal(self.folder / "journal")
        self.archive = Archive(self.folder / "raw")
        self.shelves = {name: self.shelf(name) for name in feed.tables}
        self.quarantine = Shelf(self.folder / "rejected")
        self.profiles = Profiles(self.folder / "profiles.json")
        self._last: tuple[str, list[Line], Day, int] = ("", [], Day(()), 0)
        self.mended = ""
        """The day for which this process has made good what an earlier one left."""

    def __repr__(self) -> str:
        """Say which feed, where, and which days."""
        days = self.journal.days()
        span = f"{days[0]} to {days[-1]}" if days else "empty"
        return f"<Store of {self.feed.name}: {self.folder}, {span}>"

    @contextmanager
    def writing(self, what: str, *, wait: float = 0.0) -> Iterator[None]:
        """Hold the store while something is written.

        Parameters
        ----------
        what : str
            For whoever has to wait: ``"collecting"``.
        wait : float
            Seconds to wait for another process.
        """
        with held(self.folder / "lock", what, wait=wait):
            yield

    def shelf(self, table: str) -> Shelf:
        """Return where the rows of a table lie, be it one of the feed's or not."""
        return Shelf(self.folder / "rows" / table)

    def cycle(self, now: np.datetime64) -> np.datetime64:
        """Return the cycle that is on at a time: cycles lie `every` apart, from midnight UTC on."""
        epoch = np.datetime64(0, "s")
        return epoch + (now - epoch) // self.every * self.every

    def day(self, day: str) -> Day:
        """Return what the journal says of a day, ``"2026-11-28"``."""
        lines = self.journal.lines(day)
        name, known, state, count = self._last
        if name != day or known is not lines or count > len(lines):
            state, count = Day(()), 0
        state.take(lines[count:])
        self._last = day, lines, state, len(lines)
        return state

    # ---- what is there ----

    def entries(self, since: TimeLike | None = None, until: TimeLike | None = None) -> pd.DataFrame:
        """Return what came of each request.

        Parameters
        ----------
        since, until : time, optional
            Cycles from `since` up to, but not at, `until`; all by default.

        Returns
        -------
        pandas.DataFrame
            ``cycle`` (the planned time), ``name`` of the request, ``outcome``: ``stored``, ``same`` (a body
            that this day has already), ``unchanged`` (the server said so), ``unreadable`` (kept, but not
            understood) or ``failed``; ``asked_at``, ``collected_at``, ``payload`` (whose rows are the
            answer), ``bytes``, ``rows`` and ``rejected`` of the payload, ``url``, ``reason``.
        """
        return ledger.entries(self, *self._span(since, until))

    def gaps(self, since: TimeLike | None = None, until: TimeLike | None = None) -> pd.DataFrame:
        """Return the planned requests that have no answer that can be read.

        For a feed whose things can be had later, a later answer of the same address counts too.

        Parameters
        ----------
        since, until : time, optional
            Cycles from `since` up to, but not at, `until`; by default from the first to the last.

        Returns
        -------
        pandas.DataFrame
            ``cycle``, ``name``, ``asked`` (how often) and ``reason`` (of the last failure).
        """
        return ledger.gaps(self, *self._span(since, until))

    def coverage_by_day(
        self, since: TimeLike | None = None, until: TimeLike | None = None
    ) -> pd.DataFrame:
        """Return, for each day, how many requests were planned and what came of them.

        Parameters
        ----------
        since, until : time, optional
            As for `gaps`.

        Returns
        -------
        pandas.DataFrame
            Index ``day``; ``planned``, ``answered``, the count of each outcome, and ``rows``, ``rejected``
            and ``bytes`` that came new.
        """
        return ledger.coverage_by_day(self, *self._span(since, until))

    def alerts(self, since: TimeLike | None = None, until: TimeLike | None = None) -> pd.DataFrame:
        """Return what was noticed about the feed: ``at``, ``kind``, ``subject``, ``message``."""
        first = np.datetime64("0001-01-01", "s") if since is None else as_time(since)
        return ledger.alerts(
            self, first, np.datetime64("9999-01-01", "s") if until is None else as_time(until)
        )

    def rows(
        self,
        table: str,
        since: TimeLike | None = None,
        until: TimeLike | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the rows of a table; of those with the same key, the one collected later.

        Parameters
        ----------
        table : str
        since, until : time, optional
            Of the table's time column, `until` excluded; all by default.
        columns : sequence of str, optional
            Those wanted; all by default.

        Raises
        ------
        InputError
            If the feed has no such table.
        """
        require_choice(table, self.feed.tables, "table")
        kind = self.feed.tables[table]
        within = (
            np.datetime64("0001-01-01", "s") if since is None else as_time(since),
            np.datetime64("9999-01-01", "s") if until is None else as_time(until),
        )
        needed = None if columns is None else [*columns, *kind.key]
        shelf = self.shelves[table]
        parts = [
            shelf.read(day, self.day(day).order(), columns=needed, within=(kind.time, *within))
            for day in shelf.days()
        ]
        full = [part for part in parts if part.num_rows] or parts[:1]
        frame = as_frame([part.drop_columns([PAYLOAD]) for part in full])
        if not full:  # nobody has told the columns yet
            return pd.DataFrame(columns=list(columns or kind.key))
        frame = latest(frame, kind.key)
        return frame if columns is None else frame[list(columns)]

    def rejected(
        self, since: TimeLike | None = None, until: TimeLike | None = None
    ) -> pd.DataFrame:
        """Return the rows that could not be taken, as text.

        Parameters
        ----------
        since, until : time, optional
            When they were collected; all by default.

        Returns
        -------
        pandas.DataFrame
            ``payload``, ``collected_at``, the columns that the reader kept, and ``reason``.
        """
        parts = []
        for name in self.quarantine.days():
            day = self.day(name)
            frame = as_frame([self.quarantine.read(name, day.order())])
            came = {key: kept.answer["collected_at"] for key, kept in day.payloads.items()}
            frame.insert(0, "collected_at", frame[PAYLOAD].map(came).astype("datetime64[s]"))
            parts.append(frame)
        if not parts:
            return pd.DataFrame(columns=[PAYLOAD, "collected_at", "reason"])
        whole = pd.concat(parts, ignore_index=True)
        keep = whole["collected_at"] == whole["collected_at"]
        if since is not None:
            keep &= whole["collected_at"] >= pd.Timestamp(as_time(since))
        if until is not None:
            keep &= whole["collected_at"] < pd.Timestamp(as_time(until))
        return whole[keep].reset_index(drop=True)

    def size(self) -> pd.DataFrame:
        """Return the bytes on the disk: index ``day``; ``raw``, ``journal``, ``rows`` and ``rejected``."""
        days = sorted({*self.journal.days(), *self.archive.days()})
        shelves = list(self.shelves.values())
        found = {
            "raw": [size_of(self.archive.folder / day) for day in days],
            "journal": [size_of(self.journal.path(day)) for day in days],
            "rows": [sum(_shelf_size(shelf, day) for shelf in shelves) for day in days],
            "rejected": [_shelf_size(self.quarantine, day) for day in days],
        }
        return pd.DataFrame(found, index=pd.Index(days, name="day", dtype=object))

    # ---- upkeep ----

    def reparse(
        self, since: TimeLike | None = None, until: TimeLike | None = None, *, now: TimeLike
    ) -> pd.DataFrame:
        """Read archived bodies again, after the reader was mended: their rows take the place of the old ones.

        Done again, it changes nothing; interrupted, the next cycle or another call ends it. It waits for a
        collector at work, and lets it have its turn between two days.

        Parameters
        ----------
        since, until : time, optional
            Days of collection, whole ones: from that of `since` to the last before `until`.
        now : time

        Returns
        -------
        pandas.DataFrame
            Index ``day``; ``payloads`` read again, their ``rows`` and ``rejected`` now, how many are still
            ``unreadable``, how many ``failed`` that could be read before and keep their rows, and how many
            are ``without_body``, since `retain` removed it.
        """
        return upkeep.reparse(self, *self._span(since, until, whole_days=True), as_time(now))

    def retain(self, *, raw_days: int, now: TimeLike) -> int:
        """Remove bodies that are older than some days, once their rows are there; the journal names them.

        Bodies that cannot be read stay.

        Parameters
        ----------
        raw_days : int
            At least 1.
        now : time

        Returns
        -------
        int
            The bytes that were freed.

        Raises
        ------
        InputError
            If `raw_days` is less than 1.
        """
        return upkeep.retain(self, raw_days, as_time(now))

    def _span(
        self, since: TimeLike | None, until: TimeLike | None, *, whole_days: bool = False
    ) -> tuple[np.datetime64, np.datetime64]:
        first = None if since is None else as_time(since)
        last = None if until is None else as_time(until)
        days = self.journal.days()
        if whole_days and days:
            day = np.timedelta64(1, "D")
            first = np.datetime64(days[0], "s") if first is None else first
            last = np.datetime64(days[-1], "s") + day if last is None else last
        return ledger.span(self, first, last)


def _shelf_size(shelf: Shelf, day: str) -> int:
    return size_of(shelf.day_path(day)) + size_of(shelf.folder / day)

"""How a feed stands: when it last brought something, what is missing, what was refused and noticed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evforecast.collect.day import ANSWERED
from evforecast.collect.store import Store
from evforecast.timegrid import TimeLike, as_time

__all__ = ["Standing", "brief", "standing", "stretches"]

_LATE, _STILL = 2, 4
_ADDRESS = re.compile(r"https?://([^/\s]+)\S*?(?=[.,:;)]*(?:\s|$))")


@dataclass(frozen=True, eq=False)
class Standing:
    """How a feed stands at a time.

    Attributes
    ----------
    feed : str
    every : numpy.timedelta64
        The time between two cycles.
    now : numpy.datetime64
        The time of asking.
    level : str
        ``OK``: the last answer that can be read is two cycles old at most; ``WARNING``: four at most;
        ``ERROR``: older, or there is none; ``EMPTY``: nothing was planned.
    since, until : numpy.datetime64
        The cycles that are looked at, from `since` up to, but not at, `until`.
    first, last : numpy.datetime64
        When the first and the last answer came that can be read; NaT for none.
    days : pandas.DataFrame
        As `Store.coverage_by_day` returns it.
    stretches : pandas.DataFrame
        What is missing, see `stretches`.
    rejected : pandas.Series
        How many rows were rejected by reason, the most first.
    alerts : pandas.DataFrame
        As `Store.alerts` returns them, the latest first.
    size : pandas.Series
        Bytes on the disk: ``raw``, ``journal``, ``rows``, ``rejected``.
    """

    feed: str
    every: np.timedelta64
    now: np.datetime64
    level: str
    since: np.datetime64
    until: np.datetime64
    first: np.datetime64
    last: np.datetime64
    days: pd.DataFrame
    stretches: pd.DataFrame
    rejected: pd.Series
    alerts: pd.DataFrame
    size: pd.Series

    @property
    def planned(self) -> int:
        """How many requests were planned."""
        return int(self.days["planned"].sum())

    @property
    def answered(self) -> int:
        """How many of them have an answer that can be read."""
        return int(self.days["answered"].sum())

    @property
    def rows(self) -> int:
        """How many rows came new, all tables together."""
        return int(self.days["rows"].sum())


def standing(store: Store, *, now: TimeLike, since: TimeLike | None = None) -> Standing:
    """Return how a feed stands.

    Parameters
    ----------
    store : Store
    now : time
        The time of asking: cycles that began before count, so a collector that has stopped shows; the one
        that is on counts once it was asked.
    since : time, optional
        Cycles from then on; by default, and at the earliest, from the first that was asked.

    Returns
    -------
    Standing

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.belib import BelibStatus
    >>> standing(Store(tempfile.mkdtemp(), BelibStatus()), now="2026-11-28 08:20").level
    'EMPTY'
    """
    at = as_time(now)
    came = store.entries()
    came = came[came["asked_at"] < pd.Timestamp(at)]
    begin = until = store.cycle(at)
    if len(came):
        first, newest = (came["cycle"].to_numpy(dtype="datetime64[s]")[place] for place in (0, -1))
        begin = first if since is None else max(first, as_time(since))
        until = max(begin, until + store.every if newest >= until else until)
    since_ = pd.Timestamp(begin)
    answers = came[
        came["outcome"].isin(ANSWERED)
        & (came["cycle"] >= since_)
        & (came["cycle"] < pd.Timestamp(until))
    ]["collected_at"].to_numpy(dtype="datetime64[s]")
    oldest, last = (
        (answers.min(), answers.max()) if len(answers) else (np.datetime64("NaT", "s"),) * 2
    )
    days = store.coverage_by_day(begin, until)
    rejected = store.rejected(begin, at)
    alerts = store.alerts(begin, at)
    return Standing(
        feed=store.feed.name,
        every=store.every,
        now=at,
        level=_level(store, at, last) if days["planned"].sum() else "EMPTY",
        since=begin,
        until=until,
        first=oldest,
        last=last,
        days=days,
        stretches=stretches(store.gaps(begin, until), store.every),
        rejected=rejected["reason"].value_counts(),
        alerts=alerts.iloc[::-1].reset_index(drop=True),
        size=store.size().sum(),
    )


def _level(store: Store, at: np.datetime64, last: np.datetime64) -> str:
    if np.isnat(last) or at - last > _STILL * store.every:
        return "ERROR"
    return "WARNING" if at - last > _LATE * store.every else "OK"


def stretches(gaps: pd.DataFrame, every: np.timedelta64) -> pd.DataFrame:
    """Return gaps put together: those of one request, cycle after cycle, are one.

    Parameters
    ----------
    gaps : pandas.DataFrame
        As `Store.gaps` returns them.
    every : numpy.timedelta64
        The time between two cycles.

    Returns
    -------
    pandas.DataFrame
        The latest first: ``first`` and ``last`` cycle, ``name`` of the request, ``cycles``, ``asked`` (how
        often, all together) and ``reason`` (of the last).

    Examples
    --------
    >>> cycles = pd.to_datetime(["2026-11-28 08:00", "2026-11-28 08:15", "2026-11-28 09:00"])
    >>> gaps = pd.DataFrame({"cycle": cycles, "name": "all", "asked": 1, "reason": "500"})
    >>> stretches(gaps, np.timedelta64(900, "s"))[["last", "cycles"]].values.tolist()
    [[Timestamp('2026-11-28 09:00:00'), 1], [Timestamp('2026-11-28 08:15:00'), 2]]
    """
    ordered = gaps.sort_values(["name", "cycle"], kind="stable")
    goes_on = (ordered["cycle"].diff() == pd.Timedelta(every)) & (
        ordered["name"] == ordered["name"].shift()
    )
    found = ordered.groupby((~goes_on).cumsum().to_numpy()).agg(
        first=("cycle", "min"),
        last=("cycle", "max"),
        name=("name", "first"),
        cycles=("cycle", "size"),
        asked=("asked", "sum"),
        reason=("reason", "last"),
    )
    return found.sort_values(["last", "name"], ascending=[False, True], ignore_index=True)


def brief(reason: object) -> str:
    r"""Return a reason in one line, of each address only the host.

    Examples
    --------
    >>> brief("GET https://example.org/a?b=c: no answer\nwithin 30 s.")
    'GET example.org: no answer within 30 s.'
    """
    return _ADDRESS.sub(r"\1", " ".join(str(reason).split()))

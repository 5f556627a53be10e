"""How a feed stands: when it last brought something, what is missing, what was refused and noticed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evforecast.collect.ledger import brought
from evforecast.collect.store import Store
from evforecast.timegrid import TimeLike, as_time

__all__ = ["Standing", "brief", "standing", "stretches"]

_LATE, _STILL = 2, 4
_REJECTED, _LATELY = 0.05, 4  # the share of the rows of the last cycles
_USUAL = np.timedelta64(7 * 86_400, "s")
_ENOUGH = 3
_NEVER = np.datetime64("NaT", "s")
_NUMBER = re.compile(r"\d+")
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
        ``OK``: rows came within the last two cycles; ``WARNING``: within four, or the feed is frozen, or
        brings less than half of its usual rows, or more than one in twenty of the last four cycles was
        rejected; ``ERROR``: none for longer, or none at all; ``EMPTY``: nothing was planned.
    reasons : tuple of str
        Why it is not OK, a sentence each.
    since, until : numpy.datetime64
        The cycles that are looked at, from `since` up to, but not at, `until`.
    first, last : numpy.datetime64
        When the first and the last answer came that can be read; NaT for none.
    last_rows : numpy.datetime64
        When the last of them came that has rows of observations, be they new or as before; NaT for none.
    usual_rows, newest_rows : int
        How many of those rows a cycle usually has, and how many the newest cycle with an answer has; of a
        feed of statuses, the chargers. 0 for none.
    unit : str
        What such a row is: ``"charger"`` or ``"row"``.
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
    reasons: tuple[str, ...]
    since: np.datetime64
    until: np.datetime64
    first: np.datetime64
    last: np.datetime64
    last_rows: np.datetime64
    usual_rows: int
    newest_rows: int
    unit: str
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
    answers = brought(store, begin, until)
    answers = answers[answers["collected_at"] < pd.Timestamp(at)]
    times = answers["collected_at"].to_numpy(dtype="datetime64[s]")
    with_rows = times[answers["rows"].to_numpy() > 0]
    by_cycle = answers.groupby("cycle")["rows"].sum()
    usual = _usual(by_cycle)
    days = store.coverage_by_day(begin, until)
    rejected = store.rejected(begin, at)
    alerts = store.alerts(begin, at)
    level, reasons = _level(store, at, answers, usual)
    return Standing(
        feed=store.feed.name,
        every=store.every,
        now=at,
        level=level if days["planned"].sum() else "EMPTY",
        reasons=tuple(reasons) if days["planned"].sum() else (),
        since=begin,
        until=until,
        first=times.min() if len(times) else _NEVER,
        last=times.max() if len(times) else _NEVER,
        last_rows=with_rows.max() if len(with_rows) else _NEVER,
        usual_rows=usual,
        newest_rows=int(by_cycle.iloc[-1]) if len(by_cycle) else 0,
        unit="charger" if "status" in store.feed.tables else "row",
        days=days,
        stretches=stretches(store.gaps(begin, until), store.every),
        rejected=rejected["reason"].value_counts(),
        alerts=alerts.iloc[::-1].reset_index(drop=True),
        size=store.size().sum(),
    )


def _usual(by_cycle: pd.Series) -> int:
    """Return how many rows the cycles of a week before the newest usually have; 0 for too few."""
    if not len(by_cycle):
        return 0
    before = by_cycle[by_cycle.index >= by_cycle.index[-1] - pd.Timedelta(_USUAL)].iloc[:-1]
    return int(before.median()) if len(before) >= _ENOUGH else 0


def _level(
    store: Store, at: np.datetime64, answers: pd.DataFrame, usual: int
) -> tuple[str, list[str]]:
    """Return how a feed stands by what its answers brought, and why."""
    with_rows = answers[answers["rows"] > 0]
    if with_rows.empty:
        return "ERROR", ["no row came" if len(answers) else "no answer came that can be read"]
    last = with_rows["collected_at"].max().to_datetime64().astype("datetime64[s]")
    late = at - last
    if late > _LATE * store.every:
        said = f"no row came since {str(last)[:16].replace('T', ' ')} UTC"
        return "ERROR" if late > _STILL * store.every else "WARNING", [said]
    newest = answers[answers["cycle"] == answers["cycle"].max()]
    lately = answers[
        answers["cycle"] > answers["cycle"].max() - pd.Timedelta(_LATELY * store.every)
    ]
    reasons = []
    if newest["is_frozen"].any():
        reasons.append("it brings the same again and again")
    if (rows := int(newest["rows"].sum())) < usual / 2:
        reasons.append(f"{rows:,} rows came where {usual:,} are usual")
    if (share := lately["rejected"].sum() / max(lately["rows_read"].sum(), 1)) > _REJECTED:
        reasons.append(f"{share:.0%} of the rows of the last {_LATELY} cycles were rejected")
    return "WARNING" if reasons else "OK", reasons


def stretches(gaps: pd.DataFrame, every: np.timedelta64) -> pd.DataFrame:
    """Return gaps put together: those of one request and one reason, cycle after cycle, are one.

    Reasons that differ in numbers alone, the time to ask again say, are the same.

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
    kind = ordered["reason"].map(lambda reason: _NUMBER.sub("0", brief(reason)))
    goes_on = (
        (ordered["cycle"].diff() == pd.Timedelta(every))
        & (ordered["name"] == ordered["name"].shift())
        & (kind == kind.shift())
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

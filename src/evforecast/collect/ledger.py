"""What the journals say about cycles: what came of each request, what is missing, how a day went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evforecast.collect.day import ANSWERED, Day
from evforecast.collect.journal import Line
from evforecast.sources.feed import Request
from evforecast.sources.http_errors import masked

if TYPE_CHECKING:
    from evforecast.collect.store import Store

__all__ = ["Planned", "alerts", "brought", "coverage_by_day", "entries", "gaps", "plan", "span"]

_DAY = np.timedelta64(86_400, "s")
ENTRY_COLUMNS = {
    "cycle": "datetime64[s]",
    "name": "str",
    "outcome": "str",
    "asked_at": "datetime64[s]",
    "collected_at": "datetime64[s]",
    "payload": "str",
    "bytes": "int64",
    "rows": "int64",
    "rejected": "int64",
    "url": "str",
    "reason": "str",
}


def span(
    store: Store, since: np.datetime64 | None, until: np.datetime64 | None
) -> tuple[np.datetime64, np.datetime64]:
    """Return a span of time, by default from the first cycle of the store to behind its last."""
    if since is None or until is None:
        cycles = [
            np.datetime64(line["cycle"], "s")
            for day in _ends(store.journal.days())
            for line in store.day(day).answers
        ]
        epoch = np.datetime64(0, "s")
        since = min(cycles, default=epoch) if since is None else since
        until = max(cycles, default=epoch - store.every) + store.every if until is None else until
    return since, until


def _ends(days: list[str]) -> list[str]:
    # Cycles that were asked again later stand in later journals, never in earlier ones.
    return days if len(days) < 2 else [days[0], days[-1]]


def _answers(
    store: Store, since: np.datetime64, until: np.datetime64
) -> Iterator[tuple[str, Day, Line]]:
    """Yield the answers of the cycles from `since` up to, but not at, `until`, with their days."""
    first, last = str(since)[:10], str(until + store.lag)[:10]
    for name in store.journal.days():
        if first <= name <= last:
            day = store.day(name)
            for line in day.answers:
                if since <= np.datetime64(line["cycle"], "s") < until:
                    yield name, day, line


def entries(store: Store, since: np.datetime64, until: np.datetime64) -> pd.DataFrame:
    """Return one row for each answer (see `Store.entries`)."""
    found = []
    for _, day, line in _answers(store, since, until):
        kept = day.of(line)
        reading = (kept.reading if kept else None) or {}
        found.append(
            {
                "cycle": line["cycle"],
                "name": line["name"],
                "outcome": day.outcome(line),
                "asked_at": line["asked_at"],
                "collected_at": line.get("collected_at"),
                "payload": kept.id if kept else "",
                "bytes": line.get("bytes", 0),
                "rows": sum(reading.get("rows", {}).values()),
                "rejected": reading.get("rejected", 0),
                "url": line["url"],
                "reason": line.get("reason") or reading.get("reason", ""),
            }
        )
    frame = pd.DataFrame(found, columns=list(ENTRY_COLUMNS)).astype(ENTRY_COLUMNS)
    return frame.sort_values(["cycle", "asked_at"], kind="stable", ignore_index=True)


def brought(store: Store, since: np.datetime64, until: np.datetime64) -> pd.DataFrame:
    """Return what each answer that can be read brought, be it new or what was there before.

    Parameters
    ----------
    store : Store
    since, until : numpy.datetime64
        Cycles from `since` up to, but not at, `until`.

    Returns
    -------
    pandas.DataFrame
        ``cycle``, ``collected_at``; ``rows`` of observations: of the table ``status``, or else of those
        whose rows are told apart by their time, or else of all; ``rows_read`` in the payload, ``rejected``
        of them; ``is_frozen``, whether the watch found the same again and again.
    """
    moving = [name for name, table in store.feed.tables.items() if table.time in table.key]
    main = ["status"] if "status" in store.feed.tables else moving or list(store.feed.tables)
    found = []
    for _, day, line in _answers(store, since, until):
        kept = day.of(line)
        if day.outcome(line) in ANSWERED and kept is not None and kept.reading is not None:
            reading = kept.reading
            is_new = line["outcome"] == "stored"
            found.append(
                {
                    "cycle": line["cycle"],
                    "collected_at": line["collected_at"],
                    "rows": sum(reading["rows"].get(name, 0) for name in main),
                    "rows_read": reading["rows_read"],
                    "rejected": reading["rejected"],
                    "is_frozen": bool((reading if is_new else line).get("is_frozen")),
                }
            )
    kinds = {"cycle": "datetime64[s]", "collected_at": "datetime64[s]", "rows": "int64"}
    kinds |= {"rows_read": "int64", "rejected": "int64", "is_frozen": "bool"}
    frame = pd.DataFrame(found, columns=list(kinds)).astype(kinds)
    return frame.sort_values(["cycle", "collected_at"], kind="stable", ignore_index=True)


@dataclass(frozen=True)
class Planned:
    """A request of a planned cycle, and what came of it.

    Attributes
    ----------
    cycle : numpy.datetime64
    request : Request
    is_answered : bool
        By what can be read.
    failures : list of str
        What went wrong each time it was asked in vain.
    """

    cycle: np.datetime64
    request: Request
    is_answered: bool
    failures: list[str]


def plan(store: Store, since: np.datetime64, until: np.datetime64) -> list[Planned]:
    """Return the requests of the planned cycles, and the pages that follow on them.

    Parameters
    ----------
    store : Store
    since, until : numpy.datetime64
        Cycles from `since` up to, but not at, `until`.
    """
    answered: set[tuple[str, str]] = set()
    had: dict[str, np.datetime64] = {}
    failures: dict[tuple[str, str], list[str]] = {}
    pages: dict[str, dict[str, Request]] = {}
    for _, day, line in _answers(store, since, until + store.lag):
        key = (line["cycle"], line["name"])
        outcome, kept = day.outcome(line), day.of(line)
        if outcome in ANSWERED:
            answered.add(key)
            cycle = np.datetime64(line["cycle"], "s")
            had[line["url"]] = max(cycle, had.get(line["url"], cycle))
            if kept and kept.more:
                pages.setdefault(line["cycle"], {}).update({one.name: one for one in kept.more})
        else:
            reason = line.get("reason") or (kept.reading["reason"] if kept and kept.reading else "")
            failures.setdefault(key, []).append(f"{outcome}: {reason}")
    found = []
    first = store.cycle(since + store.every - np.timedelta64(1, "s"))
    for cycle in np.arange(first, until, store.every):
        for request in (*store.feed.requests(cycle), *pages.get(str(cycle), {}).values()):
            key = (str(cycle), request.name)
            # Where a thing can be had later, its address names it: the later answer has it too.
            is_had = bool(store.lag) and any(
                url in had and had[url] >= cycle
                for url in (masked(request.url), masked(request.fallback))
            )
            found.append(Planned(cycle, request, key in answered or is_had, failures.get(key, [])))
    return found


def gaps(store: Store, since: np.datetime64, until: np.datetime64) -> pd.DataFrame:
    """Return one row for each planned request without an answer (see `Store.gaps`)."""
    found = [
        {
            "cycle": one.cycle,
            "name": one.request.name,
            "asked": len(one.failures),
            "reason": one.failures[-1] if one.failures else "never asked",
        }
        for one in plan(store, since, until)
        if not one.is_answered
    ]
    kinds = {"cycle": "datetime64[s]", "name": "str", "asked": "int64", "reason": "str"}
    return pd.DataFrame(found, columns=list(kinds)).astype(kinds)


def alerts(store: Store, since: np.datetime64, until: np.datetime64) -> pd.DataFrame:
    """Return one row for each alert (see `Store.alerts`)."""
    found: list[dict[str, Any]] = []
    for name in store.journal.days():
        if str(since)[:10] <= name <= str(until)[:10]:
            for number, line in enumerate(store.journal.lines(name), 1):
                at = np.datetime64(line.get("at") or line.get("asked_at") or name, "s")
                told = list(line.get("alerts", ()))
                if line.get("what") == "damaged":
                    message = f"Line {number} of the journal cannot be read: {line['reason']}"
                    told = [{"kind": "damaged", "subject": name, "message": message}]
                found += [{"at": at, **alert} for alert in told if since <= at < until]
    kinds = {"at": "datetime64[s]", "kind": "str", "subject": "str", "message": "str"}
    return pd.DataFrame(found, columns=list(kinds)).astype(kinds)


def coverage_by_day(store: Store, since: np.datetime64, until: np.datetime64) -> pd.DataFrame:
    """Return one row for each day of planned cycles (see `Store.coverage_by_day`)."""
    planned = plan(store, since, until)
    days = pd.DatetimeIndex([one.cycle for one in planned]).as_unit("s").normalize()
    is_answered = pd.Series([one.is_answered for one in planned], index=days, dtype="int64")
    by_day = is_answered.groupby(level=0)
    frame = pd.DataFrame({"planned": by_day.size(), "answered": by_day.sum()})
    came = entries(store, since, until)
    day = came["cycle"].dt.normalize()
    for outcome in (*ANSWERED, "unreadable", "failed"):
        count = (came["outcome"] == outcome).groupby(day).sum()
        frame[outcome] = count.reindex(frame.index, fill_value=0).astype("int64")
    new = came["outcome"] == "stored"
    for column in ("rows", "rejected", "bytes"):
        total = came[column].where(new, 0).groupby(day).sum()
        frame[column] = total.reindex(frame.index, fill_value=0).astype("int64")
    return frame.rename_axis("day")

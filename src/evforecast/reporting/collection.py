"""The report of collecting: whether fresh data comes, what is missing, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evforecast._version import __version__
from evforecast.collect import Store
from evforecast.collect.standing import Standing, brief, standing
from evforecast.errors import EmptyInputError, InputError
from evforecast.plotting import coverage, duration, picture
from evforecast.reporting.page import Figure, Page
from evforecast.reporting.words import counted, when
from evforecast.timegrid import TimeLike

__all__ = ["collection_page", "collection_report"]

_MOST_DAYS = 14
_MOST_ROWS = 12
_WORST_FIRST = ("ERROR", "WARNING", "EMPTY", "OK")
_TIME = "%Y-%m-%d %H:%M"
_HOW_TO_READ = """
All times are UTC, and a day is a day of UTC.

A feed is asked once a cycle, with one request or several. A request is answered when an answer that can be
read is kept; one that cannot be read is kept too, but the request counts as missing. For a feed whose things
can be had later, a later answer counts.

A feed is OK when rows came within its last two cycles, WARNING until four, ERROR from then on. It is WARNING
too while it brings the same again and again, or less than half of the rows that are usual in a week, or while
more than one row in twenty of the last four cycles was rejected. What was missing before does not change
that: it is in the picture and in the tables.

Rows are those that came new; of two rows with the same key, the one collected later is the one that is read.
A row that could not be taken is kept apart with its reason.

An alert says that a feed is not as it was: a word or a field that is new, fewer rows, another unit, the same
answer again and again.
"""


def collection_report(
    stores: Sequence[Store],
    *,
    now: TimeLike,
    since: TimeLike | None = None,
    title: str = "Collected data",
) -> Page:
    """Return how the feeds that are collected stand, as a page to read.

    Parameters
    ----------
    stores : sequence of Store
        One for each feed.
    now : time
        The time of asking, UTC: cycles that began before count, so a collector that has stopped shows.
    since : time, optional
        Cycles from then on; by default, and at the earliest, from the first of each feed.
    title : str
        The headline.

    Returns
    -------
    Page
        Its ``html()``, ``markdown()`` and ``frames()``.

    Raises
    ------
    EmptyInputError
        If there is no store.
    InputError
        If two are of one feed.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.belib import BelibStatus
    >>> store = Store(tempfile.mkdtemp(), BelibStatus())
    >>> page = collection_report([store], now="2026-11-28 08:20")
    >>> "Nothing was collected" in page.markdown()
    True
    """
    if not stores:
        msg = "collection_report: no store was given; pass one for each feed."
        raise EmptyInputError(msg)
    names = [store.feed.name for store in stores]
    if len(set(names)) < len(names):
        msg = f"collection_report: two stores of one feed among {names}; make a report for each."
        raise InputError(msg)
    return collection_page([standing(store, now=now, since=since) for store in stores], title)


def collection_page(found: Sequence[Standing], title: str = "Collected data") -> Page:
    """Return how feeds stand, as a page to read.

    Parameters
    ----------
    found : sequence of Standing
        One for each feed, all at the same time.
    title : str
        The headline.
    """
    page = Page(title, f"{counted(len(found), 'feed')}, as of {when(found[0].now, 'UTC')} (UTC).")
    page.section("How it stands")
    _verdict(page, found)
    _overview(page, found)
    _picture(page, found)
    for one in found:
        _feed(page, one)
    page.section("How to read it")
    page.points([" ".join(text.split()) for text in _HOW_TO_READ.strip().split("\n\n")])
    page.text(f"Made by evforecast {__version__}.")
    return page


def _verdict(page: Page, found: Sequence[Standing]) -> None:
    level = min((one.level for one in found), key=_WORST_FIRST.index)
    bad = [one for one in found if one.level == level]
    names = ", ".join(one.feed for one in bad)
    missing = sum(one.planned - one.answered for one in found)
    planned = sum(one.planned for one in found)
    gaps = (
        f"Of {counted(planned, 'planned request')}, {missing:,} have no answer that can be read."
        if missing
        else f"All {counted(planned, 'planned request')} were answered."
    )
    if level == "EMPTY":
        page.verdict(level, f"Nothing was collected of {names}.")
    elif level == "OK":
        page.verdict(level, f"Every feed brings its data. {gaps}")
    else:
        said = " ".join(f"{one.feed}: {'; '.join(one.reasons)}." for one in bad)
        page.verdict(level, f"{said} {gaps}")


def _overview(page: Page, found: Sequence[Standing]) -> None:
    table = pd.DataFrame(
        {
            "level": [one.level for one in found],
            "feed": [one.feed for one in found],
            "last": np.array([one.last for one in found], "datetime64[s]"),
            "every": [duration(one.every) for one in found],
            "planned": [one.planned for one in found],
            "missing": [one.planned - one.answered for one in found],
            "rows": [one.rows for one in found],
            "rejected": [int(one.rejected.sum()) for one in found],
            "alerts": [len(one.alerts) for one in found],
            "newest": [one.newest_rows for one in found],
            "size": [one.size.sum() / 1e3 for one in found],
        }
    )
    page.table(
        table,
        caption="The feeds",
        columns={
            "level": "state",
            "feed": "feed",
            "last": "last answer",
            "every": "every",
            "planned": "requests",
            "missing": "missing",
            "newest": "in the last cycle",
            "rows": "rows in all",
            "rejected": "rejected",
            "alerts": "alerts",
            "size": "kB",
        },
        formats={"size": ",.0f", "last": _TIME},
        name="feeds",
        levels="level",
    )


def _picture(page: Page, found: Sequence[Standing]) -> None:
    known = [one for one in found if one.planned]
    if not known:
        page.text("There is no picture: nothing was planned yet.")
        return
    planned, answered = (
        pd.concat({one.feed: one.days[column] for one in known}, axis=1).sort_index()
        for column in ("planned", "answered")
    )
    page.figures(
        Figure(
            picture(
                lambda ax: _drawn(ax, planned, answered, known),
                size=(4.8, 0.9 + 0.62 * len(known)),
            ),
            "A band for each feed, coloured day by day by the share of its requests that were answered.",
            "The share of the planned requests that have an answer, day by day. A blank day is one before "
            "the feed was collected.",
        )
    )


def _drawn(
    ax: Any, planned: pd.DataFrame, answered: pd.DataFrame, known: Sequence[Standing]
) -> Any:
    """Draw the coverage from the first to the last cycle: a first day that has begun at noon ends there."""
    ax = coverage(planned, answered, ax=ax)
    begin, end = min(one.since for one in known), max(one.until for one in known)
    ax.set_xlim(*((time - np.datetime64(0, "s")) / np.timedelta64(1, "D") for time in (begin, end)))
    ax.xaxis.get_major_formatter().formats[2] = "%d %b"
    return ax


def _feed(page: Page, one: Standing) -> None:
    page.section(one.feed)
    if not one.planned:
        page.text("Nothing was collected in this time.")
        return
    page.facts(
        {
            "Asked every": duration(one.every),
            "First cycle": when(one.since, "UTC"),
            "Last cycle": when(one.until - one.every, "UTC"),
            "First answer": _time(one.first),
            "Last answer": _time(one.last),
            "Answered": f"{one.answered:,} of {counted(one.planned, 'request')}",
            "In the last cycle": counted(one.newest_rows, one.unit)
            + (f", {one.usual_rows:,} are usual" if one.usual_rows else ""),
            "On the disk": f"{one.size.sum() / 1e3:,.0f} kB, {one.size['raw'] / 1e3:,.0f} of it as it came",
        }
    )
    _gaps(page, one)
    rejected = one.rejected.rename("rows").rename_axis("reason").reset_index()
    if len(rejected):
        page.table(
            rejected,
            caption=f"{counted(int(one.rejected.sum()), 'row')} rejected, by reason",
            columns={"reason": "reason", "rows": "rows"},
            name=f"{one.feed}: rejected",
            most=_MOST_ROWS,
        )
    if len(one.alerts):
        page.table(
            one.alerts.assign(message=one.alerts["message"].map(brief)),
            caption=f"{counted(len(one.alerts), 'alert')}, the latest first",
            columns={"at": "at", "kind": "kind", "subject": "of", "message": "found"},
            formats={"at": _TIME},
            name=f"{one.feed}: alerts",
            most=_MOST_ROWS,
        )
    else:
        page.text("There was no alert.")
    page.table(
        one.days.iloc[::-1].reset_index(),
        caption=f"By day, the latest of {counted(len(one.days), 'day')} first",
        columns={
            "day": "day",
            "planned": "requests",
            "answered": "answered",
            "stored": "new",
            "same": "same as before",
            "unchanged": "unchanged",
            "unreadable": "unreadable",
            "failed": "failed",
            "rows": "rows",
            "rejected": "rejected",
            "bytes": "bytes",
        },
        formats={"day": "%Y-%m-%d"},
        name=f"{one.feed}: days",
        most=_MOST_DAYS,
        folded=True,
    )


def _gaps(page: Page, one: Standing) -> None:
    missing = one.planned - one.answered
    if not missing:
        page.text("Nothing is missing.")
        return
    page.table(
        one.stretches.assign(reason=one.stretches["reason"].map(brief)),
        caption=f"{counted(missing, 'request')} missing; those of successive cycles are one row, the latest "
        "first",
        columns={
            "first": "from",
            "last": "to",
            "name": "request",
            "cycles": "cycles",
            "asked": "asked",
            "reason": "the last reason",
        },
        formats=dict.fromkeys(("first", "last"), _TIME),
        name=f"{one.feed}: gaps",
        most=_MOST_ROWS,
    )


def _time(at: np.datetime64) -> str:
    return "none" if np.isnat(at) else when(at, "UTC")

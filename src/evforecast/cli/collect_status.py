"""``evforecast collect status``: how the feeds in a store stand."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.cli.feeds import FEEDS, add_options, asked_feeds
from evforecast.clock import Clock, utc_now
from evforecast.errors import FileFormatError, InputError, require_choice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from evforecast.collect import Store
    from evforecast.collect.standing import Standing

__all__ = ["add_parser", "run", "status"]

_EPILOG = """\
  evforecast collect status --store fresh
  evforecast collect status --store fresh --since 2026-11-01 --html collected.html

--feed takes the names that are printed, and those of evforecast collect.

Exit codes: 0 every feed has brought rows within its last two cycles; 10 one is late, or frozen, or brings
less than half of its usual rows, or one in twenty is rejected, or it is not known of which feed a folder is;
20 one has brought no row for more than four cycles; 2 an argument cannot be used.
"""
_CODES = {"OK": 0, "WARNING": 10, "EMPTY": 10, "ERROR": 20}
# More than these are for --json and --html.
_MOST_DAYS, _MOST_LINES = 7, 5
_TIME = "%Y-%m-%d %H:%M"


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["status", "--store", "fresh"]).store
    'fresh'
    """
    parser = commands.add_parser(
        "status",
        help="say how the feeds in a store stand",
        description="Says of each feed what came, what is missing, what was refused and noticed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # What stands before "status" counts as well.
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--store", metavar="FOLDER", help="of evforecast collect")
    parser.add_argument("--since", metavar="TIME", help="cycles from then on, UTC (default: all)")
    parser.add_argument(
        "--until", metavar="TIME", help="as it stood then, UTC (default: as it stands now)"
    )
    out = parser.add_argument_group("out")
    out.add_argument("--html", metavar="FILE", help="write the status page there")
    out.add_argument("--json", action="store_true", help="print everything as JSON, nothing else")
    add_options(parser)
    parser.set_defaults(run=run, since=None, html=None)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    return status(arguments)


def status(arguments: argparse.Namespace, *, clock: Clock = utc_now) -> int:
    """Say how the feeds stand; return the exit code.

    Parameters
    ----------
    arguments : argparse.Namespace
        As they were parsed.
    clock : callable
        Returns the time, UTC.

    Raises
    ------
    InputError
        If an argument cannot be used, or nothing was collected.
    """
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.collect.standing import standing
    from evforecast.timegrid import as_time

    stores, unknown = _stores(arguments)
    now = clock() if arguments.until is None else as_time(arguments.until)
    found = [standing(store, now=now, since=arguments.since) for store in stores]
    written = None
    if arguments.html and found:
        from evforecast.reporting.collection import collection_page

        written = collection_page(found).save(_page_path(arguments.html))
    code = max([_CODES[one.level] for one in found] + [_CODES["WARNING"]] * bool(unknown))
    if arguments.json:
        feeds = [_as_json(one) for one in found]
        others = [{"feed": name, "reason": reason} for name, reason in unknown.items()]
        said = {"now": str(now), "feeds": feeds, "unknown": others, "exit_code": code}
        print(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        parts = ["\n".join(_lines(one)) for one in found]
        parts += [f"{name}: UNKNOWN, {reason}" for name, reason in unknown.items()]
        print("\n\n".join(parts))
        if written is not None:
            print(f"\nReport: {written} ({written.stat().st_size / 1e3:,.0f} kB)")
    return code


def _stores(arguments: argparse.Namespace) -> tuple[list[Store], dict[str, str]]:
    """Return the stores to look at; and of those that cannot be opened, by name, why."""
    from evforecast.collect import Store, open_store
    from evforecast.collect.notes import note_of, store_names
    from evforecast.sources.kinds import feed_of

    if not arguments.store:
        msg = "--store is missing: in which folder is it kept?"
        raise InputError(msg)
    if Path(arguments.store).is_file():
        msg = f"--store {arguments.store!r} is a file; the folder that evforecast collect made is needed."
        raise InputError(msg)
    root, there = arguments.store, store_names(arguments.store)
    if not arguments.feed:
        if not there:
            msg = f"nothing was collected in {root!r}. Check --store."
            raise InputError(msg)
        opened, unknown = [], {}
        for name in there:
            try:
                opened.append(open_store(root, name))
            except (InputError, FileFormatError) as error:
                unknown[name] = str(error)
        return opened, unknown
    stores, kinds = [], []
    for name in arguments.feed:
        if name in there and not arguments.url:
            stores.append(open_store(root, name))
        else:
            require_choice(name, dict.fromkeys([*there, *FEEDS]), "--feed")
            kinds.append(name)
    options = argparse.Namespace(**{**vars(arguments), "feed": kinds})
    for feed, note in asked_feeds(options) if kinds else []:
        kept = note_of(root, feed.name, strict=False)
        every = {"every": kept["every"]} if "every" in kept else {}
        stores.append(Store(root, feed_of({**note, **every}), every=kept.get("every")))
    return stores, {}


def _page_path(path: str) -> str:
    if Path(path).is_dir():
        msg = f"--html {path!r} is a folder; name the file: {Path(path, 'collected.html')}."
        raise InputError(msg)
    return path


def _as_json(one: Standing) -> dict[str, Any]:
    return {
        "feed": one.feed,
        "level": one.level,
        "reasons": list(one.reasons),
        "every_seconds": int(one.every.astype(int)),
        "since": str(one.since),
        "until": str(one.until),
        "first": _instant(one.first),
        "last": _instant(one.last),
        "last_rows": _instant(one.last_rows),
        "newest_rows": one.newest_rows,
        "usual_rows": one.usual_rows,
        "planned": one.planned,
        "answered": one.answered,
        "rows": one.rows,
        "rejected": {str(reason): int(count) for reason, count in one.rejected.items()},
        "alerts": _records(one.alerts),
        "gaps": _records(one.stretches),
        "days": _records(one.days.reset_index()),
        "bytes": {str(what): int(size) for what, size in one.size.items()},
    }


def _records(frame: pd.DataFrame) -> Any:
    return json.loads(frame.to_json(orient="records", date_format="iso", date_unit="s"))


def _instant(at: np.datetime64) -> str | None:
    text = str(at)
    return None if text == "NaT" else text


def _lines(one: Standing) -> Iterator[str]:
    """Say how a feed stands."""
    last = _instant(one.last)
    said = "no answer" if last is None else f"last answer {last.replace('T', ' ')} UTC"
    why = "".join(f"; {reason}" for reason in one.reasons if last is not None)
    yield f"{one.feed}: {one.level}, {said}{why}"
    if not one.planned:
        return
    missing = one.planned - one.answered
    yield f"  requests  {one.answered:,} of {one.planned:,} answered, {missing:,} missing"
    yield f"  rows      {one.rows:,}, in the last cycle {one.newest_rows:,} {one.unit}s"
    refused = [f"{count:,} {reason}" for reason, count in one.rejected.head(_MOST_LINES).items()]
    more = len(one.rejected) - _MOST_LINES
    yield f"  rejected  {', '.join(refused) or 'none'}" + (
        f", and {more:,} more reasons" if more > 0 else ""
    )
    sizes = ", ".join(f"{what} {_size(size)}" for what, size in one.size.items())
    yield f"  size      {_size(one.size.sum())}: {sizes}"
    for title, said_of in (("gaps", _gaps(one)), ("alerts", _alerts(one))):
        yield f"  {title:<9} {said_of[0] if said_of else 'none'}"
        yield from (f"{'':12}{line}" for line in said_of[1:_MOST_LINES])
        if len(said_of) > _MOST_LINES:
            yield f"{'':12}and {len(said_of) - _MOST_LINES:,} more: see --json or --html."
    yield f"  {'day':<12}{'planned':>9}{'answered':>10}{'rows':>12}{'rejected':>10}"
    for day in one.days.iloc[::-1].head(_MOST_DAYS).itertuples():
        yield (
            f"  {day.Index:%Y-%m-%d}  {day.planned:>9,}{day.answered:>10,}{day.rows:>12,}{day.rejected:>10,}"
        )
    if len(one.days) > _MOST_DAYS:
        yield f"  and {len(one.days) - _MOST_DAYS:,} more days: see --json or --html."


def _size(size: float) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def _gaps(one: Standing) -> list[str]:
    from evforecast.collect.standing import brief

    return [
        f"{_span(gap.first, gap.last)}  {gap.name} x {gap.cycles:,}: {brief(gap.reason)}"
        for gap in one.stretches.itertuples(index=False)
    ]


def _alerts(one: Standing) -> list[str]:
    from evforecast.collect.standing import brief

    return [
        f"{alert.at:{_TIME}}  {alert.kind}: {brief(alert.message)}"
        for alert in one.alerts.itertuples(index=False)
    ]


def _span(first: object, last: object) -> str:
    return f"{first:{_TIME}}" + (f" to {last:{_TIME}}" if last != first else "")

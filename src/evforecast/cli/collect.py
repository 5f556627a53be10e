"""``evforecast collect``: ask feeds, once or on and on, and keep what they answer."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from evforecast.cli import collect_status
from evforecast.cli.feeds import FEEDS, add_options, asked_feeds, keep_note, logins
from evforecast.clock import Clock, utc_now
from evforecast.errors import InputError, TransientError

if TYPE_CHECKING:
    from evforecast.collect import Answer, CycleResult, Fetch, Store
    from evforecast.sources.feed import Feed

__all__ = ["add_parser", "collect", "run"]

_USAGE = """\
evforecast collect --store FOLDER --feed NAME [--feed NAME ...] [--every SPAN] [options]
       evforecast collect status --store FOLDER [options]"""
_EPILOG = """\
  evforecast collect --store fresh --feed belib                   one cycle, for cron
  evforecast collect --store fresh --feed belib --feed traffic \\
      --feed openmeteo --lat 48.8566 --lon 2.3522 --every 15min   on and on
  evforecast collect --store fresh --feed ocpi --url mine=https://example.org/ocpi/2.2.1/locations
  evforecast collect status --store fresh --html collected.html   how it stands

A host that wants to know who asks is told EVFORECAST_LOGIN_MINE (the feed's name in capitals, _ for -), the
whole header Authorization: "Token 1234". Keys in an address are not written to the store.

Exit codes, of all cycles together: 0 every request was answered; 10 something is missing, or there was an
alert; 20 nothing came that can be read; 75 the same, but it may come later (no connection, a busy server,
another collector at work); 2 an argument cannot be used; 130 interrupted, as a loop is by SIGINT and SIGTERM.
"""
_ANSWERED = ("stored", "same", "unchanged")
_OUTCOMES = (*_ANSWERED, "unreadable", "failed")


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["collect", "--store", "fresh", "--feed", "belib"]).feed
    ['belib']
    """
    parser = commands.add_parser(
        "collect",
        help="collect fresh data, and lose nothing of it",
        usage=_USAGE,
        description=(
            "Asks feeds for their data, keeps every answer as it came before it is read, and keeps the rows."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--store", metavar="FOLDER", help="where it is kept; made if need be")
    add_options(parser)
    when = parser.add_argument_group("when")
    when.add_argument(
        "--every",
        metavar="SPAN",
        help="go on, each time by the clock: 15min, 1h (default: once). No feed is asked more often than "
        "it is renewed",
    )
    when.add_argument("--until", metavar="TIME", help="the end of the loop, UTC (default: none)")
    when.add_argument(
        "--contact", metavar="ADDRESS", help="where you can be reached; the servers are told"
    )
    out = parser.add_mutually_exclusive_group()
    out.add_argument("--quiet", action="store_true", help="print nothing")
    out.add_argument("--json", action="store_true", help="print each cycle as a line of JSON")
    parser.set_defaults(run=run)
    collect_status.add_parser(
        parser.add_subparsers(title="instead", metavar="status", prog="evforecast collect")
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    return collect(arguments)


def collect(
    arguments: argparse.Namespace,
    *,
    clock: Clock = utc_now,
    sleep: Callable[[float], object] | None = None,
) -> int:
    """Collect once, or on and on; return the exit code.

    Parameters
    ----------
    arguments : argparse.Namespace
        As they were parsed.
    clock : callable
        Returns the time, UTC.
    sleep : callable, optional
        Waits for some seconds; by default it ends when the process is told to stop.

    Raises
    ------
    InputError
        If an argument cannot be used.
    StoreBusyError
        If another process collects one of the feeds.
    KeyboardInterrupt
        If the process was told to stop; what was answered by then is safe.
    """
    feeds = _asked(arguments, clock)
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.collect import Store, collect_loop
    from evforecast.sources.http import USER_AGENT, Client

    pairs = {
        feed.name: (Store(arguments.store, feed, every=arguments.every), note)
        for feed, note in feeds
    }
    agent = " ".join(filter(None, [USER_AGENT, arguments.contact]))
    with _stoppable() as stop:
        wait = stop.wait if sleep is None else sleep

        def nap(seconds: float) -> None:
            wait(seconds)
            if stop.was_told:  # a wait that ends early is no leave to ask again
                raise KeyboardInterrupt

        said = logins(feeds, os.environ)
        with Client(user_agent=agent, clock=clock, sleep=nap, logins=said) as client:
            fetch = _Counting(client)
            teller = _Teller(arguments, pairs, fetch, stop)
            collect_loop(
                [store for store, _ in pairs.values()],
                fetch,
                clock=clock,
                sleep=wait,
                until=arguments.until,
                stop=stop,
                tell=teller,
            )
        if stop.was_told:
            raise KeyboardInterrupt
    return teller.code


def _asked(arguments: argparse.Namespace, clock: Clock) -> list[tuple[Feed, dict[str, Any]]]:
    """Return the feeds, once all that was said can be used."""
    from evforecast.timegrid import as_time

    if not arguments.store:
        msg = "--store is missing: in which folder is it to be kept?"
        raise InputError(msg)
    if not arguments.feed:
        msg = f"--feed is missing: what is to be collected? There are: {', '.join(FEEDS)}."
        raise InputError(msg)
    if arguments.until and not arguments.every:
        msg = "--until is the end of a loop: add --every."
        raise InputError(msg)
    if arguments.until and as_time(arguments.until) <= clock():
        msg = f"--until {arguments.until!r} is past; it is {clock()} UTC."
        raise InputError(msg)
    return [
        (feed, {**note, "every": arguments.every} if arguments.every else note)
        for feed, note in asked_feeds(arguments)
    ]


class _Stop(threading.Event):
    """Set when collecting is to end: the one cycle is done, or the process was told."""

    was_told = False


@contextmanager
def _stoppable() -> Iterator[_Stop]:
    """Let SIGINT and SIGTERM end a loop between two requests; a second one ends it at once."""
    stop = _Stop()

    def told(number: int, frame: object) -> None:
        del number, frame
        if stop.was_told:
            raise KeyboardInterrupt
        stop.was_told = True
        # In a thread of its own: this one may hold the lock of the event, in the midst of waiting for it.
        threading.Thread(target=stop.set, daemon=True).start()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, told) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


class _Counting:
    """Asks as another does, and counts what failed and may pass."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.passing = 0

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Ask an address."""
        try:
            return self._fetch.get(url, etag=etag, modified=modified)
        except TransientError:
            self.passing += 1
            raise


class _Teller:
    """Says what each cycle brought, and knows in the end what to tell a scheduler."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        pairs: Mapping[str, tuple[Store, Mapping[str, Any]]],
        fetch: _Counting,
        stop: _Stop,
    ) -> None:
        self._arguments, self._pairs, self._fetch, self._stop = arguments, pairs, fetch, stop
        self._left = set(pairs)
        self._width = max(map(len, pairs))
        self._failed = 0
        self._is_bad = self._has_answer = self._is_lasting = False

    def __call__(self, result: CycleResult) -> None:
        """Take a cycle into account, and print it."""
        store, note = self._pairs[result.feed]
        # Collecting goes on when the disk is full, or when nobody reads what is printed.
        try:
            facts = _facts(store, result)
        except OSError as error:
            facts = _facts(store, replace(result, error=f"{type(error).__name__}: {error}"))
        self._count(facts)
        with suppress(OSError):
            keep_note(store, note)
        with suppress(OSError):
            self._print(facts)
        self._left.discard(result.feed)
        if not self._arguments.every and not self._left:
            self._stop.set()

    @property
    def code(self) -> int:
        """The exit code."""
        if not self._is_bad:
            return 0
        if self._has_answer:
            return 10
        return 20 if self._is_lasting or self._failed > self._fetch.passing else 75

    def _count(self, facts: Mapping[str, Any]) -> None:
        outcomes, error = facts["outcomes"], facts["error"]
        self._failed += outcomes.get("failed", 0)
        self._is_bad |= bool(facts["missing"] or facts["alerts"] or error)
        self._has_answer |= any(outcomes.get(each) for each in _ANSWERED)
        self._has_answer |= not (facts["missing"] or error)
        # A full disk and another process that is at work pass; what has been understood wrongly does not.
        self._is_lasting |= bool(error) and not error.startswith(("OSError", "StoreBusyError"))
        self._is_lasting |= bool(facts["missing"]) and set(outcomes) != {"failed"}

    def _print(self, facts: Mapping[str, Any]) -> None:
        if self._arguments.json:
            print(json.dumps(facts, ensure_ascii=False), flush=True)
        elif not self._arguments.quiet:
            cycle = facts["cycle"].replace("T", " ")[:16]
            print(f"{cycle}  {facts['feed']:<{self._width}}  {_sentence(facts)}", flush=True)


def _facts(store: Store, result: CycleResult) -> dict[str, Any]:
    """Return what a cycle brought, as JSON can hold it."""
    missing, rows, rejected = [], 0, 0
    if not result.error:
        end = result.cycle + store.every
        lost = store.gaps(result.cycle, end)
        missing = lost[["name", "asked", "reason"]].to_dict("records")
        came = store.entries(result.cycle, end)
        # What an earlier call asked in the same cycle is no news.
        is_new = (came["outcome"] == "stored") & (came["asked_at"] == came["asked_at"].max())
        new = came[is_new & bool(result.outcomes)]
        rows, rejected = int(new["rows"].sum()), int(new["rejected"].sum())
    return {
        "cycle": str(result.cycle),
        "feed": result.feed,
        "outcomes": {each: result.outcomes[each] for each in _OUTCOMES if each in result.outcomes},
        "rows": rows,
        "rejected": rejected,
        "missing": missing,
        "alerts": [asdict(alert) for alert in result.alerts],
        "error": result.error,
    }


def _sentence(facts: Mapping[str, Any]) -> str:
    counts = [f"{count:,} {outcome}" for outcome, count in facts["outcomes"].items()]
    counts += [f"{facts[each]:,} {each}" for each in ("rows", "rejected") if facts[each]]
    parts = [", ".join(counts)] if counts else []
    if not (parts or facts["missing"] or facts["error"]):
        parts = ["answered before"]
    if missing := facts["missing"]:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        parts.append(f"missing {missing[0]['name']}: {missing[0]['reason']}{more}")
    parts += [f"{alert['kind']}: {alert['message']}" for alert in facts["alerts"]]
    parts += [facts["error"]] if facts["error"] else []
    return " ".join("; ".join(parts).split())

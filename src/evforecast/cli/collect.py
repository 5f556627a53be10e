"""``evforecast collect``: ask feeds, once or on and on, and keep what they answer."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.cli import collect_reparse, collect_status
from evforecast.cli.collect_asking import asking
from evforecast.cli.collect_telling import Teller
from evforecast.cli.feeds import FEEDS, Asked, add_options, asked_feeds, hold_against
from evforecast.cli.options import strict
from evforecast.clock import Clock, utc_now
from evforecast.errors import InputError

if TYPE_CHECKING:
    from evforecast.collect import Store

__all__ = ["add_parser", "collect", "run"]

KEYS = """\
A key in the query of an address is written as ***; one in its path is not. --url 'mine=https://…?key=$NET_KEY'
takes the key from the environment, so that it does not stand in the list of processes."""
"""What the help and the guide say of keys."""

_USAGE = """\
evforecast collect --store FOLDER --feed NAME [--feed NAME ...] [--every SPAN] [options]
       evforecast collect status --store FOLDER [options]
       evforecast collect reparse --store FOLDER [options]"""
_EPILOG = f"""\
  evforecast collect --store fresh --feed belib                   one cycle, for cron
  evforecast collect --store fresh --feed belib --feed traffic \\
      --feed openmeteo --lat 48.8566 --lon 2.3522 --every 15min   on and on
  evforecast collect --store fresh --feed ocpi --url mine=https://example.org/ocpi/2.2.1/locations
  evforecast collect status --store fresh --html collected.html   how it stands

A host that wants to know who asks is told what the variable EVFORECAST_LOGIN_MINE holds (the feed's name in
capitals, _ for -): all that the header Authorization has to say, "Token 1234" for example.
{KEYS}

Exit codes, of all cycles together: 0 every request was answered; 10 something is missing, or there was an
alert; 20 nothing came that can be read; 75 the same, but it may come later (no connection, a busy server,
another collector at work); 2 an argument cannot be used; 130 interrupted, as a loop is by SIGINT and SIGTERM.
"""


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
        "it is renewed; of ocpi and irve only you know that, and they are asked as often as you say",
    )
    when.add_argument("--until", metavar="TIME", help="the end of the loop, UTC (default: none)")
    when.add_argument(
        "--contact", metavar="ADDRESS", help="where you can be reached; the servers are told"
    )
    out = parser.add_mutually_exclusive_group()
    out.add_argument(
        "--quiet",
        action="store_true",
        help="print nothing but a line of errors where the code is not 0",
    )
    out.add_argument("--json", action="store_true", help="print each cycle as a line of JSON")
    parser.set_defaults(run=run)
    instead = parser.add_subparsers(
        title="instead", metavar="status, reparse", prog="evforecast collect"
    )
    collect_status.add_parser(instead)
    collect_reparse.add_parser(instead)
    strict(parser)


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

    said = hold_against(arguments.store, feeds)
    pairs = {
        feed.name: (Store(arguments.store, feed, every=arguments.every), note)
        for feed, note in feeds
    }
    agent = " ".join(filter(None, [USER_AGENT, arguments.contact]))
    with _stoppable() as stop, ExitStack() as closing:
        wait = stop.wait if sleep is None else sleep

        def nap(seconds: float) -> None:
            wait(seconds)
            if stop.was_told:  # a wait that ends early is no leave to ask again
                raise KeyboardInterrupt

        client = closing.enter_context(Client(user_agent=agent, clock=clock, sleep=nap))
        fetches = asking(client, feeds, os.environ, closing)
        if not (arguments.quiet or arguments.json):
            with suppress(OSError):
                for line in (*said, *_plan(arguments, pairs, clock)):
                    print(line, flush=True)
        teller = Teller(arguments, pairs, fetches, stop)
        collect_loop(
            [store for store, _ in pairs.values()],
            fetches,
            clock=clock,
            sleep=wait,
            until=arguments.until,
            stop=stop,
            tell=teller,
        )
        if stop.was_told:
            raise KeyboardInterrupt
    if arguments.quiet and teller.code:
        print(f"evforecast collect: {teller.wrong}", file=sys.stderr)
    return teller.code


def _plan(
    arguments: argparse.Namespace, pairs: Mapping[str, tuple[Store, Any]], clock: Clock
) -> list[str]:
    """Return how often each feed is asked and when next, a line each; a loop alone has that."""
    if not arguments.every:
        return []
    from evforecast.timegrid import as_step, step_text

    width, asked, now = max(map(len, pairs)), as_step(arguments.every), clock()
    said = []
    for name, (store, _) in pairs.items():
        following = str(store.cycle(now) + store.every)[:16].replace("T", " ")
        renewed = " (it is renewed no more often)" if asked < store.every else ""
        said.append(
            f"{name:<{width}}  asked every {step_text(store.every)}{renewed}: now, then at {following} UTC"
        )
    return said


def _asked(arguments: argparse.Namespace, clock: Clock) -> list[Asked]:
    """Return the feeds, once all that was said can be used."""
    from evforecast.timegrid import as_step, as_time

    if not arguments.store:
        msg = "--store is missing: in which folder is it to be kept?"
        raise InputError(msg)
    if Path(arguments.store).is_file():
        msg = f"--store {arguments.store!r} is a file; name a folder, which is made if need be."
        raise InputError(msg)
    if not arguments.feed:
        msg = f"--feed is missing: what is to be collected? There are: {', '.join(FEEDS)}."
        raise InputError(msg)
    if arguments.until and not arguments.every:
        msg = "--until is the end of a loop: add --every."
        raise InputError(msg)
    if arguments.every:
        try:
            as_step(arguments.every)
        except InputError as error:
            is_number = arguments.every.strip().isdecimal()
            hint = f" Write {arguments.every}s or {arguments.every}min." if is_number else ""
            msg = f"--every {arguments.every!r}: {str(error).removeprefix('as_step: ')}{hint}"
            raise InputError(msg) from error
    if arguments.until and as_time(arguments.until) <= clock():
        msg = f"--until {arguments.until!r} is past; it is {clock()} UTC."
        raise InputError(msg)
    return asked_feeds(arguments)


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

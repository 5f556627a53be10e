"""``evforecast collect reparse``: what was collected, read again after a reader was mended."""

from __future__ import annotations

import argparse
from typing import Any

from evforecast.clock import Clock, utc_now
from evforecast.errors import InputError

__all__ = ["add_parser", "reparse", "run"]

_EPILOG = """\
  evforecast collect reparse --store fresh
  evforecast collect reparse --store fresh --feed belib-status --since 2026-11-01

Exit codes: 0 every body was read; 10 some still cannot be; 2 an argument cannot be used.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["reparse", "--store", "fresh", "--feed", "mine"]).feed
    ['mine']
    """
    parser = commands.add_parser(
        "reparse",
        help="read what was collected again, after a reader was mended",
        description=(
            "Reads the bodies in the archive again: their rows take the place of the old ones. What cannot "
            "be read now keeps the rows that it has."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # What stands before "reparse" counts as well.
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--store", metavar="FOLDER", help="of evforecast collect")
    parser.add_argument(
        "--feed", action="append", metavar="NAME", help="as status calls it (default: every one)"
    )
    parser.add_argument("--since", metavar="TIME", help="days of collection from then (all)")
    parser.add_argument("--until", metavar="TIME", help="the end of those days (default: none)")
    parser.set_defaults(run=run, since=None)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    return reparse(arguments)


def reparse(arguments: argparse.Namespace, *, clock: Clock = utc_now) -> int:
    """Read the archive of some feeds again, and say what came of it; return the exit code.

    Parameters
    ----------
    arguments : argparse.Namespace
        As they were parsed.
    clock : callable
        Returns the time, UTC.

    Raises
    ------
    InputError
        If an argument cannot be used, or it is not known of which feed a store is.
    StoreBusyError
        If another process holds a store for long.
    """
    from evforecast.collect.notes import open_store, store_names

    if not arguments.store:
        msg = "--store is missing: in which folder is it kept?"
        raise InputError(msg)
    names = arguments.feed or store_names(arguments.store)
    if not names:
        msg = f"nothing was collected in {arguments.store!r}. Check --store."
        raise InputError(msg)
    code = 0
    for store in [open_store(arguments.store, name) for name in names]:
        found = store.reparse(arguments.since, arguments.until, now=clock()).sum()
        said = [
            f"{found[what]:,} {what.replace('_', ' ')}"
            for what in ("payloads", "rows", "rejected", "unreadable", "failed", "without_body")
            if found[what] or what in {"payloads", "rows"}
        ]
        print(f"{store.feed.name}  {', '.join(said)}", flush=True)
        code = max(code, 10 if found["unreadable"] or found["failed"] else 0)
    return code

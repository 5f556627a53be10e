"""Kinds of options that several commands take."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable
from typing import Any

from evforecast.errors import InputError

__all__ = ["strict", "whole", "zone"]


def strict(parser: argparse.ArgumentParser) -> None:
    """Let a parser take options by their whole names alone, and say of a misspelt one what it may have been.

    Else an unknown option is told last, after what stands behind it was taken for something else.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        With all its options and commands.

    Examples
    --------
    >>> parser = argparse.ArgumentParser(exit_on_error=False)
    >>> _ = parser.add_argument("--store")
    >>> strict(parser)
    >>> parser.parse_args(["--store", "fresh"]).store
    'fresh'
    """
    parsers = [parser]
    # argparse tells of its options and commands in no other way.
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            parsers += action.choices.values()
    for each in parsers:
        each.allow_abbrev = False
    known = sorted({name for each in parsers for name in each._option_string_actions})  # noqa: SLF001
    parse = parser.parse_known_args

    def checked(args: Any = None, namespace: Any = None) -> Any:
        for given in args or ():
            name = given.partition("=")[0]
            if given == "--":
                break
            if given.startswith("--") and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                parser.error(
                    f"there is no {name}" + (f"; did you mean {near[0]}?" if near else ".")
                )
        return parse(args, namespace)

    parser.parse_known_args = checked  # type: ignore[method-assign]


def zone(text: str) -> str:
    """Read a time zone.

    Examples
    --------
    >>> zone("Europe/Paris")
    'Europe/Paris'
    """
    from evforecast.timegrid import require_zone

    try:
        require_zone(text, "--tz")
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def whole(least: int) -> Callable[[str], int]:
    """Return what reads a whole number of at least `least`.

    Examples
    --------
    >>> whole(1)("3")
    3
    """

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            msg = f"a whole number from {least} on is needed, not {text!r}"
            raise argparse.ArgumentTypeError(msg)
        return int(text)

    return read

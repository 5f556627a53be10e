"""Kinds of options that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from evforecast.errors import InputError

__all__ = ["whole", "zone"]


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

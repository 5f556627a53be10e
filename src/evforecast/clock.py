"""The time of day: the one place that asks the machine, for what is handed a clock rather than a time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

__all__ = ["Clock", "utc_now"]

Clock = Callable[[], np.datetime64]
"""What returns the present time, UTC; a test passes one of its own."""


def utc_now() -> np.datetime64:
    """Return the present time, ``datetime64[s]``, UTC.

    Examples
    --------
    >>> bool(utc_now() > np.datetime64("2020-11-08"))
    True
    """
    return np.datetime64(int(time.time()), "s")

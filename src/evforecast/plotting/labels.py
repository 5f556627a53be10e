"""Words on the axes: horizons as people say them, and names that no parser mistakes for mathematics."""

from __future__ import annotations

import numpy as np

__all__ = ["duration", "plain"]


def duration(length: np.timedelta64) -> str:
    """Return a length of time as people say it.

    Parameters
    ----------
    length : numpy.timedelta64
        Zero or more; seconds are dropped. Two days are ``48 h`` here: horizons are counted in hours
        until three days.

    Returns
    -------
    str

    Examples
    --------
    >>> [duration(np.timedelta64(minutes, "m")) for minutes in (15, 60, 90, 2880, 10080)]
    ['15 min', '1 h', '1 h 30', '48 h', '7 d']
    """
    minutes = int(length / np.timedelta64(1, "m"))
    hours, rest = divmod(minutes, 60)
    if hours >= 72 and minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d}" if rest else f"{hours} h"


def plain(text: object) -> str:
    r"""Return `text` so that matplotlib writes it as it is: two dollar signs would start a formula.

    Examples
    --------
    >>> plain("S$1")
    'S\\$1'
    """
    return str(text).replace("$", r"\$")

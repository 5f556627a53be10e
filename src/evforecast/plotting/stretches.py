"""Stretches of one status: rows in a row in which a charger was seen in it, without a gap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evforecast.panel import MISSING, Codes

__all__ = ["Stretches", "stretches"]

Ints = npt.NDArray[np.intp]


class Stretches(NamedTuple):
    """Stretches of one status; arrays ``[stretch]``, by charger, then by time.

    Attributes
    ----------
    unit : numpy.ndarray
        The column of the charger.
    first : numpy.ndarray
        The first row.
    length : numpy.ndarray
        How many rows.
    code : numpy.ndarray
        The code of the status.
    begun, ended : numpy.ndarray
        Whether it was seen to begin, and to end: the row before, or after, holds another status, and not
        a gap or nothing at all.
    """

    unit: Ints
    first: Ints
    length: Ints
    code: Codes
    begun: npt.NDArray[np.bool_]
    ended: npt.NDArray[np.bool_]


def stretches(codes: Codes) -> Stretches:
    """Cut each charger's history into stretches; a missing row ends one.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``, -1 where missing.

    Returns
    -------
    Stretches

    Examples
    --------
    >>> found = stretches(np.array([[0], [0], [1], [-1], [1]], np.int8))
    >>> found.first.tolist(), found.length.tolist(), found.ended.tolist()
    ([0, 2, 4], [2, 1, 1], [True, False, False])
    """
    n_time, n_evse = codes.shape
    # A row of missing above and below: every stretch has a row before and one after.
    framed = np.full((n_evse, n_time + 2), MISSING, dtype=codes.dtype)
    framed[:, 1:-1] = codes.T
    unit, turn = np.nonzero(framed[:, 1:] != framed[:, :-1])
    after, before = framed[unit, turn + 1], framed[unit, turn]
    # The next turn of the same charger ends what this one begins; only the last of each ends in nothing.
    starts = np.flatnonzero(after != MISSING)
    ends = starts + 1
    return Stretches(
        unit[starts],
        turn[starts],
        turn[ends] - turn[starts],
        after[starts],
        before[starts] != MISSING,
        after[ends] != MISSING,
    )

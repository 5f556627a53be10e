"""The state of each charger at each time: the last status observed, and for how long it has held."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evforecast.panel import MISSING, Codes

__all__ = ["LastObserved", "Runs", "last_observed", "runs"]

Steps = npt.NDArray[np.int32]


class LastObserved(NamedTuple):
    """The last observed status and its age; arrays ``[time, evse]``.

    Attributes
    ----------
    status : numpy.ndarray
        int8 codes, -1 before the first observation.
    stale : numpy.ndarray
        int32, steps since it was observed, 0 when it was observed in this row.
    """

    status: Codes
    stale: Steps


class Runs(NamedTuple):
    """Runs of one status; arrays ``[time, evse]``.

    Attributes
    ----------
    status : numpy.ndarray
        int8 codes of the last observed status, -1 before the first observation.
    age : numpy.ndarray
        int32, rows since the run began, 1 in its first row; missing rows inside a run count.
    previous : numpy.ndarray
        int8 codes of the status before the run, -1 where unknown.
    stale : numpy.ndarray
        int32, as in `LastObserved`.
    """

    status: Codes
    age: Steps
    previous: Codes
    stale: Steps


def last_observed(codes: Codes) -> LastObserved:
    """Carry each charger's last observed status over its missing rows.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``, -1 where missing.

    Returns
    -------
    LastObserved

    Examples
    --------
    >>> state = last_observed(np.array([[-1], [2], [-1]], np.int8))
    >>> state.status.ravel().tolist(), state.stale.ravel().tolist()
    ([-1, 2, 2], [0, 0, 1])
    """
    row = np.arange(len(codes), dtype=np.int32)[:, None]
    seen = np.where(codes != MISSING, row, np.int32(-1))
    np.maximum.accumulate(seen, axis=0, out=seen)
    status = np.take_along_axis(codes, np.maximum(seen, 0), axis=0)
    return LastObserved(
        np.where(seen >= 0, status, np.int8(MISSING)), np.where(seen >= 0, row - seen, np.int32(0))
    )


def runs(codes: Codes) -> Runs:
    """Cut each charger's history into runs of one status, missing rows belonging to the run before them.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``, -1 where missing.

    Returns
    -------
    Runs
        The age of a run that was already going in the first row counts from that row: it is a lower
        bound.

    Examples
    --------
    >>> state = runs(np.array([[0], [0], [-1], [1]], np.int8))
    >>> state.age.ravel().tolist(), state.previous.ravel().tolist()
    ([1, 2, 3, 1], [-1, -1, -1, 0])
    """
    status, stale = last_observed(codes)
    row = np.arange(len(codes), dtype=np.int32)[:, None]
    first = np.ones(status.shape, dtype=bool)
    first[1:] = status[1:] != status[:-1]
    began = np.where(first, row, np.int32(0))
    np.maximum.accumulate(began, axis=0, out=began)
    before = np.take_along_axis(status, np.maximum(began - 1, 0), axis=0)
    previous = np.where(began > 0, before, np.int8(MISSING))
    return Runs(status, row - began + 1, previous, stale)

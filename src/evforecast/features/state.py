"""The state of each charger at each time: the last status observed, and for how long it has held."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evforecast.panel import MISSING, Codes

__all__ = ["LastObserved", "RunHistory", "Runs", "code_at", "last_observed", "run_history", "runs"]

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


class RunHistory(NamedTuple):
    """The run that is open and the two before it; arrays ``[case]``.

    Attributes
    ----------
    status, age, stale : numpy.ndarray
        As in `Runs`.
    previous, previous_age : numpy.ndarray
        The status before, -1 where it began too long ago to be known, and the rows it held, 0 likewise.
    before_previous : numpy.ndarray
        The status before that, -1 likewise.
    """

    status: npt.NDArray[np.integer]
    age: npt.NDArray[np.integer]
    stale: npt.NDArray[np.integer]
    previous: npt.NDArray[np.integer]
    previous_age: npt.NDArray[np.integer]
    before_previous: npt.NDArray[np.integer]


def run_history(
    state: Runs, rows: npt.NDArray[np.intp], units: npt.NDArray[np.intp], limit: int
) -> RunHistory:
    """Return the last three runs as known in `rows`, from no more than the last `limit` rows.

    Parameters
    ----------
    state : Runs
        Of the panel.
    rows, units : numpy.ndarray
        The cases: row of the cutoff and column of the charger, shape ``[case]``.
    limit : int
        How many rows up to the cutoff may be read.

    Examples
    --------
    >>> state = runs(np.array([[0], [0], [1]], np.int8))
    >>> run_history(state, np.array([2]), np.array([0]), 10).previous_age
    array([2])
    """
    oldest = np.maximum(rows - limit + 1, 0)
    began = rows - state.age[rows, units] + 1
    known = began > oldest
    before = np.maximum(began - 1, 0)
    previous_began = np.maximum(before - state.age[before, units] + 1, oldest)
    further = known & (previous_began > oldest)
    return RunHistory(
        state.status[rows, units],
        np.minimum(state.age[rows, units], limit),
        state.stale[rows, units],
        np.where(known, state.previous[rows, units], MISSING),
        np.where(known, began - previous_began, 0),
        np.where(further, state.previous[before, units], MISSING),
    )


def code_at(
    codes: Codes, rows: npt.NDArray[np.intp], units: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """Return the codes of cases as float32 ``[case]``, NaN where missing or before the first row.

    Examples
    --------
    >>> code_at(np.array([[2], [-1]], np.int8), np.array([0, 1, -3]), np.array([0, 0, 0])).tolist()
    [2.0, nan, nan]
    """
    code = codes[np.maximum(rows, 0), units]
    known = (rows >= 0) & (code != MISSING)
    return np.where(known, code, np.float32(np.nan)).astype(np.float32)


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

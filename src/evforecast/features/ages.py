"""Time in status, stretch by stretch: what is worked on fits into bytes, and into the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from evforecast.panel import MISSING, Codes

__all__ = ["STRETCH", "Ages", "stretches"]

STRETCH = 255
"""Rows whose places fit into a byte."""

Bytes = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]


def stretches(first: int, stop: int) -> Iterator[slice]:
    """Yield the rows from `first` to ``stop - 1``, at most `STRETCH` at a time.

    Examples
    --------
    >>> [(part.start, part.stop) for part in stretches(0, 300)]
    [(0, 255), (255, 300)]
    """
    for row in range(first, stop, STRETCH):
        yield slice(row, min(row + STRETCH, stop))


class Ages:
    """For how long each charger's status has held, followed down the panel.

    The same as `runs` tells, without an int32 plane of the whole panel.

    Parameters
    ----------
    n_evse : int
        The number of chargers.

    Examples
    --------
    >>> codes = np.array([[0], [0], [-1], [1]], np.int8)
    >>> ages = Ages(1)
    >>> ages.follow(codes[:2], codes[:2] >= 0, slice(0, 1)).ravel().tolist()
    [1.0, 2.0]
    >>> ages.follow(codes[2:], codes[2:] >= 0, slice(0, 1)).ravel().tolist()
    [3.0, 1.0]
    """

    def __init__(self, n_evse: int) -> None:
        self.status = np.full(n_evse, MISSING, np.int8)  # the last one observed
        self.age = np.zeros(n_evse, np.float32)

    def follow(self, codes: Codes, seen: npt.NDArray[np.bool_], columns: slice) -> F32:
        """Return the rows since each cell's run began, 1 in its first; missing rows inside it count.

        Parameters
        ----------
        codes : numpy.ndarray
            int8 ``[time, evse]``: the rows after those followed before, `STRETCH` at most.
        seen : numpy.ndarray
            Where they are not missing.
        columns : slice
            Which chargers these are.

        Returns
        -------
        numpy.ndarray
            float32 ``[time, evse]``.
        """
        status, age = self.status[columns], self.age[columns]
        place = np.arange(1, len(codes) + 1, dtype=np.uint8)[:, None]
        begins = np.empty(codes.shape, np.bool_)
        np.not_equal(codes[0], status, out=begins[0])
        np.not_equal(codes[1:], codes[:-1], out=begins[1:])
        begins &= seen
        last_seen = _running_maximum(seen.view(np.uint8) * place)
        # where a gap ends, a run begins only if the status is another than before the gap
        rows, units = np.divmod(np.flatnonzero(begins[1:] > seen[:-1]), codes.shape[1])
        source = last_seen[rows, units].astype(np.intp)
        before = np.where(source > 0, codes[source - 1, units], status[units])
        begins[rows + 1, units] = codes[rows + 1, units] != before
        # the run that the stretch starts in is counted from its first row, and what came before added
        carried = np.where(begins[0], np.float32(0), age)
        began = begins.view(np.uint8) * place
        began[0] = 1
        began = _running_maximum(began)
        # one type at a time: arithmetic of bytes with floats goes through slow buffers
        result = began.astype(np.float32)
        np.subtract(place.astype(np.float32) + 1, result, out=result)
        before_it = (began == 1).astype(np.float32)
        before_it *= carried
        result += before_it
        newest = last_seen[-1].astype(np.intp)
        known = np.flatnonzero(newest)
        status[known], age[:] = codes[newest[known] - 1, known], result[-1]
        return result


def _running_maximum(values: Bytes) -> Bytes:
    """Return the maximum of each row and all before it, by doubling the reach: whole planes at once."""
    other, reach = np.empty_like(values), 1
    while reach < len(values):
        other[:reach] = values[:reach]
        np.maximum(values[reach:], values[:-reach], out=other[reach:])
        values, other = other, values
        reach *= 2
    return values

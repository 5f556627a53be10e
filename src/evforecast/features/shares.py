"""How often each status held in a stretch of rows, for any stretch, at the cost of two look-ups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.panel import Codes

__all__ = ["StatusCounter"]

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


class StatusCounter:
    """Running counts of each status, by charger and over the network.

    Two bytes a cell and status: counts wrap around at 65,536, and so does their difference, which is
    right as long as a stretch is shorter than that.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``, -1 where missing.
    n_status : int
        The number of statuses.

    Examples
    --------
    >>> counter = StatusCounter(np.array([[0], [1], [1], [-1]], np.int8), 2)
    >>> counter.counts(np.array([-1]), np.array([3]), np.array([0])).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, codes: Codes, n_status: int) -> None:
        n_time, n_evse = codes.shape
        self.n_status = n_status
        self._unit = np.zeros((n_status, n_time + 1, n_evse), np.uint16)
        self._network = np.zeros((n_time + 1, n_status), np.int64)
        for status in range(n_status):
            holds = codes == status
            np.cumsum(holds, axis=0, dtype=np.uint16, out=self._unit[status, 1:])
            np.cumsum(holds.sum(axis=1), out=self._network[1:, status])

    def counts(self, after: Index, last: Index, units: Index) -> F32:
        """Return how often each status held in rows ``(after, last]``, shape ``[case, status]``.

        Rows before the first count as none; no row past `last` is read.
        """
        start, stop = np.maximum(after, -1) + 1, np.maximum(last, -1) + 1
        result = np.empty((len(units), self.n_status), np.float32)
        for status in range(self.n_status):
            running = self._unit[status]
            result[:, status] = running[stop, units] - running[start, units]
        return result

    def network_counts(self, after: Index, last: Index) -> npt.NDArray[np.float64]:
        """Return the same over all chargers, shape ``[case, status]``."""
        start, stop = np.maximum(after, -1) + 1, np.maximum(last, -1) + 1
        counts: npt.NDArray[np.float64] = (self._network[stop] - self._network[start]).astype(float)
        return counts

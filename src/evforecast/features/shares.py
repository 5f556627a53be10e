"""How often each status held in a stretch of rows, for any stretch, at the cost of two look-ups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.panel import Codes

__all__ = ["StatusCounter", "network_shares", "shares"]

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


def shares(counts: F32) -> F32:
    """Return counts ``[..., status]`` as shares, NaN where nothing was counted.

    Examples
    --------
    >>> shares(np.array([[3, 1], [0, 0]], np.float32)).tolist()
    [[0.75, 0.25], [nan, nan]]
    """
    seen = counts.sum(axis=-1, keepdims=True)
    return np.where(seen > 0, counts / np.maximum(seen, 1), np.float32(np.nan))


def network_shares(status: Codes, n_status: int) -> npt.NDArray[np.float64]:
    """Return the share of chargers in each status, ``[row, status]``, from codes ``[row, evse]``.

    Chargers with -1 do not count; where all have it, every share is 0.

    Examples
    --------
    >>> network_shares(np.array([[0, 1, 1, -1]], np.int8), 2).round(2).tolist()
    [[0.33, 0.67]]
    """
    totals = np.stack([(status == code).sum(axis=1) for code in range(n_status)], axis=1)
    mix: npt.NDArray[np.float64] = totals / np.maximum(totals.sum(axis=1, keepdims=True), 1)
    return mix


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
    group : numpy.ndarray, optional
        Count the chargers of a group together: the number of each charger's group, shape ``[evse]``, from
        0. A "unit" of `counts` is still a charger, and gets the counts of its group.

    Examples
    --------
    >>> counter = StatusCounter(np.array([[0], [1], [1], [-1]], np.int8), 2)
    >>> counter.counts(np.array([-1]), np.array([3]), np.array([0])).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, codes: Codes, n_status: int, group: Index | None = None) -> None:
        n_time, n_evse = codes.shape
        self.n_status = n_status
        self._column = np.arange(n_evse) if group is None else group
        n_column = n_evse if group is None else int(group.max(initial=-1)) + 1
        # A group may have more cells in a stretch than two bytes count.
        dtype = np.uint16 if group is None else np.uint32
        self._unit = np.zeros((n_status, n_time + 1, n_column), dtype)
        self._network = np.zeros((n_time + 1, n_status), np.int64)
        if group is not None:
            order = np.argsort(group, kind="stable")
            first = np.searchsorted(group[order], np.arange(n_column))
        for status in range(n_status):
            holds = codes == status
            np.cumsum(holds.sum(axis=1), out=self._network[1:, status])
            if group is not None:
                holds = np.add.reduceat(holds[:, order], first, axis=1, dtype=dtype)
            np.cumsum(holds, axis=0, dtype=dtype, out=self._unit[status, 1:])

    def counts(self, after: Index, last: Index, units: Index) -> F32:
        """Return how often each status held in rows ``(after, last]``, shape ``[case, status]``.

        Rows before the first count as none; no row past `last` is read.
        """
        start, stop = np.maximum(after, -1) + 1, np.maximum(last, -1) + 1
        columns = self._column[units]
        result = np.empty((len(units), self.n_status), np.float32)
        for status in range(self.n_status):
            running = self._unit[status]
            result[:, status] = running[stop, columns] - running[start, columns]
        return result

    def network_counts(self, after: Index, last: Index) -> npt.NDArray[np.float64]:
        """Return the same over all chargers, shape ``[case, status]``."""
        start, stop = np.maximum(after, -1) + 1, np.maximum(last, -1) + 1
        counts: npt.NDArray[np.float64] = (self._network[stop] - self._network[start]).astype(float)
        return counts

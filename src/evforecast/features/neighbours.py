"""What the other chargers at the same location do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel import Codes, StatusPanel

__all__ = ["Neighbours", "location_codes"]

Index = npt.NDArray[np.intp]


def location_codes(panel: StatusPanel) -> Index:
    """Return the location of each charger as a number from 0, shape ``[evse]``.

    Parameters
    ----------
    panel : StatusPanel
        Its table of chargers says where they are.

    Examples
    --------
    >>> import evforecast as ev
    >>> len(location_codes(ev.simulate(n_evse=6, days=1, random_state=0)))
    6
    """
    codes: Index = pd.factorize(np.asarray(panel.evse["location_id"], dtype=object))[0]
    return codes


class Neighbours:
    """Counts of statuses among the other chargers of each charger's location.

    Parameters
    ----------
    status : numpy.ndarray
        int8 ``[time, evse]``: the last known statuses, -1 before the first.
    location : array-like
        The location of each charger, shape ``[evse]``.
    n_status : int
        The number of statuses.

    Examples
    --------
    >>> others = Neighbours(np.array([[0, 1, 1]], np.int8), ["x", "x", "y"], 2)
    >>> others.counts(np.array([0, 0]), np.array([0, 2])).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, status: Codes, location: Any, n_status: int) -> None:
        self._status = status
        self._group, _ = pd.factorize(np.asarray(location, dtype=object))
        order = np.argsort(self._group, kind="stable")
        first = np.searchsorted(self._group[order], np.arange(self._group.max() + 1))
        ordered = status[:, order]
        self._total = np.stack(
            [
                np.add.reduceat(ordered == code, first, axis=1, dtype=np.int16)
                for code in range(n_status)
            ]
        )
        self.size = np.bincount(self._group)[self._group]

    def counts(self, rows: Index, units: Index) -> npt.NDArray[np.float32]:
        """Return how many others are in each status, shape ``[case, status]``."""
        result = self._total[:, rows, self._group[units]].T.astype(np.float32)
        own = self._status[rows, units]
        known = np.flatnonzero(own >= 0)
        result[known, own[known]] -= 1
        return result

"""Paths of a semi-Markov process, one row at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.forecasting.dependence import JointDraws, pick
from evforecast.forecasting.hazards import Hazards
from evforecast.forecasting.propagation import OpenRuns

__all__ = ["SemiMarkovWalk"]

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


class SemiMarkovWalk:
    """Where each path of each charger stands: its status and the age of its run.

    Parameters
    ----------
    hazards : Hazards
        The fitted tables.
    start : OpenRuns
        The chargers, where they were last observed.
    known : numpy.ndarray
        bool ``[evse]``: whether a charger was ever observed; the others start by `marginal`.
    part, hour : numpy.ndarray
        The half-hour and the hour of the local day of the rows from ``1 - max(stale)`` to the last.
    marginal : numpy.ndarray
        The share of each status in training, ``[status]``.
    n_paths : int
        The number of paths.
    draws : JointDraws
        Moves the chargers that were last observed before the cutoff to the cutoff.
    """

    def __init__(
        self,
        hazards: Hazards,
        start: OpenRuns,
        known: npt.NDArray[np.bool_],
        *,
        part: Index,
        hour: Index,
        marginal: npt.NDArray[np.floating],
        n_paths: int,
        draws: JointDraws,
    ) -> None:
        self._hazards, self._unit, self._part, self._hour = hazards, start.unit, part, hour
        shape = (n_paths, len(start.unit))
        self._status = np.broadcast_to(start.status, shape).copy()
        self._age = np.broadcast_to(start.age, shape).copy()
        self._row = 0
        lead = int(start.stale.max(initial=0))
        if not known.all():
            anywhere = pick(np.broadcast_to(marginal, (*shape, len(marginal))), draws.step())
            self._status = np.where(known, self._status, anywhere)
        for behind in range(lead, 0, -1):
            moves = start.stale >= behind
            drawn = pick(self.law(), draws.step())
            self._go(np.where(moves, drawn, self._status), ages=moves)

    def law(self) -> F32:
        """Return the law of the next row's status, ``[path, evse, status]``."""
        hour, part = self._hour[self._row], self._part[self._row]
        return self._hazards.laws(self._unit, part, hour, self._status, self._age)

    def move(self, status: npt.NDArray[np.int8]) -> None:
        """Go one row on, to the statuses drawn, ``[path, evse]``."""
        self._go(status, ages=np.ones(status.shape[1], dtype=bool))

    def _go(self, status: npt.NDArray[np.integer], ages: npt.NDArray[np.bool_]) -> None:
        stays = status == self._status
        self._age = np.where(stays, self._age + ages, 1)
        self._status = status.astype(np.intp)
        self._row += 1

"""How long a charger stays where it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.forecasting.hazards import Hazards
from evforecast.forecasting.propagation import OpenRuns

__all__ = ["remaining_steps"]

Index = npt.NDArray[np.intp]

_SLOWEST = 1e-6  # a chance per step below this would make a mean of millions of steps


def remaining_steps(
    hazards: Hazards, start: OpenRuns, part: Index, hour: Index
) -> npt.NDArray[np.float64]:
    """Return the expected number of rows after the cutoff in which each charger's open run goes on.

    The mean of a waiting time is the sum of its survival function. Beyond the rows given, the chance of
    leaving is taken as its mean over them, so that the rest is geometric.

    Parameters
    ----------
    hazards : Hazards
        The fitted tables.
    start : OpenRuns
        The chargers.
    part, hour : numpy.ndarray
        The half-hour and the hour of the local day of the rows from ``1 - max(stale)`` on.

    Returns
    -------
    numpy.ndarray
        float64 ``[evse]``.
    """
    lead = int(start.stale.max(initial=0))
    everyone = np.arange(len(start.unit))
    alive = np.ones(len(everyone))
    total = np.zeros(len(everyone))
    leaving = np.zeros(len(everyone))
    age = start.age.copy()
    for row in range(len(part)):
        moves = row >= lead - start.stale
        law = hazards.laws(start.unit, part[row], hour[row], start.status, age)
        stay = np.where(moves, law[everyone, start.status], 1.0)
        if row >= lead:
            # From the cutoff on: given that the run went on until then.
            alive *= stay
            total += alive
            leaving += 1 - stay
        age = age + moves
    rate = np.maximum(leaving / max(len(part) - lead, 1), _SLOWEST)
    left: npt.NDArray[np.float64] = total + alive * (1 - rate) / rate
    return left

"""From stretches of time to the rows of a grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.panel.scheme import Codes
from evforecast.panel.simulator.outages import Spells

__all__ = ["paint"]


def paint(
    spells: Spells,
    n_unit: int,
    *,
    origin: float,
    step: float,
    n_row: int,
    codes: npt.NDArray[np.int8] | None = None,
) -> Codes:
    """Return what holds at each unit and row: a row shows what is so at its instant.

    Parameters
    ----------
    spells : Spells
        Half open, so that a stretch between two instants shows nowhere.
    n_unit : int
    origin, step : float
        The instant of the first row, and the time between two, in the seconds of `spells`.
    n_row : int
    codes : numpy.ndarray, optional
        int8, shape ``[spell]``: what to write; the spells of a unit must not overlap then. By
        default 1, and where spells overlap, how many do.

    Returns
    -------
    numpy.ndarray
        int8, shape ``[unit, row]``, 0 where no spell is.

    Examples
    --------
    >>> stretch = Spells(np.array([1]), np.array([5.0]), np.array([20.0]))
    >>> paint(stretch, 2, origin=0, step=10, n_row=4)
    array([[0, 0, 0, 0],
           [0, 1, 0, 0]], dtype=int8)
    """
    change = np.zeros((n_unit, n_row + 1), dtype=np.int8)
    value = np.ones(len(spells.unit), dtype=np.int8) if codes is None else codes
    first, stop = (
        np.clip(np.ceil((t - origin) / step), 0, n_row).astype(np.intp)
        for t in (spells.start, spells.end)
    )
    seen = stop > first
    unit, value = spells.unit[seen], value[seen]
    np.add.at(change, (unit, first[seen]), value)
    np.subtract.at(change, (unit, stop[seen]), value)
    np.cumsum(change, axis=1, dtype=np.int8, out=change)
    return change[:, :-1]

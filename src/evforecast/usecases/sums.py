"""The law of a sum over independent chargers: how many hold, or how much power they draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

__all__ = ["power_interval", "sum_interval", "sum_law"]

FloatArray = npt.NDArray[np.float64]

_UNIT_KW = 0.1


def sum_law(p: FloatArray) -> FloatArray:
    """Return the law of the number of events with chances `p`, ``[count]`` (Poisson-binomial).

    Examples
    --------
    >>> sum_law(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    law = np.ones(1)
    for chance in p:
        law = np.convolve(law, [1 - chance, chance])
    return law


def sum_interval(law: FloatArray, level: float) -> tuple[int, int]:
    """Return the central interval of a law on 0, 1, 2 and so on; both ends belong to it.

    Examples
    --------
    >>> sum_interval(np.array([0.25, 0.5, 0.25]), 0.4)
    (1, 1)
    """
    below = np.cumsum(law)
    ends = np.searchsorted(below, [(1 - level) / 2, (1 + level) / 2])
    low, high = np.minimum(ends, len(law) - 1).tolist()
    return low, high


def power_interval(p: FloatArray, power_kw: FloatArray, level: float) -> tuple[float, float]:
    """Return the central interval of the power drawn when each charger draws all of its own or none.

    Parameters
    ----------
    p : numpy.ndarray
        Chances that they draw, shape ``[evse]``.
    power_kw : numpy.ndarray
        What they draw, in kW, shape ``[evse]``.
    level : float
        The chance of the interval, at least.

    Returns
    -------
    low, high : float
        In kW; exact where all powers are equal, else of powers rounded to 0.1 kW.

    Examples
    --------
    >>> power_interval(np.array([0.5, 0.5]), np.array([7.4, 22.0]), 0.4)
    (7.4, 22.0)
    """
    sizes = np.unique(power_kw)
    if len(sizes) == 1:
        low, high = sum_interval(sum_law(p), level)
        return low * float(sizes[0]), high * float(sizes[0])
    law = np.ones(1)
    steps = np.rint(power_kw / _UNIT_KW).astype(np.intp)
    for step in np.unique(steps).tolist():
        counts = sum_law(p[steps == step])
        spread = np.zeros((len(counts) - 1) * step + 1)
        # Chargers without power all fall on 0.
        np.add.at(spread, np.arange(len(counts)) * step, counts)
        law = np.maximum(fftconvolve(law, spread), 0)
    low, high = sum_interval(law, level)
    return round(low * _UNIT_KW, 1), round(high * _UNIT_KW, 1)

"""How long things last: log-normal mixtures, with a mode and a long tail, unlike a coin toss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["DAY", "HOUR", "MINUTE", "Floats", "Lasting"]

Floats = npt.NDArray[np.floating[Any]]

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


@dataclass(frozen=True)
class Lasting:
    """A duration in seconds: mostly short, with a share of long ones, each log-normal.

    Parameters
    ----------
    median, spread : float
        Of the short ones: the median in seconds, the standard deviation of the logarithm.
    long_share : float
        The share of the long ones, 0 to 1.
    long_median, long_spread : float
        Of the long ones.
    longest : float
        No duration lasts longer, in seconds.

    Examples
    --------
    >>> stop = Lasting(45 * MINUTE, 0.5)
    >>> bool(np.median(stop.draw(np.random.default_rng(0), np.zeros(999))) > 40 * MINUTE)
    True
    """

    median: float
    spread: float
    long_share: float = 0.0
    long_median: float = 1.0
    long_spread: float = 0.0
    longest: float = np.inf

    def draw(self, rng: np.random.Generator, more_long: Floats) -> Floats:
        """Return one duration for each element of `more_long`: what to add to the long share."""
        size = len(more_long)
        is_long = rng.random(size) < self.long_share + more_long
        z = rng.standard_normal(size)
        short = self.median * np.exp(self.spread * z)
        long = self.long_median * np.exp(self.long_spread * z)
        return np.minimum(np.where(is_long, long, short), self.longest)

"""Intervals for ratios of mean scores, by drawing chargers anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.random import RandomState, generator

__all__ = ["ratio_interval"]


def ratio_interval(
    scores: npt.NDArray[Any],
    reference: npt.NDArray[Any],
    *,
    n_draws: int = 1000,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> tuple[float, float, float]:
    """Return the ratio of two mean scores on the same cases, and a bootstrap interval over chargers.

    Parameters
    ----------
    scores, reference : numpy.ndarray
        Shape ``[case, evse]``; NaN in both where the truth is missing.
    n_draws : int
        How often chargers are drawn, with replacement, all cases of a charger together.
    level : float
        The coverage of the interval.
    random_state : int or numpy.random.Generator
        Seed of the draws.

    Returns
    -------
    ratio, low, high : float

    Raises
    ------
    InputError
        If the shapes, or the missing cases, differ.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3 (percentile interval).

    Examples
    --------
    >>> ratio, low, high = ratio_interval(np.full((3, 9), 0.2), np.full((3, 9), 0.4))
    >>> round(ratio, 3), round(low, 3), round(high, 3)
    (0.5, 0.5, 0.5)
    """
    if scores.shape != reference.shape or (np.isnan(scores) != np.isnan(reference)).any():
        msg = (
            f"ratio_interval: scores {scores.shape} and reference {reference.shape} are not of the "
            "same cases."
        )
        raise InputError(msg)
    above, below = np.nansum(scores, axis=0), np.nansum(reference, axis=0)
    rng = generator(random_state)
    n = len(above)
    # A draw of chargers with replacement is a vector of multiplicities.
    weights = rng.multinomial(n, np.full(n, 1 / n), size=n_draws)
    draws = (weights @ above) / (weights @ below)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(above.sum() / below.sum()), float(low), float(high)

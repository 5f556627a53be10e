"""Intervals for ratios of mean scores, by drawing chargers, or blocks of time, anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.random import RandomState, generator

__all__ = ["ratio_interval", "ratio_of_sums_interval"]


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
    return ratio_of_sums_interval(
        np.nansum(scores, axis=0),
        np.nansum(reference, axis=0),
        n_draws=n_draws,
        level=level,
        random_state=random_state,
    )


def ratio_of_sums_interval(
    above: npt.NDArray[Any],
    below: npt.NDArray[Any],
    *,
    n_draws: int = 1000,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> tuple[float, float, float]:
    """Return the ratio of two sums over blocks of cases, and a bootstrap interval over the blocks.

    A block is what is drawn as a whole because its cases depend on one another: a charger, or a day.

    Parameters
    ----------
    above, below : numpy.ndarray
        The sums of two scores over the same cases of each block, shape ``[block]``.
    n_draws, level, random_state
        As in `ratio_interval`.

    Returns
    -------
    ratio, low, high : float
        As `ratio_interval`; infinite or NaN where `below` sums to 0.

    References
    ----------
    Künsch (1989), the bootstrap of blocks, doi:10.1214/aos/1176347265; here the blocks do not overlap.

    Examples
    --------
    >>> ratio_of_sums_interval(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    (0.5, 0.5, 0.5)
    """
    rng = generator(random_state)
    n = len(above)
    # A draw of blocks with replacement is a vector of multiplicities.
    weights = rng.multinomial(n, np.full(n, 1 / n), size=n_draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = (weights @ above) / (weights @ below)
        low, high = np.quantile(
            draws,
            [(1 - level) / 2, (1 + level) / 2],
            method="linear"
            if np.isfinite(draws).all()
            else "nearest",  # none lies between infinities
        )
        return float(above.sum() / below.sum()), float(low), float(high)

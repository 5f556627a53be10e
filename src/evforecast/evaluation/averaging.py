"""Means over cases: weights, and truths that are missing, in one place for all scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError

__all__ = ["weighted_mean"]

FloatArray = npt.NDArray[np.float64]


def weighted_mean(
    scores: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    axis: int | tuple[int, ...] | None = None,
) -> FloatArray:
    r"""Return :math:`\sum_i w_i s_i / \sum_i w_i` over the cases with a score.

    Every score of this package that has a value a case is NaN where the truth is missing; such cases
    count for nothing here, whatever their weight.

    Parameters
    ----------
    scores : array-like
        Scores, shape ``[...]``, NaN where the truth is missing.
    weights : array-like, optional
        Weights that are finite and not negative, of a shape that spreads over that of the scores; ones
        by default. Only their ratios matter.
    axis : int or tuple of int, optional
        The axes to average over; all of them by default.

    Returns
    -------
    numpy.ndarray
        float64, in the units of the scores, NaN where no case has both a score and a weight. A single
        number when every axis is averaged over.

    Raises
    ------
    InputError
        If a weight is negative, NaN or infinite, or the shapes do not fit.

    Examples
    --------
    >>> scores = np.array([[0.2, 0.4], [np.nan, 0.8]])
    >>> weighted_mean(scores, weights=[3, 1], axis=1).round(2)
    array([0.25, 0.8 ])
    """
    values = np.asarray(scores, dtype=np.float64)
    mass = case_weights(weights, values.shape, "weighted_mean")
    # A score may be infinite: it counts with any weight, and not at all without.
    counted = ~np.isnan(values) & (mass > 0)
    total = (np.where(counted, values, 0.0) * np.where(counted, mass, 1.0)).sum(axis=axis)
    of = np.where(counted, mass, 0.0).sum(axis=axis)
    return np.where(of > 0, total / np.where(of > 0, of, 1.0), np.nan)[()]


def case_weights(
    weights: npt.ArrayLike | None, shape: tuple[int, ...], where: str
) -> npt.NDArray[np.float64]:
    """Return a weight for every case, ones without `weights`; `where` is named in the errors.

    Raises
    ------
    InputError
        If a weight is negative, NaN or infinite, or the weights do not spread over `shape`.
    """
    given = np.asarray(1.0 if weights is None else weights, dtype=np.float64)
    if refused := int((~np.isfinite(given) | (given < 0)).sum()):
        msg = (
            f"{where}: {refused:,} of {given.size:,} weights are negative, NaN or infinite. "
            "Give a weight of 0 to what should not count."
        )
        raise InputError(msg)
    try:
        return np.broadcast_to(given, shape)
    except ValueError as error:
        msg = (
            f"{where}: weights {given.shape} do not spread over cases {shape}. "
            "Add axes of length 1 where they are the same, weights[:, None] say."
        )
        raise InputError(msg) from error

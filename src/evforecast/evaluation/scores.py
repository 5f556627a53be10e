"""Scores of probability forecasts: plain functions, forecast first, then what was observed.

All return one value a case, NaN where the truth is missing, so that any mean can be taken afterwards:
`weighted_mean` leaves those cases out. A forecast that is NaN is refused, lest it pass for a missing truth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError

__all__ = ["PROBABILITY_CLIP", "accuracy", "brier_score", "log_score", "skill_score"]

PROBABILITY_CLIP = 1e-4

FloatArray = npt.NDArray[np.float64]


def log_score(
    fcst: npt.NDArray[Any], obs: npt.NDArray[Any], *, clip: float = PROBABILITY_CLIP
) -> FloatArray:
    r"""Return :math:`-\ln p_{obs}`, the ignorance of the forecast, in nats; 0 is perfect.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities, shape ``[..., status]``.
    obs : numpy.ndarray
        Observed codes, shape ``[...]``, -1 where missing.
    clip : float
        Probabilities below this count as this (not renormalised), so that one surprise costs at most
        ``-ln(clip)``; with 0 it can cost infinity.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, NaN where the truth is missing.

    Raises
    ------
    InputError
        If the shapes disagree, a code is beyond the last status, or a forecast is NaN.

    References
    ----------
    Good (1952), Rational decisions, doi:10.1111/j.2517-6161.1952.tb00104.x; strictly proper: Gneiting
    and Raftery (2007), doi:10.1198/016214506000001437.

    Examples
    --------
    >>> log_score(np.array([[0.5, 0.5]]), np.array([1])).round(3)
    array([0.693])
    """
    p = _of_observed(fcst, obs)
    with np.errstate(divide="ignore"):
        scores: FloatArray = -np.log(np.maximum(p, clip))
    return scores


def brier_score(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    r"""Return :math:`\sum_k (p_k - 1[obs = k])^2`, from 0 (perfect) to 2.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities, shape ``[..., status]``.
    obs : numpy.ndarray
        Observed codes, shape ``[...]``, -1 where missing.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, NaN where the truth is missing. With two statuses it is twice the
        score of the event's probability.

    Raises
    ------
    InputError
        If the shapes disagree, a code is beyond the last status, or a forecast is NaN.

    References
    ----------
    Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> brier_score(np.array([[0.5, 0.5]]), np.array([1]))
    array([0.5])
    """
    p = _of_observed(fcst, obs)
    squares: FloatArray = np.square(fcst, dtype=np.float64).sum(axis=-1)
    return squares - 2 * p + 1


def accuracy(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    """Return 1 where the most likely status was observed, else 0; not a proper score.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities, shape ``[..., status]``.
    obs : numpy.ndarray
        Observed codes, shape ``[...]``, -1 where missing.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, NaN where the truth is missing.

    Raises
    ------
    InputError
        If the shapes disagree, a code is beyond the last status, or a forecast is NaN.

    Examples
    --------
    >>> accuracy(np.array([[0.4, 0.6]]), np.array([1]))
    array([1.])
    """
    check_cases(fcst, obs)
    return np.where(obs >= 0, fcst.argmax(axis=-1) == obs, np.nan)


def skill_score(score: npt.ArrayLike, reference: npt.ArrayLike) -> FloatArray:
    """Return ``1 - score / reference``: 1 is perfect, 0 no better than the reference.

    Parameters
    ----------
    score, reference : array-like
        Mean scores that are 0 when perfect, on the same cases.

    Returns
    -------
    numpy.ndarray
        float64; NaN where the reference is 0.

    References
    ----------
    Murphy (1988), doi:10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2.

    Examples
    --------
    >>> skill_score([0.3, 0.4], 0.4).round(2)
    array([0.25, 0.  ])
    """
    below = np.asarray(reference, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below == 0, np.nan, 1 - np.asarray(score, dtype=np.float64) / below)[()]


def check_cases(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> None:
    """Check that chances, ``[..., outcome]``, can be scored by what was observed, ``[...]``.

    Raises
    ------
    InputError
        If the shapes disagree, an outcome is beyond the last, or a forecast of a known truth is NaN.
    """
    if fcst.shape[:-1] != obs.shape or not fcst.ndim:
        msg = (
            f"forecasts {fcst.shape} do not fit observations {obs.shape}: they need the same axes, and "
            "one more at the end for what can happen."
        )
        raise InputError(msg)
    known = obs >= 0
    if obs.size and (highest := np.max(obs, where=known, initial=0)) >= fcst.shape[-1]:
        msg = (
            f"{highest} was observed, where forecasts have chances of 0 to {fcst.shape[-1] - 1} only. "
            "Are both of the same scheme?"
        )
        raise InputError(msg)
    if np.isnan(fcst).any() and (count := int(np.isnan(fcst[known]).any(axis=-1).sum())):
        msg = (
            f"{count:,} forecasts of a known truth are NaN; a missing forecast is no missing truth. "
            "Set the truth of cases that are not to count to -1, for every model."
        )
        raise InputError(msg)


def _of_observed(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    """Return the probability given to what was observed, NaN where that is missing."""
    check_cases(fcst, obs)
    place = np.maximum(obs, 0).astype(np.intp)
    p = np.take_along_axis(fcst, place[..., None], axis=-1)[..., 0].astype(np.float64)
    return np.where(obs >= 0, p, np.nan)

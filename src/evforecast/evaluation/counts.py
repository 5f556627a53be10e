"""Scores of forecasts of counts, how many chargers will be free say: as chances, and as draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.evaluation.scores import check_cases

__all__ = ["crps", "ranked_probability_score"]

FloatArray = npt.NDArray[np.float64]


def ranked_probability_score(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    r"""Return :math:`\sum_k (F_k - 1[obs \le k])^2`, :math:`F_k` being the chance of `k` or less.

    Unlike the Brier score it knows that 7 is nearer to 8 than 2 is.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the counts 0, 1, 2 and so on, or of categories in order, shape
        ``[..., count]``; each row sums to 1.
    obs : numpy.ndarray
        Observed counts, shape ``[...]``, -1 or NaN where missing.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, in units of the count, 0 when perfect, NaN where the truth is missing.
        It is not divided by the number of counts, so a certain forecast pays the distance to the
        truth, and the score does not change when counts that are impossible are added.

    Raises
    ------
    InputError
        If the shapes disagree, a count is beyond the last, or a forecast is NaN.

    See Also
    --------
    crps : The same score of draws.

    References
    ----------
    Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2; for counts: Czado, Gneiting and
    Held (2009), doi:10.1111/j.1541-0420.2009.01191.x.

    Examples
    --------
    >>> chances = np.array([[0.0, 0.5, 0.5, 0.0]])
    >>> (
    ...     ranked_probability_score(chances, np.array([1])),
    ...     ranked_probability_score(chances, np.array([3])),
    ... )
    (array([0.25]), array([1.25]))
    """
    check_cases(fcst, obs)
    below = np.cumsum(fcst, axis=-1, dtype=np.float64)
    below -= np.arange(fcst.shape[-1]) >= obs[..., None]
    return np.where(obs >= 0, np.square(below).sum(axis=-1), np.nan)


def crps(draws: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    r"""Return the continuous ranked probability score of draws, each as likely as the others.

    It is :math:`\frac{1}{n}\sum_i |x_i - obs| - \frac{1}{2n^2}\sum_{i,j} |x_i - x_j|`: the mean distance of
    the draws from the truth, less half of that between two draws.

    Parameters
    ----------
    draws : numpy.ndarray
        Counts, shape ``[path, ...]``, from `StatusPaths.counts` say.
    obs : numpy.ndarray
        Observed counts, shape ``[...]``, -1 or NaN where missing.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, in units of the count, 0 when perfect, NaN where the truth is missing.

    Raises
    ------
    InputError
        If the shapes disagree, there is no draw, or a draw is NaN or infinite.

    See Also
    --------
    ranked_probability_score : The same score of chances; equal for the shares of the draws.
    energy_score : The same score of whole paths.

    Notes
    -----
    The draws are scored as the forecast that they are: the law that gives each of them the same chance.
    So the score has the properties of a score of laws, exists for a single draw, and is never negative.
    If the draws stand for a law that they were sampled from, its own score is smaller by about
    :math:`1/(2n)` of the mean distance between two draws, a quarter of a percent of it with 200 paths:
    compare models on equal numbers of paths. The fair estimator (Ferro 2014), which divides by
    :math:`n(n-1)`, takes this off, but scores no law that is at hand and can fall below 0.

    References
    ----------
    Matheson and Winkler (1976), doi:10.1287/mnsc.22.10.1087; as a distance: Gneiting and Raftery (2007),
    doi:10.1198/016214506000001437; fair: Ferro (2014), doi:10.1002/qj.2270.

    Examples
    --------
    >>> crps(np.array([[1], [2]]), np.array([1])), crps(np.array([[1], [2]]), np.array([3]))
    (array([0.25]), array([1.25]))
    """
    x, y, known = known_draws(draws, obs, "crps")
    n = len(x)
    x = np.sort(x, axis=0)
    away = np.abs(x - y).mean(axis=0)
    # In order, a draw is subtracted from each one above it, and each one below is subtracted from it.
    among = np.tensordot(2.0 * np.arange(n) - n + 1, x, axes=1) / n**2
    return np.where(known, away - among, np.nan)


def known_draws(
    draws: npt.NDArray[Any], obs: npt.NDArray[Any], where: str
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Return draws and truth as floats, the truth 0 where missing, and where it is known.

    Raises
    ------
    InputError
        If the shapes disagree, there is no draw, or a draw is NaN or infinite.
    """
    if not draws.ndim or not len(draws) or draws.shape[1:] != obs.shape:
        msg = (
            f"{where}: draws {draws.shape} do not fit observations {obs.shape}: the axis of the paths "
            "must come first, hold one path at least, and be followed by those of the observations."
        )
        raise InputError(msg)
    if not np.isfinite(draws).all():
        msg = f"{where}: a draw is NaN or infinite; only a truth may be missing."
        raise InputError(msg)
    known = obs >= 0
    return draws.astype(np.float64), np.where(known, obs, 0).astype(np.float64), known

"""Whether one forecast is better than another by more than chance: the test of Diebold and Mariano."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["diebold_mariano", "holm"]


def diebold_mariano(differences: npt.NDArray[Any], *, overlap: int = 0) -> tuple[float, float]:
    """Return the statistic and the two-sided p value of the mean of a series of score differences.

    The variance of the mean counts autocorrelation up to a lag L with Bartlett's weights. L is the larger
    of twice `overlap`, since the weights fall with the lag, and ``1.3 sqrt(T)`` for T origins, since
    differences go together for longer than forecasts overlap.

    Parameters
    ----------
    differences : numpy.ndarray
        Score of the one minus score of the other, at evenly spaced origins, shape ``[origin]``; NaN where
        there is none.
    overlap : int
        How many later origins lie before the truth of a forecast is known, so that errors share it:
        the horizon, in distances between origins, minus one, rounded up.

    Returns
    -------
    statistic : float
        Negative where the first is better; with the correction for small samples. NaN if there are no
        more than L + 1 origins.
    p : float
        From Student's t with one degree of freedom less than known differences.

    Notes
    -----
    Still too bold where few stretches are independent: of simulated forecasts without a difference, 100
    or so origins and horizons of 16 to 24 of them, about one in ten is called at 5 % (two in three by
    a test that takes origins as independent).

    References
    ----------
    Diebold and Mariano (1995), doi:10.1080/07350015.1995.10524599; the variance: Newey and West (1987),
    doi:10.2307/1913610; its lag: Lazarus, Lewis, Stock and Watson (2018),
    doi:10.1080/07350015.2018.1506926; the correction: Harvey, Leybourne and Newbold (1997),
    doi:10.1016/S0169-2070(96)00719-4, with L + 1 for the number of steps ahead.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=100)
    >>> statistic, p = diebold_mariano(noise - 1)
    >>> statistic < -5, p < 0.001
    (True, True)
    """
    seen = np.flatnonzero(~np.isnan(differences))
    if not len(seen):
        return float("nan"), float("nan")
    series = differences[seen[0] : seen[-1] + 1]
    size, known = len(series), len(seen)
    lag = max(2 * overlap, int(1.3 * np.sqrt(size)))
    if size <= lag + 1 or known < 2:
        return float("nan"), float("nan")
    mean = float(np.nanmean(series))
    # Gaps count as 0, so that pairs across them drop out and the variance cannot be negative.
    x = np.nan_to_num(series - mean)
    lags = np.arange(1, lag + 1)
    products = np.array([x[k:] @ x[:-k] for k in lags])
    variance = float(x @ x + 2 * (1 - lags / (lag + 1)) @ products) / known**2
    if variance <= 0:  # always the same difference
        statistic = float(np.sign(mean)) * np.inf if mean else 0.0
    else:
        steps = lag + 1
        correction = np.sqrt((size + 1 - 2 * steps + steps * (steps - 1) / size) / size)
        statistic = float(mean / np.sqrt(variance) * correction)
    return statistic, float(2 * stats.t.sf(abs(statistic), known - 1))


def holm(p: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return p values that stay valid when all of them are read together.

    Parameters
    ----------
    p : numpy.ndarray
        Of several tests, shape ``[test]``; NaN where there was none.

    Returns
    -------
    numpy.ndarray
        Shape ``[test]``, at most 1: below 5 % for any test without an effect in at most 5 % of such
        families, however the tests depend on one another.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6, 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p, kind="stable")  # NaN last
    left = np.count_nonzero(~np.isnan(p)) - np.arange(len(p))
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * left), 1)
    return adjusted

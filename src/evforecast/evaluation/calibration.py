"""Reliability: whether what is forecast with 30 % happens 30 % of the time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError

__all__ = ["calibration_error", "reliability"]

# Two-sided 95 %.
_Z = 1.959963984540054


def reliability(fcst: npt.NDArray[Any], obs: npt.NDArray[Any], *, bins: int = 10) -> pd.DataFrame:
    """Return the observed frequency of an event by bins of its forecast probability.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the event, any shape.
    obs : numpy.ndarray
        1 where it happened, 0 where not, -1 or NaN where unknown; same shape.
    bins : int
        Bins of equal width between 0 and 1; empty ones are left out.

    Returns
    -------
    pandas.DataFrame
        One row a bin: ``forecast`` (mean probability), ``observed`` (frequency), ``low`` and ``high``
        (95 % Wilson interval, as if cases were independent) and ``n`` (cases).

    Raises
    ------
    InputError
        If shapes disagree, or `bins` is less than 1.
    EmptyInputError
        If no truth is known.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> reliability(np.array([0.2, 0.2, 0.9]), np.array([0, 1, 1]), bins=2).n.tolist()
    [2, 1]
    """
    if fcst.shape != obs.shape or bins < 1:
        msg = (
            f"reliability: forecasts {fcst.shape}, observations {obs.shape}, {bins} bins; "
            "shapes must agree, bins be >= 1."
        )
        raise InputError(msg)
    known = obs >= 0
    if not known.any():
        msg = "reliability: no case has a known truth, so there is nothing to compare."
        raise EmptyInputError(msg)
    p, hit = fcst[known].astype(np.float64), obs[known].astype(np.float64)
    which = np.minimum((p * bins).astype(np.intp), bins - 1)
    n = np.bincount(which, minlength=bins)
    used = n > 0
    count = n[used]
    mean = np.bincount(which, weights=p, minlength=bins)[used] / count
    rate = np.bincount(which, weights=hit, minlength=bins)[used] / count
    centre = (rate + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * np.sqrt(rate * (1 - rate) / count + _Z**2 / (4 * count**2))
    return pd.DataFrame(
        {
            "forecast": mean,
            "observed": rate,
            "low": centre - half,
            "high": centre + half,
            "n": count,
        }
    )


def calibration_error(fcst: npt.NDArray[Any], obs: npt.NDArray[Any], *, bins: int = 10) -> float:
    """Return the expected calibration error: how far off the bins of `reliability` are, on average.

    Parameters
    ----------
    fcst, obs, bins
        As in `reliability`.

    Returns
    -------
    float
        The mean over cases of ``|forecast - observed|`` of their bin, from 0 (calibrated) to 1. It says
        nothing of sharpness: a forecast of the base rate has none.

    Raises
    ------
    InputError, EmptyInputError
        As `reliability`.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), doi:10.1609/aaai.v29i1.9602.

    Examples
    --------
    >>> round(calibration_error(np.array([0.2, 0.2, 0.9]), np.array([0, 1, 1]), bins=2), 3)
    0.233
    """
    table = reliability(fcst, obs, bins=bins)
    gap = (table["forecast"] - table["observed"]).abs()
    return float(np.average(gap, weights=table["n"]))

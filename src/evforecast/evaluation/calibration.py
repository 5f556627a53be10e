"""Reliability: whether what is forecast with 30 % happens 30 % of the time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation.averaging import case_weights
from evforecast.random import RandomState, generator

__all__ = ["calibration_error", "calibration_interval", "reliability"]

FloatArray = npt.NDArray[np.float64]

# Two-sided 95 %.
_Z = 1.959963984540054

# Probabilities that were added up in float32 may leave 0 to 1 by this much.
_ROUNDING = 1e-5


def reliability(
    fcst: npt.NDArray[Any],
    obs: npt.NDArray[Any],
    *,
    weights: npt.ArrayLike | None = None,
    bins: int = 10,
) -> pd.DataFrame:
    """Return the observed frequency of an event by bins of its forecast probability.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the event, any shape.
    obs : numpy.ndarray
        1 where it happened, 0 where not, -1 or NaN where unknown; same shape.
    weights : array-like, optional
        Weights of the cases, of a shape that spreads over theirs; ones by default. A case with a weight
        of 2 counts like two such cases, in the intervals too.
    bins : int
        Bins of equal width between 0 and 1; empty ones are left out.

    Returns
    -------
    pandas.DataFrame
        One row a bin: ``forecast`` (mean probability), ``observed`` (frequency), ``low`` and ``high``
        (95 % Wilson interval, as if cases were independent) and ``n`` (cases, or the sum of their
        weights).

    Raises
    ------
    InputError
        If shapes disagree, `bins` is less than 1, a forecast of a known truth is no probability, or a
        weight is negative, NaN or infinite.
    EmptyInputError
        If no truth is known, or none that has a weight.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> reliability(np.array([0.2, 0.2, 0.9]), np.array([0, 1, 1]), bins=2).n.tolist()
    [2, 1]
    """
    cases = binned_cases(fcst, obs, weights, bins, "reliability")
    sums = np.bincount(cases.bin, weights=cases.weight, minlength=bins)
    used = sums > 0
    n = sums[used]
    mean = np.bincount(cases.bin, weights=cases.weight * cases.p, minlength=bins)[used] / n
    rate = np.bincount(cases.bin, weights=cases.weight * cases.hit, minlength=bins)[used] / n
    centre = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return pd.DataFrame(
        {
            "forecast": mean,
            "observed": rate,
            "low": centre - half,
            "high": centre + half,
            "n": n.astype(np.int64) if weights is None else n,
        }
    )


def calibration_error(
    fcst: npt.NDArray[Any],
    obs: npt.NDArray[Any],
    *,
    weights: npt.ArrayLike | None = None,
    bins: int = 10,
) -> float:
    """Return the expected calibration error: how far off the bins of `reliability` are, on average.

    Parameters
    ----------
    fcst, obs, weights, bins
        As in `reliability`.

    Returns
    -------
    float
        The mean over cases of ``|forecast - observed|`` of their bin, from 0 (calibrated) to 1. It says
        nothing of sharpness: a forecast of the base rate has none. Chance puts every bin off a little,
        and no two bins make up for each other, so few cases make it too large; `calibration_interval`
        says by how much it may be off.

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
    table = reliability(fcst, obs, weights=weights, bins=bins)
    gap = (table["forecast"] - table["observed"]).abs()
    return float(np.average(gap, weights=table["n"]))


def calibration_interval(
    fcst: npt.NDArray[Any],
    obs: npt.NDArray[Any],
    groups: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    bins: int = 10,
    n_draws: int = 1000,
    level: float = 0.95,
    random_state: RandomState = 0,
) -> tuple[float, float, float]:
    """Return the expected calibration error with an interval that allows for cases that go together.

    Whole groups, days say, are drawn with replacement, and in each draw the gap of every bin between
    forecast and frequency, times the bin's share of the cases, is taken anew. The sum of how far the
    gaps move bounds how far the error moves, so the interval reaches to both sides as far as `level` of
    the draws move. The errors of the draws themselves would not do: each has the noise of its draw on top
    of that of the sample, and their quantiles leave 0 out even where a forecast is calibrated.

    Parameters
    ----------
    fcst, obs, weights, bins
        As in `reliability`.
    groups : array-like
        The group of each case: numbers, texts or times, none missing, of a shape that spreads over that
        of `fcst`. For forecasts ``[origin, horizon, evse]``, days ``[origin]`` are given as
        ``days[:, None, None]``. Groups should be independent of each other, as cases need not be.
    n_draws : int
        How often groups are drawn.
    level : float
        The coverage of the interval, at least: it is about right for a calibrated forecast, and wider than
        needed for a forecast that is clearly off. With a dozen groups it falls a little short, as
        a bootstrap of few groups does.
    random_state : int, numpy.random.Generator or None
        Seed of the draws.

    Returns
    -------
    error, low, high : float
        `calibration_error`, and the interval for what it would be without the noise of the sample, in the
        same bins. The error lies in the middle (or the interval is cut off at 0 or 1) although it is
        biased upwards; a `low` of 0 says that the forecast may well be calibrated.

    Raises
    ------
    InputError
        As `reliability`; if groups are missing, do not fit, or are fewer than two with a known truth;
        if `level` is not between 0 and 1, or `n_draws` less than 1.
    EmptyInputError
        As `reliability`.

    References
    ----------
    Bias: Roelofs and others (2022), doi:10.48550/arXiv.2012.08668; where quantiles of redrawn estimates
    fail: Andrews (2000), doi:10.1111/1468-0262.00114.

    Examples
    --------
    >>> p = np.tile([0.2, 0.8], (10, 1))
    >>> happened = np.tile([[0, 1], [0, 1], [0, 1], [0, 1], [1, 0]], (2, 1))
    >>> error, low, high = calibration_interval(p, happened, np.arange(10)[:, None])
    >>> round(error, 3), round(low, 3), 0.1 < high < 0.4
    (0.0, 0.0, True)
    """
    if not 0 < level < 1 or n_draws < 1:
        msg = (
            f"calibration_interval: level={level!r}, n_draws={n_draws!r}; a level is between 0 and 1, "
            "0.95 say, and one draw at least is needed."
        )
        raise InputError(msg)
    cases = binned_cases(fcst, obs, weights, bins, "calibration_interval")
    group = _group_codes(groups, fcst.shape)[cases.counted]
    n = int(group.max()) + 1
    total = np.bincount(group, weights=cases.weight, minlength=n)
    gap = np.bincount(
        group * bins + cases.bin, weights=cases.weight * (cases.p - cases.hit), minlength=n * bins
    ).reshape(n, bins)
    total, gap = total[total > 0], gap[total > 0]
    n = len(total)
    if n < 2:
        msg = (
            "calibration_interval: all known truths are in one group, so that every draw is alike. "
            "Give smaller groups, or more cases."
        )
        raise InputError(msg)
    # A draw of groups with replacement is a vector of multiplicities.
    times = generator(random_state).multinomial(n, np.full(n, 1 / n), size=n_draws)
    drawn = (times @ gap) / (times @ total)[:, None]
    found = gap.sum(axis=0) / total.sum()
    # Draws from n groups vary with (n - 1) / n of the variance that the groups came with.
    moves = np.abs(drawn - found).sum(axis=1) * np.sqrt(n / (n - 1))
    reach = float(np.quantile(moves, level))
    error = float(np.abs(found).sum())
    return error, max(error - reach, 0.0), min(error + reach, 1.0)


class BinnedCases(NamedTuple):
    """The cases that count, flat: probability, whether it happened, weight and bin of each."""

    counted: npt.NDArray[np.bool_]
    p: FloatArray
    hit: FloatArray
    weight: FloatArray
    bin: npt.NDArray[np.intp]


def binned_cases(
    fcst: npt.NDArray[Any],
    obs: npt.NDArray[Any],
    weights: npt.ArrayLike | None,
    bins: int,
    where: str,
) -> BinnedCases:
    """Return the cases with a known truth and a weight, and which of the equal bins each is in.

    Raises
    ------
    InputError
        If shapes disagree, `bins` is less than 1, a probability is none, or a weight cannot be used.
    EmptyInputError
        If there is no such case.
    """
    if fcst.shape != obs.shape or bins < 1:
        msg = (
            f"{where}: forecasts {fcst.shape}, observations {obs.shape}, {bins} bins; "
            "shapes must agree, bins be >= 1."
        )
        raise InputError(msg)
    weight = case_weights(weights, obs.shape, where)
    counted = (obs >= 0) & (weight > 0)
    if not counted.any():
        msg = f"{where}: no case has a known truth and a weight, so there is nothing to compare."
        raise EmptyInputError(msg)
    p, hit = fcst[counted].astype(np.float64), obs[counted].astype(np.float64)
    if not (p.min() >= -_ROUNDING and p.max() <= 1 + _ROUNDING):
        msg = (
            f"{where}: forecasts of known truths go from {p.min()} to {p.max()}; probabilities of the "
            "event are needed, none of them NaN."
        )
        raise InputError(msg)
    place = np.minimum((p * bins).astype(np.intp), bins - 1)
    return BinnedCases(counted, p, hit, weight[counted], place)


def _group_codes(groups: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Return the number of each case's group, from 0 on."""
    labels = np.asarray(groups)
    if pd.isna(labels).any():
        msg = "calibration_interval: a group is missing; every case needs one."
        raise InputError(msg)
    codes = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    try:
        return np.broadcast_to(codes, shape)
    except ValueError as error:
        msg = (
            f"calibration_interval: groups {labels.shape} do not spread over cases {shape}. "
            "Add axes of length 1 where they are the same, days[:, None, None] say."
        )
        raise InputError(msg) from error

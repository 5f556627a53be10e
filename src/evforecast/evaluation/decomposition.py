"""What a Brier score is made of: calibration, discrimination, and how hard the event is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.evaluation.calibration import binned_cases

__all__ = ["brier_decomposition"]


def brier_decomposition(
    fcst: npt.NDArray[Any],
    obs: npt.NDArray[Any],
    *,
    weights: npt.ArrayLike | None = None,
    bins: int = 10,
) -> pd.Series[float]:
    r"""Return the Brier score of an event's probability and the five parts that it is the sum of.

    With bins :math:`b` of mean probability :math:`\bar p_b`, frequency :math:`\bar o_b` and share
    :math:`n_b` of the cases, and base rate :math:`\bar o`, ``brier`` :math:`= \overline{(p - o)^2}` is
    ``reliability - resolution + uncertainty + within_variance - within_covariance``, exactly.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the event, any shape.
    obs : numpy.ndarray
        1 where it happened, 0 where not, -1 or NaN where unknown; same shape.
    weights : array-like, optional
        As in `reliability`.
    bins : int
        Bins of equal width between 0 and 1.

    Returns
    -------
    pandas.Series
        By name, all without units, on the scale of the one probability: 0 to 1, half of `brier_score`
        with two statuses.

        - ``brier``: the mean of :math:`(p - o)^2`.
        - ``reliability``: :math:`\sum_b n_b (\bar p_b - \bar o_b)^2`, 0 when calibrated.
        - ``resolution``: :math:`\sum_b n_b (\bar o_b - \bar o)^2`, large when bins differ in what happens.
        - ``uncertainty``: :math:`\bar o (1 - \bar o)`, the score of the base rate.
        - ``within_variance``: the mean of :math:`(p - \bar p_b)^2`, what a bin hides of its forecasts.
        - ``within_covariance``: twice the mean of :math:`(p - \bar p_b)(o - \bar o_b)`.

        The last two are 0 when all forecasts of a bin are alike. ``resolution - within_variance +
        within_covariance`` depends less on the bins than ``resolution`` does. In small samples
        ``reliability`` is too large, as `calibration_error` is.

    Raises
    ------
    InputError, EmptyInputError
        As `reliability`.

    References
    ----------
    Murphy (1973), doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; within bins: Stephenson, Coelho and
    Jolliffe (2008), doi:10.1175/2007WAF2006116.1; bias: Ferro and Fricker (2012), doi:10.1002/qj.1924.

    Examples
    --------
    >>> parts = brier_decomposition(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0, 1, 1, 1]))
    >>> parts[["brier", "reliability", "resolution", "uncertainty"]].round(4).tolist()
    [0.19, 0.065, 0.0625, 0.1875]
    """
    cases = binned_cases(fcst, obs, weights, bins, "brier_decomposition")
    p, hit, share = cases.p, cases.hit, cases.weight / cases.weight.sum()
    of = np.bincount(cases.bin, weights=share, minlength=bins)
    # An empty bin has no mean, and no case asks for it.
    above = np.where(of > 0, of, 1.0)
    mean = np.bincount(cases.bin, weights=share * p, minlength=bins) / above
    rate = np.bincount(cases.bin, weights=share * hit, minlength=bins) / above
    base = share @ hit
    off, surprise = p - mean[cases.bin], hit - rate[cases.bin]
    return pd.Series(
        {
            "brier": share @ np.square(p - hit),
            "reliability": of @ np.square(mean - rate),
            "resolution": of @ np.square(rate - base),
            "uncertainty": base * (1 - base),
            "within_variance": share @ np.square(off),
            "within_covariance": 2 * (share @ (off * surprise)),
        },
        dtype=np.float64,
    )

"""Sharpness: how much a forecast claims to know, whatever then happens."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import entr

from evforecast.errors import InputError

__all__ = ["entropy"]


def entropy(fcst: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    r"""Return :math:`-\sum_k p_k \ln p_k`, in nats: 0 for a certain forecast, the sharpest.

    It is the log score that a forecast expects of itself. Over many cases a calibrated forecaster's mean
    `log_score` comes to its mean entropy; a mean log score above that says that the forecasts were too
    sharp, one below that they could have been sharper. Take both means over the same cases,
    ``weighted_mean(np.where(obs >= 0, entropy(fcst), np.nan))``, and mind that `log_score` clips.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities, shape ``[..., status]``.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, from 0 to the logarithm of the number of statuses. Smaller is sharper,
        which is a virtue among calibrated forecasts only.

    Raises
    ------
    InputError
        If a probability is negative or NaN.

    References
    ----------
    Shannon (1948), doi:10.1002/j.1538-7305.1948.tb01338.x; as the expected log score: Gneiting and
    Raftery (2007), doi:10.1198/016214506000001437; sharpness subject to calibration: Gneiting,
    Balabdaoui and Raftery (2007), doi:10.1111/j.1467-9868.2007.00587.x.

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(3)
    array([0.693, 0.   ])
    """
    if fcst.size and not fcst.min() >= 0:
        msg = (
            f"entropy: the least probability is {fcst.min()}; none may be negative or NaN. "
            "Leave out the cases that have no forecast."
        )
        raise InputError(msg)
    nats: npt.NDArray[np.float64] = entr(fcst.astype(np.float64)).sum(axis=-1)
    return nats

"""The chargers' own past failure rates: what any forecast of failures has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from evforecast.features import last_observed
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.panel import MISSING, Codes, StatusPanel

__all__ = ["FailureRate", "count_failures"]

FloatArray = npt.NDArray[np.float64]

_DAY = np.timedelta64(86_400, "s")
# Between these, in failures, the prior's weight is searched: nothing shared, and nothing of one's own.
_SHAPES = (1e-2, 1e3)


class FailureRate(StatusForecaster):
    """Each charger fails at its own past rate, shrunk to the network's; nothing else is looked at.

    Failures come as a Poisson process whose rate differs between chargers by a gamma law (Greenwood and
    Yule 1920). Its mean is the network's failures over its time at risk, and its shape is the likeliest
    one: where chargers differ much, few failures of a charger's own say much. With k failures in the
    time t, the chance of one within h is ``1 - ((b + t) / (b + t + h)) ** (a + k)``, where a is the shape
    and b is a over the mean rate.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.
    target : str
        The coarsening of the statuses that counts as failure.

    Attributes
    ----------
    failures_ : numpy.ndarray
        Failures of each charger, float64 ``[evse]``; those within a day of an earlier one belong to it,
        since a loose contact is one failure and not fifty.
    at_risk_ : numpy.ndarray
        The steps that each was observed and had not failed, float64 ``[evse]``.
    rate_, shape_ : float
        The mean rate, in failures a step, and the shape.
    stay_ : float
        The chance that a charger that has failed is so in the next step too: what is down now will
        nearly surely be down within the day.

    References
    ----------
    Greenwood and Yule (1920), An inquiry into the nature of frequency distributions representative of
    multiple happenings, doi:10.2307/2341080.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.FailureRate(horizons=[96]).fit(panel).predict_proba(panel)
    >>> forecast.scheme.names
    ('not down within', 'down within')
    """

    within = True
    """Its forecasts are of a failure at any time up to the horizon."""

    def __init__(self, horizons: Sequence[int] = DEFAULT_HORIZONS, *, target: str = "down") -> None:
        self.horizons = horizons
        self.target = target

    @property
    def lookback(self) -> int:
        """A day, to find the last known status."""
        return int(_DAY // self.step_)

    def _fit(self, panel: StatusPanel) -> None:
        members = panel.scheme.members(self.target)
        self.failures_, self.at_risk_ = count_failures(
            panel.codes, members, int(_DAY // panel.step)
        )
        # Half a failure more than none: that there was none yet does not mean never.
        total = max(self.failures_.sum(), 0.5)
        self.rate_ = float(total / max(self.at_risk_.sum(), 1.0))
        self.shape_ = _likeliest_shape(self.failures_, self.at_risk_, self.rate_)
        down = np.isin(panel.codes, members)
        followed = down[:-1] & (panel.codes[1:] != MISSING)
        stayed = followed & down[1:]
        self.stay_ = float((stayed.sum() + 1) / (followed.sum() + 2))

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        units = self._units(context)
        known = units >= 0
        failures = np.where(known, self.failures_[units], 0.0)
        waited = self.shape_ / self.rate_ + np.where(known, self.at_risk_[units], 0.0)
        spared = (waited / (waited + horizons[:, None])) ** (self.shape_ + failures)
        members = context.scheme.members(self.target)
        now = np.isin(last_observed(context.codes).status[-1], members)
        spared = np.where(now, (1 - self.stay_) * spared, spared)
        return np.stack([spared, 1 - spared], axis=-1)


def count_failures(
    codes: Codes, members: npt.NDArray[np.intp], same: int
) -> tuple[FloatArray, FloatArray]:
    """Count each charger's failures, and the rows in which it could have begun one.

    Parameters
    ----------
    codes : numpy.ndarray
        int8 ``[time, evse]``, -1 where missing.
    members : numpy.ndarray
        The statuses of a failed charger.
    same : int
        One that begins less than so many rows after an earlier one that counted belongs to that.

    Returns
    -------
    failures, at_risk : numpy.ndarray
        float64 ``[evse]``. A charger that has failed when it is first seen did so at an unknown time,
        and that does not count.

    Examples
    --------
    >>> codes = np.array([[0], [4], [0], [4], [-1], [0], [4]], np.int8)
    >>> failures, at_risk = count_failures(codes, np.array([4]), 3)
    >>> failures.tolist(), at_risk.tolist()
    ([2.0], [3.0])
    """
    failed = np.isin(codes, members)
    before = last_observed(codes).status[:-1]
    begins = failed[1:] & ~np.isin(before, members) & (before != MISSING)
    failures = np.zeros(codes.shape[1])
    counted = np.full(codes.shape[1], -same)
    for row, unit in np.argwhere(begins).tolist():
        if row - counted[unit] >= same:
            failures[unit] += 1
            counted[unit] = row
    return failures, ((codes != MISSING) & ~failed).sum(axis=0).astype(np.float64)


def _likeliest_shape(failures: FloatArray, at_risk: FloatArray, rate: float) -> float:
    """Return the shape of the gamma law under which the failures are likeliest (negative binomial)."""
    seen = at_risk > 0
    k, t = failures[seen], at_risk[seen]

    def misfit(log_shape: float) -> float:
        a = np.exp(log_shape)
        b = a / rate
        fit = gammaln(k + a) - gammaln(a) + a * np.log(b / (b + t)) + k * np.log(t / (b + t))
        return -float(fit.sum())

    found = minimize_scalar(misfit, bounds=tuple(np.log(_SHAPES)), method="bounded")
    return float(np.exp(found.x))

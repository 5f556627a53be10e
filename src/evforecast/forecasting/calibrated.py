"""Recalibration on later data, or an honest refusal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.base import clone

from evforecast.errors import InputError
from evforecast.forecasting.around import Around
from evforecast.forecasting.base import StatusForecaster
from evforecast.forecasting.target import future_codes
from evforecast.panel import MISSING, Codes, StatusPanel

__all__ = ["Calibrated", "Recalibration"]

_DAY = np.timedelta64(86_400, "s")
_EVERY = np.timedelta64(21_600, "s")  # between two origins of the held-out days: chargers are many
_SMALLEST = 1e-6
# How strongly the map is held to the identity, in cases; and the scale of what it is held by.
_PRIOR_CASES = 50.0

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recalibration:
    """A map of probabilities: ``q`` proportional to ``p ** sharpness * exp(shift)``.

    Attributes
    ----------
    sharpness : float
        Below 1 the forecaster was too sure of itself.
    shift : numpy.ndarray
        By status, ``[status]``: above 0 where it came more often than told.
    """

    sharpness: float
    shift: F64

    def __call__(self, proba: npt.NDArray[np.floating]) -> F64:
        """Return recalibrated probabilities ``[..., status]``."""
        scores = self.sharpness * np.log(np.maximum(proba, _SMALLEST)) + self.shift
        law: F64 = np.exp(scores - scores.max(axis=-1, keepdims=True))
        law /= law.sum(axis=-1, keepdims=True)
        return law


class Calibrated(Around):
    """A forecaster whose probabilities are recalibrated on days that it has not learnt from.

    The last `days` of the training time are held out; a copy fitted before them forecasts them every six
    hours. For each horizon a temperature and a shift by status are fitted on the first half of them, and
    kept if they lower the log loss on the second half; then they are fitted on both, and the forecaster
    on all of the training time. Where the past is short, or the second half is not better for it, nothing
    is changed and `reasons_` says why: on a few days recalibration follows those days (on real data, two
    days of it hurt).

    Parameters
    ----------
    forecaster : StatusForecaster
        Unfitted; copies are fitted.
    days : int
        Days held out; at least 14, and the past before them must be as long at least.

    Attributes
    ----------
    forecaster_ : StatusForecaster
        Fitted on the whole training time.
    maps_ : dict of int to Recalibration
        By horizon, where one is used.
    reasons_ : dict of int to str
        By horizon, why none is.

    References
    ----------
    Guo et al. (2017), On Calibration of Modern Neural Networks, ICML, arXiv:1706.04599 (temperature and
    bias by class).

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Calibrated(ev.Climatology([4])).fit(panel)
    >>> model.reasons_[4]
    'the past is 4 days long; 14 to hold out and as many before them are needed'
    """

    def __init__(self, forecaster: StatusForecaster, *, days: int = 14) -> None:
        self.forecaster = forecaster
        self.days = days

    @property
    def _inner(self) -> StatusForecaster:
        return self.forecaster

    @property
    def lookback(self) -> int:
        """That of the forecaster."""
        return self.forecaster_.lookback

    def _fit(self, panel: StatusPanel) -> None:
        if self.days < 14:
            msg = (
                f"Calibrated: days must be 14 at least, found {self.days}. Fewer days tell more about "
                "themselves than about the forecaster."
            )
            raise InputError(msg)
        self.maps_: dict[int, Recalibration] = {}
        self.reasons_: dict[int, str] = {}
        horizons = sorted(set(self.horizons))
        held = int(self.days * _DAY // panel.step)
        if panel.n_time < 2 * held:
            long = panel.n_time * panel.step / _DAY
            reason = (
                f"the past is {long:.0f} days long; {self.days} to hold out and as many before them "
                "are needed"
            )
            self.reasons_ = dict.fromkeys(horizons, reason)
        else:
            self._calibrate(panel, horizons, held)
        self.forecaster_: StatusForecaster = clone(self.forecaster).fit(panel)

    def _calibrate(self, panel: StatusPanel, horizons: list[int], held: int) -> None:
        first = panel.n_time - held - 1
        trial: StatusForecaster = clone(self.forecaster).fit(panel.head(first + 1))
        rows = np.arange(first, panel.n_time - 1, max(int(_EVERY // panel.step), 1))
        told = np.stack([trial.predict_proba(panel.head(int(r) + 1), horizons).proba for r in rows])
        middle = first + held // 2
        for place, horizon in enumerate(horizons):
            future = future_codes(
                panel.codes, panel.scheme, horizon, self.target, within=self.within
            )
            known = rows < len(future)
            truth, p = future[rows[known]], told[known, place]
            # What the first half is held against must not reach into the second.
            early, late = rows[known] + horizon <= middle, rows[known] >= middle
            if (truth[early] != MISSING).any() and (truth[late] != MISSING).any():
                fitted = _fit_map(p[early], truth[early])
                before, after = (_loss(q, truth[late]) for q in (p[late], fitted(p[late])))
                if after < before:
                    self.maps_[horizon] = _fit_map(p, truth)
                else:
                    self.reasons_[horizon] = (
                        f"fitted on the first half of {self.days} days it lost on the second: "
                        f"log loss {after:.4f} instead of {before:.4f}"
                    )
            else:
                self.reasons_[horizon] = f"nothing was observed in one half of the {self.days} days"

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        law = self.forecaster_.predict_proba(context, horizons.tolist()).proba.astype(np.float64)
        for place, horizon in enumerate(horizons.tolist()):
            if horizon in self.maps_:
                law[place] = self.maps_[horizon](law[place])
        return law


def _fit_map(proba: npt.NDArray[np.floating], truth: Codes) -> Recalibration:
    """Fit the map to cases ``[..., status]`` and outcomes ``[...]``, held to the identity."""
    seen = truth != MISSING
    p, outcome = np.log(np.maximum(proba[seen], _SMALLEST)).astype(np.float64), truth[seen]
    cases = np.arange(len(outcome))

    def loss(parameters: F64) -> tuple[float, F64]:
        sharpness, shift = np.exp(parameters[0]), parameters[1:]
        scores = sharpness * p + shift
        scores -= scores.max(axis=1, keepdims=True)
        law = np.exp(scores)
        law /= law.sum(axis=1, keepdims=True)
        value = -np.log(np.maximum(law[cases, outcome], 1e-300)).sum()
        value += _PRIOR_CASES * (parameters**2).sum()
        law[cases, outcome] -= 1
        slope = np.concatenate([[sharpness * (law * p).sum()], law.sum(axis=0)])
        return value, slope + 2 * _PRIOR_CASES * parameters

    best = minimize(loss, np.zeros(1 + p.shape[1]), jac=True, method="L-BFGS-B").x
    return Recalibration(float(np.exp(best[0])), best[1:])


def _loss(proba: npt.NDArray[np.floating], truth: Codes) -> float:
    seen = truth != MISSING
    told = np.take_along_axis(proba[seen], truth[seen][:, None].astype(np.intp), axis=1)
    return float(-np.log(np.maximum(told, _SMALLEST)).mean())

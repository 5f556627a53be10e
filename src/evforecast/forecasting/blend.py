"""A pool of several forecasters: what one misses another may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from evforecast.errors import InputError
from evforecast.forecasting.around import Around
from evforecast.forecasting.base import StatusForecaster
from evforecast.forecasting.pooling import weighted_pool
from evforecast.panel import StatusPanel

__all__ = ["Blend"]


class Blend(Around):
    """The weighted geometric mean of the probabilities of several forecasters (a logarithmic pool).

    Parameters
    ----------
    members : mapping of str to StatusForecaster
        Unfitted, by any name; of the same target. Copies are fitted.
    weights : mapping of str to float, optional
        By the same names, not negative; by default all are equal. They count relative to their sum.

    Attributes
    ----------
    members_ : dict of str to StatusForecaster
        Fitted.

    References
    ----------
    Genest and Zidek (1986), Combining Probability Distributions, doi:10.1214/ss/1177013825.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> members = {"climatology": ev.Climatology([4]), "semi-markov": ev.SemiMarkovForecaster([4])}
    >>> ev.Blend(members).fit(panel).predict_proba(panel).proba.shape
    (1, 6, 5)
    """

    def __init__(
        self,
        members: Mapping[str, StatusForecaster],
        *,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.members = members
        self.weights = weights

    @property
    def lookback(self) -> int:
        """The longest of the members."""
        return max(member.lookback for member in self.members_.values())

    @property
    def any_horizon(self) -> bool:
        """Whether every member serves any horizon."""
        return all(member.any_horizon for member in self.members.values())

    @property
    def _inner(self) -> StatusForecaster:
        """The first member: all forecast the same."""
        if not self.members:
            msg = "Blend: there is no member. Give it forecasters by name."
            raise InputError(msg)
        return next(iter(self.members.values()))

    def _fit(self, panel: StatusPanel) -> None:
        self.weights_ = self._checked_weights()
        self.members_: dict[str, StatusForecaster] = {
            name: clone(member).fit(panel) for name, member in self.members.items()
        }

    def _checked_weights(self) -> npt.NDArray[np.float64]:
        """Return the weights, summing to 1, in the order of the members."""
        asked = [
            (getattr(m, "target", None), bool(getattr(m, "within", False)), sorted(m.horizons))
            for m in self.members.values()
        ]
        if any(one != asked[0] for one in asked):
            msg = (
                f"Blend: the members differ in (target, within, horizons): {asked}. Make them one."
            )
            raise InputError(msg)
        given: Mapping[str, Any] = dict.fromkeys(self.members, 1.0)
        if self.weights is not None:
            given = self.weights
        if set(given) != set(self.members):
            msg = f"Blend: weights are for {sorted(given)}, members are {sorted(self.members)}."
            raise InputError(msg)
        weights = np.array([float(given[name]) for name in self.members])
        if not (weights >= 0).all() or not weights.sum() > 0:
            msg = f"Blend: weights must not be negative, nor all zero; found {dict(given)}."
            raise InputError(msg)
        shares: npt.NDArray[np.float64] = weights / weights.sum()
        return shares

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        forecasts = (m.predict_proba(context, horizons.tolist()) for m in self.members_.values())
        return weighted_pool((f.proba.astype(np.float64) for f in forecasts), self.weights_)

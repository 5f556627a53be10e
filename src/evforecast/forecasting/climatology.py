"""Climatology: each charger's own mix of statuses by hour of the local day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.counting import local_part, marginal, shrink, status_counts
from evforecast.panel import StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["Climatology"]

_HOURS = 24


class Climatology(StatusForecaster):
    """The share of each status, by charger and hour of the local day, whatever the status is now.

    A charger's own share is shrunk to the network's, and its share in one hour to its own overall,
    tilted by the network's daily shape; a charger never seen gets the network's shape.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.
    unit_weight : float
        How many observations the network's share is worth against the charger's own.
    hour_weight : float
        How many observations the charger's overall share is worth against one hour's.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.Climatology(horizons=[96]).fit(panel).predict_proba(panel).proba.shape
    (1, 6, 5)
    """

    def __init__(
        self,
        horizons: Sequence[int] = DEFAULT_HORIZONS,
        *,
        unit_weight: float = 5.0,
        hour_weight: float = 48.0,
    ) -> None:
        self.horizons = horizons
        self.unit_weight = unit_weight
        self.hour_weight = hour_weight

    @property
    def lookback(self) -> int:
        """One row: only its time counts."""
        return 1

    def _fit(self, panel: StatusPanel) -> None:
        minute, _ = local_clock(panel.times, panel.tz)
        counts = status_counts(panel.codes, local_part(minute, _HOURS), _HOURS, len(panel.scheme))
        mean = marginal(counts)
        self.network_ = shrink(counts.sum(axis=1), mean, 1.0)
        own = shrink(counts.sum(axis=0), mean, self.unit_weight)
        prior = own[None] * (self.network_ / mean)[:, None]
        prior /= prior.sum(axis=-1, keepdims=True)
        self.share_ = shrink(counts, prior, self.hour_weight).astype(np.float32)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        minute, _ = local_clock(context.cutoff + horizons * context.step, context.tz)
        hour = local_part(minute, _HOURS)
        units = self._units(context)
        own = self.share_[hour[:, None], np.maximum(units, 0)[None, :]]
        return np.where((units >= 0)[None, :, None], own, self.network_[hour][:, None])

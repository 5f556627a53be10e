"""Persistence, fitted: how often a status is followed by each other one, horizon by horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError
from evforecast.features import last_observed
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.counting import marginal, pair_counts, shrink
from evforecast.panel import StatusPanel

__all__ = ["Persistence"]

# Observations that the network's mean is worth in a row of the table.
_PRIOR_WEIGHT = 10.0


class Persistence(StatusForecaster):
    """The status as it is now, with the probability that it has changed by each horizon.

    For each horizon a table ``P(status at t + h | status at t)`` is counted over the whole network. It
    is the reference that a forecast must beat; unlike a plain repetition of the last status it gives
    honest probabilities.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead that it is fitted for.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.Persistence(horizons=[1, 4]).fit(panel).predict_proba(panel).proba.shape
    (2, 6, 5)
    """

    def __init__(self, horizons: Sequence[int] = DEFAULT_HORIZONS) -> None:
        self.horizons = horizons

    @property
    def lookback(self) -> int:
        """One day: an older observation says no more than the mean."""
        return int(np.timedelta64(1, "D") // self.step_)

    @property
    def any_horizon(self) -> bool:
        """Only the fitted ones."""
        return False

    def _fit(self, panel: StatusPanel) -> None:
        size = len(panel.scheme)
        self.steps_ = np.unique(np.asarray(self.horizons, dtype=np.int64))
        counts = np.stack([pair_counts(panel.codes, int(h), size).sum(axis=0) for h in self.steps_])
        if len(short := self.steps_[counts.sum(axis=(1, 2)) == 0]):
            msg = (
                f"Persistence.fit: no two observations lie {short.tolist()} steps apart in a panel of "
                f"{panel.n_time} rows. Give it a longer past, or shorter horizons."
            )
            raise EmptyInputError(msg)
        observed = np.array(
            [np.count_nonzero(panel.codes == code) for code in range(size)], dtype=float
        )
        self.marginal_ = marginal(observed)
        self.table_ = shrink(counts, self.marginal_, _PRIOR_WEIGHT)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        state = last_observed(context.codes)
        status, stale = state.status[-1], state.stale[-1]
        # A status last seen g steps ago is h + g steps from the target: the nearest fitted table.
        ahead = horizons[:, None] + stale[None, :]
        nearest = np.abs(self.steps_[:, None, None] - ahead).argmin(axis=0)
        known = self.table_[nearest, np.maximum(status, 0)]
        return np.where((status >= 0)[None, :, None], known, self.marginal_)

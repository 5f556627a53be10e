"""A Markov chain for each charger: the next status depends on the present one only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.features import last_observed
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.counting import marginal, pair_counts, shrink
from evforecast.panel import StatusPanel

__all__ = ["MarkovForecaster"]


class MarkovForecaster(StatusForecaster):
    """One-step transition shares by charger, shrunk to the network's, multiplied up to each horizon.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.
    unit_weight : float
        How many transitions the network's row is worth against the charger's own.

    References
    ----------
    Norris (1997), Markov Chains, doi:10.1017/CBO9780511810633, chapter 1.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.MarkovForecaster(horizons=[1, 4]).fit(panel).predict_proba(panel).proba.shape
    (2, 6, 5)
    """

    def __init__(
        self, horizons: Sequence[int] = DEFAULT_HORIZONS, *, unit_weight: float = 1.0
    ) -> None:
        self.horizons = horizons
        self.unit_weight = unit_weight

    @property
    def lookback(self) -> int:
        """One day: an older observation says no more than the mean."""
        return int(np.timedelta64(1, "D") // self.step_)

    def _fit(self, panel: StatusPanel) -> None:
        size = len(panel.scheme)
        counts = pair_counts(panel.codes, 1, size)
        observed = np.array(
            [np.count_nonzero(panel.codes == code) for code in range(size)], dtype=float
        )
        self.marginal_ = marginal(observed)
        # A status never left in training stays put, almost: the diagonal keeps its row a distribution.
        network = counts.sum(axis=0) + 1e-2 * np.eye(size) + 1e-3
        self.network_ = network / network.sum(axis=-1, keepdims=True)
        self.matrix_ = shrink(counts, self.network_, self.unit_weight).astype(np.float32)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        state = last_observed(context.codes)
        status, stale = state.status[-1], state.stale[-1]
        units = self._units(context)
        matrix = np.where(
            (units >= 0)[:, None, None], self.matrix_[np.maximum(units, 0)], self.network_
        )
        start = np.eye(len(self.scheme_))[np.maximum(status, 0)]
        mass = np.where((status >= 0)[:, None], start, self.marginal_)
        result = np.empty((len(horizons), *mass.shape))
        # A status seen g steps ago set out g steps ago: its mass moves while the others wait.
        for step in range(1 - int(stale.max()), int(horizons[-1]) + 1):
            moving = step > -stale
            mass[moving] = np.einsum("ni,nij->nj", mass[moving], matrix[moving])
            result[horizons == step] = mass
        return result

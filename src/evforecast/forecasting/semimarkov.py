"""A semi-Markov process: what comes next depends on the status and on how long it has held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.features import runs
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.counting import local_part, marginal
from evforecast.forecasting.hazards import PARTS, UNIT_PARTS, fit_hazards
from evforecast.forecasting.propagation import OpenRuns, propagate
from evforecast.panel import StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["SemiMarkovForecaster"]

# First ages of the bins and of the coarser groups in which one charger's ratio is counted, in
# quarter-hours (1 is the first row of a run); finer ones did worse on real data.
_AGE_BINS = (1, 2, 3, 5, 9, 17, 33, 97)
_AGE_GROUPS = (1, 5, 17, 97)
_QUARTER_HOUR = np.timedelta64(900, "s")
_DAY = np.timedelta64(86_400, "s")


class SemiMarkovForecaster(StatusForecaster):
    """Chances of a change by time in the status, time of day and charger, propagated exactly.

    The recursive forecaster of the library: it knows one step, and carries the whole distribution over
    (status, time in it) from step to step; no status is guessed on the way and no path is sampled.
    Any horizon costs one pass. Fitting counts moves, in seconds for a year of hundreds of chargers.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.

    Attributes
    ----------
    hazards_ : Hazards
        The fitted tables (see `evforecast.forecasting.hazards`).

    References
    ----------
    Barbu and Limnios (2008), Semi-Markov Chains and Hidden Semi-Markov Models toward Applications,
    doi:10.1007/978-0-387-73173-5.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.SemiMarkovForecaster(horizons=[1, 96]).fit(panel).predict_proba(panel).proba.shape
    (2, 6, 5)
    """

    def __init__(self, horizons: Sequence[int] = DEFAULT_HORIZONS) -> None:
        self.horizons = horizons

    @property
    def lookback(self) -> int:
        """Two days: the oldest age bin begins after one, and a charger may be unseen for one."""
        return 2 * self._day() + 1

    def _day(self) -> int:
        return int(_DAY // self.step_)

    def _fit(self, panel: StatusPanel) -> None:
        part = local_part(local_clock(panel.times, panel.tz)[0], PARTS)
        edges, group_edges = self._ages(_AGE_BINS), self._ages(_AGE_GROUPS)
        size = len(panel.scheme)
        self.hazards_ = fit_hazards(panel.codes, part, edges, group_edges, size)
        observed = np.array(
            [np.count_nonzero(panel.codes == code) for code in range(size)], dtype=float
        )
        self.marginal_ = marginal(observed)

    def _ages(self, quarter_hours: Sequence[int]) -> npt.NDArray[np.intp]:
        """Return first ages in rows of this step, each once."""
        rows = 1 + (np.asarray(quarter_hours) - 1) * _QUARTER_HOUR // self.step_
        return np.unique(rows).astype(np.intp)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        state = runs(context.codes)
        status = state.status[-1].astype(np.intp)
        stale = np.minimum(state.stale[-1], self._day()).astype(np.intp)
        units = self._units(context)
        start = OpenRuns(
            np.where(units >= 0, units, len(self.evse_ids_)),
            np.maximum(status, 0),
            np.maximum(state.age[-1] - state.stale[-1], 1).astype(np.intp),
            stale,
        )
        ahead = np.arange(1 - int(stale.max(initial=0)), int(horizons[-1]) + 1)
        minute, _ = local_clock(context.cutoff + ahead * context.step, context.tz)
        law = propagate(
            self.hazards_,
            start,
            local_part(minute, PARTS),
            local_part(minute, UNIT_PARTS),
            horizons,
        )
        law[:, status < 0] = self.marginal_
        return law

"""A semi-Markov process: what comes next depends on the status and on how long it has held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.features import location_codes, runs
from evforecast.forecasting.base import DEFAULT_HORIZONS
from evforecast.forecasting.counting import local_part, marginal
from evforecast.forecasting.dependence import Dependence, JointDraws, estimate_dependence
from evforecast.forecasting.hazards import PARTS, UNIT_PARTS, fit_hazards
from evforecast.forecasting.passage import remaining_steps
from evforecast.forecasting.paths import PathForecaster
from evforecast.forecasting.propagation import OpenRuns, propagate
from evforecast.forecasting.walk import SemiMarkovWalk
from evforecast.panel import StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["SemiMarkovForecaster"]

# First ages of the bins and of the coarser groups in which one charger's ratio is counted, in
# quarter-hours (1 is the first row of a run); finer ones did worse on real data.
_AGE_BINS = (1, 2, 3, 5, 9, 17, 33, 97)
_AGE_GROUPS = (1, 5, 17, 97)
_QUARTER_HOUR = np.timedelta64(900, "s")
_DAY = np.timedelta64(86_400, "s")
# Cells (rows x chargers) of the end of the training time that the dependence is estimated from.
_DEPENDENCE_CELLS = 1_000_000


class SemiMarkovForecaster(PathForecaster):
    """Chances of a change by time in the status, time of day and charger, propagated exactly.

    The recursive forecaster of the library: it knows one step, and carries the whole distribution over
    (status, time in it) from step to step; no status is guessed on the way and no path is sampled.
    Any horizon costs one pass. Fitting counts moves, in seconds for a year of hundreds of chargers.
    Where chargers must be counted together, `sample_paths` draws joint futures of the same process.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.
    target : str, optional
        A coarsening of the statuses (``free``, ``charging``, ``down``) to forecast; by default all.
    within : bool
        Forecast whether the target occurs at any time up to the horizon: the first passage, exactly.

    Attributes
    ----------
    hazards_ : Hazards
        The fitted tables (see `evforecast.forecasting.hazards`).
    dependence_ : Dependence
        How far chargers of a location, and of the network, move together.

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

    def __init__(
        self,
        horizons: Sequence[int] = DEFAULT_HORIZONS,
        *,
        target: str | None = None,
        within: bool = False,
    ) -> None:
        self.horizons = horizons
        self.target = target
        self.within = within

    @property
    def lookback(self) -> int:
        """Two days: the oldest age bin begins after one, and a charger may be unseen for one."""
        return 2 * self._day() + 1

    def remaining_steps(self, context: StatusPanel) -> npt.NDArray[np.float64]:
        """Return how many steps each charger is expected to stay in its present status.

        Parameters
        ----------
        context : StatusPanel
            The recent past; its last row is the cutoff.

        Returns
        -------
        numpy.ndarray
            float64 ``[evse]``, steps from the cutoff; NaN where a charger was never observed. The time
            of day counts for a week ahead; what lasts longer leaves at that week's mean chance.

        Raises
        ------
        NotFittedError, SchemeMismatchError, StepMismatchError, EmptyInputError
            As `predict_proba`.

        Examples
        --------
        >>> import evforecast as ev
        >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
        >>> (ev.SemiMarkovForecaster().fit(panel).remaining_steps(panel) > 0).all()
        np.True_
        """
        self._check_context(context, "remaining_steps")
        recent = context.tail(self.lookback)
        start, known = self._open_runs(recent)
        part, hour = self._parts(recent, start, 7 * self._day())
        left = remaining_steps(self.hazards_, start, part, hour)
        return np.where(known, left, np.nan)

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
        self.dependence_ = self._dependence(panel)

    def _dependence(self, panel: StatusPanel) -> Dependence:
        """Estimate how chargers move together from the end of the training time."""
        rows = max(_DEPENDENCE_CELLS // max(panel.n_evse, 1), self._day()) + 1
        recent = panel.tail(rows + self._day())
        state = runs(recent.codes)
        first = max(recent.n_time - rows, 0)
        now, later = slice(first, recent.n_time - 1), slice(first + 1, None)
        minute, _ = local_clock(recent.times[later], recent.tz)
        law = self.hazards_.laws(
            np.arange(panel.n_evse)[None, :],
            local_part(minute, PARTS)[:, None],
            local_part(minute, UNIT_PARTS)[:, None],
            np.maximum(state.status[now], 0).astype(np.intp),
            state.age[now].astype(np.intp),
        )
        both = (recent.codes[now] >= 0) & (recent.codes[later] >= 0)
        p = np.where(both, 1 - law[..., 0].astype(np.float64), np.nan)
        return estimate_dependence(p, recent.codes[later] > 0, location_codes(panel))

    def _ages(self, quarter_hours: Sequence[int]) -> npt.NDArray[np.intp]:
        """Return first ages in rows of this step, each once."""
        rows = 1 + (np.asarray(quarter_hours) - 1) * _QUARTER_HOUR // self.step_
        return np.unique(rows).astype(np.intp)

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        start, known = self._open_runs(context)
        part, hour = self._parts(context, start, int(horizons[-1]))
        kept = self.scheme_.members(str(self.target)) if self.within else None
        law = propagate(self.hazards_, start, part, hour, horizons, kept=kept)
        law[:, ~known] = self.marginal_
        return law if self.target is None else self.scheme_.coarsen_proba(law, self.target)

    def _walk(
        self, context: StatusPanel, horizon: int, n_paths: int, draws: JointDraws
    ) -> SemiMarkovWalk:
        start, known = self._open_runs(context)
        part, hour = self._parts(context, start, horizon)
        return SemiMarkovWalk(
            self.hazards_,
            start,
            known,
            part=part,
            hour=hour,
            marginal=self.marginal_,
            n_paths=n_paths,
            draws=draws,
        )

    def _open_runs(self, context: StatusPanel) -> tuple[OpenRuns, npt.NDArray[np.bool_]]:
        """Return where each charger stood when last observed, and whether it ever was."""
        state = runs(context.codes)
        status = state.status[-1].astype(np.intp)
        units = self._units(context)
        start = OpenRuns(
            np.where(units >= 0, units, len(self.evse_ids_)),
            np.maximum(status, 0),
            np.maximum(state.age[-1] - state.stale[-1], 1).astype(np.intp),
            np.minimum(state.stale[-1], self._day()).astype(np.intp),
        )
        return start, status >= 0

    def _parts(
        self, context: StatusPanel, start: OpenRuns, horizon: int
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Return the half-hours and the hours of the local day from the earliest start on."""
        ahead = np.arange(1 - int(start.stale.max(initial=0)), horizon + 1)
        minute, _ = local_clock(context.cutoff + ahead * context.step, context.tz)
        return local_part(minute, PARTS), local_part(minute, UNIT_PARTS)

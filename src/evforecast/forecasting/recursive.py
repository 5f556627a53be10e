"""The recursive way with a classifier: it learns one step, and paths are drawn from it step by step.

A path takes at every step a status drawn from the chances, never the most likely one (such a path never
leaves its mode) and never the chances themselves (a tree that learnt from statuses reads a chance of .03 as
a yes). The chances of a horizon are the mean, over paths, of those of its last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.features import OneStepState, OneStepTable, lookback_steps
from evforecast.forecasting.base import DEFAULT_HORIZONS
from evforecast.forecasting.dependence import JointDraws
from evforecast.forecasting.learning import (
    Learnt,
    draw_cases,
    learn,
    new_classifier,
    one_thread,
)
from evforecast.forecasting.paths import PathForecaster
from evforecast.forecasting.semimarkov import SemiMarkovForecaster
from evforecast.forecasting.target import future_codes
from evforecast.panel import StatusPanel
from evforecast.random import RandomState, generator

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

__all__ = ["RecursiveForecaster"]


class RecursiveForecaster(PathForecaster):
    """One classifier of the next step, asked again and again along sampled paths.

    Use it for a classifier of one's own, or beside the direct forecaster; `SemiMarkovForecaster` is
    recursive too, exact, and a hundred times cheaper.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead to forecast by default; any other can be asked for.
    target : str, optional
        A coarsening of the statuses (``free``, ``charging``, ``down``) to forecast; by default all. What
        is learnt is the next status in any case.
    within : bool
        Forecast whether the target occurs at any time up to the horizon.
    classifier : scikit-learn classifier, optional
        It must accept NaN and give ``predict_proba``. By default scikit-learn's histogram gradient
        boosting.
    n_paths : int
        The number of paths of a forecast: its noise falls with the square root.
    max_rows : int
        At most so many cases (row and charger), drawn at random, are learnt from.
    random_state : int, numpy.random.Generator or None
        Seed of the draws; one fitted model always draws the same paths for a forecast.

    Attributes
    ----------
    classifier_ : classifier
        Fitted, on the features of `evforecast.features.one_step_names`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.RecursiveForecaster([1, 4], n_paths=10, random_state=0).fit(panel)
    >>> model.predict_proba(panel).proba.shape
    (2, 6, 5)
    """

    def __init__(
        self,
        horizons: Sequence[int] = DEFAULT_HORIZONS,
        *,
        target: str | None = None,
        within: bool = False,
        classifier: ClassifierMixin | None = None,
        n_paths: int = 20,
        max_rows: int = 300_000,
        random_state: RandomState = None,
    ) -> None:
        self.horizons = horizons
        self.target = target
        self.within = within
        self.classifier = classifier
        self.n_paths = n_paths
        self.max_rows = max_rows
        self.random_state = random_state

    @property
    def lookback(self) -> int:
        """What the features reach back: a little over eight days."""
        return lookback_steps(self.step_)

    @property
    def classifier_(self) -> ClassifierMixin:
        """The fitted classifier of one step."""
        return self.learnt_.model

    def _fit(self, panel: StatusPanel) -> None:
        rng = generator(self.random_state)
        future = future_codes(panel.codes, panel.scheme, 1)
        rows, units, outcome = draw_cases(future, panel.step, self.max_rows, rng)
        model = new_classifier(self.classifier, panel.step, rng)
        features = OneStepTable(panel).at(rows, units)
        self.learnt_ = learn(model, features, outcome, rows=rows, horizon=1)
        # How chargers move together is a matter of the past, not of who forecasts each of them.
        self.dependence_ = SemiMarkovForecaster(self.horizons).fit(panel).dependence_
        self.seed_ = int(rng.integers(np.iinfo(np.int32).max))

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        rng = np.random.default_rng(self.seed_)
        if self.within:
            with one_thread():
                return self._pass_first(context, horizons, self.n_paths, rng)
        _, law = self._sample(context, horizons, self.n_paths, rng)
        return law if self.target is None else self.scheme_.coarsen_proba(law, self.target)

    def _sample(
        self,
        context: StatusPanel,
        horizons: npt.NDArray[np.int64],
        n_paths: int,
        rng: np.random.Generator,
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        with one_thread():
            return super()._sample(context, horizons, n_paths, rng)

    def _walk(
        self, context: StatusPanel, horizon: int, n_paths: int, draws: JointDraws
    ) -> ClassifierWalk:
        _ = draws  # a charger's last known status is a feature, however old
        return ClassifierWalk(self.learnt_, OneStepState(context, horizon, n_paths))


class ClassifierWalk:
    """A walk whose law is a classifier's.

    Parameters
    ----------
    learnt : Learnt
        The classifier of one step.
    state : OneStepState
        What it looks at.
    """

    def __init__(self, learnt: Learnt, state: OneStepState) -> None:
        self._learnt, self._state = learnt, state

    def law(self) -> npt.NDArray[np.floating]:
        """Return the law of the next row's status, ``[path, evse, status]``."""
        features = self._state.features()
        n_path, n_evse, n_feature = features.shape
        law = self._learnt.law(features.reshape(-1, n_feature), self._state.n_status)
        return law.reshape(n_path, n_evse, -1)

    def move(self, status: npt.NDArray[np.int8]) -> None:
        """Go one row on, to the statuses drawn, ``[path, evse]``."""
        self._state.move(status)

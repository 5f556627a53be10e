"""The direct way: for each horizon, one classifier from what is known at the cutoff to the target.

Its probabilities are pooled with those of a semi-Markov process. The two err differently (one learns
from many features with few assumptions, the other from counts with many), and their equal logarithmic
pool was better than either at every horizon, on every split of real data that we tried.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.features import DEFAULT_GROUPS, FeatureTable, feature_names, lookback_steps
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster, check_horizons
from evforecast.forecasting.learning import (
    NEAR,
    Learnt,
    draw_cases,
    learn,
    new_classifier,
    one_thread,
)
from evforecast.forecasting.pooling import logarithmic_pool
from evforecast.forecasting.semimarkov import SemiMarkovForecaster
from evforecast.forecasting.target import future_codes
from evforecast.panel import Calendar, Codes, StatusPanel
from evforecast.random import RandomState, generator

if TYPE_CHECKING:
    from sklearn.base import ClassifierMixin

__all__ = ["DirectForecaster"]

_Cases = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Codes]
_Task = tuple[list[tuple[int, _Cases]], "ClassifierMixin"]


class DirectForecaster(StatusForecaster):
    """One boosted classifier a horizon, on features of the charger, its location and the time.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead that it is fitted for.
    target : str, optional
        A coarsening of the statuses (``free``, ``charging``, ``down``): learn and forecast that only,
        from features of all statuses. By default all statuses.
    within : bool
        Forecast whether the target occurs at any time up to the horizon.
    classifier : scikit-learn classifier, optional
        It must accept NaN and give ``predict_proba``; a clone is fitted for each horizon. By default
        scikit-learn's histogram gradient boosting, with smaller trees for longer horizons. Passed with
        ``early_stopping=True``, it stops by its score on later time.
    pooled : bool
        Fit one classifier for all horizons, with the horizon as one more feature; any horizon up to the
        longest can then be asked for. A little worse at each, in a fraction of the memory.
    semi_markov_weight : float
        The weight of the semi-Markov process in the pool, from 0 (the classifiers alone) to 1.
    groups : sequence of str
        The groups of features to look at (see `evforecast.features.feature_names`).
    calendar : Calendar, optional
        Public and school holidays, as far ahead as will be forecast.
    max_rows : int
        At most so many cases (cutoff and charger), drawn at random, for each horizon up to three hours;
        a third of it beyond, where more cases of the same days teach little.
    random_state : int, numpy.random.Generator or None
        Seed of the draw and of the classifiers.

    Attributes
    ----------
    learnt_ : dict of int to Learnt
        By horizon, the fitted classifier and the columns that it looks at; under 0 the pooled one. Boosted
        trees are kept as arrays (see `evforecast.forecasting.trees`).
    semi_markov_ : SemiMarkovForecaster or None
        The partner in the pool.
    models_, exog_ : tuple of str
        The charger models and the exogenous series of the training panel.

    References
    ----------
    Ke et al. (2017), LightGBM (the histogram method that scikit-learn's follows), Advances in Neural
    Information Processing Systems 30.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], target="free", random_state=0).fit(panel)
    >>> model.predict_proba(panel).scheme.names
    ('not free', 'free')
    """

    def __init__(
        self,
        horizons: Sequence[int] = DEFAULT_HORIZONS,
        *,
        target: str | None = None,
        within: bool = False,
        classifier: ClassifierMixin | None = None,
        pooled: bool = False,
        semi_markov_weight: float = 0.5,
        groups: Sequence[str] = DEFAULT_GROUPS,
        calendar: Calendar | None = None,
        max_rows: int = 300_000,
        random_state: RandomState = None,
    ) -> None:
        self.horizons = horizons
        self.target = target
        self.within = within
        self.classifier = classifier
        self.pooled = pooled
        self.semi_markov_weight = semi_markov_weight
        self.groups = groups
        self.calendar = calendar
        self.max_rows = max_rows
        self.random_state = random_state

    @property
    def lookback(self) -> int:
        """What the features reach back: a little over eight days."""
        return lookback_steps(self.step_)

    @property
    def any_horizon(self) -> bool:
        """Only the fitted ones, unless one classifier serves all."""
        return self.pooled

    def _fit(self, panel: StatusPanel) -> None:
        if not 0 <= self.semi_markov_weight <= 1:
            msg = (
                "DirectForecaster: semi_markov_weight must be from 0 to 1, "
                f"found {self.semi_markov_weight}. 0 leaves the classifiers alone."
            )
            raise InputError(msg)
        feature_names(
            panel.scheme.names, self.groups
        )  # an unknown group is refused before any work
        self.models_ = tuple(sorted({str(name) for name in panel.evse["model"].dropna()}))
        self.exog_ = () if panel.exog is None else tuple(map(str, panel.exog.columns))
        rng = generator(self.random_state)
        horizons = check_horizons(self.horizons).tolist()
        # All that is drawn is drawn here, in order, so that the number of workers changes nothing.
        tasks: dict[int, _Task] = {}
        if self.pooled:
            cases = [(h, self._cases(panel, h, rng, share=len(horizons))) for h in horizons]
            tasks[0] = cases, new_classifier(self.classifier, panel.step, rng)
        else:
            for horizon in horizons:
                cases = [(horizon, self._cases(panel, horizon, rng))]
                model = new_classifier(self.classifier, horizon * panel.step, rng)
                tasks[horizon] = cases, model
        table = self._table(panel)
        workers = min(len(tasks), os.cpu_count() or 1)
        with ThreadPoolExecutor(max_workers=workers) as pool:
            learnt = pool.map(lambda task: self._learn(table, *task), tasks.values())
            self.learnt_: dict[int, Learnt] = dict(zip(tasks, learnt, strict=True))
        self.semi_markov_ = None
        if self.semi_markov_weight > 0:
            partner = SemiMarkovForecaster(self.horizons, target=self.target, within=self.within)
            self.semi_markov_ = partner.fit(panel)

    def _cases(
        self, panel: StatusPanel, horizon: int, rng: np.random.Generator, *, share: int = 1
    ) -> _Cases:
        """Draw what to learn one horizon from: rows of the cutoff, chargers, outcomes."""
        far = horizon * panel.step > NEAR and not self.pooled
        most = -(-self.max_rows // (3 if far else share))
        future = future_codes(panel.codes, panel.scheme, horizon, self.target, within=self.within)
        try:
            return draw_cases(future, panel.step, most, rng)
        except EmptyInputError as error:
            msg = f"DirectForecaster.fit, {horizon} steps ahead in a panel of {panel.n_time} rows: {error}"
            raise EmptyInputError(msg) from error

    def _table(self, panel: StatusPanel) -> FeatureTable:
        return FeatureTable(
            panel,
            groups=self.groups,
            calendar=self.calendar,
            models=self.models_,
            exog=self.exog_,
        )

    def _learn(
        self, table: FeatureTable, cases: list[tuple[int, _Cases]], model: ClassifierMixin
    ) -> Learnt:
        if not self.pooled:
            ((horizon, (rows, units, outcome)),) = cases
            features = table.at(rows, units, horizon)
            return learn(model, features, outcome, rows=rows, horizon=horizon)
        rows, _, outcome = (
            np.concatenate(parts) for parts in zip(*(one for _, one in cases), strict=True)
        )
        features = np.concatenate(
            [_with_horizon(table.at(one[0], one[1], horizon), horizon) for horizon, one in cases]
        )
        order = np.argsort(rows, kind="stable")  # the horizons came one after another
        return learn(model, features[order], outcome[order], rows=rows[order], horizon=cases[-1][0])

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        if self.pooled and horizons[-1] > max(self.horizons):
            msg = (
                f"DirectForecaster was fitted for horizons up to {max(self.horizons)}, "
                f"not for {horizons[-1]}. Fit it with longer ones."
            )
            raise HorizonError(msg)
        table = self._table(context)
        units = np.arange(context.n_evse)
        rows = np.full(context.n_evse, context.n_time - 1)
        present = table.present(rows, units)
        size = len(self.target_scheme_)
        # A status that training never saw keeps the floor that the base class adds.
        law = np.empty((len(horizons), context.n_evse, size))
        with one_thread():
            for place, horizon in enumerate(horizons.tolist()):
                features = np.hstack([present, table.ahead(rows, units, horizon)])
                if self.pooled:
                    features = _with_horizon(features, horizon)
                law[place] = self.learnt_[0 if self.pooled else horizon].law(features, size)
        if self.semi_markov_ is None:
            return law
        partner = self.semi_markov_.predict_proba(context, horizons.tolist())
        return logarithmic_pool(law, partner.proba, self.semi_markov_weight)


def _with_horizon(features: npt.NDArray[np.float32], horizon: int) -> npt.NDArray[np.float32]:
    """Return the features with the horizon as one more."""
    return np.hstack([features, np.full((len(features), 1), horizon, np.float32)])

"""The direct way: for each horizon, one classifier from what is known at the cutoff to the target.

Its probabilities are pooled with those of a semi-Markov process. The two err differently (one learns
from many features with few assumptions, the other from counts with many), and their equal logarithmic
pool was better than either at every horizon, on every split of real data that we tried.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from evforecast.errors import EmptyInputError, InputError
from evforecast.features import FeatureTable, lookback_steps
from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster, check_horizons
from evforecast.forecasting.semimarkov import SemiMarkovForecaster
from evforecast.panel import MISSING, Codes, StatusPanel, StatusScheme
from evforecast.random import RandomState, generator

__all__ = ["DirectForecaster"]

_Task = tuple[int, npt.NDArray[np.intp], npt.NDArray[np.intp], ClassifierMixin]
_FOREVER = np.timedelta64(10**6, "h")
_NEAR = np.timedelta64(3, "h")
# Leaves of a tree, and cases in a leaf at least, by how far ahead; chosen on two splits of real data.
_REACH = (*(np.timedelta64(hours, "h") for hours in (1, 3, 6, 12)), _FOREVER)
_TREES = ((15, 100), (10, 300), (8, 500), (8, 1000), (6, 1000))
# What a classifier gives a status at least before pooling: one model alone cannot rule a status out.
_SMALLEST = 1e-5
# Rows of the first day have no history to compute features from.
_WARM_UP = np.timedelta64(86_400, "s")


class DirectForecaster(StatusForecaster):
    """One boosted classifier a horizon, on features of the charger, its location and the time.

    Parameters
    ----------
    horizons : sequence of int
        The steps ahead that it is fitted for.
    target : str, optional
        A coarsening of the statuses (``free``, ``charging``, ``down``): learn and forecast that only,
        from features of all statuses. By default all statuses.
    classifier : scikit-learn classifier, optional
        It must accept NaN and give ``predict_proba``; a clone is fitted for each horizon. By default
        scikit-learn's histogram gradient boosting, with smaller trees for longer horizons.
    semi_markov_weight : float
        The weight of the semi-Markov process in the pool, from 0 (the classifiers alone) to 1.
    max_rows : int
        At most so many cases (cutoff and charger), drawn at random, for each horizon up to three hours;
        a third of it beyond, where more cases of the same days teach little.
    random_state : int, numpy.random.Generator or None
        Seed of the draw and of the classifiers.

    Attributes
    ----------
    classifiers_ : dict of int to classifier
        By horizon.
    columns_ : dict of int to numpy.ndarray
        By horizon, which features of `feature_names` had a value in training.
    semi_markov_ : SemiMarkovForecaster or None
        The partner in the pool.

    References
    ----------
    Genest and Zidek (1986), Combining Probability Distributions, doi:10.1214/ss/1177013825 (the
    logarithmic pool).
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
        classifier: ClassifierMixin | None = None,
        semi_markov_weight: float = 0.5,
        max_rows: int = 300_000,
        random_state: RandomState = None,
    ) -> None:
        self.horizons = horizons
        self.target = target
        self.classifier = classifier
        self.semi_markov_weight = semi_markov_weight
        self.max_rows = max_rows
        self.random_state = random_state

    @property
    def lookback(self) -> int:
        """What the features reach back: a little over eight days."""
        return lookback_steps(self.step_)

    @property
    def any_horizon(self) -> bool:
        """Only the fitted ones."""
        return False

    @property
    def target_scheme_(self) -> StatusScheme:
        """The statuses of the forecasts."""
        return self.scheme_ if self.target is None else self.scheme_.coarsen(self.target)

    def _fit(self, panel: StatusPanel) -> None:
        if not 0 <= self.semi_markov_weight <= 1:
            msg = (
                "DirectForecaster: semi_markov_weight must be from 0 to 1, "
                f"found {self.semi_markov_weight}. 0 leaves the classifiers alone."
            )
            raise InputError(msg)
        rng = generator(self.random_state)
        wanted = panel.codes
        if self.target is not None:
            wanted = panel.scheme.coarsen_codes(panel.codes, self.target)
        table = FeatureTable(panel)
        # All that is drawn is drawn here, in order, so that the number of workers changes nothing.
        tasks = [
            (horizon, *self._cases(wanted, horizon, rng), self._new_classifier(horizon, rng))
            for horizon in check_horizons(self.horizons).tolist()
        ]

        def fit_one(task: _Task) -> tuple[int, Any, ClassifierMixin]:
            horizon, rows, units, model = task
            features = table.at(rows, units, horizon)
            # A short past leaves columns without any value, which some classifiers refuse.
            columns = ~np.isnan(features).all(axis=0)
            truth = wanted[rows + horizon, units]
            if (truth == truth[0]).all():  # nothing to tell apart, which most classifiers refuse
                model = DummyClassifier(strategy="prior")
            with _one_thread():
                model.fit(features[:, columns], truth)
            return horizon, columns, model

        self.classifiers_, self.columns_ = {}, {}
        with ThreadPoolExecutor(max_workers=min(len(tasks), os.cpu_count() or 1)) as workers:
            for horizon, columns, model in workers.map(fit_one, tasks):
                self.classifiers_[horizon], self.columns_[horizon] = model, columns
        self.semi_markov_ = None
        if self.semi_markov_weight > 0:
            self.semi_markov_ = SemiMarkovForecaster(self.horizons).fit(panel)

    def _cases(
        self, wanted: Codes, horizon: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Draw cases whose target is observed: rows of the cutoff and columns of the charger."""
        n_time, n_evse = wanted.shape
        first = min(int(_WARM_UP // self.step_), max(n_time - horizon - 1, 0))
        known = np.flatnonzero(wanted[first + horizon :] != MISSING)
        if not len(known):
            msg = (
                f"DirectForecaster.fit: no case has a target {horizon} steps ahead in a panel of {n_time} "
                "rows. Give it a longer past, or shorter horizons."
            )
            raise EmptyInputError(msg)
        most = self.max_rows if horizon * self.step_ <= _NEAR else -(-self.max_rows // 3)
        if len(known) > most:
            known = known[np.sort(rng.choice(len(known), most, replace=False))]
        return first + known // n_evse, known % n_evse

    def _new_classifier(self, horizon: int, rng: np.random.Generator) -> ClassifierMixin:
        seed = int(rng.integers(np.iinfo(np.int32).max))
        if self.classifier is None:
            return _default_classifier(horizon * self.step_, seed)
        model = clone(self.classifier)
        if "random_state" in model.get_params():
            model.set_params(random_state=seed)
        return model

    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        table = FeatureTable(context)
        units = np.arange(context.n_evse)
        rows = np.full(context.n_evse, context.n_time - 1)
        present = table.present(rows, units)
        # A status that training never saw keeps the floor that the base class adds.
        result = np.zeros((len(horizons), context.n_evse, len(self.target_scheme_)))
        with _one_thread():
            for place, horizon in enumerate(horizons.tolist()):
                model = self.classifiers_[horizon]
                features = np.hstack([present, table.ahead(rows, units, horizon)])
                law = model.predict_proba(features[:, self.columns_[horizon]])
                result[place][:, model.classes_.astype(np.intp)] = law
        if self.semi_markov_ is None:
            return result
        partner = self.semi_markov_.predict_proba(context, horizons.tolist())
        law = partner.proba if self.target is None else partner.coarsen(self.target).proba
        return _logarithmic_pool(result, law, self.semi_markov_weight)


def _one_thread() -> threadpool_limits:
    """Return a context in which a classifier runs on one thread.

    Its loops are short: threads that wait for each other at the end of every one of them cost more than
    they bring, and up to sixty times the whole when another program wants a core. Horizons are fitted
    side by side instead.
    """
    return threadpool_limits(limits=1, user_api="openmp")


def _logarithmic_pool(
    one: npt.NDArray[np.floating], other: npt.NDArray[np.floating], weight: float
) -> npt.NDArray[np.floating]:
    """Return the weighted geometric mean of two laws, not yet summing to 1."""
    pooled: npt.NDArray[np.floating] = np.maximum(one, _SMALLEST) ** (1 - weight) * other**weight
    pooled /= pooled.sum(axis=-1, keepdims=True)
    return pooled


def _default_classifier(ahead: np.timedelta64, seed: int) -> HistGradientBoostingClassifier:
    """Return the classifier for a time ahead: the further, the less a single case has to teach."""
    reach = next(place for place, limit in enumerate(_REACH) if ahead <= limit)
    leaves, smallest = _TREES[reach]
    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=60 if ahead <= _NEAR else 50,
        max_leaf_nodes=leaves,
        min_samples_leaf=smallest,
        l2_regularization=5.0,
        max_bins=63,
        early_stopping=False,
        random_state=seed,
    )

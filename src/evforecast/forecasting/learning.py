"""Classifiers on features of cases: which cases to learn from, which model, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from evforecast.errors import EmptyInputError, InputError
from evforecast.forecasting.trees import MOST_LEAVES, TreeEnsemble
from evforecast.panel import MISSING, Codes

__all__ = ["Learnt", "draw_cases", "learn", "new_classifier", "one_thread"]

_FOREVER = np.timedelta64(10**6, "h")
NEAR = np.timedelta64(3, "h")
# Leaves of a tree, and cases in a leaf at least, by how far ahead; chosen on two splits of real data.
_REACH = (*(np.timedelta64(hours, "h") for hours in (1, 3, 6, 12)), _FOREVER)
_TREES = ((15, 100), (10, 300), (8, 500), (8, 1000), (6, 1000))
# Rows of the first day have no history to compute features from.
_WARM_UP = np.timedelta64(86_400, "s")

# The share of the training time that early stopping learns from; the rest judges.
_LEARN_SHARE = 0.8
_TINY = 1e-12

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


def draw_cases(
    future: Codes, step: np.timedelta64, most: int, rng: np.random.Generator
) -> tuple[Index, Index, Codes]:
    """Draw cases whose outcome was observed, at random.

    Parameters
    ----------
    future : numpy.ndarray
        int8 ``[row, evse]``: what a forecast from each row is held against, -1 where unknown (see
        `evforecast.forecasting.target.future_codes`).
    step : numpy.timedelta64
        The length of a step; the rows of the first day are left out where there are others.
    most : int
        The number of cases, at most.
    rng : numpy.random.Generator
        Draws them.

    Returns
    -------
    rows, units, outcome : numpy.ndarray
        Shape ``[case]``, in the order of time.

    Raises
    ------
    EmptyInputError
        If there is no case.

    Examples
    --------
    >>> future = np.array([[0, -1], [1, 0]], np.int8)
    >>> rows, units, outcome = draw_cases(
    ...     future, np.timedelta64(900, "s"), 10, np.random.default_rng(0)
    ... )
    >>> rows.tolist(), units.tolist(), outcome.tolist()
    ([1, 1], [0, 1], [1, 0])
    """
    n_row, n_evse = future.shape
    first = min(int(_WARM_UP // step), max(n_row - 1, 0))
    known = np.flatnonzero(future[first:] != MISSING)
    if not len(known):
        msg = (
            f"no case of the training time has a known outcome: of {n_row} possible cutoffs, none is "
            "followed by an observed status. Give it a longer past, or shorter horizons."
        )
        raise EmptyInputError(msg)
    if len(known) > most:
        known = known[np.sort(rng.choice(len(known), most, replace=False))]
    rows, units = first + known // n_evse, known % n_evse
    return rows, units, future[rows, units]


def new_classifier(
    given: ClassifierMixin | None, ahead: np.timedelta64, rng: np.random.Generator
) -> ClassifierMixin:
    """Return an unfitted classifier with a seed of its own.

    Parameters
    ----------
    given : scikit-learn classifier or None
        It is cloned. By default scikit-learn's histogram gradient boosting, the smaller its trees and
        the larger their leaves the further ahead it looks: the less a single case has to teach.
    ahead : numpy.timedelta64
        How far ahead.
    rng : numpy.random.Generator
        Draws the seed.
    """
    seed = int(rng.integers(np.iinfo(np.int32).max))
    if given is not None:
        model = clone(given)
        if "random_state" in model.get_params():
            model.set_params(random_state=seed)
        return model
    leaves, smallest = _TREES[next(place for place, far in enumerate(_REACH) if ahead <= far)]
    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=60 if ahead <= NEAR else 50,
        max_leaf_nodes=leaves,
        min_samples_leaf=smallest,
        l2_regularization=5.0,
        max_bins=63,
        early_stopping=False,
        random_state=seed,
    )


@dataclass(frozen=True)
class Learnt:
    """A fitted classifier and the features that it looks at.

    Attributes
    ----------
    model : classifier
        Fitted.
    columns : numpy.ndarray
        bool ``[feature]``: those that had a value in training, which some classifiers insist on.
    """

    model: ClassifierMixin
    columns: npt.NDArray[np.bool_]

    def law(self, features: F32, n_status: int) -> npt.NDArray[np.float64]:
        """Return the chances of the statuses, ``[case, status]``: zero for one that training lacked.

        Ask within `one_thread`, and enter that once: to look for the libraries in use takes longer than
        a forecast for hundreds of chargers.

        Parameters
        ----------
        features : numpy.ndarray
            float32 ``[case, feature]``, all columns.
        n_status : int
            How many statuses there are.
        """
        result = np.zeros((len(features), n_status))
        seen = features if self.columns.all() else features[:, self.columns]
        result[:, self.model.classes_.astype(np.intp)] = self.model.predict_proba(seen)
        return result


def learn(
    model: ClassifierMixin, features: F32, outcome: Codes, *, rows: Index, horizon: int
) -> Learnt:
    """Fit a classifier, whatever the past is short of.

    A boosted classifier of scikit-learn that is to stop early does so on later time: it is fitted on the
    first four fifths, judged on the cases after them whose cutoff lies past every outcome learnt from, and
    fitted anew on all with the iterations that were best. (Left alone, it would judge itself on cases
    beside those it learnt from, and stop too late.)

    Parameters
    ----------
    model : classifier
        Unfitted.
    features : numpy.ndarray
        float32 ``[case, feature]``.
    outcome : numpy.ndarray
        int8 ``[case]``; if all are one, the answer is that one, since most classifiers refuse.
    rows : numpy.ndarray
        The row of each case's cutoff, not falling, ``[case]``.
    horizon : int
        Rows from a cutoff to its outcome, at most.
    """
    columns = np.asarray(~np.isnan(features).all(axis=0), dtype=bool)
    seen = features if columns.all() else features[:, columns]
    if (outcome == outcome[0]).all():
        model = DummyClassifier(strategy="prior")
    with one_thread():
        if isinstance(model, HistGradientBoostingClassifier):
            if model.early_stopping is not False:
                model = _stopped_early(model, seen, outcome, rows=rows, horizon=horizon)
            model = _as_trees(model.fit(seen, outcome))
        else:
            model.fit(seen, outcome)
    return Learnt(model, columns)


def _stopped_early(
    model: HistGradientBoostingClassifier,
    features: F32,
    outcome: Codes,
    *,
    rows: Index,
    horizon: int,
) -> HistGradientBoostingClassifier:
    """Return the model with the number of iterations that was best on the last fifth of the time."""
    whole = clone(model).set_params(early_stopping=False)
    judged = rows > rows[0] + _LEARN_SHARE * (rows[-1] - rows[0])
    known = rows + horizon < rows[judged].min(initial=rows[-1] + 1)
    # A status that the first part lacks cannot be judged.
    judged &= np.isin(outcome, outcome[known])
    if not judged.any() or len(np.unique(outcome[known])) < 2:
        return whole
    # What has no value yet in the first part is not looked at: the classifier refuses such a column.
    columns = ~np.isnan(features[known]).all(axis=0)
    trial = clone(whole).fit(features[known][:, columns], outcome[known])
    place = np.searchsorted(trial.classes_, outcome[judged])
    losses = [
        -np.log(np.maximum(law[np.arange(len(place)), place], _TINY)).mean()
        for law in trial.staged_predict_proba(features[judged][:, columns])
    ]
    return whole.set_params(max_iter=int(np.argmin(losses)) + 1)


def _as_trees(model: HistGradientBoostingClassifier) -> ClassifierMixin:
    """Return small trees as arrays: the same chances in a quarter of the time, and a small model."""
    try:
        trees = TreeEnsemble.from_classifier(model)
    except InputError:  # categories, or a subclass: it stays as it is
        return model
    return trees if trees.leaves.max(initial=0) <= MOST_LEAVES else model


def one_thread() -> threadpool_limits:
    """Return a context in which a classifier runs on one thread.

    Its loops are short: threads that wait for each other at the end of every one of them cost more than
    they bring, and up to sixty times the whole when another program wants a core. Horizons are fitted
    side by side instead.
    """
    return threadpool_limits(limits=1, user_api="openmp")

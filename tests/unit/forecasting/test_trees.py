from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from evforecast.errors import InputError, NotFittedError
from evforecast.forecasting import trees
from evforecast.forecasting.trees import TreeEnsemble


def boosted(X, y, **parameters):
    defaults = {"max_iter": 3, "min_samples_leaf": 1, "early_stopping": False, "random_state": 0}
    model = HistGradientBoostingClassifier(**(defaults | parameters))
    with threadpool_limits(1):
        return model.fit(X, y)


def cases(n=600, n_feature=4, n_class=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, n_feature))
    return X, rng.integers(n_class, size=n)


def require_same(model, X, ensemble=None):
    ours = (ensemble or TreeEnsemble.from_classifier(model)).predict_proba(X)
    with threadpool_limits(1):
        theirs = model.predict_proba(X)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@st.composite
def learning_tasks(draw):
    """Draw a training set full of ties and gaps, parameters, and cases of every awkward kind."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_feature = draw(st.integers(10, 120)), draw(st.integers(1, 4))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    values = draw(st.sampled_from([2, 5, 10_000]))
    X = rng.integers(values, size=(n, n_feature)).astype(dtype) / dtype(3)
    X[rng.random(X.shape) < draw(st.sampled_from([0, 0.3, 0.9]))] = np.nan
    X[0] = 0  # scikit-learn cannot learn from a column without any value
    labels = draw(st.lists(st.integers(0, 6), min_size=2, max_size=5, unique=True))
    y = rng.choice(labels, size=n)
    y[: len(labels)] = labels
    parameters = {
        "max_iter": draw(st.integers(1, 4)),
        "max_leaf_nodes": draw(st.sampled_from([2, 3, 9, 31, None])),
        "max_bins": draw(st.sampled_from([3, 63, 255])),
        "l2_regularization": draw(st.sampled_from([0.0, 5.0])),
    }
    asked = np.concatenate([X, rng.normal(size=(5, n_feature)).astype(dtype) * values])
    for place, odd in enumerate((np.nan, np.inf, -np.inf)):
        asked[n + place, rng.integers(n_feature)] = odd
    asked[-1] = np.nan
    return X, y, parameters, asked


@settings(max_examples=80, deadline=None)
@given(learning_tasks())
def test_it_gives_what_the_classifier_gives(task):
    X, y, parameters, asked = task
    require_same(boosted(X, y, **parameters), asked)


@pytest.mark.parametrize("size", [2, 8, 9, 16, 17, 32, 33, 64, 65, 200])
def test_trees_that_fill_a_word_or_are_larger(size):
    X, y = cases()
    model = boosted(X, y, max_leaf_nodes=size)
    ensemble = TreeEnsemble.from_classifier(model)
    assert ensemble.leaves.max() == size
    require_same(model, X, ensemble)


@pytest.mark.parametrize("n_class", [2, 4])
def test_both_ways_to_a_leaf_agree(n_class, monkeypatch):
    X, y = cases(n_class=n_class)
    X[::3, 1] = np.nan
    ensemble = TreeEnsemble.from_classifier(boosted(X, y, max_leaf_nodes=20))
    at_once = ensemble.predict_proba(X)
    monkeypatch.setattr(trees, "MOST_LEAVES", 1)
    monkeypatch.setattr(TreeEnsemble, "_ruled_out", None)
    np.testing.assert_array_equal(ensemble.predict_proba(X), at_once)


@pytest.mark.parametrize("n_class", [2, 4])
def test_blocks_change_nothing(n_class, monkeypatch):
    X, y = cases(n_class=n_class)
    ensemble = TreeEnsemble.from_classifier(boosted(X, y))
    whole = ensemble.predict_proba(X)
    monkeypatch.setattr(trees, "_MOST_ROWS", 7)
    np.testing.assert_array_equal(ensemble.predict_proba(X), whole)
    assert ensemble.predict_proba(X[:0]).shape == (0, n_class)


def test_float32_cases_beside_a_threshold_go_where_float64_ones_do():
    X, y = cases(n_feature=1)
    model = boosted(X, y, max_leaf_nodes=31, max_iter=5)
    near = TreeEnsemble.from_classifier(model).threshold.astype(np.float32)
    both_sides = np.concatenate([np.nextafter(near, np.float32(side)) for side in (-9, 9)])
    asked = np.concatenate([near, both_sides])[:, None]
    assert (near.astype(np.float64) != TreeEnsemble.from_classifier(model).threshold).any()
    require_same(model, asked)


def test_a_case_at_a_threshold_goes_left():
    X, y = cases(n_feature=1)
    model = boosted(X, y)
    require_same(model, TreeEnsemble.from_classifier(model).threshold[:, None])


@pytest.mark.parametrize(
    "parameters",
    [
        {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 2},
        {"class_weight": "balanced"},
        {"monotonic_cst": [1, -1, 0, 0], "max_iter": 5},
        {"max_depth": 2, "max_features": 0.5},
        {"min_samples_leaf": 599},  # roots that are leaves
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_parameters_that_only_shape_the_trees(parameters):
    X, y = cases(n_class=2 if "monotonic_cst" in parameters else 3)
    require_same(boosted(X, y, **parameters), X)


def test_labels_may_be_text():
    X, y = cases(n_class=3)
    model = boosted(X, np.array(["down", "free", "late"])[y])
    ensemble = TreeEnsemble.from_classifier(model)
    assert ensemble.classes_.tolist() == ["down", "free", "late"]
    require_same(model, X, ensemble)


def test_whole_numbers_and_lists_are_cases_too():
    X = np.arange(40).reshape(20, 2)
    model = boosted(X, np.arange(20) > 8)
    require_same(model, X)
    np.testing.assert_array_equal(
        TreeEnsemble.from_classifier(model).predict_proba(X.tolist()),
        TreeEnsemble.from_classifier(model).predict_proba(X),
    )


@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [1, 0, 1, 3]])
def test_shares_of_training_are_a_baseline_without_trees(weights):
    model = DummyClassifier(strategy="prior").fit(np.zeros((4, 3)), [4, 2, 0, 4], weights)
    require_same(model, np.zeros((5, 3)))


def test_one_class_of_training_is_certain():
    model = DummyClassifier(strategy="prior").fit(np.zeros((2, 3)), [1, 1])
    assert TreeEnsemble.from_classifier(model).predict_proba(np.zeros((2, 3))).tolist() == [
        [1],
        [1],
    ]


class _Reversed(HistGradientBoostingClassifier):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


X, Y = cases(n=60, n_class=2)
REFUSED = {
    "categories": (boosted(X.round(), Y, categorical_features=[1]), r"columns \[1\] as categories"),
    "one class": (boosted(X, np.ones(60)), "one class only"),
    "another model": (LogisticRegression().fit(X, Y), "found LogisticRegression"),
    "a subclass": (_Reversed(max_iter=1).fit(X, Y), "found _Reversed"),
    "draws": (DummyClassifier(strategy="stratified").fit(X, Y), "strategy='prior'"),
    "two targets": (DummyClassifier(strategy="prior").fit(X, np.c_[Y, Y]), "one target"),
    "objects": (boosted(X, np.array(["a", "b"], object)[Y]), "classes_ must be"),
}


@pytest.mark.parametrize(("model", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_such_model_is_refused(model, message):
    with pytest.raises(InputError, match=message):
        TreeEnsemble.from_classifier(model)


@pytest.mark.parametrize("kind", [HistGradientBoostingClassifier, DummyClassifier])
def test_an_unfitted_model_is_refused(kind):
    with pytest.raises(NotFittedError, match="Call fit first"):
        TreeEnsemble.from_classifier(kind())


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3)])
def test_cases_of_another_shape_are_refused(shape):
    ensemble = TreeEnsemble.from_classifier(boosted(X[:, :2], Y))
    with pytest.raises(InputError, match="learnt from 2 columns"):
        ensemble.predict_proba(np.zeros(shape))


def three_leaves(**changed):
    """Return one tree: root, its left child a node of two leaves, its right child a leaf."""
    arrays = {
        "classes_": np.array([0, 1]),
        "n_features_in_": 2,
        "baseline": np.zeros(1),
        "leaves": np.array([3]),
        "feature": np.array([0, 1]),
        "threshold": np.array([0.5, 1.5]),
        "missing_left": np.array([0, 1]),
        "left_leaves": np.array([2, 1]),
        "value": np.array([-1.0, 0.0, 1.0]),
    }
    return TreeEnsemble(**(arrays | changed))


def test_a_tree_by_hand():
    asked = [[0.5, 1.5], [0.5, 1.6], [0.6, 0], [np.nan, 0], [0, np.nan]]
    p = three_leaves().predict_proba(asked)[:, 1]
    np.testing.assert_allclose(np.log(p / (1 - p)), [-1, 0, 1, 1, -1], atol=1e-12)


@pytest.mark.parametrize(
    "changed",
    [
        {"classes_": np.array([0, 1, 2])},
        {"classes_": np.array([]), "baseline": np.zeros(0)},
        {"classes_": np.array(["a", "b"], object)},
        {"baseline": np.zeros(3)},
        {"baseline": [0.0]},
        {"baseline": np.zeros(2)},  # one tree cannot serve two outputs
        {"leaves": np.array([4])},
        {"leaves": np.array([3, 0])},
        {"leaves": np.array([2, 1])},
        {"feature": np.array([0, 2])},
        {"feature": np.array([0, -1])},
        {"feature": np.array([0.0, 1.0])},
        {"n_features_in_": 1},
        {"threshold": np.array([0.5, np.nan])},
        {"threshold": np.array([[0.5, 1.5]])},
        {"missing_left": np.array([0, 2])},
        {"left_leaves": np.array([3, 1])},
        {"left_leaves": np.array([0, 1])},
        {"left_leaves": np.array([2, 2])},
        {"left_leaves": np.array([-1, 1])},
        {"value": np.zeros(4)},
    ],
    ids=str,
)
def test_arrays_that_are_no_trees_are_refused(changed):
    with pytest.raises(InputError, match="the arrays are no trees"):
        three_leaves(**changed)


def test_the_arrays_are_as_small_as_their_content_allows():
    X, y = cases()
    ensemble = TreeEnsemble.from_classifier(boosted(X, y))
    assert {getattr(ensemble, name).itemsize for name in ("feature", "left_leaves", "leaves")} == {
        1
    }
    arrays = [getattr(ensemble, field.name) for field in fields(ensemble)]
    assert (
        sum(a.nbytes for a in arrays if isinstance(a, np.ndarray)) < 20 * len(ensemble.value) + 100
    )


def test_a_copy_with_other_values_forecasts_with_them():
    ensemble = three_leaves()
    ensemble.predict_proba([[0, 0]])
    other = replace(ensemble, value=-ensemble.value)
    np.testing.assert_allclose(
        other.predict_proba([[0, 0]])[:, ::-1], ensemble.predict_proba([[0, 0]])
    )


def test_a_class_that_only_bears_the_name_is_refused():
    fake = type("HistGradientBoostingClassifier", (SimpleNamespace,), {})()
    with pytest.raises(InputError, match="of scikit-learn is needed"):
        TreeEnsemble.from_classifier(fake)

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from evforecast.errors import InputError
from evforecast.forecasting.learning import Learnt
from evforecast.forecasting.trees import TreeEnsemble
from evforecast.inwarehouse.java.splits import read_trees


def boosted(X, y, **parameters):
    model = HistGradientBoostingClassifier(
        max_iter=4, min_samples_leaf=2, early_stopping=False, random_state=0, **parameters
    )
    with threadpool_limits(1):
        return model.fit(X, y)


def walk(found, row):
    """Score one case, node by node, as the file's own words say; the categories by a set."""
    trees, scores = found.trees, found.trees.baseline.copy()
    places = {int(node): place for place, node in enumerate(found.node)}
    node, leaf = 0, 0
    for tree, leaves in enumerate(trees.leaves.tolist()):
        at, low, high = node, 0, leaves
        while high - low > 1:
            x, left = row[found.feature[at]], int(trees.left_leaves[at])
            if at in places:
                place = places[at]
                known = found.categories[found.table[place]].tolist()
                words = found.goes_left[place]
                chosen = {c for c in range(len(known)) if words[c // 32] >> np.uint32(c % 32) & 1}
                goes = trees.missing_left[at] if x not in known else known.index(x) in chosen
            else:
                goes = trees.missing_left[at] if np.isnan(x) else x <= trees.threshold[at]
            at, low, high = (at + 1, low, low + left) if goes else (at + left, low + left, high)
        scores[tree % len(scores)] += trees.value[leaf + low]
        node, leaf = node + leaves - 1, leaf + leaves
    return scores


@pytest.mark.parametrize("n_class", [2, 4])
def test_a_walk_by_the_description_gives_what_the_classifier_gives(n_class):
    rng = np.random.default_rng(n_class)
    X = rng.normal(size=(400, 6)).astype(np.float32)
    X[:, 2] = rng.choice([-3, -1, 0, 2.5, 7, 9], size=400)
    X[:, 5] = rng.integers(40, size=400)
    X[rng.random(X.shape) < 0.2] = np.nan
    y = (np.nan_to_num(X[:, 2]) + np.nan_to_num(X[:, 5]) + X[:, 0] > 8).astype(int)
    y = np.where(np.isnan(X[:, 0]), rng.integers(n_class, size=400), y)
    model = boosted(X, y, categorical_features=[2, 5])
    columns = np.array([True, False, True, True, True, True, False, True])
    found = read_trees(Learnt(model, columns))
    assert len(found.node) > 3
    assert set(found.feature[found.node]) == {3, 7}
    assert not set(found.feature) & {1, 6}
    asked = X[:50].copy()
    asked[:10, 2], asked[5:20, 5] = 4, -1  # never seen
    asked[20, 5] = 1e9
    whole = np.full((50, 8), -77.0)
    whole[:, columns] = asked
    with threadpool_limits(1):
        raw = model.decision_function(asked).reshape(50, -1)
    ours = np.array([walk(found, row) for row in whole])
    np.testing.assert_allclose(ours, raw, rtol=0, atol=1e-12)


def test_trees_without_categories_are_as_they_were():
    X, y = np.arange(80.0)[:, None], np.arange(80) % 3
    trees = TreeEnsemble.from_classifier(boosted(X, y))
    found = read_trees(Learnt(trees, np.array([False, False, True])))
    assert found.trees is trees
    assert set(found.feature) == {2}
    assert len(found.node) == len(found.table) == len(found.goes_left) == 0
    assert found.categories == []


def test_minus_zero_is_the_category_zero():
    X, y = np.array([[-0.0], [1.0]] * 30), np.array([0, 1] * 30)
    found = read_trees(Learnt(boosted(X, y, categorical_features=[0]), np.array([True])))
    assert np.signbit(found.categories[0]).tolist() == [False, False]


def test_another_classifier_is_refused_by_name():
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(InputError, match="found LogisticRegression"):
        read_trees(Learnt(model, np.array([True])))


def test_categories_that_are_words_are_refused():
    words = np.array([["a"], ["b"]] * 30, dtype=object)
    model = boosted(words, np.array([0, 1] * 30), categorical_features=[0])
    with pytest.raises(InputError, match="categories of object"):
        read_trees(Learnt(model, np.array([True])))


def test_trees_in_another_order_are_refused(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.integers(4, size=(200, 3)).astype(float)
    model = boosted(X, X[:, 0] + X[:, 2] > 3, categorical_features=[0])
    for tree in (tree for iteration in model._predictors for tree in iteration):
        nodes = tree.nodes
        inner = np.flatnonzero(nodes["is_leaf"] == 0)
        if len(set(nodes["feature_idx"][inner[1:3]])) == 2:
            # The same tree, two of its nodes in each other's places.
            one, other = inner[1:3]
            nodes[[one, other]] = nodes[[other, one]]
            for side in ("left", "right"):
                swapped = {one: other, other: one}
                nodes[side] = [swapped.get(int(at), at) for at in nodes[side]]
    with pytest.raises(InputError, match="left side first"):
        read_trees(Learnt(model, np.array([True] * 3)))

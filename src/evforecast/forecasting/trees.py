"""Boosted trees as plain arrays, evaluated with numpy alone.

A tree is written down from the root, left side first: its inner nodes, each with the number of leaves on
its left. That number says all: the left child is the next node, the right child comes as many nodes
later as there are leaves on the left, and a part of one leaf is a leaf. A case walks with

    node, low, high = first node, 0, leaves
    while high - low > 1:
        if x[feature[node]] <= threshold[node]: node, high = node + 1, low + left_leaves[node]
        else: node, low = node + left_leaves[node], low + left_leaves[node]
    leaf = low

Numpy is slow at walking and fast at comparing, so trees of up to 64 leaves are evaluated at all nodes
at once: a node whose test fails rules out the leaves on its left, and the first leaf left over is the
one that the walk ends in (QuickScorer: Lucchese et al. 2015, doi:10.1145/2766462.2767733). That takes
a quarter of scikit-learn's time for trees of 15 leaves; where a tree has over 64, the walk takes two to
four times as long as scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

from evforecast.errors import InputError, NotFittedError

if TYPE_CHECKING:
    from typing import Self

__all__ = ["MOST_LEAVES", "TreeEnsemble"]

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.floating]
F64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

MOST_LEAVES = 64  # as many as the widest word has bits
# Trees times rows of a block: its arrays stay in the cache, and memory does not grow with the cases.
_BLOCK = 1 << 17
_MOST_ROWS = 1 << 10


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """A boosted classifier: sums of leaves by output, on the scale of logits.

    Parameters
    ----------
    classes_ : numpy.ndarray
        The labels, shape ``[class]``.
    n_features_in_ : int
        The number of columns of a case.
    baseline : numpy.ndarray
        What every case starts from, shape ``[output]``: one output for two classes (the logit of the
        second), or one for each class.
    leaves : numpy.ndarray
        The number of leaves of each tree, shape ``[tree]``; trees of one iteration follow each other,
        one for each output.
    feature : numpy.ndarray
        The column that an inner node looks at, shape ``[node]``, all trees one after another.
    threshold : numpy.ndarray
        A case goes left where its value is at most this, shape ``[node]``.
    missing_left : numpy.ndarray
        1 where a NaN goes left, 0 where it goes right, shape ``[node]``.
    left_leaves : numpy.ndarray
        The number of leaves on the node's left, shape ``[node]``.
    value : numpy.ndarray
        What each leaf adds, shape ``[leaf]``, all trees one after another, from left to right.

    Raises
    ------
    InputError
        If the arrays do not describe trees.

    Examples
    --------
    One tree of two leaves:

    >>> stump = TreeEnsemble(
    ...     classes_=np.array(["no", "yes"]),
    ...     n_features_in_=1,
    ...     baseline=np.zeros(1),
    ...     leaves=np.array([2]),
    ...     feature=np.array([0]),
    ...     threshold=np.array([0.5]),
    ...     missing_left=np.array([1]),
    ...     left_leaves=np.array([1]),
    ...     value=np.array([-2.0, 2.0]),
    ... )
    >>> stump.predict_proba([[0.5], [0.6], [np.nan]])[:, 1].round(2).tolist()
    [0.12, 0.88, 0.12]
    """

    classes_: Array
    n_features_in_: int
    baseline: Array
    leaves: Array
    feature: Array
    threshold: Array
    missing_left: Array
    left_leaves: Array
    value: Array

    def __post_init__(self) -> None:
        """Check once, here, that every walk ends in a leaf."""
        kinds = {"baseline": "f", "leaves": "iu", "feature": "iu", "threshold": "f"}
        kinds |= {"missing_left": "iu", "left_leaves": "iu", "value": "f", "classes_": "biufU"}
        for name, kind in kinds.items():
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in kind:
                self._refuse(f"{name} must be an array of one dimension and kind {kind}")
        n_output, n_class, n_leaf = len(self.baseline), len(self.classes_), len(self.value)
        n_node = n_leaf - len(self.leaves)
        nodes = (self.feature, self.threshold, self.missing_left, self.left_leaves)
        looked_at = (self.feature >= 0) & (self.feature < self.n_features_in_)
        rules = {
            "a class or more": n_class > 0,
            "one output a class, or one for two classes": (n_output, n_class) == (1, 2)
            or n_output == n_class,
            "one tree an output in each iteration": len(self.leaves) % max(n_output, 1) == 0,
            "a leaf or more in each tree": ((self.leaves >= 1) & (self.leaves <= n_leaf)).all(),
            "a value for each leaf": self.leaves.sum() == n_leaf,
            "one inner node less than leaves": all(len(array) == n_node for array in nodes),
            f"nodes that look at one of {self.n_features_in_} columns": looked_at.all(),
            "0 or 1 as missing_left": np.isin(self.missing_left, (0, 1)).all(),
            "thresholds that are numbers": not np.isnan(self.threshold).any(),
        }
        for rule, holds in rules.items():
            if not holds:
                self._refuse(f"there must be {rule}")
        _ = self._first_leaf

    def _refuse(self, rule: str) -> None:
        sizes = {k: np.shape(v) for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        msg = f"TreeEnsemble: the arrays are no trees: {rule}; shapes: {sizes}. Make them anew."
        raise InputError(msg)

    @classmethod
    def from_classifier(cls, model: Any) -> Self:
        """Write a fitted classifier of scikit-learn down; the trees' `predict_proba` equals its own.

        Parameters
        ----------
        model : HistGradientBoostingClassifier or DummyClassifier
            Boosted trees without categorical features; or the shares of training (strategy ``prior``),
            which are a baseline with no tree at all.

        Returns
        -------
        TreeEnsemble

        Raises
        ------
        InputError
            If it is another model, treats columns as categories, or its labels are Python objects.
        NotFittedError
            If it is not fitted.

        Examples
        --------
        >>> from sklearn.ensemble import HistGradientBoostingClassifier
        >>> X = np.arange(100.0)[:, None]
        >>> model = HistGradientBoostingClassifier(max_iter=3).fit(X, X[:, 0] > 60)
        >>> trees = TreeEnsemble.from_classifier(model)
        >>> bool(np.allclose(trees.predict_proba(X), model.predict_proba(X)))
        True
        """
        # Exactly these: a subclass may forecast in another way.
        reader = {HistGradientBoostingClassifier: _boosted, DummyClassifier: _shares}.get(
            type(model)
        )
        if reader is None:
            msg = (
                "TreeEnsemble: a HistGradientBoostingClassifier or a DummyClassifier of scikit-learn is "
                f"needed, found {type(model).__name__}. Other models have no such form: pickle them."
            )
            raise InputError(msg)
        if not hasattr(model, "classes_"):
            msg = f"TreeEnsemble: the {type(model).__name__} is not fitted. Call fit first."
            raise NotFittedError(msg)
        return cls(
            classes_=np.asarray(model.classes_),
            n_features_in_=int(model.n_features_in_),
            **reader(model),
        )

    def predict_proba(self, X: npt.ArrayLike) -> F64:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like
            Numbers, shape ``[case, feature]``; NaN where unknown.

        Returns
        -------
        numpy.ndarray
            float64, shape ``[case, class]``.

        Raises
        ------
        InputError
            If `X` has another number of columns than in training.
        """
        cases: Floats = np.asarray(X)
        if cases.dtype != np.float32:
            cases = cases.astype(np.float64, copy=False)
        if cases.ndim != 2 or cases.shape[1] != self.n_features_in_:
            msg = (
                f"TreeEnsemble.predict_proba: X has shape {cases.shape}; the model learnt from "
                f"{self.n_features_in_} columns. Give it the features of its training."
            )
            raise InputError(msg)
        leaf_of = self._ruled_out if self.leaves.max(initial=1) <= MOST_LEAVES else self._walked
        first = _starts(self.leaves)[:, None]
        score = np.empty((len(self.baseline), len(cases)))
        rows = max(1, min(_MOST_ROWS, _BLOCK // max(len(self.leaves), 1)))
        for start in range(0, len(cases), rows):
            block = np.ascontiguousarray(cases[start : start + rows].T)
            # A NaN fails every test; in the second copy it passes every one, and so goes left.
            both = np.concatenate(
                [block, np.where(np.isnan(block), block.dtype.type(-np.inf), block)]
            )
            added = self.value[leaf_of(both) + first]
            added = added.reshape(-1, len(self.baseline), block.shape[1])
            score[:, start : start + rows] = self.baseline[:, None] + added.sum(axis=0)
        if len(score) < len(self.classes_):
            # The logit of the second class; of the first it is nought.
            score = np.concatenate([np.zeros_like(score), score])
        score -= score.max(axis=0)
        np.exp(score, out=score)
        score /= score.sum(axis=0)
        return np.ascontiguousarray(score.T)

    def _ruled_out(self, both: Floats) -> Index:
        """Evaluate the small trees at all nodes, one node of every tree at a time."""
        row, threshold, rules_out = self._tests
        limit = _not_above(threshold) if both.dtype == np.float32 else threshold
        shape = (row.shape[1], both.shape[1])
        values, fails = np.empty(shape, both.dtype), np.empty(shape, np.bool_)
        bits, ruled_out = np.empty(shape, rules_out.dtype), np.zeros(shape, rules_out.dtype)
        for place in range(len(row)):
            np.take(both, row[place], axis=0, out=values, mode="clip")
            np.less_equal(values, limit[place][:, None], out=fails)
            np.logical_not(fails, out=fails)
            np.multiply(fails.view(np.uint8), rules_out[place][:, None], out=bits)
            np.bitwise_or(ruled_out, bits, out=ruled_out)
        first = ~ruled_out & (ruled_out + rules_out.dtype.type(1))
        # The exponent of a power of two as float32 stands above 23 bits of nothing, 127 too large.
        exponent: Index = (first.astype(np.float32).view(np.int32) >> 23).astype(np.intp)
        return exponent - 127

    def _walked(self, both: Floats) -> Index:
        """Evaluate the trees from node to node: for trees of any size, and the definition."""
        n_case = both.shape[1]
        left_leaves, leaves = self.left_leaves.astype(np.intp), self.leaves.astype(np.intp)
        row = self.feature + self.missing_left.astype(np.intp) * self.n_features_in_
        column = np.tile(np.arange(n_case), len(leaves))
        node, high = np.repeat(_starts(leaves - 1), n_case), np.repeat(leaves, n_case)
        low = np.zeros_like(high)
        while len(under_way := np.flatnonzero(high - low > 1)):
            at = node[under_way]
            middle = low[under_way] + left_leaves[at]
            goes_left = both[row[at], column[under_way]].astype(np.float64) <= self.threshold[at]
            high[under_way] = np.where(goes_left, middle, high[under_way])
            low[under_way] = np.where(goes_left, low[under_way], middle)
            node[under_way] = at + np.where(goes_left, 1, left_leaves[at])
        return low.reshape(len(leaves), n_case)

    @cached_property
    def _tests(self) -> tuple[Index, F64, Array]:
        """Row, threshold and ruled out leaves of the trees' nodes, each ``[node of a tree, tree]``."""
        n_node = self.leaves.astype(np.intp) - 1
        place = np.arange(n_node.max(initial=0))[:, None]
        # Smaller trees are filled up with nodes that rule nothing out.
        exists = place < n_node
        node = np.where(exists, _starts(n_node) + place, 0)
        # The bits from the first leaf on the left to the last: at most 63, for one leaf is on the right.
        left = (np.uint64(1) << self.left_leaves[node].astype(np.uint64)) - np.uint64(1)
        rules_out = np.where(exists, left << self._first_leaf[node].astype(np.uint64), np.uint64(0))
        size = next(size for size in (1, 2, 4, 8) if len(place) < 8 * size)
        row = self.feature[node] + self.missing_left[node].astype(np.intp) * self.n_features_in_
        return row, self.threshold[node].astype(np.float64), rules_out.astype(f"u{size}")

    @cached_property
    def _first_leaf(self) -> Index:
        """The first leaf under each node, ``[node]``; found level by level, which proves the trees."""
        first = np.zeros(len(self.feature), np.intp)
        left_leaves = self.left_leaves.astype(np.intp)
        high = self.leaves.astype(np.intp)
        node, low = _starts(high - 1), np.zeros_like(high)
        while len(node):
            inner = high - low > 1
            node, low, high = node[inner], low[inner], high[inner]
            left = left_leaves[node]
            if not ((left >= 1) & (left < high - low)).all():
                self._refuse("there must be leaves on both sides of a node")
            first[node] = low
            node = np.concatenate([node + 1, node + left])
            low, high = np.concatenate([low, low + left]), np.concatenate([low + left, high])
        return first


def _boosted(model: HistGradientBoostingClassifier) -> dict[str, Array]:
    """Return the arrays of a boosted classifier: its trees' nodes, in our order."""
    if len(model.classes_) < 2:
        msg = (
            f"TreeEnsemble: the model saw one class only, {model.classes_}. Fit it on two or more."
        )
        raise InputError(msg)
    if model.is_categorical_ is not None:
        columns = np.flatnonzero(model.is_categorical_).tolist()
        msg = (
            f"TreeEnsemble: the model treats columns {columns} as categories, which is not supported. "
            "Fit it on numbers, with categorical_features=None."
        )
        raise InputError(msg)
    # scikit-learn keeps its trees nowhere in public; the tests run with the oldest and the newest allowed.
    trees = [_written_down(tree.nodes) for iteration in model._predictors for tree in iteration]  # noqa: SLF001
    nodes, left_leaves, value = (np.concatenate(part) for part in zip(*trees, strict=True))
    return {
        "baseline": np.asarray(model._baseline_prediction, np.float64).ravel(),  # noqa: SLF001
        "leaves": _small(np.array([len(values) for *_, values in trees])),
        "feature": _small(nodes["feature_idx"]),
        "threshold": nodes["num_threshold"].astype(np.float64),
        "missing_left": nodes["missing_go_to_left"].astype(np.uint8),
        "left_leaves": _small(left_leaves),
        "value": value,
    }


def _shares(model: DummyClassifier) -> dict[str, Array]:
    """Return the arrays of a classifier that gives every case the shares of training."""
    if model.strategy != "prior" or model.n_outputs_ != 1:
        msg = (
            f"TreeEnsemble: {model!r} does not give the shares of one target: use strategy='prior'."
        )
        raise InputError(msg)
    with np.errstate(divide="ignore"):  # a share of 0 has the logarithm -inf, whose exp is 0
        baseline = np.log(np.asarray(model.class_prior_, np.float64))
    whole, real = np.empty(0, np.uint8), np.empty(0)
    return {
        "baseline": baseline,
        "threshold": real,
        "value": real,
        **dict.fromkeys(("leaves", "feature", "missing_left", "left_leaves"), whole),
    }


def _written_down(nodes: Array) -> tuple[Array, Index, F64]:
    """Return a tree's inner nodes from the root, left side first; their left leaves; the leaves' values."""
    is_leaf, left, right = (nodes[name].tolist() for name in ("is_leaf", "left", "right"))
    order, ahead = [], [0]
    while ahead:
        order.append(at := ahead.pop())
        if not is_leaf[at]:
            ahead += [right[at], left[at]]
    size = [1] * len(nodes)
    for at in reversed(order):
        if not is_leaf[at]:
            size[at] = size[left[at]] + size[right[at]]
    inner = [at for at in order if not is_leaf[at]]
    values = nodes["value"][[at for at in order if is_leaf[at]]].astype(np.float64)
    return nodes[inner], np.array([size[left[at]] for at in inner], np.intp), values


def _starts(counts: Array) -> Index:
    """Return where the part of each tree begins among those of all, shape ``[tree]``."""
    starts: Index = np.cumsum(counts, dtype=np.intp) - counts.astype(np.intp)
    return starts


def _not_above(threshold: F64) -> npt.NDArray[np.float32]:
    """Return the largest float32 up to each threshold: a float32 is at most the one iff the other."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _small(numbers: Array) -> Array:
    """Return whole numbers in the fewest bytes."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))

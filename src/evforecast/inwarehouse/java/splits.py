"""The trees of a fitted classifier, splits on categories included, by the columns of the whole table.

`TreeEnsemble` describes trees that split on numbers. Where scikit-learn splits on categories it does so on
their numbers in a sorted list of those that training saw, and keeps 256 bits a split: which go left. A value
that is not in the list is treated as missing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from evforecast.errors import InputError
from evforecast.forecasting.learning import Learnt
from evforecast.forecasting.trees import TreeEnsemble

__all__ = ["SplitTrees", "read_trees"]

F64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Bits = npt.NDArray[np.uint32]

_WORDS = 8  # of 32 bits: scikit-learn has at most 255 categories


@dataclass(frozen=True, eq=False)
class SplitTrees:
    """Boosted trees, some of whose nodes may split on categories.

    Attributes
    ----------
    trees : TreeEnsemble
        What all trees have; the threshold of a node that splits on categories says nothing.
    feature : numpy.ndarray
        The column of the whole table that a node looks at, ``[node]``.
    categories : list of numpy.ndarray
        For each column of categories, those that training saw, increasing.
    node : numpy.ndarray
        The nodes that split on categories, ``[split]``.
    table : numpy.ndarray
        The place in `categories` that each looks into, ``[split]``.
    goes_left : numpy.ndarray
        uint32 ``[split, 8]``: bit c of the 256 is set where category number c goes left.
    """

    trees: TreeEnsemble
    feature: Index
    categories: list[F64]
    node: Index
    table: Index
    goes_left: Bits


def read_trees(learnt: Learnt) -> SplitTrees:
    """Return the trees of a fitted classifier.

    Parameters
    ----------
    learnt : Learnt
        A `TreeEnsemble`, or a classifier of scikit-learn that it can be made of, or one that splits on
        categories that are numbers.

    Raises
    ------
    InputError
        If the classifier is another, or its trees are not as expected.

    Examples
    --------
    >>> X, y = np.arange(60.0)[:, None] % 3, np.arange(60) % 3 == 1
    >>> model = HistGradientBoostingClassifier(max_iter=1, categorical_features=[0]).fit(X, y)
    >>> found = read_trees(Learnt(model, np.array([False, True])))
    >>> found.feature.tolist(), found.categories[0].tolist(), found.goes_left.shape
    ([1], [0.0, 1.0, 2.0], (1, 8))
    """
    model: Any = learnt.model
    seen = np.flatnonzero(learnt.columns)
    node, table = np.empty(0, np.intp), np.empty(0, np.intp)
    goes_left, categories = np.empty((0, _WORDS), np.uint32), []
    if type(model) is TreeEnsemble:
        trees = model
    elif (
        type(model) is HistGradientBoostingClassifier
        and getattr(model, "is_categorical_", None) is not None
    ):
        categories = list(_categories(model))
        numbers_only = copy.copy(model)
        numbers_only.is_categorical_ = None
        trees = TreeEnsemble.from_classifier(numbers_only)
        # The classifier puts the columns of categories before the others.
        is_category = np.asarray(model.is_categorical_)
        seen = seen[np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)])]
        node, table, goes_left = _splits(model, trees)
    else:
        trees = TreeEnsemble.from_classifier(model)
    return SplitTrees(
        trees, seen[trees.feature.astype(np.intp)], categories, node, table, goes_left
    )


def _categories(model: HistGradientBoostingClassifier) -> Iterator[F64]:
    encoder = model._preprocessor.named_transformers_["encoder"]  # noqa: SLF001 - public nowhere
    for listed in encoder.categories_:
        if listed.dtype.kind not in "biuf":
            msg = (
                f"the classifier has categories of {listed.dtype}; Java is handed numbers. Fit it on "
                "numbers."
            )
            raise InputError(msg)
        known = np.asarray(listed, np.float64)
        yield known[~np.isnan(known)] + 0.0  # -0 is 0


def _splits(
    model: HistGradientBoostingClassifier, trees: TreeEnsemble
) -> tuple[Index, Index, Bits]:
    """Return the nodes that split on categories, the table of each, and which categories go left."""
    predictors = [tree for iteration in model._predictors for tree in iteration]  # noqa: SLF001
    inner = [tree.nodes[tree.nodes["is_leaf"] == 0] for tree in predictors]
    whole = np.concatenate(inner)
    # scikit-learn writes a tree down as TreeEnsemble does, from the root, left side first.
    if not np.array_equal(whole["feature_idx"], trees.feature):
        msg = (
            "the classifier's trees are not written from the root, left side first, as those of every "
            "scikit-learn so far. Use one that evforecast was tested with."
        )
        raise InputError(msg)
    node = np.flatnonzero(whole["is_categorical"])
    bits = [
        tree.raw_left_cat_bitsets[nodes["bitset_idx"][nodes["is_categorical"] == 1]]
        for tree, nodes in zip(predictors, inner, strict=True)
    ]
    goes_left = np.concatenate([np.asarray(part, np.uint32).reshape(-1, _WORDS) for part in bits])
    return node, whole["feature_idx"][node].astype(np.intp), goes_left

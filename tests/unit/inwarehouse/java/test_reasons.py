import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import evforecast as ev
from evforecast.inwarehouse.java import can_score_in_java


class Cautious(ev.DirectForecaster):
    """A direct forecaster of another mind."""


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"semi_markov_weight": 0},
        {"pooled": True},
        {"target": "down", "within": True},
        {"classifier": HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=80)},
    ],
    ids=["pool", "alone", "any horizon", "within", "large trees"],
)
def test_direct_trees_can(fitted, parameters):
    assert can_score_in_java(fitted(**parameters)) is None


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (ev.Persistence(horizons=[1]), "has no trees"),
        (ev.Climatology([1]), "has no trees"),
        (ev.SemiMarkovForecaster([1]), "step by step"),
        (ev.RecursiveForecaster([1], max_rows=500), "step by step"),
        (ev.Blend({"only": ev.Persistence(horizons=[1])}), "the direct forecaster inside"),
        (Cautious([1], max_rows=500), "in another way"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_others_say_why(city, model, why):
    reason = can_score_in_java(model.fit(city))
    assert reason.startswith(f"{type(model).__name__}: ")
    assert why in reason
    assert "Python handler" in reason


def test_an_unfitted_one_says_what_to_do():
    assert "Call fit(panel)" in can_score_in_java(ev.DirectForecaster())


@pytest.mark.parametrize(
    ("pooled", "where"), [(False, "the classifier of 4 steps ahead"), (True, "the classifier")]
)
def test_another_classifier_is_named(city, pooled, where):
    filled = FunctionTransformer(np.nan_to_num)
    classifier = make_pipeline(filled, LogisticRegression(max_iter=5, tol=1e3))
    model = ev.DirectForecaster([4], classifier=classifier, pooled=pooled, max_rows=300)
    reason = can_score_in_java(model.fit(city))
    assert f"{where} cannot be written as trees" in reason
    assert "found Pipeline" in reason

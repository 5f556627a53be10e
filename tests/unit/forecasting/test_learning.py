import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from evforecast.errors import EmptyInputError
from evforecast.forecasting.learning import draw_cases, learn, new_classifier
from evforecast.forecasting.trees import TreeEnsemble

QUARTER = np.timedelta64(900, "s")


def rng():
    return np.random.default_rng(0)


def test_cases_are_all_those_whose_outcome_is_known():
    future = rng().integers(-1, 3, (200, 4)).astype(np.int8)
    rows, units, outcome = draw_cases(future, QUARTER, 10**6, rng())
    assert rows.min() == 96  # the first day has no history
    assert len(rows) == (future[96:] >= 0).sum()
    assert (future[rows, units] == outcome).all()
    assert (outcome >= 0).all()


def test_a_draw_is_a_plain_sample_in_the_order_of_time():
    future = np.zeros((1096, 10), np.int8)
    rows, units, _ = draw_cases(future, QUARTER, 4000, rng())
    assert len(rows) == 4000
    assert len(set(zip(rows.tolist(), units.tolist(), strict=True))) == 4000
    assert (np.diff(rows) >= 0).all()
    assert rows.mean() == pytest.approx(96 + 500, abs=20)
    assert np.bincount(units).min() > 300


def test_a_short_past_is_used_whole_and_an_empty_one_is_refused():
    rows, _, _ = draw_cases(np.zeros((3, 2), np.int8), QUARTER, 10, rng())
    assert rows.tolist() == [2, 2]
    with pytest.raises(EmptyInputError, match="longer past, or shorter horizons"):
        draw_cases(np.full((300, 2), -1, np.int8), QUARTER, 10, rng())
    with pytest.raises(EmptyInputError, match="of 0 possible cutoffs"):
        draw_cases(np.zeros((0, 2), np.int8), QUARTER, 10, rng())


def test_trees_shrink_with_the_distance():
    sizes = [
        new_classifier(None, np.timedelta64(hours, "h"), rng()).max_leaf_nodes
        for hours in (1, 3, 6, 12, 48)
    ]
    assert sizes == sorted(sizes, reverse=True)
    given = LogisticRegression(C=3)
    ours = new_classifier(given, QUARTER, rng())
    assert ours is not given
    assert ours.C == 3
    assert ours.random_state is not None
    assert given.random_state is None


def test_boosted_trees_are_kept_as_arrays_and_say_the_same():
    x = rng().standard_normal((3000, 4)).astype(np.float32)
    x[:, 2] = np.nan
    y = (x[:, 0] + rng().standard_normal(3000) > 0).astype(np.int8) * 3
    model = HistGradientBoostingClassifier(max_iter=5, early_stopping=False, random_state=0)
    learnt = learn(model, x, y, rows=np.arange(len(y)), horizon=1)
    assert isinstance(learnt.model, TreeEnsemble)
    assert learnt.columns.tolist() == [True, True, False, True]
    expected = model.predict_proba(x[:, learnt.columns])
    law = learnt.law(x, 5)
    np.testing.assert_allclose(law[:, [0, 3]], expected, atol=1e-6)
    assert (law[:, [1, 2, 4]] == 0).all()


def test_what_numpy_does_not_evaluate_fast_stays_as_it_is():
    x = rng().standard_normal((3000, 2)).astype(np.float32)
    y = (rng().random(3000) < 0.5).astype(np.int8)
    large = HistGradientBoostingClassifier(
        max_iter=2, max_leaf_nodes=100, min_samples_leaf=2, early_stopping=False
    )
    assert learn(large, x, y, rows=np.arange(len(y)), horizon=1).model is large
    other = LogisticRegression()
    assert learn(other, x, y, rows=np.arange(len(y)), horizon=1).model is other


def test_one_outcome_alone_is_the_answer():
    learnt = learn(
        LogisticRegression(),
        np.ones((5, 2), np.float32),
        np.full(5, 2, np.int8),
        rows=np.arange(5),
        horizon=1,
    )
    assert isinstance(learnt.model, DummyClassifier)
    assert learnt.law(np.ones((1, 2), np.float32), 4).tolist() == [[0, 0, 1, 0]]


def drifting(n=4000):
    """What the first four fifths teach is wrong in the last: the less is learnt, the better."""
    x = rng().standard_normal((n, 1)).astype(np.float32)
    sign = np.where(np.arange(n) < 0.8 * n, 1, -1)
    y = (x[:, 0] * sign + 0.5 * np.random.default_rng(1).standard_normal(n) > 0).astype(np.int8)
    return x, y, np.arange(n)


def test_early_stopping_listens_to_later_time():
    x, y, rows = drifting()
    model = HistGradientBoostingClassifier(max_iter=30, early_stopping=True, random_state=0)
    stopped = learn(model, x, y, rows=rows, horizon=4).model
    assert len(stopped.leaves) == 1
    shuffled = rng().permutation(len(y))
    steady = learn(model, x[shuffled], y[shuffled], rows=rows, horizon=4).model
    assert len(steady.leaves) > 5
    never = HistGradientBoostingClassifier(max_iter=30, early_stopping=False, random_state=0)
    assert len(learn(never, x, y, rows=rows, horizon=4).model.leaves) == 30


def test_early_stopping_without_a_later_time_learns_all():
    x, y, _ = drifting(200)
    model = HistGradientBoostingClassifier(max_iter=7, early_stopping=True, random_state=0)
    # the horizon reaches over everything, so nothing was known when the last fifth began
    assert len(learn(model, x, y, rows=np.arange(200), horizon=500).model.leaves) == 7


def test_early_stopping_where_a_feature_has_no_value_before_the_last_days():
    x, y, rows = drifting()
    x = np.hstack([x, np.where(np.arange(len(y)) < 3600, np.nan, 1.0)[:, None]]).astype(np.float32)
    model = HistGradientBoostingClassifier(max_iter=5, early_stopping=True, random_state=0)
    learnt = learn(model, x, y, rows=rows, horizon=4)
    assert learnt.columns.tolist() == [True, True]

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from evforecast import RecursiveForecaster, SemiMarkovForecaster, simulate
from evforecast.errors import InputError
from evforecast.features import OneStepTable, one_step_names
from evforecast.panel import STATUS, StatusPanel
from evforecast.testing import check_forecaster


class AgeClassifier(DecisionTreeClassifier):
    """What was learnt is thrown away: leave a status with .3, for the next one, whatever else."""

    def fit(self, X, y):  # noqa: ARG002 - what a classifier takes
        self.classes_ = np.arange(5)
        return self

    def predict_proba(self, X):
        status = X[:, one_step_names(STATUS.names).index("status")].astype(int)
        law = np.zeros((len(X), 5))
        law[np.arange(len(X)), status] = 0.7
        law[np.arange(len(X)), (status + 1) % 5] += 0.3
        return law


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=12, days=10, random_state=0)


def known_at_the_end(city):
    codes = city.codes.copy()
    codes[-1] = np.where(codes[-1] < 0, 0, codes[-1])
    return StatusPanel(codes, city.grid, city.evse)


@pytest.mark.conformance
def test_conformance():
    check_forecaster(RecursiveForecaster([1, 4, 96], n_paths=4, max_rows=5000, random_state=0))


@pytest.mark.conformance
def test_conformance_of_a_target_by_a_time():
    check_forecaster(
        RecursiveForecaster(
            [1, 96], target="down", within=True, n_paths=4, max_rows=5000, random_state=0
        )
    )


def test_a_known_chain_is_propagated(city):
    """Against the powers of its matrix: the paths' noise falls with their number."""
    panel = known_at_the_end(city)
    matrix = 0.7 * np.eye(5) + 0.3 * np.roll(np.eye(5), 1, axis=1)
    model = RecursiveForecaster(
        [1, 3, 10], classifier=AgeClassifier(), n_paths=3000, random_state=0
    )
    p = model.fit(panel).predict_proba(panel).proba
    for place, horizon in enumerate((1, 3, 10)):
        expected = np.linalg.matrix_power(matrix, horizon)[panel.codes[-1]]
        np.testing.assert_allclose(p[place], expected, atol=1e-4 if horizon == 1 else 0.03)


def test_having_been_there_by_then_is_that_of_the_chain(city):
    """First passage to ``down`` of the same chain, by a matrix that never leaves it."""
    panel = known_at_the_end(city)
    matrix = 0.7 * np.eye(5) + 0.3 * np.roll(np.eye(5), 1, axis=1)
    closed = matrix.copy()
    closed[4] = np.eye(5)[4]
    model = RecursiveForecaster(
        [1, 3, 10],
        target="down",
        within=True,
        classifier=AgeClassifier(),
        n_paths=3000,
        random_state=0,
    )
    p = model.fit(panel).predict_proba(panel).proba[..., 1]
    for place, horizon in enumerate((1, 3, 10)):
        law = matrix[panel.codes[-1]] @ np.linalg.matrix_power(closed, horizon - 1)
        np.testing.assert_allclose(p[place], law[:, 4], atol=1e-4 if horizon == 1 else 0.03)


def test_one_step_is_what_the_classifier_says(city):
    model = RecursiveForecaster([1], n_paths=3, random_state=0).fit(city)
    table = OneStepTable(city)
    features = table.at(np.full(12, city.n_time - 1), np.arange(12))
    direct = model.learnt_.law(features, 5)
    np.testing.assert_allclose(model.predict_proba(city).proba[0], direct, atol=1e-5)


def test_it_never_feeds_back_the_most_likely_status():
    """Four of five chargers stay all day with high chance each step; far ahead, they have moved."""
    city = simulate(n_evse=20, days=10, random_state=1)
    p = RecursiveForecaster([1, 96], random_state=0).fit(city).predict_proba(city).proba
    now = city.codes[-1]
    stays = p[:, np.arange(20), np.maximum(now, 0)][:, now >= 0]
    assert np.median(stays[0]) > 0.85
    assert np.median(stays[1]) < np.median(stays[0]) - 0.05
    assert p[1].max(axis=-1).max() < 1


def test_any_classifier_will_do_and_the_forecast_is_near_the_exact_one():
    city = simulate(n_evse=30, days=14, random_state=2)
    tree = DecisionTreeClassifier(min_samples_leaf=200)
    model = RecursiveForecaster([8], classifier=tree, n_paths=50, random_state=0).fit(city)
    exact = SemiMarkovForecaster([8]).fit(city)
    assert isinstance(model.classifier_, DecisionTreeClassifier)
    gap = model.predict_proba(city).proba - exact.predict_proba(city).proba
    assert np.abs(gap).mean() < 0.1


def test_joint_paths_are_drawn_too(city):
    model = RecursiveForecaster([1, 4], max_rows=5000, random_state=0).fit(city)
    paths = model.sample_paths(city, n_paths=7, random_state=0)
    assert paths.codes.shape == (7, 2, 12)
    with pytest.raises(InputError, match="n_paths"):
        model.sample_paths(city, n_paths=0)

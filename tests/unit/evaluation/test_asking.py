import numpy as np
import pytest

from evforecast import Climatology, Persistence, simulate
from evforecast.errors import InputError, SchemeMismatchError
from evforecast.evaluation.asking import Question, as_asked


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=5, days=3, random_state=1)


@pytest.fixture
def question(panel):
    rows, steps = np.array([100, 150]), np.array([1, 4])
    return Question(panel, rows, steps, panel.scheme, None, 20)


def test_nothing_after_an_origin_is_handed_out(panel, question):
    assert question.context(1).equals(panel.head(151))
    assert question.past(0).equals(panel.head(101).tail(20))
    assert question.until(0).panel.equals(panel.head(101))
    assert np.shares_memory(question.context(1).codes, panel.codes)


def test_the_answer_is_the_forecast_from_the_origin(panel, question):
    model = Climatology([4]).fit(panel.head(90))
    expected = model.predict_proba(panel.head(151), [1, 4]).proba
    assert (question.answer("c", model, 1) == expected).all()


class Stubborn(Persistence):
    """Answers as it likes."""

    def predict_proba(self, context, horizons=None):
        return self.change(super().predict_proba(context, horizons))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.select(f.evse_ids[:2]), InputError, "asked for 2 horizons of 5 chargers"),
        (lambda f: f.select(f.evse_ids[::-1]), InputError, "gave others"),
        (lambda f: f.coarsen("free"), SchemeMismatchError, r"Pass target=\.\.\."),
    ],
)
def test_another_answer_is_refused(panel, question, change, error, message):
    model = Stubborn([1, 4]).fit(panel.head(90))
    model.change = change
    with pytest.raises(error, match=f"model 'x' .*{message}"):
        question.answer("x", model, 0)


def test_other_horizons_are_refused(panel, question):
    model = Climatology([4]).fit(panel.head(90))
    answer = model.predict_proba(panel.head(101), [1, 8])
    model.predict_proba = lambda *_: answer
    with pytest.raises(InputError, match="gave others"):
        question.answer("x", model, 0)


def test_a_forecast_tells_what_is_coarser_and_nothing_else(panel):
    forecast = Climatology([4]).fit(panel).predict_proba(panel)
    fine = panel.scheme
    assert as_asked(forecast, fine, fine, None) is forecast
    free = as_asked(forecast, fine, fine.coarsen("free"), "free")
    assert free.equals(forecast.coarsen("free"))
    assert as_asked(forecast, fine, fine.within("down"), "down") is None
    assert as_asked(free, fine, fine.coarsen("down"), "down") is None

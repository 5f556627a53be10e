import numpy as np
import pytest

import evforecast as ev
from evforecast import Persistence
from evforecast.errors import EmptyInputError, HorizonError, NotFittedError, SchemeMismatchError
from evforecast.forecasting import StatusForecaster
from evforecast.forecasting.base import check_horizons
from evforecast.panel import StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time


class Constant(StatusForecaster):
    """Gives weights that are no distribution yet."""

    def __init__(self, horizons=(1,)):
        self.horizons = horizons

    @property
    def lookback(self):
        return 3

    def _fit(self, panel):
        self.rows_ = panel.n_time

    def _predict(self, context, horizons):
        self.seen_ = context.n_time
        return np.array([2.0, 0, -1, 2, 0]) * np.ones((len(horizons), context.n_evse, 1))


def panel(n=10):
    grid = TimeGrid(as_time("2020-01-01"), as_step("15min"), n)
    return StatusPanel(np.zeros((n, 2), np.int8), grid, ["a", "b"])


def test_weights_become_distributions_and_only_the_lookback_is_handed_over():
    model = Constant().fit(panel())
    forecast = model.predict_proba(panel())
    assert model.seen_ == 3
    assert forecast.proba[0, 0].round(3).tolist() == [0.5, 0, 0, 0.5, 0]
    assert (forecast.proba > 0).all()
    assert forecast.cutoff == panel().cutoff
    assert model.trained_until_ == panel().cutoff


@pytest.mark.parametrize("horizons", [[], [0], [-1], [1.5], 4])
def test_horizons_must_be_positive_whole_numbers(horizons):
    with pytest.raises(HorizonError):
        check_horizons(horizons)
    with pytest.raises(HorizonError):
        Constant(horizons).fit(panel())


def test_horizons_are_sorted_once_each():
    assert check_horizons([4, 1, 4]).tolist() == [1, 4]


def test_not_fitted_and_wrong_context():
    with pytest.raises(NotFittedError, match="Constant is not fitted"):
        Constant().predict_proba(panel())
    with pytest.raises(SchemeMismatchError, match="Constant"):
        Constant().fit(panel()).predict_proba(panel().coarsen("free"))


def test_a_horizon_that_was_not_fitted_is_named():
    with pytest.raises(HorizonError, match=r"fitted for horizons \[1, 4\], not for \[2\]"):
        Persistence(horizons=[4, 1]).fit(panel()).predict_proba(panel(), [2, 4])


def test_units_of_unknown_chargers():
    model = Constant().fit(panel())
    assert model._units(panel().select(["b"])).tolist() == [1]


def test_a_horizon_in_words_is_refused():
    with pytest.raises(HorizonError, match="numbers of steps"):
        check_horizons(["1h"])


def test_one_row_teaches_nothing():
    with pytest.raises(EmptyInputError, match="too short to learn from"):
        Constant().fit(panel(1))


def test_a_model_is_saved_and_read_by_the_top_level_name(tmp_path):
    panel = ev.simulate(n_evse=6, days=4, random_state=0)
    model = ev.SemiMarkovForecaster([1, 8], target="down", within=True).fit(panel)
    model.save(tmp_path / "model.evf")
    again = ev.load(tmp_path / "model.evf")
    assert isinstance(again, ev.SemiMarkovForecaster)
    assert (again.predict_proba(panel).proba == model.predict_proba(panel).proba).all()

import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import SchemeMismatchError, StepMismatchError
from evforecast.panel import STATUS, StatusForecast
from evforecast.timegrid import as_step, as_time
from evforecast.usecases import USE_CASES, UseCase, probability_of


def make():
    p = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3))
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[4, 8],
        evse=["a", "b", "c"],
        scheme=STATUS,
    )


def test_a_target_is_read_from_all_statuses_or_from_its_own():
    forecast = make()
    for target in STATUS.coarsenings:
        fine = probability_of(forecast, target)
        np.testing.assert_array_equal(fine, forecast.coarsen(target).proba[..., 1])
        np.testing.assert_array_equal(fine, probability_of(forecast.coarsen(target), target))


def test_a_target_is_not_read_from_another_one():
    with pytest.raises(SchemeMismatchError, match="does not tell 'down'"):
        probability_of(make().coarsen("free"), "down")


CASES = pytest.mark.parametrize("case", USE_CASES.values(), ids=list(USE_CASES))


@CASES
def test_each_use_case_names_a_target_and_forecasts_at_its_horizons(case):
    assert case.target in STATUS.coarsenings
    direct, recursive = case.direct(random_state=0), case.recursive()
    assert tuple(recursive.horizons) == tuple(direct.horizons) == case.horizons
    assert (direct.target, direct.within, recursive.within) == (
        case.target,
        case.within,
        case.within,
    )
    assert type(case.default()) is type(direct if case.prefers == "direct" else recursive)


@CASES
def test_each_way_answers_the_question(case):
    panel = ev.simulate(n_evse=4, days=6, step="1h", random_state=0)
    target = f"{case.target} within" if case.within else case.target
    hours = [4, 24] if case.name == "supplier" else [1, 4] if case.name == "driver" else [24, 48]
    assert set(hours) <= set(case.horizons_for(panel.step))
    direct = case.direct(0, step="1h").set_params(max_rows=500, horizons=hours)
    for model in (direct, case.recursive(step="1h"), case.default(0, step="1h")):
        model.set_params(horizons=hours)
        forecast = model.fit(panel).predict_proba(panel)
        assert probability_of(forecast, target).shape == (2, 4)


def test_horizons_are_times_whatever_the_step():
    assert USE_CASES["driver"].horizons_for("15min") == tuple(range(1, 17))
    assert USE_CASES["driver"].horizons_for("5min") == tuple(range(3, 49, 3))
    assert USE_CASES["driver"].horizons_for("1h") == (1, 2, 3, 4)
    assert USE_CASES["supplier"].horizons_for("1h") == (4, 8, 12, 24, 36, 48)
    with pytest.raises(StepMismatchError, match="never a whole number of steps"):
        UseCase("x", "?", "free", (1, 2)).horizons_for("1h")


def test_what_happens_within_a_time_is_not_what_is_at_it():
    panel = ev.simulate(n_evse=4, days=6, random_state=0)
    forecast = USE_CASES["park"].recursive().fit(panel).predict_proba(panel)
    assert (probability_of(forecast, "down within") > 0).all()
    with pytest.raises(SchemeMismatchError, match="does not tell 'down'"):
        probability_of(forecast, "down")

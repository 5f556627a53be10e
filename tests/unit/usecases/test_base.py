import numpy as np
import pytest

from evforecast.errors import SchemeMismatchError
from evforecast.panel import STATUS, StatusForecast
from evforecast.timegrid import as_step, as_time
from evforecast.usecases import USE_CASES, probability_of


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


@pytest.mark.parametrize("case", USE_CASES.values(), ids=list(USE_CASES))
def test_each_use_case_names_a_target_and_forecasts_at_its_horizons(case):
    assert case.target in STATUS.coarsenings
    assert tuple(case.recursive().horizons) == case.horizons
    direct = case.direct(random_state=0)
    assert (tuple(direct.horizons), direct.target) == (case.horizons, case.target)

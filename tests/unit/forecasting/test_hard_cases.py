"""The worst days of a network, asked of every forecaster: a true distribution, or a clear refusal."""

import numpy as np
import pytest

from evforecast import (
    Blend,
    Calibrated,
    Climatology,
    DirectForecaster,
    FailureRate,
    MarkovForecaster,
    OccupiedFeed,
    Persistence,
    RecursiveForecaster,
    SemiMarkovForecaster,
    StatusScheme,
    forecasting,
    simulate,
)
from evforecast.errors import HorizonError, SchemeMismatchError, StepMismatchError
from evforecast.panel import StatusPanel

SMALL = {"max_rows": 2000, "random_state": 0}
MODELS = [
    Persistence([1, 96]),
    Climatology([1, 96]),
    MarkovForecaster([1, 96]),
    SemiMarkovForecaster([1, 96]),
    SemiMarkovForecaster([1, 96], target="down", within=True),
    DirectForecaster([1, 96], **SMALL),
    DirectForecaster([1, 96], pooled=True, semi_markov_weight=0, **SMALL),
    DirectForecaster([1, 96], target="down", within=True, **SMALL),
    RecursiveForecaster([1, 96], n_paths=4, **SMALL),
    FailureRate([1, 96], target="down"),
    Blend({"one": SemiMarkovForecaster([1, 96]), "two": Climatology([1, 96])}),
    Calibrated(SemiMarkovForecaster([1, 96])),
    OccupiedFeed(SemiMarkovForecaster([1, 96])),
]
NAMES = [f"{place}-{type(model).__name__}" for place, model in enumerate(MODELS)]


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=10, days=9, random_state=0)


@pytest.fixture(scope="module", params=MODELS, ids=NAMES)
def model(request, city):
    return request.param.fit(city)


def like(panel, codes, **changes):
    facts = {"evse": panel.evse, "tz": panel.tz, "exog": panel.exog} | changes
    return StatusPanel(codes.astype(np.int8), panel.grid, **facts)


def is_a_forecast(forecast, horizons=(1, 96)):
    p = forecast.proba
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-4)
    assert (p > 0).all()
    assert forecast.horizons.tolist() == list(horizons)
    return p


def test_every_forecaster_is_here():
    concrete = {
        value
        for value in vars(forecasting).values()
        if isinstance(value, type)
        and issubclass(value, forecasting.StatusForecaster)
        and value is not forecasting.StatusForecaster
    }
    assert concrete == {type(model) for model in MODELS}


def test_a_network_wide_outage_at_the_cutoff(model, city):
    """All chargers went offline an hour ago."""
    codes = city.codes.copy()
    codes[-4:] = 3
    is_a_forecast(model.predict_proba(like(city, codes)))


def test_nobody_has_been_seen_for_a_day(model, city):
    codes = city.codes.copy()
    codes[-96:] = -1
    is_a_forecast(model.predict_proba(like(city, codes)))


def test_nothing_was_ever_seen(model, city):
    is_a_forecast(model.predict_proba(like(city, np.full_like(city.codes, -1))))


def test_a_context_shorter_than_the_longest_lag(model, city):
    for rows in (1, 2, 50):
        is_a_forecast(model.predict_proba(city.tail(rows)))


def test_chargers_without_facts(model, city):
    """No location, no area, no coordinates, no model: only their ids, which training never saw."""
    p = is_a_forecast(
        model.predict_proba(like(city, city.codes, evse=[f"x{n}" for n in range(10)]))
    )
    assert p.shape[1] == 10


def test_four_times_as_many_chargers_as_in_training(model, city):
    codes = np.tile(city.codes, (1, 4))
    names = [f"{name}/{copy}" for copy in range(4) for name in city.evse_ids]
    p = is_a_forecast(model.predict_proba(like(city, codes, evse=names)))
    assert p.shape[1] == 40


def test_horizons_that_are_none(model, city):
    for wrong in ([0], [-1], [1.5], [], "1"):
        with pytest.raises(HorizonError):
            model.predict_proba(city, wrong)
    if model.any_horizon and not isinstance(model, DirectForecaster):
        is_a_forecast(model.predict_proba(city, [7]), [7])
    else:
        with pytest.raises(HorizonError, match=r"Fit it with"):
            model.predict_proba(city, [97])


def test_another_step_or_other_statuses(model, city):
    with pytest.raises(StepMismatchError, match="resample"):
        model.predict_proba(city.resample("30min"))
    other = StatusPanel(
        np.zeros(city.codes.shape, np.int8),
        city.grid,
        city.evse,
        scheme=StatusScheme(("free", "busy")),
    )
    with pytest.raises(SchemeMismatchError, match="busy"):
        model.predict_proba(other)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_charger_that_never_changes(model, city):
    """One is always available, one always down, in training as well: they stay so, most likely."""
    codes = city.codes.copy()
    codes[:, 0], codes[:, 1] = 0, 4
    panel = like(city, codes)
    forecast = model.fit(panel).predict_proba(panel)
    p = is_a_forecast(forecast)
    if len(forecast.scheme) == 5:
        assert p[0, 0, 0] > 0.8
        assert p[0, 1, 4] > (0.25 if isinstance(model, Climatology | Blend) else 0.6)
    elif not isinstance(model, FailureRate):  # it counts failures, and this one has none
        assert p[0, 1, 1] > 0.6
    assert p[0, 0, -1] < 0.1


@pytest.mark.slow
def test_a_small_past_serves_a_large_present():
    """273 trained, 1,200 served under other ids, as when a challenge's model meets the live feed."""
    past = simulate(n_evse=273, days=9, random_state=0)
    city = simulate(n_evse=1200, days=9, random_state=1)
    names = [f"FR*V75*E{n}" for n in range(1200)]
    seen = np.flatnonzero((city.codes >= 0).mean(axis=1) > 0.9)
    target = int(seen[seen > 700][0])
    live = StatusPanel(city.codes, city.grid, names, tz=city.tz).head(target - 3)
    truth = city.codes[target]
    known = truth >= 0
    for model in (
        SemiMarkovForecaster([4]),
        DirectForecaster([4], max_rows=50_000, random_state=0),
    ):
        p = is_a_forecast(model.fit(past).predict_proba(live), [4])[0]
        told = p[np.flatnonzero(known), truth[known]]
        shares = np.bincount(truth[known], minlength=5) / known.sum()
        entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
        assert -np.log(told).mean() < 0.8 * entropy

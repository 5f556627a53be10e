import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.dataiku.forecasts import write_forecasts
from evforecast.dataiku.registry import open_registry
from evforecast.dataiku.statuses import write_panel
from evforecast.dataiku.steps import (
    features_now,
    forecast_all,
    look,
    look_at,
    promote,
    retrain,
)
from evforecast.dataiku.variables import set_variable
from evforecast.errors import InputError
from evforecast.features import FeatureTable, feature_names
from evforecast.monitoring import Limits, PromotionPolicy, RetrainingPolicy, monitor
from evforecast.registry import ConflictError, Registry, UnknownVersionError

HOW = {"by": "test", "reason": "so"}
SOON = Limits(
    retraining=RetrainingPolicy(max_age="1D", min_new_data="0D"),
    promotion=PromotionPolicy(
        min_days=1, margin=0.0, worst_segment=100.0, calibration=1.0, level=0.5
    ),
)


@pytest.fixture(scope="module")
def panel():
    return ev.simulate(n_evse=12, days=16, random_state=1)


@pytest.fixture
def registry(tmp_path, panel):
    """Return a registry with a weak champion, seven days old, and a second version."""
    found = Registry(tmp_path / "models")
    past = panel.head(9 * 96)
    for model in (ev.Climatology([4]), ev.MarkovForecaster([4])):
        found.publish(model.fit(past), name="city", data=past)
    found.set_alias("city", "champion", 1, **HOW)
    return found


def given(panel, registry):
    forecasts = {}
    for n in range(9 * 96, panel.n_time, 24):
        made = forecast_all(
            registry, "city", panel.head(n), baselines={"hold": ev.Persistence([4])}
        )
        for name, forecast in made.items():
            forecasts.setdefault(name, []).append(forecast)
    return forecasts


def seen(panel, registry, **asked):
    return look(
        "city",
        registry=registry,
        panel=panel,
        forecasts=given(panel, registry),
        now=panel.cutoff,
        limits=SOON,
        **asked,
    )


def test_features_are_those_of_the_table(panel):
    frame = features_now(panel, horizon=4)
    rows = np.full(panel.n_evse, panel.n_time - 1)
    table = FeatureTable(panel).at(rows, np.arange(panel.n_evse), 4)
    np.testing.assert_array_equal(frame[feature_names(panel.scheme.names)], table)
    assert frame["evse_id"].tolist() == panel.evse_ids
    assert (frame["time"] == pd.Timestamp(panel.cutoff, tz="UTC")).all()


def test_who_forecasts(panel, registry):
    assert list(forecast_all(registry, "city", panel)) == ["city-1"]
    registry.set_alias("city", "challenger", 2, **HOW)
    found = forecast_all(registry, "city", panel, baselines={"hold": ev.Persistence([4])})
    assert list(found) == ["city-1", "city-2", "hold"]
    assert {forecast.cutoff for forecast in found.values()} == {panel.cutoff}


def test_without_a_champion(panel, registry):
    registry.clear_alias("city", "champion", **HOW)
    with pytest.raises(UnknownVersionError, match="champion"):
        forecast_all(registry, "city", panel)


def test_a_look_knows_who_is_who(panel, registry):
    registry.set_alias("city", "challenger", 2, **HOW)
    found = seen(panel, registry)
    assert (found.champion, found.challengers, found.baselines) == (
        "city-1",
        ("city-2",),
        ("hold",),
    )
    assert found.retraining.trained_until == panel.times[9 * 96 - 1]


def test_former_versions_are_no_baselines(panel, registry):
    forecasts = given(panel, registry)
    registry.set_alias("city", "champion", 2, **HOW)
    found = look("city", registry=registry, panel=panel, forecasts=forecasts, now=panel.cutoff)
    assert (found.champion, found.baselines) == ("city-2", ("hold",))


def test_training_anew(panel, registry):
    found = seen(panel, registry)
    version = retrain(found, ev.MarkovForecaster([4]), panel, registry=registry, name="city")
    assert (version.number, registry.alias("city", "challenger")) == (3, 3)
    assert np.datetime64(version.card.model["trained_until"]) == panel.cutoff
    (event,) = [e for e in registry.events("city") if e.alias == "challenger"]
    assert event.record["retrain"] is True
    # run again, with the look of before or with a new one
    again = retrain(found, ev.MarkovForecaster([4]), panel, registry=registry, name="city")
    assert again.number == 3
    assert (
        retrain(seen(panel, registry), ev.Persistence([4]), panel, registry=registry, name="city")
        is None
    )


def test_not_yet(panel, registry):
    found = look("city", registry=registry, panel=panel, forecasts={}, now=panel.cutoff)
    assert retrain(found, ev.Persistence([4]), panel, registry=registry, name="city") is None
    with pytest.raises(InputError, match="trained_until"):
        retrain(monitor(panel), ev.Persistence([4]), panel, registry=registry, name="city")


def test_a_better_challenger_is_promoted(panel, registry):
    registry.set_alias("city", "challenger", 2, **HOW)
    found = seen(panel, registry)
    assert promote(found, registry=registry, name="city").number == 2
    assert (registry.alias("city", "champion"), registry.alias("city", "challenger")) == (2, 0)
    assert promote(found, registry=registry, name="city").number == 2  # run again
    assert len(registry.events("city")) == 4


def test_a_promotion_that_was_stopped_in_between_is_brought_to_its_end(panel, registry):
    for alias in ("challenger", "champion"):
        registry.set_alias("city", alias, 2, **HOW)
    found = seen(panel, registry)
    assert found.challengers == ()
    assert promote(found, registry=registry, name="city") is None
    assert (registry.alias("city", "champion"), registry.alias("city", "challenger")) == (2, 0)


def test_a_champion_that_someone_else_moved_stays(panel, registry):
    registry.set_alias("city", "challenger", 2, **HOW)
    found = seen(panel, registry)
    past = panel.head(1200)
    registry.publish(ev.Persistence([4]).fit(past), name="city", data=past)
    registry.set_alias("city", "champion", 3, **HOW)
    with pytest.raises(ConflictError):
        promote(found, registry=registry, name="city")


def test_nothing_to_promote(panel, registry):
    assert promote(seen(panel, registry), registry=registry, name="city") is None
    assert registry.alias("city", "champion") == 1


def test_a_look_at_what_stands_in_datasets(dss, panel, registry):
    folder = open_registry("models")
    past = panel.head(9 * 96)
    folder.publish(ev.Climatology([4]).fit(past), name="city", data=past)
    folder.set_alias("city", "champion", 1, **HOW)
    write_panel("status_grid", panel)
    write_forecasts("forecast", given(panel, registry))
    set_variable("as_of", panel.cutoff)
    found = look_at(
        "city", models="models", statuses="status_grid", forecasts="forecast", limits=SOON
    )
    there = seen(panel, registry)
    assert found.checks.status == there.checks.status
    assert found.scores().round(6).equals(there.scores().round(6))
    some = look_at("city", models="models", statuses="status_grid", forecasts="forecast", days=1)
    assert some.realised.n_scored < found.realised.n_scored

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

import evforecast as ev
from evforecast.forecasting.saving import FORECASTERS
from evforecast.inwarehouse import can_push_down, exog_series, reach_of

H = [1, 8]
FEW = {"random_state": 0, "max_rows": 2000}
NEAR = ["state", "neighbours", "shares", "calendar"]

# Every public forecaster, and how far its forecasts look.
MODELS = {
    "persistence": (ev.Persistence(H), "charger"),
    "climatology": (ev.Climatology(H), "charger"),
    "markov": (ev.MarkovForecaster(H), "charger"),
    "semi-markov": (ev.SemiMarkovForecaster(H), "charger"),
    "semi-markov within": (ev.SemiMarkovForecaster(H, target="down", within=True), "charger"),
    "failure-rate": (ev.FailureRate(H), "charger"),
    "direct of the charger": (ev.DirectForecaster(H, groups=["state", "static"], **FEW), "charger"),
    "direct of the location": (ev.DirectForecaster(H, groups=NEAR, **FEW), "location"),
    "direct with the mix": (ev.DirectForecaster(H, groups=["network"], **FEW), "network"),
    "direct with habits": (ev.DirectForecaster(H, groups=["profile"], **FEW), "network"),
    "direct": (ev.DirectForecaster(H, **FEW), "network"),
    "recursive": (ev.RecursiveForecaster(H, n_paths=4, **FEW), "network"),
    "blend": (ev.Blend({"a": ev.Climatology(H), "b": ev.MarkovForecaster(H)}), "charger"),
    "blend with a direct one": (
        ev.Blend({"a": ev.Climatology(H), "b": ev.DirectForecaster(H, groups=NEAR, **FEW)}),
        "location",
    ),
    "calibrated": (ev.Calibrated(ev.DirectForecaster(H, **FEW)), "network"),
    "occupied-feed": (ev.OccupiedFeed(ev.SemiMarkovForecaster(H)), "charger"),
}


@pytest.fixture(scope="module", params=MODELS, ids=str)
def fitted(request, past):
    unfitted, reach = MODELS[request.param]
    return unfitted.fit(past), reach


def apart(model, context, groups):
    """Return how far forecasts of some chargers alone are from those of all together."""
    whole = model.predict_proba(context)
    return max(
        float(
            np.abs(model.predict_proba(context.select(ids)).proba - whole.select(ids).proba).max()
        )
        for ids in groups
    )


def test_the_reach_is_said(fitted):
    assert reach_of(fitted[0]) == fitted[1]


def test_what_is_out_of_reach_changes_nothing_and_what_is_in_reach_does(fitted, context):
    model, reach = fitted
    places = context.evse["location_id"]
    alone = [[evse_id] for evse_id in context.evse_ids]
    together = [list(places.index[places == place]) for place in places.unique()]
    assert len(together) > 2
    if reach == "charger":
        assert apart(model, context, alone) < 1e-6
    else:
        assert apart(model, context, alone) > 1e-3
    if reach == "network":
        assert apart(model, context, together) > 1e-3
    else:
        assert apart(model, context, together) < 1e-6


def test_all_classes_are_tried():
    assert {type(model) for model, _ in MODELS.values()} == set(FORECASTERS.values())


def test_all_of_them_can_be_pushed_down(fitted):
    assert can_push_down(fitted[0]) is None


def test_why_a_model_cannot(past):
    class Mine(ev.Persistence):
        pass

    assert "not fitted" in can_push_down(ev.Climatology(H))
    assert "Mine" in can_push_down(Mine([1]).fit(past))


def test_a_classifier_of_ones_own_cannot(past):
    own = ExtraTreesClassifier(2, random_state=0)
    groups = ["calendar"]  # it takes no gaps
    model = ev.DirectForecaster([1], groups=groups, classifier=own, **FEW).fit(past)
    assert "ExtraTreesClassifier" in can_push_down(model)


def test_series_are_those_that_are_looked_at(past):
    weather = tuple(past.exog.columns)
    direct = ev.DirectForecaster([1], **FEW).fit(past)
    assert exog_series(direct) == weather
    assert exog_series(ev.Blend({"a": ev.DirectForecaster([1], **FEW)}).fit(past)) == weather
    blind = ev.DirectForecaster([1], groups=["state"], **FEW).fit(past)
    assert exog_series(blind) == ()

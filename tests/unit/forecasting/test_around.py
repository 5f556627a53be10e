import pytest

from evforecast import (
    Calibrated,
    DirectForecaster,
    MarkovForecaster,
    SemiMarkovForecaster,
    simulate,
)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (MarkovForecaster([2]), ([2], None, False, True)),
        (SemiMarkovForecaster([3], target="down", within=True), ([3], "down", True, True)),
        (DirectForecaster([4], target="free"), ([4], "free", False, False)),
    ],
)
def test_what_is_asked_is_that_of_the_forecaster_inside(inner, expected):
    model = Calibrated(inner)
    assert (model.horizons, model.target, model.within, model.any_horizon) == expected


def test_the_statuses_are_too():
    panel = simulate(n_evse=4, days=3, random_state=0)
    model = Calibrated(SemiMarkovForecaster([3], target="down", within=True)).fit(panel)
    assert model.predict_proba(panel).scheme.names == ("not down within", "down within")

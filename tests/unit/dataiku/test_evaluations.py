import math

import pytest

import evforecast as ev
from evforecast.dataiku.evaluations import monitoring_metrics, push_evaluation
from evforecast.monitoring import monitor


def evaluations():
    import dataiku

    project = dataiku.api_client().get_default_project()
    return project.get_model_evaluation_store("skill").list_evaluations()


def test_an_evaluation_is_added(dss):
    push_evaluation(
        "skill",
        {"log loss at horizon 4": 0.4, "nothing": math.nan},
        labels={"model": "city-3"},
        name="today",
    )
    (found,) = evaluations()
    assert [(m["metricCode"], m["value"], m["name"]) for m in found["metrics"]] == [
        ("log_loss_at_horizon_4", 0.4, "log loss at horizon 4")
    ]
    assert found["labels"] == [{"key": "evforecast:model", "value": "city-3"}]
    assert found["name"] == "today"


def test_a_store_that_is_not_there(dss):
    with pytest.raises(Exception, match="not found"):
        push_evaluation("nothing", {"a": 1.0}, labels={})


def test_measures_of_a_look(city):
    model = ev.Persistence([4]).fit(city.head(672))
    given = [model.predict_proba(city.head(n)) for n in range(700, 850, 10)]
    found = monitor(city, forecasts={"p": given}, champion="p")
    metrics = monitoring_metrics(found)
    scores = found.scores().set_index("horizon")
    assert metrics["log_loss at horizon 4"] == scores.loc[4, "log_loss"]
    assert metrics["accuracy at horizon 4"] == scores.loc[4, "accuracy"]
    assert metrics["OK"] == sum(check.status == "OK" for check in found.checks)

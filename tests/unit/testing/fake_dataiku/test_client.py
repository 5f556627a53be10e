"""`dataikuapi` 15.2 (DSSProject, DSSModelEvaluationStore), whose source is on the package index."""

import pytest

from evforecast.testing.fake_dataiku.client import EvaluationStore


def test_the_project(dataiku):
    client = dataiku.api_client()
    assert client.get_default_project().project_key == "FAKE"
    assert client.get_project("FAKE").project_key == dataiku.default_project_key()


def test_variables_are_kept_as_they_were_set(dataiku):
    project = dataiku.api_client().get_default_project()
    project.set_variables({"standard": {"a": [1]}, "local": {}})
    project.update_variables({"b": 2}, type="local")
    assert project.get_variables() == {"standard": {"a": [1]}, "local": {"b": 2}}


@pytest.mark.parametrize("missing", ["standard", "local"])
def test_variables_have_two_parts(dataiku, missing):
    parts = {"standard": {}, "local": {}}
    del parts[missing]
    with pytest.raises(ValueError, match=missing):
        dataiku.api_client().get_default_project().set_variables(parts)


def test_an_evaluation(dataiku):
    store = dataiku.api_client().get_default_project().get_model_evaluation_store("skill")
    metric = store.MetricDefinition("brier", 0.2, "Brier score", "lower is better")
    label = store.LabelDefinition("custom:model", "city-1")
    store.add_custom_model_evaluation([metric], name="today", labels=[label])
    store.run_checks()
    (found,) = store.list_evaluations()
    assert found["metrics"] == [
        {
            "metricCode": "brier",
            "value": 0.2,
            "name": "Brier score",
            "description": "lower is better",
        }
    ]
    assert found["labels"] == [{"key": "custom:model", "value": "city-1"}]


def test_the_definitions_are_those_of_the_real_client():
    real = pytest.importorskip("dataikuapi.dss.modelevaluationstore", reason="no dataikuapi here")
    store = real.DSSModelEvaluationStore
    for name, given in (("MetricDefinition", ("a", 1.0)), ("LabelDefinition", ("a:b", "c"))):
        assert getattr(store, name)(*given) == getattr(EvaluationStore, name)(*given)


def test_a_store_that_is_not_there_shows_when_it_is_used(dataiku):
    project = dataiku.api_client().get_default_project()
    store = project.get_model_evaluation_store("nothing")
    with pytest.raises(Exception, match="not found"):
        store.run_checks()
    assert project.create_model_evaluation_store("new").list_evaluations() == []

"""MLflow is an extra. To run these: ``pip install 'evforecast[mlflow]'``, or ``pip install mlflow``."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import MissingExtraError
from evforecast.registry import DamagedError
from evforecast.registry.mlflow import log_to_mlflow


def test_without_mlflow_the_error_says_what_to_type(filled, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'evforecast\[mlflow\]'"):
        log_to_mlflow(filled.get("driver", 1))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Return MLflow with a store of these tests' own."""
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed (extra 'mlflow')")
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patched.chdir(folder)
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        yield mlflow
        mlflow.set_tracking_uri(None)


@pytest.fixture
def mlflow(store, request):
    """Return MLflow with an experiment of the test's own."""
    store.set_experiment(request.node.name)
    return store


@pytest.fixture(scope="module")
def recent(panel):
    """Return a panel's statuses as MLflow takes them, with what is known of the chargers."""
    frame = panel.to_long().astype({"evse_id": object, "status": object})
    frame = frame.join(panel.evse, on="evse_id")
    return frame.assign(time=frame["time"].dt.tz_localize(None))


@pytest.mark.filterwarnings("ignore")
def test_what_mlflow_loads_forecasts_as_the_version_does(registry, panel, recent, mlflow):
    # It looks at locations and at the clock on the wall: both have to reach it.
    groups = ["neighbours", "profile", "calendar"]
    model = ev.DirectForecaster([1, 4], groups=groups, max_rows=500, random_state=0).fit(panel)
    version = registry.publish(model, name="driver", data=panel)
    served = mlflow.pyfunc.load_model(log_to_mlflow(version))
    told = served.predict(recent)
    expected = model.predict_proba(panel).to_long()
    statuses = list(panel.scheme.names)
    np.testing.assert_allclose(told[statuses], expected[statuses], rtol=1e-5)
    assert told["evse_id"].tolist() == expected["evse_id"].tolist()
    assert told["horizon"].tolist() == expected["horizon"].tolist()
    assert told["time"].dt.tz_localize("UTC").tolist() == expected["time"].tolist()


@pytest.mark.filterwarnings("ignore")
def test_a_run_says_what_the_card_says(registry, panel, models, mlflow):
    scores = pd.DataFrame({"model": "p", "horizon": [1, 4], "log_loss": [0.25, 0.5]})
    version = registry.publish(models[0], name="driver", data=panel, scores=scores)
    address = log_to_mlflow(version)
    run = mlflow.search_runs(output_format="list")[0]
    assert run.data.tags["evforecast.model"] == "driver"
    assert run.data.tags["evforecast.version"] == "1"
    assert run.data.tags["evforecast.card_sha256"] == version.card_sha256
    assert run.data.params["class"] == "Persistence"
    assert run.data.params["horizons"] == "[1]"
    steps = mlflow.MlflowClient().get_metric_history(run.info.run_id, "log_loss")
    assert [(point.step, point.value) for point in steps] == [(1, 0.25), (4, 0.5)]
    card = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/card.md")
    assert card == version.card.to_markdown()
    assert mlflow.models.get_model_info(address).signature.inputs.input_names()[:3] == [
        "evse_id",
        "time",
        "status",
    ]


@pytest.mark.filterwarnings("ignore")
def test_two_versions_in_one_run_are_runs_inside_it(filled, mlflow):
    with mlflow.start_run() as outer:
        for number in (1, 2):
            log_to_mlflow(filled.get("driver", number))
    runs = mlflow.search_runs(output_format="list")
    parents = [run.data.tags.get("mlflow.parentRunId") for run in runs]
    assert parents.count(outer.info.run_id) == 2


@pytest.mark.filterwarnings("ignore")
def test_what_was_changed_is_neither_logged_nor_loaded(filled, mlflow):
    version = filled.get("driver", 1)
    local = mlflow.artifacts.download_artifacts(log_to_mlflow(version))
    path = next(Path(local).rglob("model.evf"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match=r"model\.evf has changed"):
        mlflow.pyfunc.load_model(local)
    (version.path / "model.evf").unlink()
    with pytest.raises(DamagedError):
        log_to_mlflow(version)

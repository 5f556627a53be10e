"""The same probabilities in the process, on DuckDB, and from the zip in a process like Snowflake's."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.forecasting.saving import FORECASTERS
from evforecast.inwarehouse import (
    ForecastJob,
    can_push_down,
    forecast_in_warehouse,
    make_bundle,
    store_panel,
)
from evforecast.inwarehouse import job as jobs
from evforecast.inwarehouse.handler import INPUT, probability_names
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.warehouse import DUCKDB

TOLERANCE = 1e-6
H = [1, 8]
FEW = {"random_state": 0, "max_rows": 1500}
NEAR = ["state", "changes", "neighbours", "shares", "same_time", "calendar"]

MODELS = {
    "persistence": lambda: ev.Persistence(H),
    "climatology": lambda: ev.Climatology(H),
    "markov": lambda: ev.MarkovForecaster(H),
    "semi-markov": lambda: ev.SemiMarkovForecaster(H),
    "semi-markov-within": lambda: ev.SemiMarkovForecaster(H, target="down", within=True),
    "failure-rate": lambda: ev.FailureRate(H),
    "direct": lambda: ev.DirectForecaster(H, groups=ev.features.GROUPS, **FEW),
    "direct-near": lambda: ev.DirectForecaster(H, groups=NEAR, **FEW),
    "direct-free": lambda: ev.DirectForecaster(H, target="free", **FEW),
    "recursive": lambda: ev.RecursiveForecaster(H, n_paths=5, **FEW),
    "blend": lambda: ev.Blend(
        {"climatology": ev.Climatology(H), "direct": ev.DirectForecaster(H, groups=NEAR, **FEW)}
    ),
    "calibrated": lambda: ev.Calibrated(ev.MarkovForecaster(H)),
    "occupied-feed": lambda: ev.OccupiedFeed(ev.SemiMarkovForecaster(H)),
}


@pytest.fixture(scope="module")
def models(city):
    """Every public forecaster, fitted."""
    past = city.head(28 * 96)
    return {name: unfitted().fit(past) for name, unfitted in MODELS.items()}


@pytest.fixture(scope="module")
def warehouse(context, tmp_path_factory):
    with ev.connect(f"duckdb:///{tmp_path_factory.mktemp('wh')}/ev.duckdb") as opened:
        store_panel(opened, context, exog="weather")
        yield opened


@pytest.fixture(scope="module")
def files(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, model in models.items():
        model.save(folder / f"{name}.evf")
    return folder


def job_of(files, name):
    return ForecastJob.of(
        files / f"{name}.evf", name=name, tz="Europe/Paris", exog="weather", into=f"f_{name}"
    )


def expected(models, name, context):
    return models[name].predict_proba(context).select(sorted(context.evse_ids))


@pytest.fixture(scope="module")
def from_zip(models, files, warehouse, context, tmp_path_factory):
    """Run the handler of every model in one process that has the zip and little else."""
    folder = tmp_path_factory.mktemp("zip")
    made = make_bundle(folder)
    listed = []
    for name in models:
        job = job_of(files, name)
        rows = pd.DataFrame(
            warehouse.run(job.query(DUCKDB).sql(instant(DUCKDB, context.cutoff))),
            columns=["partition", *INPUT],
        )
        plain = rows.astype(object).where(rows.notna(), None)
        parts = [
            {column: part[column].tolist() for column in INPUT}
            for _, part in plain.groupby("partition")
        ]
        (folder / f"{name}.rows").write_bytes(pickle.dumps(parts))
        (folder / f"{name}.evf").write_bytes(job.path.read_bytes())
        facts = {
            "model_file": f"{name}.evf",
            "sha256": job.sha256,
            "name": name,
            "tz": job.tz,
            "horizons": job.horizons,
        }
        listed.append({"facts": facts, "rows": f"{name}.rows", "out": f"{name}.forecast"})
    (folder / "jobs.json").write_text(json.dumps(listed))
    script = Path(__file__).with_name("zip_process.py")
    command = [sys.executable, "-P", str(script), str(made.path), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), made, folder


@pytest.mark.integration
@pytest.mark.parametrize("name", MODELS)
def test_the_handler_from_the_zip(from_zip, models, context, name):
    forecast = expected(models, name, context)
    data = (from_zip[2] / f"{name}.forecast").read_bytes()
    found = pd.DataFrame(pickle.loads(data))  # noqa: S301 - our own
    assert found["evse_id"].tolist() == forecast.evse_ids * len(forecast.horizons)
    law = found[probability_names(forecast.scheme)].to_numpy().reshape(forecast.proba.shape)
    assert np.abs(law - forecast.proba).max() <= TOLERANCE


@pytest.mark.integration
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("partitions", ["few", "many"])
def test_duckdb(warehouse, files, models, context, name, partitions, monkeypatch):
    if partitions == "many":
        monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2 * models[name].lookback)
    job = job_of(files, name)
    done = forecast_in_warehouse(
        warehouse,
        job.path,
        cutoff=str(context.cutoff),
        name=name,
        tz=job.tz,
        exog="weather",
        into=job.into,
    )
    assert (done.partitions > 1) == (partitions == "many" and job.reach != "network")
    forecast = expected(models, name, context)
    columns = ", ".join(probability_names(forecast.scheme))
    rows = warehouse.run(f"SELECT {columns} FROM {job.into.sql} ORDER BY horizon, evse_id")
    law = np.array(rows, dtype=float).reshape(forecast.proba.shape)
    assert np.abs(law - forecast.proba).max() <= TOLERANCE


@pytest.mark.integration
def test_every_class_is_shown_or_says_why_not(models):
    assert {type(model) for model in models.values()} == set(FORECASTERS.values())
    assert [name for name, model in models.items() if can_push_down(model)] == []


@pytest.mark.integration
def test_the_calibrated_one_is_really_recalibrated(models):
    assert models["calibrated"].maps_


@pytest.mark.integration
def test_the_zip_is_enough_and_all_comes_from_it(from_zip):
    told, made, _ = from_zip
    assert told["outside"] == []
    assert set(told["modules"]) <= set(made.modules)
    assert "evforecast.forecasting.direct" in told["modules"]

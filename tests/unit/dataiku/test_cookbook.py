"""The recipes run as they are written, one after the other, as a scenario runs them."""

import ast
import json

import numpy as np
import pytest

import evforecast as ev
from evforecast.dataiku import (
    check_dataset,
    download,
    open_registry,
    paths_in,
    read_forecasts,
    read_frame,
    read_log,
    read_panel,
    set_variable,
    write_panel,
)
from evforecast.dataiku.cookbook import RECIPES, recipe
from evforecast.errors import InputError
from evforecast.sources.http import Answer
from evforecast.testing.fake_dataiku import fake_dss

# What each recipe declares in DSS.
FLOW = {
    "collect": ([], ["fresh"]),
    "load": (["fresh"], {"status": "append"}),
    "features": (["status"], ["status_grid", "features"]),
    "train": (["status_grid"], ["models"]),
    "predict": (["status_grid", "models"], {"forecast": "append"}),
    "join_truth": (["status_grid", "forecast"], ["scores", "coverage"]),
    "monitor": (["status_grid", "forecast", "models"], ["checks"]),
    "retrain": (["status_grid", "forecast"], ["models"]),
    "promote": (["status_grid", "forecast"], ["models"]),
    "report": (["status_grid", "forecast", "models"], ["reports"]),
}


@pytest.mark.parametrize("step", RECIPES)
def test_five_lines(step):
    """A recipe is five lines or fewer, imports not counted."""
    tree = ast.parse(recipe(step))
    lines = recipe(step).splitlines()
    code = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert 1 <= sum(node.end_lineno - node.lineno + 1 for node in code) <= 5
    assert max(map(len, lines)) <= 100
    assert set(FLOW) == set(RECIPES)


def test_no_such_step():
    with pytest.raises(InputError, match="Did you mean 'predict'"):
        recipe("predicts")


class Paris:
    """Stands for the network: the statuses of some chargers, always other ones."""

    words = ("Disponible", "Occupé (en charge)")

    def __init__(self, now):
        self.now = now

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def get(self, url, **_):
        turn = int(self.now.astype(int)) // 900
        rows = [
            {"id_pdc": f"FR*V75*EPX{n:02d}*21*1", "statut_pdc": self.words[(turn + n) % 2]}
            for n in range(3)
        ]
        return Answer(url, 200, json.dumps(rows).encode(), collected_at=self.now)


@pytest.fixture(scope="module")
def dss(tmp_path_factory):
    datasets = (*("status", "status_grid", "features", "forecast", "scores", "coverage", "checks"),)
    variables = {"horizons": [1, 4]}
    with fake_dss(
        tmp_path_factory.mktemp("dss"),
        datasets=datasets,
        folders=("fresh", "models", "reports"),
        variables=variables,
        evaluation_stores=["skill"],
    ) as installed:
        yield installed


@pytest.fixture(scope="module")
def city():
    return ev.simulate(n_evse=4, days=37, random_state=3)


def run(dss, step, **variables):
    for name, value in variables.items():
        set_variable(name, value)
    inputs, outputs = FLOW[step]
    # a folder that is written is read as well: DSS allows that of an output
    with dss.recipe(inputs, outputs):
        exec(compile(recipe(step), step, "exec"), {})  # noqa: S102 - our own text


def test_fresh_data_becomes_a_grid(dss, monkeypatch):
    start = np.datetime64("2026-11-28T08:00:05", "s")
    for cycle in range(4):
        now = start + cycle * np.timedelta64(900, "s")
        monkeypatch.setattr("evforecast.sources.http.Client", lambda now=now: Paris(now))
        monkeypatch.setattr(
            "evforecast.dataiku.collect.__kwdefaults__",
            {"clock": lambda now=now: now},
            raising=False,
        )
        run(dss, "collect")
        run(dss, "load", as_of=now + np.timedelta64(60, "s"))
        run(dss, "load")  # run again
    run(dss, "features")
    assert len(read_log("status")) == 12
    panel = read_panel("status_grid")
    assert panel.codes.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0], [1, 0, 1]] or (
        panel.codes.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1], [0, 1, 0]]
    )
    assert len(read_frame("features")) == 3
    assert any(path.startswith("belib") for path in paths_in("fresh"))


def test_a_life_of_models(dss, city):
    """From a first champion to its successor, with every recipe run twice."""
    write_panel("status_grid", city, append=False)
    for _ in range(2):
        run(dss, "train", trained_until=city.times[7 * 96])
    days = [8, 14, 20, 26, 32]
    for day in days:
        for _ in range(2 if day == 20 else 1):
            run(dss, "predict", as_of=city.times[day * 96])
    given = read_forecasts("forecast")
    assert sorted(given) == ["city-1", "persistence"]
    assert len(given["city-1"]) == len(days)
    for step in ("join_truth", "monitor", "retrain", "promote", "report"):
        for _ in range(2):
            run(dss, step, as_of=city.times[36 * 96])
    scores = read_frame("scores")
    assert set(scores["model"]) == {"city-1", "persistence"}
    assert scores["n"].min() > 0
    assert read_frame("coverage")["scored"].sum() > 0
    assert check_dataset("checks")[0] in {"OK", "WARNING", "ERROR"}
    registry = open_registry("models")
    assert registry.alias("city", "challenger") == 2  # the champion is 29 days old
    assert len(registry.versions("city")) == 2
    assert b"<html" in download("reports", "monitoring.html")[:200].lower()
    import dataiku

    store = dataiku.api_client().get_default_project().get_model_evaluation_store("skill")
    metrics = {metric["metricCode"] for metric in store.list_evaluations()[0]["metrics"]}
    assert {"log_loss_at_horizon_1", "log_loss_at_horizon_4"} <= metrics


def test_the_successor(dss, city):
    """The challenger forecasts in the shadow, and is promoted only if it is better."""
    run(dss, "predict", as_of=city.times[36 * 96 + 1])
    assert sorted(read_forecasts("forecast")) == ["city-1", "city-2", "persistence"]
    run(dss, "promote", as_of=city.times[36 * 96 + 8])
    assert open_registry("models").alias("city", "champion") == 1


def test_a_recipe_without_its_variable_says_so(tmp_path):
    with fake_dss(tmp_path, datasets=["forecast"]), pytest.raises(InputError, match="'as_of'"):
        exec(recipe("predict"), {})  # noqa: S102 - our own text

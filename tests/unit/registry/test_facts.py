import json
import platform

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import InputError, MissingColumnsError
from evforecast.features import feature_names
from evforecast.panel.fingerprint import panel_fingerprint
from evforecast.registry.facts import (
    data_facts,
    feature_facts,
    model_facts,
    require_learnt_from,
    score_facts,
)


def test_facts_of_a_model_are_those_of_its_file(panel, models, tmp_path):
    path = tmp_path / "model.evf"
    models[1].save(path)
    facts, versions = model_facts(path)
    assert facts["class"] == "Persistence"
    assert facts["parameters"]["horizons"] == [2]
    assert facts["trained_until"] == str(panel.cutoff)
    assert facts["bytes"] == path.stat().st_size
    assert versions["pandas"] == pd.__version__
    assert versions["python"] == platform.python_version()
    # The sum is that of the file, as other programs compute it, not that of the document inside.
    assert facts["sha256"] != ev.forecasting.describe(path)["sha256"]


def test_facts_of_a_panel():
    codes = np.array([[0, 1, -1], [0, 3, 0]], np.int8)
    grid = ev.simulate(n_evse=3, days=1, random_state=0).grid.slice(0, 2)
    panel = ev.StatusPanel(codes, grid, ["a", "b", "c"], tz="Europe/Paris")
    assert data_facts(panel) == {
        "from": str(grid.start),
        "until": str(grid.last),
        "times": 2,
        "chargers": 3,
        "tz": "Europe/Paris",
        "exog": [],
        "observed": round(5 / 6, 6),
        "mix": {"available": 0.6, "charging": 0.2, "passive": 0.0, "offline": 0.2, "down": 0.0},
        "sha256": panel_fingerprint(panel),
    }
    weather = panel.with_exog(pd.DataFrame({"t": [1.0]}, index=pd.DatetimeIndex(grid.times[:1])))
    assert data_facts(weather)["exog"] == ["t"]


OTHERS = {
    "cut at the end": lambda panel: panel.head(panel.n_time - 1),
    "cut at the beginning": lambda panel: panel.tail(panel.n_time - 1),
    "fewer chargers": lambda panel: panel.select(panel.evse_ids[1:]),
    "in another order": lambda panel: panel.select(panel.evse_ids[::-1]),
    "another step": lambda panel: panel.resample("30min"),
    "other statuses": lambda panel: panel.coarsen("free"),
    "nothing": lambda panel: panel.head(0),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_model_learnt_from_nothing_else(panel, models, other):
    require_learnt_from(models[0], panel)
    with pytest.raises(
        InputError, match=r"is not what the Persistence learnt from: .* given to fit"
    ):
        require_learnt_from(models[0], OTHERS[other](panel))


def test_features_of_each_part(panel):
    direct = ev.DirectForecaster([1], groups=["profile", "weather"], max_rows=500, random_state=0)
    recursive = ev.RecursiveForecaster([1], n_paths=1, max_rows=500, random_state=0)
    facts = feature_facts(ev.Calibrated(ev.Blend({"one": direct, "two": recursive})).fit(panel))
    where = "model.forecaster_.members_"
    assert [part["part"] for part in facts] == [f"{where}.one", f"{where}.two"]
    assert [part["groups"] for part in facts] == [["weather", "profile"], []]
    # With the weather that the panel has, and in the order of the columns.
    names = feature_names(panel.scheme.names, ["weather", "profile"], list(panel.exog.columns))
    assert facts[0]["columns"] == names
    assert len(names) == len(panel.exog.columns) + 5
    assert facts[1]["columns"] == ev.features.one_step_names(panel.scheme.names)


def test_counting_models_look_at_no_features(models):
    assert feature_facts(models[0]) == []


def test_scores_are_those_of_a_backtest(panel):
    result = ev.backtest({"p": ev.Persistence([4, 1])}, panel, every="6h", last="1D")
    frame = result.scores()
    facts = score_facts(frame.iloc[::-1])
    assert facts == json.loads(json.dumps(facts))
    pd.testing.assert_frame_equal(pd.DataFrame(facts), frame, check_dtype=False)


def test_scores_that_are_not_finite_are_none():
    frame = pd.DataFrame({"horizon": [1], "skill": [np.nan], "worst": [np.inf], "n": [np.int64(3)]})
    assert score_facts(frame) == [{"horizon": 1, "skill": None, "worst": None, "n": 3}]
    assert score_facts(None) == []


def test_scores_of_several_models_or_twice_a_horizon_are_refused():
    frame = pd.DataFrame({"model": ["a", "b"], "horizon": [1, 1], "brier": [0.1, 0.2]})
    with pytest.raises(InputError, match=r"rows of 2 models, 'a', 'b'.*scores\['model'\] == 'a'"):
        score_facts(frame)
    with pytest.raises(InputError, match=r"horizons repeat: 1\. Pass one row a horizon"):
        score_facts(frame.drop(columns="model"))
    with pytest.raises(MissingColumnsError, match="columns missing: 'horizon'"):
        score_facts(frame[["brier"]])

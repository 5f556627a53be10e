import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.panel import evse_table
from evforecast.reporting import DemoResult, UseCaseResult, demo_report

MODELS = ("direct", "recursive", "persistence", "climatology")
HOSTILE = '<script>alert("$x$")</script>'


@pytest.fixture(scope="module")
def panel():
    city = ev.simulate(n_evse=6, days=5, random_state=0)
    known = city.evse.rename(index={city.evse_ids[0]: HOSTILE})
    return ev.StatusPanel(city.codes, city.grid, evse_table(list(known.index), known), tz=city.tz)


@pytest.fixture(scope="module")
def result(panel):
    models = {name: ev.Climatology([4, 16]) for name in MODELS}
    bt = ev.backtest(models, panel, every="6h", last="1D", target="free")
    table = pd.DataFrame({"horizon": [4, 16], "ahead": ["1 h", "4 h"], "n": [24, 22]})
    table = table.assign(**dict.fromkeys(MODELS, 0.25), baseline="persistence")
    for name in MODELS[:2]:
        table[f"{name}_skill"], table[f"{name}_low"], table[f"{name}_high"] = 0.1, [0.05, -0.1], 0.2
    answers = {
        "driver": pd.DataFrame({"evse_id": [HOSTILE], "distance_m": [1234.5], "p_free": [0.876]}),
        "supplier": pd.DataFrame(
            {
                "time": np.repeat(panel.cutoff + np.array([1, 2]) * np.timedelta64(1, "h"), 2),
                "area": ["north", "south"] * 2,
                "expected": [1.0, 2.0, 1.5, 2.5],
                "low": 0,
                "high": 4,
                "n": [3, 5] * 2,
            }
        ),
        "park": pd.DataFrame({"evse_id": ["b"], "p_down": [0.5], "down_before": [0.25]}),
    }
    cases = tuple(
        UseCaseResult(
            name, f"What of {name}?", "free", bt, table, panel.cutoff, f"Answer {name}", answer
        )
        for name, answer in answers.items()
    )
    fan = ev.MarkovForecaster(range(1, 9)).fit(panel).predict_proba(panel)
    return DemoResult(
        panel=panel,
        source="status.csv (challenge)",
        simulated=False,
        repairs=("3 repeats dropped",),
        notes=("A note.",),
        cases=cases,
        fan=fan,
        charger=HOSTILE,
        free=pd.Series(np.linspace(0, 1, 6), index=panel.evse.index),
        made_by={"Command": "evforecast demo", "Seed": "0"},
    )


@pytest.fixture(scope="module")
def text(result, tmp_path_factory):
    return demo_report(result, tmp_path_factory.mktemp("demo") / "report.html").read_text("utf-8")


def test_all_sections_are_there(text):
    assert re.findall(r"<h2[^>]*>([^<]*)<", text) == [
        "In short",
        "The data",
        "The driver",
        "The supplier",
        "The park",
        "One charger, and all of them",
        "How to read it",
        "What made this report",
    ]
    # two on the data, two for each use case, the fan and the map
    assert text.count("<figure>") == 2 + 3 * 2 + 2
    for words in (
        "status.csv (challenge)",
        "3 repeats dropped",
        "A note.",
        "What of park?",
        "evforecast demo",
    ):
        assert words in text


def test_a_hostile_id_stays_text(text):
    assert "<script" not in text
    assert "&lt;script&gt;alert(&quot;$x$&quot;)" in text


def test_it_is_one_small_file_that_asks_for_nothing(text):
    assert "http:" not in text
    assert "https:" not in text
    assert len(text) < 2_000_000


def test_figures_are_said_as_people_read_them(text):
    assert "87.6%" in text
    assert "1,234" in text
    assert "<dt>Gaps of the whole feed</dt>" in text
    assert "10.0% (-10.0% to 20.0%)" in text
    assert "direct at 1 of 2, recursive at 1 of 2 horizons" in text


def test_the_supplier_sees_a_row_an_area_the_busiest_first(text):
    assert text.index("<td>south</td>") < text.index("<td>north</td>")
    assert "<td>2.5 (0 to 4)</td>" in text


def test_simulated_chargers_are_called_so(result, tmp_path):
    made_up = dataclasses.replace(result, simulated=True, cases=result.cases[:1])
    text = demo_report(made_up, tmp_path / "r.html").read_text("utf-8")
    assert "These chargers are simulated." in text
    assert "The supplier" not in text


def test_without_coordinates_there_is_no_map_and_it_says_so(result, tmp_path):
    bare = result.panel
    table = bare.evse.assign(lat=np.nan, lon=np.nan)
    nowhere = ev.StatusPanel(bare.codes, bare.grid, table, tz=bare.tz)
    lost = dataclasses.replace(result, panel=nowhere, cases=result.cases[:1])
    text = demo_report(lost, tmp_path / "r.html").read_text("utf-8")
    assert "There is no map" in text
    assert text.count("<figure>") == 2 + 2 + 1

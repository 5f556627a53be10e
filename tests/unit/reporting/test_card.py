import dataclasses

import numpy as np
import pytest

import evforecast as ev
from evforecast.registry import Registry
from evforecast.reporting import Page
from evforecast.reporting.card import card_section


def written(card):
    page = Page("Title", "Lead")
    card_section(page, card)
    return page


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_a_card_it_says_so(nothing):
    assert "No card of the champion was given." in written(nothing).markdown()


def test_values_become_facts_and_records_a_table():
    page = written(
        {
            "name": "driver",
            "published_at": np.datetime64("2020-11-09T06:00:00"),
            "model": {"class": "A_B", "bytes": 12345, "fast": True, "rate": 0.123456},
            "parameters": {"nested": {"a": 1, "b": None}},
            "features": [],
            "horizons": list(range(12)),
            "scores": [{"horizon": 4, "log_loss": 0.25, "by": ["x", "y"]}, {"horizon": 8}],
            "notes": "",
        }
    )
    text = page.markdown()
    for said in (
        "- name: driver",
        "- published at: 2020-11-09T06:00:00",
        "- model: class: A\\_B",
        "- model: bytes: 12,345",
        "- model: fast: True",
        "- model: rate: 0.1235",
        "- parameters: nested: a 1, b –",
        "- features: –",
        "- horizons: 0, 1, 2, 3, 4, 5, 6, 7 and 4 more",
        "- notes: –",
    ):
        assert said + "\n" in text
    table = page.frames()["card: scores"]
    assert table["horizon"].tolist() == [4, 8]
    assert table["by"].tolist()[0] == "x, y"
    assert "| horizon | log loss | by |" in text


def test_the_card_of_a_registry_can_be_shown(city, tmp_path):
    past = city.head(26 * 96)
    model = ev.Persistence([4]).fit(past)
    scores = ev.backtest({"persistence": model}, city, every="6h", last="1D").scores()
    version = Registry(tmp_path).publish(model, name="driver", data=past, scores=scores)
    page = written(dataclasses.asdict(version.card))
    assert "- model: class: " in page.markdown()
    assert page.frames()["card: scores"]["horizon"].tolist() == [4]

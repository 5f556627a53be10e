import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from page_reader import Reader

import evforecast as ev
from evforecast.errors import MissingColumnsError
from evforecast.monitoring import mix_drift, monitor
from evforecast.panel import evse_table
from evforecast.reporting import monitoring_report

HOSTILE = '<script>alert("$x$")</script>'
DECISIONS = pd.DataFrame(
    {
        "at": pd.to_datetime(["2020-09-01 06:00", "2020-10-01 06:00"], utc=True),
        "alias": "champion",
        "version": [1, 2],
        "previous": [0, 1],
        "by": "me",
        "reason": ["the first", HOSTILE],
    }
)


@pytest.fixture(scope="module")
def page(trouble, troubled):
    return monitoring_report(
        trouble, card={"name": "driver", "sha256": "ab" * 32}, decisions=DECISIONS, panel=troubled
    )


@pytest.fixture(scope="module")
def text(page):
    return page.html()


def test_the_sections_in_the_order_of_reading(text):
    assert re.findall(r"<h2[^>]*>([^<]*)<", text) == [
        "Today",
        "Decisions",
        "Skill",
        "Calibration",
        "Drift",
        "Chargers to look at",
        "Data health",
        "Model card",
        "How to read it",
    ]


def test_the_verdict_comes_before_everything_else(text, trouble):
    first = text[text.index("<main>") :]
    assert first.index('class="verdict error"') < first.index("<table")
    n = sum(check.status == "ERROR" for check in trouble.checks)
    assert f"{n} errors" in first[: first.index("<table")]


def test_it_is_one_small_file_that_asks_for_nothing(text):
    assert "http:" not in text
    assert "https:" not in text
    read = Reader(text)
    places = [value for name, value in read.attributes if name in {"src", "srcset"}]
    assert places
    assert all(value.startswith("data:") for value in places)
    assert "script" not in read.tags
    assert len(text) < 1_000_000


def test_every_check_is_there(page, trouble):
    frames = page.frames()
    shown = [name for name in frames if name.endswith((": OK", ": not OK"))]
    assert sum(len(frames[name]) for name in shown) == len(trouble.checks)
    assert set(frames["alerts"]["status"]) == {"ERROR", "WARNING", "EMPTY"}


def test_the_statuses_of_today(page, trouble):
    table = page.frames()["statuses"]
    panel = trouble.current
    assert table["status"].tolist() == list(panel.scheme.names)
    counts = [(panel.codes[-1] == code).sum() for code in range(len(panel.scheme))]
    assert table["chargers"].tolist() == counts
    moved = mix_drift(trouble.reference, panel, block="1D")
    np.testing.assert_allclose(table["now"] - table["usual"], moved.value)
    np.testing.assert_allclose(table["change"], 100 * moved.value)
    assert table["now"].sum() == pytest.approx(1)


def test_decisions_and_what_they_rest_on(page, trouble):
    said = page.markdown()
    for decision in (trouble.retraining, *trouble.promotions.values()):
        what, _, why = str(decision).partition(": ")
        assert f"### {what}\n" in said
        assert why[1:40] in said.replace("\\", "")
    table = page.frames()["retraining"]
    assert table["rule"].tolist() == trouble.retraining.to_frame()["rule"].tolist()
    assert set(table["met"]) <= {"yes", "no", "not known"}


def test_earlier_decisions_the_latest_first_by_the_local_clock(page, text):
    table = page.frames()["decisions"]
    assert table["version"].tolist() == [2, 1]
    assert "<td>2020-10-01 08:00</td>" in text


def test_decisions_need_their_times(found):
    with pytest.raises(MissingColumnsError, match=r"monitoring_report: decisions.*at"):
        monitoring_report(found, decisions=DECISIONS.drop(columns="at"))


def test_a_hostile_text_stays_text(city, no_pictures):
    known = city.evse.rename(index={city.evse_ids[0]: HOSTILE})
    codes = city.codes.copy()
    codes[-200:, 0] = city.scheme.code("down")
    panel = ev.StatusPanel(codes, city.grid, evse_table(list(known.index), known), tz=city.tz)
    page = monitoring_report(monitor(panel), title=HOSTILE, card={HOSTILE: HOSTILE})
    assert "<script" not in page.html()
    assert "&lt;script&gt;alert(&quot;$x$&quot;)" in page.html()
    assert HOSTILE in set(page.frames()["chargers: down"]["evse_id"])
    assert "<script" not in page.markdown().replace("\\<", "")


def test_what_there_is_no_data_for_is_said(city, no_pictures):
    bare = city.evse.assign(lat=np.nan, lon=np.nan)
    panel = ev.StatusPanel(city.codes, city.grid, bare, tz=city.tz)
    said = monitoring_report(monitor(panel)).markdown()
    for sentence in (
        "Whether to train anew was not asked",
        "No history of earlier decisions was given.",
        "There are no forecasts, so there is no skill to show.",
        "No forecast has a truth yet",
        "There is no map",
        "No card of the champion was given.",
    ):
        assert sentence in said
    assert "Champion" not in said


def test_no_challenger_no_promotion(look, city, no_pictures):
    said = monitoring_report(look(city, challengers=[])).markdown()
    assert "No challenger was named" in said


def test_a_stretch_without_an_observation(city, no_pictures):
    codes = city.codes.copy()
    codes[-96:] = -1
    found = monitor(ev.StatusPanel(codes, city.grid, city.evse, tz=city.tz))
    page = monitoring_report(found)
    said = page.markdown()
    assert "**ERROR**" in said
    assert "Nothing was observed in the last 24 h." in said
    assert "too little of now can be compared with the past" in said
    assert "statuses" not in page.frames()
    assert len(page.frames()["chargers: vanished"]) == city.n_evse


def test_too_short_a_past_for_a_picture_of_drift(city, no_pictures):
    found = monitor(city.tail(110))
    page = monitoring_report(found)
    assert "too little of now can be compared with the past" in page.markdown()
    assert page.frames()["statuses"].columns.tolist() == ["status", "chargers"]


def test_all_well_is_two_words(found, no_pictures):
    fine = [dataclasses.replace(check, status="OK") for check in found.checks]
    well = dataclasses.replace(found, checks=type(found.checks)(fine))
    page = monitoring_report(well)
    assert f"**OK** All well: {len(fine)} checks are OK." in page.markdown()
    assert "alerts" not in page.frames()


def test_the_same_again_is_the_same_page(trouble, troubled, no_pictures):
    pages = [monitoring_report(trouble, decisions=DECISIONS, panel=troubled) for _ in range(2)]
    assert pages[0].html() == pages[1].html()

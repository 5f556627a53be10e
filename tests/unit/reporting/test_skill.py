import re

import numpy as np
import pytest

import evforecast as ev
from evforecast.evaluation import compare
from evforecast.monitoring import monitor
from evforecast.reporting import Page
from evforecast.reporting.skill import calibration_section, skill_section


def written(*sections, found):
    page = Page("Title", "Lead")
    for section in sections:
        section(page, found)
    return page


@pytest.fixture(scope="module")
def page(found):
    return written(skill_section, calibration_section, found=found)


def test_each_pair_is_compared_on_the_cases_that_both_forecast(page, found):
    table = page.frames()["skill"]
    pairs = [("markov", "persistence"), ("markov", "climatology"), ("shadow", "markov")]
    assert sorted(set(zip(table["model"], table["reference"], strict=True))) == sorted(pairs)
    assert table["ahead"].tolist() == ["1 h"] * 3 + ["24 h"] * 3
    for pair in pairs:
        result = found.realised.of(pair).result
        wanted = compare(result, *pair)
        own = table[(table["model"] == pair[0]) & (table["reference"] == pair[1])]
        for column in ("ratio", "low", "high", "verdict", "days", "n"):
            assert own[column].tolist() == wanted[column].tolist()
        np.testing.assert_allclose(own["ratio"], own["model_loss"] / own["reference_loss"])
        scores = result.scores().query("model == @pair[0]")
        np.testing.assert_allclose(own["model_loss"], scores["log_loss"])


def test_how_much_has_a_truth_is_said(page, found):
    own = found.realised.shares().query("model == 'markov'").sum(numeric_only=True)
    text = page.markdown()
    assert f"Of {int(own['due']):,} forecasts of markov that are due" in text
    assert f"{int(own['pending']):,} more are not due yet" in text
    shares = page.frames()["truth"]
    assert shares["pending"].sum() == found.realised.shares()["pending"].sum()


def test_the_estimate_is_called_one(page, found):
    table = page.frames()["estimate"]
    known = found.expected.dropna(subset=["estimate"])
    np.testing.assert_allclose(table["estimate"], known["estimate"])
    assert "An estimate, not a measurement" in page.markdown()


def test_pictures_of_skill_by_horizon_by_day_and_of_calibration(page):
    text = page.markdown()
    for said in (
        "Log loss of all models by horizon",
        "Log loss by day, 1 h ahead",
        "Log loss by day, 24 h ahead",
        "Reliability of the forecast probability of free, 1 h ahead",
        "Reliability of the forecast probability of charging, 24 h ahead",
        "Reliability of the forecast probability of down, 24 h ahead",
    ):
        assert f"*{said}.*" in text
    assert page.html().count("<figure>") == 6


def test_days_are_held_against_the_baseline_that_is_best_at_that_horizon(page, found):
    scores = found.scores().set_index(["horizon", "model"])["log_loss"]
    for horizon, ahead in ((4, "1 h"), (96, "24 h")):
        best = scores[horizon][["persistence", "climatology"]].idxmin()
        assert (
            f"{ahead} ahead, day by day: the log loss as a share of that of {best}"
            in page.markdown()
        )


def test_without_forecasts_it_says_so(city):
    text = written(skill_section, calibration_section, found=monitor(city)).markdown()
    assert "There are no forecasts, so there is no skill to show." in text
    assert "No forecast has a truth yet" in text
    assert "<figure>" not in written(skill_section, found=monitor(city)).html()


def test_before_any_truth_has_come_there_is_no_skill(city, given, no_pictures):
    first = {name: some[:1] for name, some in given.items()}
    panel = city.until(given["markov"][0].cutoff)
    found = monitor(panel, forecasts=first, champion="markov", baselines=["persistence"])
    page = written(skill_section, calibration_section, found=found)
    text = page.markdown()
    assert "No case that markov and persistence both forecast has a truth yet." in text
    assert "There is no picture" in text
    assert "There is no estimate" in text
    assert "No forecast has a truth yet" in text
    assert "skill" not in page.frames()


def test_only_horizons_of_which_truth_has_come_are_shown(city, given):
    first = {name: some[:1] for name, some in given.items()}
    panel = city.until(given["markov"][0].cutoff + 5 * city.step)
    found = monitor(panel, forecasts=first, champion="markov", baselines=["persistence"])
    page = written(skill_section, calibration_section, found=found)
    assert page.frames()["skill"]["ahead"].tolist() == ["1 h"]
    assert page.frames()["skill"]["verdict"].tolist() == ["too few days"]
    assert re.findall(r"Reliability.*, (.*) ahead", page.markdown()) == ["1 h"]


def test_a_model_that_has_given_out_nothing_yet(look, city, given, no_pictures):
    found = look(city, forecasts={**given, "shadow": []})
    page = written(skill_section, calibration_section, found=found)
    assert "No case that shadow and markov both forecast has a truth yet." in page.markdown()
    assert "shadow" not in set(page.frames()["skill"]["model"])
    assert page.html().count("<figure>") == 6


def test_a_champion_alone_is_shown_by_its_log_loss(look, city, no_pictures):
    found = look(city, challengers=[], baselines=[])
    text = written(skill_section, found=found).markdown()
    assert "There are no baselines or challengers to compare it with." in text
    assert "1 h ahead, day by day: the log loss." in text


def test_forecasts_of_two_statuses_have_one_target(city, given):
    coarse = {"markov": [forecast.coarsen("down") for forecast in given["markov"]]}
    found = monitor(city, forecasts=coarse, champion="markov", target="down")
    text = written(calibration_section, found=found).markdown()
    assert "Reliability of the forecast probability of down, 24 h ahead" in text
    assert text.count("Reliability") == 1


def test_models_keep_their_colours(look, found, monkeypatch):
    """The order of the lines decides the colours: the champion first in every picture."""
    orders = []

    def drawn(scores, **_):
        orders.append(list(dict.fromkeys(scores["model"])))

    monkeypatch.setattr("evforecast.reporting.skill.skill", drawn)
    monkeypatch.setattr("evforecast.reporting.skill.over_time", drawn)
    written(skill_section, found=found)
    assert {tuple(order[:2]) for order in orders} == {("markov", "shadow")}


def test_late_truth_is_told_apart(look, city, no_pictures):
    codes = city.codes.copy()
    codes[-40:, 7] = -1
    panel = ev.StatusPanel(codes, city.grid, city.evse, tz=city.tz)
    page = written(skill_section, found=look(panel))
    assert page.frames()["truth"].groupby("ahead")["late"].sum().gt(0).all()

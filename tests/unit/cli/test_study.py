import dataclasses

import numpy as np
import pytest

import evforecast as ev
from evforecast.cli.study import STEPS_PER_CASE, score_table, study
from evforecast.errors import EmptyInputError
from evforecast.usecases import USE_CASES

ABOUT = {"source": "test", "simulated": True, "repairs": (), "notes": ("before",)}


@pytest.fixture(scope="module")
def panel():
    return ev.simulate(n_evse=12, days=5, random_state=0)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def result(panel, told):
    return study(panel, tell=told.append, random_state=0, about=dict(ABOUT))


def test_three_use_cases_and_every_step_is_told(result, told):
    assert [case.name for case in result.cases] == list(USE_CASES)
    assert len(told) == len(USE_CASES) * STEPS_PER_CASE + 1


def test_no_model_has_seen_the_test(result, panel):
    for case in result.cases:
        assert case.trained_until <= case.backtest.origins[0]
        assert case.backtest.models == ["direct", "recursive", "persistence", "climatology"]
        assert case.backtest.scheme.names == (f"not {case.target}", case.target)
        # the longest horizon is judged too
        assert (case.backtest.truth[:, -1] >= 0).any()


def test_horizons_that_leave_nothing_to_learn_are_left_out_and_said(result):
    horizons = {case.name: case.backtest.horizons.tolist() for case in result.cases}
    assert horizons["driver"] == [1, 2, 4, 8, 16]
    assert 192 not in horizons["supplier"]
    assert any("supplier" in note and "48 h" in note for note in result.notes)
    assert result.notes[0] == "before"


def test_the_table_holds_the_scores_and_their_skill(result):
    case = result.cases[0]
    scores = case.backtest.scores().pivot_table(index="horizon", columns="model", values="log_loss")
    table = case.table.set_index("horizon")
    for model in case.backtest.models:
        np.testing.assert_allclose(table[model], scores[model])
    better = scores[["persistence", "climatology"]].min(axis=1)
    np.testing.assert_allclose(table["direct_skill"], 1 - scores["direct"] / better)
    assert (table["direct_low"] <= table["direct_skill"]).all()
    assert (table["direct_skill"] <= table["direct_high"]).all()
    assert table["ahead"].tolist() == ["15 min", "30 min", "1 h", "2 h", "4 h"]


def test_answers_are_about_the_time_after_the_end(result, panel):
    driver, supplier, park = (case.answer for case in result.cases)
    assert len(driver) == 5
    assert driver["distance_m"].iloc[0] == 0
    assert (supplier["time"] > panel.cutoff).all()
    assert len(park) == 10
    assert park["p_down"].is_monotonic_decreasing
    assert result.fan.cutoff == panel.cutoff
    assert len(result.fan.horizons) == 96
    assert result.free.between(0, 1).all()
    assert result.charger in panel.evse_ids


def test_the_same_seed_gives_the_same_result(result, panel):
    again = study(panel, tell=lambda _: None, random_state=0, about=dict(ABOUT))
    for one, other in zip(result.cases, again.cases, strict=True):
        assert one.table.equals(other.table)


def test_without_coordinates_the_likeliest_are_named(panel):
    table = panel.evse.assign(lat=np.nan, lon=np.nan)
    nowhere = ev.StatusPanel(panel.codes, panel.grid, table, tz=panel.tz)
    result = study(nowhere, tell=lambda _: None, random_state=0, about=dict(ABOUT))
    answer = result.cases[0].answer
    assert "no coordinates" in result.cases[0].answer_title
    assert answer["p_free"].is_monotonic_decreasing


def test_two_short_runs_a_long_way_apart_are_too_short(panel):
    later = panel.head(96)
    grid = dataclasses.replace(later.grid, start=panel.cutoff + np.timedelta64(100, "D"))
    two_runs = panel.head(96).append(ev.StatusPanel(later.codes, grid, panel.evse, tz=panel.tz))
    with pytest.raises(EmptyInputError, match=r"needs at least 4 days.* has (1\.[5-9]|2\.0) days"):
        study(two_runs, tell=lambda _: None, random_state=0, about={})


def test_nothing_observed_is_too_short(panel):
    blank = ev.StatusPanel(np.full_like(panel.codes, -1), panel.grid, panel.evse, tz=panel.tz)
    with pytest.raises(EmptyInputError, match=r"has 0\.0 days"):
        study(blank, tell=lambda _: None, random_state=0, about={})


def test_a_model_equal_to_the_baseline_has_no_skill(panel):
    models = {
        name: ev.Climatology([4]) for name in ("direct", "recursive", "persistence", "climatology")
    }
    table = score_table(ev.backtest(models, panel, every="6h", last="1D"))
    assert table[["direct_skill", "direct_low", "direct_high"]].to_numpy().ravel().tolist() == [
        0,
        0,
        0,
    ]

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evforecast import Climatology, Persistence, SemiMarkovForecaster, simulate
from evforecast.errors import (
    EmptyInputError,
    InputError,
    MissingColumnsError,
    SchemeMismatchError,
    StepMismatchError,
)
from evforecast.monitoring import (
    ForecastStore,
    Limits,
    PerformanceLimits,
    PromotionPolicy,
    RetrainingPolicy,
    charger_table,
    expected_scores,
    performance_checks,
    prediction_checks,
)
from evforecast.monitoring.drift import drift_checks
from evforecast.monitoring.monitor import Monitoring, monitor
from evforecast.panel import MISSING, Calendar, StatusPanel
from evforecast.timegrid import TimeGrid

DAY = 96
HOUR = np.timedelta64(3600, "s")


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=30, days=36, start="2020-09-07", random_state=1)


@pytest.fixture(scope="module")
def trained(panel):
    return panel.head(21 * DAY)


@pytest.fixture(scope="module")
def given(panel, trained):
    """Return the forecasts of three models, every six hours over a fortnight."""
    models = {
        "climatology": Climatology([4, 16]),
        "persistence": Persistence([4, 16]),
        "semi": SemiMarkovForecaster([4, 16]),
    }
    cuts = range(21 * DAY, panel.n_time, 24)
    ready = {name: model.fit(trained) for name, model in models.items()}
    return {k: [m.predict_proba(panel.head(n)) for n in cuts] for k, m in ready.items()}


@pytest.fixture(scope="module")
def whole(panel, trained, given, tmp_path_factory):
    """Return all there is to find of what was given out in ten days, read from where it is kept."""
    store = ForecastStore(tmp_path_factory.mktemp("given"))
    for name, some in given.items():
        for forecast in some[-40:]:
            store.add(name, forecast)
    return monitor(
        panel,
        forecasts={name: store.read(name) for name in store.models()},
        champion="semi",
        challengers=["persistence"],
        baselines=["climatology", "persistence"],
        trained_until=trained.cutoff,
        published=pd.DataFrame({"horizon": [4, 96], "log_loss": [0.4, 1.0]}),
        limits=Limits(promotion=PromotionPolicy(min_days=7)),
    )


def changed(panel, codes=None, exog=None):
    """Return the panel with other codes or series."""
    return StatusPanel(
        panel.codes if codes is None else codes,
        panel.grid,
        panel.evse,
        scheme=panel.scheme,
        exog=panel.exog if exog is None else exog,
        tz=panel.tz,
    )


def silent(panel, first, last=None):
    codes = panel.codes.copy()
    codes[first:last] = MISSING
    return changed(panel, codes)


def one(found, check, subject=None):
    (match,) = (
        c for c in found.checks if c.check == check and (subject is None or c.subject == subject)
    )
    return match


# ---- a network that is well ----


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_network_that_is_well_has_no_error(seed):
    found = monitor(simulate(n_evse=60, days=30, random_state=seed))
    assert found.checks.to_frame().group.unique().tolist() == ["feed", "chargers", "drift"]
    assert found.checks.status in {"OK", "WARNING"}
    assert found.exit_code == found.checks.exit_code < 20
    assert repr(found).startswith(f"<Monitoring at {found.now} UTC: <Checks: ")


def test_it_holds_what_it_was_made_from(panel, trained, whole):
    assert whole.now == panel.cutoff
    assert whole.current.equals(panel.tail(DAY))
    assert whole.reference.equals(trained)
    assert (whole.champion, whole.challengers) == ("semi", ("persistence",))
    assert whole.baselines == ("climatology", "persistence")
    assert whole.chargers.equals(charger_table(whole.reference, whole.current))
    drift = [c for c in whole.checks.of("drift") if c.check != "prediction mix"]
    assert drift == list(drift_checks(whole.reference, whole.current))
    assert whole.expected.equals(expected_scores(whole.realised, "semi"))


def test_champion_challenger_and_baselines_end_to_end(panel, whole):
    frame = whole.checks.to_frame().set_index(["check", "subject"])
    assert whole.checks.to_frame().group.unique().tolist() == ["feed", "chargers", "drift", "skill"]
    for horizon in (4, 16):
        subject = f"semi, {horizon} steps"
        for name in ("climatology", "persistence"):
            assert frame.status[f"against {name}", subject] == "OK"
        assert frame.status["truth", subject] == "OK"
        assert frame.status["calibration", subject] in {"OK", "WARNING"}
        assert frame.status["prediction mix", subject] in {"OK", "WARNING"}
    # Published at horizons 4 and 96, forecast at 4 and 16.
    publication = frame.status["against publication"].to_dict()
    assert publication.pop("semi, 4 steps") != "EMPTY"
    assert publication == {"semi, 16 steps": "EMPTY", "semi, 96 steps": "EMPTY"}
    assert {c.subject.split(",")[0] for c in whole.checks.of("skill")} == {"semi"}
    scores = whole.scores()
    assert scores.equals(whole.realised.result.scores())
    assert scores.model.unique().tolist() == ["climatology", "persistence", "semi"]
    assert scores.groupby("model").log_loss.mean().idxmin() == "semi"
    decision = whole.promotions["persistence"]
    assert list(whole.promotions) == ["persistence"]
    assert not decision.promote
    assert decision.policy.min_days == 7
    assert next(r.rule for r in decision.reasons if r.met is False) == "better"


def test_the_other_way_round_the_better_one_is_promoted(panel, given):
    found = monitor(
        panel,
        forecasts=given,
        champion="climatology",
        challengers=["semi"],
        baselines=["persistence"],
        limits=Limits(promotion=PromotionPolicy(min_days=7)),
    )
    assert one(found, "against persistence", "climatology, 4 steps").status == "ERROR"
    assert found.exit_code == 20
    assert found.promotions["semi"].promote


def test_a_rival_that_came_late_takes_nothing_from_the_others(panel, given):
    how = {"champion": "semi", "baselines": ["climatology"]}
    before = monitor(panel, forecasts={k: given[k] for k in ("semi", "climatology")}, **how)
    for late in (given["persistence"][-6:], []):
        found = monitor(
            panel, forecasts=given | {"persistence": late}, challengers=["persistence"], **how
        )
        assert found.checks.to_frame().equals(before.checks.to_frame())
        decision = found.promotions["persistence"]
        assert next(r.rule for r in decision.reasons if r.met is False) == "days"
        assert decision.days <= 2
    assert set(found.scores().model) == {"semi", "climatology"}
    assert (found.scores().n == before.scores().n).all()


def test_a_baseline_that_came_late_takes_nothing_from_the_decisions(panel, given, trained):
    how = {"champion": "semi", "challengers": ["persistence"], "trained_until": trained.cutoff}
    few = given | {"climatology": given["climatology"][-6:]}
    found = monitor(panel, forecasts=few, baselines=["persistence", "climatology"], **how)
    alone = monitor(panel, forecasts=given, baselines=["persistence"], **how)
    assert found.promotions["persistence"].to_dict() == alone.promotions["persistence"].to_dict()
    assert found.retraining.to_dict() == alone.retraining.to_dict()
    assert found.retraining.to_frame().set_index("rule").loc["skill", "met"] is False


# ---- the feed ----


@pytest.mark.parametrize("gridded", [False, True], ids=["rows end", "rows are missing"])
@pytest.mark.parametrize("window", ["1D", "1h"])
def test_a_feed_that_stopped_five_hours_ago_is_an_error(panel, gridded, window):
    n = 29 * DAY
    seen = silent(panel, n - 20).head(n) if gridded else panel.head(n - 20)
    found = monitor(seen, now=panel.times[n - 1], window=window)
    age = one(found, "age")
    assert (age.status, age.value) == ("ERROR", 20)
    assert found.exit_code == 20


def test_a_panel_that_never_heard_anything_is_an_error(panel):
    found = monitor(silent(panel, 0))
    assert one(found, "age").status == "ERROR"
    assert one(found, "age").value == panel.n_time
    assert one(found, "cadence").status == "EMPTY"


def test_observations_that_come_less_often_are_seen(panel):
    codes = panel.codes.copy()
    keep = np.arange(panel.n_time) % 4 == 3
    codes[-DAY:][~keep[-DAY:]] = MISSING
    assert one(monitor(changed(panel, codes)), "cadence").status == "ERROR"


def test_a_series_that_is_gone_is_seen_and_one_that_never_was_is_not(panel):
    gone = panel.exog.copy()
    gone.iloc[-DAY:, 0] = np.nan
    name = gone.columns[0]
    found = monitor(changed(panel, exog=gone))
    assert (one(found, "columns gone").status, one(found, "columns gone").reason) == ("ERROR", name)
    never = panel.exog.assign(new=np.nan)
    found = monitor(changed(panel, exog=never))
    assert one(found, "columns gone").status == one(found, "new columns").status == "OK"
    came = never.copy()
    came.iloc[-DAY:, -1] = 1.0
    found = monitor(changed(panel, exog=came))
    assert (one(found, "new columns").status, one(found, "new columns").reason) == (
        "WARNING",
        "new",
    )


def test_a_panel_without_series_has_no_checks_of_them(panel):
    bare = StatusPanel(panel.codes, panel.grid, panel.evse, tz=panel.tz)
    checks = set(monitor(bare).checks.to_frame().check)
    assert not checks & {"columns gone", "exogenous"}


# ---- time ----


def test_nothing_after_now_is_looked_at(panel, given, trained):
    rng = np.random.default_rng(0)
    cut = 30 * DAY + 13
    now = panel.times[cut - 1]
    codes = panel.codes.copy()
    codes[cut:] = rng.integers(-1, 5, codes[cut:].shape)
    exog = panel.exog.copy()
    exog.iloc[cut:] = rng.normal(size=exog.iloc[cut:].shape).astype(np.float32)
    how = {
        "now": now + np.timedelta64(60, "s"),
        "forecasts": {k: [f for f in some if f.cutoff <= now] for k, some in given.items()},
        "champion": "semi",
        "challengers": ["persistence"],
        "baselines": ["climatology"],
        "trained_until": trained.cutoff,
    }
    found, other = (monitor(p, **how) for p in (panel, changed(panel, codes, exog)))
    assert found.checks.to_frame().equals(other.checks.to_frame())
    assert found.scores().equals(other.scores())
    assert found.expected.equals(other.expected)
    assert found.chargers.equals(other.chargers)
    assert str(found.retraining) == str(other.retraining)
    assert found.promotions["persistence"].to_dict() == other.promotions["persistence"].to_dict()
    assert found.current.cutoff == now
    assert (found.realised.states["semi"] == 0).any()  # some wait for their truth
    cut_off = monitor(panel.head(cut), **how)
    assert cut_off.checks.to_frame().equals(found.checks.to_frame())


def test_the_reference_ends_where_the_champion_stopped_learning(panel):
    until = panel.times[25 * DAY]
    with_it, without = monitor(panel, trained_until=until), monitor(panel)
    assert with_it.reference.equals(panel.head(25 * DAY + 1))
    assert without.reference.equals(panel.head(panel.n_time - DAY))
    # What the model learnt within the window does not reach into it.
    inside = monitor(panel, trained_until=panel.times[-10])
    assert inside.reference.equals(without.reference)
    # A change that came after the training counts until it is learnt.
    codes = panel.codes.copy()
    codes[29 * DAY :] = np.where(codes[29 * DAY :] == 0, 4, codes[29 * DAY :])
    new = changed(panel, codes)
    until = panel.times[29 * DAY - 1]
    assert one(monitor(new, trained_until=until), "status mix", "down").status == "ERROR"


def test_the_reference_reaches_back_eight_weeks_at_most():
    grid = TimeGrid(np.datetime64("2020-01-01", "s"), np.timedelta64(3600, "s"), 24 * 70)
    codes = np.random.default_rng(0).integers(0, 5, (grid.n, 3)).astype(np.int8)
    found = monitor(StatusPanel(codes, grid, ["a", "b", "c"]))
    assert found.reference.n_time == 24 * 56
    assert found.reference.cutoff + HOUR == found.current.grid.start


@pytest.mark.parametrize(("window", "rows"), [("12h", 48), ("3D", 3 * DAY)])
def test_the_window_is_what_is_looked_at(panel, given, window, rows):
    found = monitor(panel, window=window, forecasts=given, champion="semi")
    assert found.current.equals(panel.tail(rows))
    drift = [c for c in found.checks.of("drift") if c.check != "prediction mix"]
    assert drift == list(drift_checks(found.reference, found.current, block=window))
    mix = [c for c in found.checks.of("drift") if c.check == "prediction mix"]
    assert mix == list(prediction_checks(found.realised, "semi", block=window))
    assert mix != list(prediction_checks(found.realised, "semi"))


def test_a_drift_that_cannot_be_judged_is_empty_and_says_why(panel):
    short = monitor(panel.tail(DAY + 40))
    assert one(short, "any").group == "drift"
    assert one(short, "any").status == "EMPTY"
    assert "the reference has 0 whole blocks" in one(short, "any").reason
    assert {c.group for c in short.checks} == {"feed", "chargers", "drift"}


# ---- forecasts ----


def test_forecasts_whose_truth_has_not_come(panel, given):
    last = {name: some[-1:] for name, some in given.items()}
    now = last["semi"][0].cutoff
    found = monitor(
        panel,
        now=now,
        forecasts=last,
        champion="semi",
        challengers=["persistence"],
        baselines=["climatology"],
        trained_until=panel.times[0],
        published=pd.DataFrame({"horizon": [4], "log_loss": [0.5]}),
    )
    assert found.checks.of("skill").status == "EMPTY"
    assert {c.status for c in found.checks.of("skill")} == {"EMPTY"}
    assert all(c.reason for c in found.checks)
    assert one(found, "prediction mix", "semi, 4 steps").status == "EMPTY"
    assert found.realised.n_scored == 0
    for by in (["model", "horizon"], ["horizon"], ["model", "day", "area"]):
        scores = found.scores(by)
        assert scores.empty
        assert scores.columns.tolist() == [
            *dict.fromkeys(["model", *by]),
            "log_loss",
            "brier",
            "accuracy",
            "n",
        ]
    assert found.expected.n_pending.tolist() == [30, 30]
    assert not found.promotions["persistence"].promote
    skill = found.retraining.to_frame().set_index("rule").loc["skill"]
    assert skill.met is None


@pytest.mark.parametrize("forecasts", [{}, {"semi": [], "persistence": []}], ids=["none", "empty"])
def test_before_the_first_forecast_skill_is_empty(panel, forecasts):
    found = monitor(panel, forecasts=forecasts, champion="semi", challengers=["persistence"])
    (skill,) = found.checks.of("skill")
    assert skill.status == "EMPTY"
    assert "there is no forecast" in skill.reason
    assert found.realised is None
    assert found.scores().empty
    assert found.expected.empty
    assert found.promotions == {}


def test_a_champion_that_gave_out_nothing_is_empty(panel, given):
    found = monitor(
        panel, forecasts=given | {"semi": []}, champion="semi", baselines=["persistence"]
    )
    assert {c.status for c in found.checks.of("skill")} == {"EMPTY"}
    assert one(found, "prediction mix", "semi, 4 steps").status == "EMPTY"
    assert set(found.scores().model) == {"persistence", "climatology"}


def test_a_target_is_what_is_scored(panel, given):
    found = monitor(panel, forecasts=given, champion="semi", target="free")
    assert found.realised.result.scheme.names == ("not free", "free")
    assert "of free, at least" in one(found, "calibration", "semi, 4 steps").reason
    coarse = {name: [f.coarsen("free") for f in some] for name, some in given.items()}
    same = monitor(panel, forecasts=coarse, champion="semi", target="free")
    assert same.checks.to_frame().equals(found.checks.to_frame())


def test_limits_reach_the_checks(panel, given, whole):
    limits = Limits(
        performance=PerformanceLimits(fewest_days=99),
        retraining=RetrainingPolicy(max_age="5D"),
    )
    limits = replace(
        limits,
        drift=replace(limits.drift, mix=0.9),
        chargers=replace(limits.chargers, stale=(0.7, 0.8)),
    )
    found = monitor(
        panel,
        forecasts=given,
        champion="semi",
        baselines=["climatology"],
        trained_until=whole.retraining.trained_until,
        limits=limits,
    )
    assert one(found, "against climatology", "semi, 4 steps").status == "EMPTY"
    assert one(found, "stale").error == 0.8
    assert one(found, "status mix", "down").warning >= 0.9
    assert one(found, "prediction mix", "semi, 4 steps").warning >= 0.9
    assert found.retraining.policy.max_age == "5D"
    published = performance_checks(found.realised, "semi", baselines=["climatology"])
    assert {c.check for c in published} == {c.check for c in found.checks.of("skill")}


def test_holidays_reach_drift_and_scores(panel, given):
    last = str(pd.Timestamp(panel.cutoff, tz="UTC").tz_convert(panel.tz).date())
    calendar = Calendar.of(public=[last])
    found = monitor(panel, forecasts=given, champion="semi", calendar=calendar)
    plain = monitor(panel, forecasts=given, champion="semi")
    drift = [c for c in found.checks.of("drift") if c.check != "prediction mix"]
    assert drift == list(drift_checks(found.reference, found.current, calendar=calendar))
    assert drift != [c for c in plain.checks.of("drift") if c.check != "prediction mix"]
    days = [m.scores(["day_type"]).groupby("day_type").n.first().to_dict() for m in (found, plain)]
    assert days[0]["sunday or holiday"] > days[1]["sunday or holiday"]


# ---- decisions ----


def test_retraining_is_decided_where_it_is_said_until_when_it_learnt(panel, whole):
    assert monitor(panel).retraining is None
    assert isinstance(whole, Monitoring)
    decision = whole.retraining
    assert decision.now == panel.cutoff
    rules = decision.to_frame().set_index("rule")
    assert rules.loc["age", "met"] is False
    assert rules.text["age"].startswith("the model is 15.0 days old")
    heard = (panel.codes[21 * DAY :] != MISSING).any(axis=1).sum() / DAY
    assert rules.text["new data"].startswith(f"{np.floor(heard * 10) / 10:.1f} days of new data")
    assert rules.loc["skill", "met"] is False
    assert not decision.retrain


def test_days_without_observations_are_no_new_data(panel):
    codes = panel.codes.copy()
    codes[30 * DAY : 35 * DAY] = MISSING
    found = monitor(changed(panel, codes), trained_until=panel.times[29 * DAY - 1])
    heard = (codes[29 * DAY :] != MISSING).any(axis=1).sum() / DAY
    text = found.retraining.to_frame().set_index("rule").text["new data"]
    assert text.startswith(f"only {np.floor(heard * 10) / 10:.1f} of the 7 days")


def test_the_last_row_that_the_model_learnt_is_not_new(panel):
    heard = changed(panel, np.maximum(panel.codes, 0))
    for n, met in ((7 * DAY, True), (7 * DAY - 1, False)):
        found = monitor(heard, trained_until=panel.times[-1 - n])
        assert found.retraining.to_frame().set_index("rule").loc["new data", "met"] is met


def test_skill_is_held_against_the_baseline_that_does_best(panel, given, trained):
    found = monitor(
        panel,
        forecasts=given,
        champion="climatology",
        baselines=["semi", "persistence"],
        trained_until=trained.cutoff,
    )
    rules = found.retraining.to_frame().set_index("rule")
    losses = found.scores(["model"]).set_index("model").log_loss
    best = losses["climatology"] / min(losses["semi"], losses["persistence"])
    assert rules.loc["skill", "met"] is True
    assert f"the score is {best:.3f} of what it is held against" in rules.text["skill"]
    assert found.retraining.retrain
    alone = monitor(panel, forecasts=given, champion="climatology", trained_until=trained.cutoff)
    assert alone.retraining.to_frame().set_index("rule").loc["skill", "met"] is None


def test_a_drift_asks_for_retraining(panel):
    codes = panel.codes.copy()
    codes[-DAY:] = np.where(codes[-DAY:] == 0, 4, codes[-DAY:])
    found = monitor(changed(panel, codes), trained_until=panel.times[21 * DAY])
    assert one(found, "status mix", "down").status == "ERROR"
    assert found.retraining.retrain
    assert "status mix of down ERROR" in str(found.retraining)


def test_the_exit_code_is_that_of_the_worst(panel, whole):
    assert whole.exit_code == whole.checks.exit_code
    codes = {
        status: replace(
            whole, checks=type(whole.checks)([c for c in whole.checks if c.status in status])
        ).exit_code
        for status in (("OK",), ("OK", "EMPTY"), ("EMPTY",), ("OK", "WARNING"))
    }
    assert list(codes.values()) == [0, 0, 10, 10]
    assert monitor(panel.head(29 * DAY), now=panel.cutoff).exit_code == 20


# ---- input that cannot be used ----


def test_a_panel_without_rows_by_now_is_refused(panel):
    with pytest.raises(EmptyInputError, match="nothing was observed by 2019-01-01 in <StatusPanel"):
        monitor(panel, now="2019-01-01")
    with pytest.raises(EmptyInputError, match="nothing was observed"):
        monitor(panel.head(0))


def test_a_panel_too_short_to_compare_is_refused_with_advice(panel):
    advice = "Give a panel that reaches further back, or a shorter window"
    for short, how in (
        (panel.head(DAY), {}),
        (panel.head(20), {}),
        (panel, {"window": "40D"}),
        (panel, {"now": panel.times[50]}),
        (panel, {"trained_until": "2020-01-01"}),
    ):
        with pytest.raises(EmptyInputError, match=advice) as no:
            monitor(short, **how)
        assert f"nothing before the last {how.get('window', '1D')}" in str(no.value)
    assert "and 2020-01-01" in str(no.value)
    assert monitor(panel.head(DAY + 1)).reference.n_time == 1


@pytest.mark.parametrize("window", ["a day", "", "0D", "-1D", "NaT"])
def test_a_window_that_is_no_length_of_time_is_refused(panel, window):
    with pytest.raises(InputError, match=f"window={window!r} is no length of time"):
        monitor(panel, window=window)


@pytest.mark.parametrize("window", ["20min", "5min"])
def test_a_window_off_the_step_is_refused(panel, window):
    with pytest.raises(StepMismatchError, match=f"window='{window}' is not a multiple of the step"):
        monitor(panel, window=window)


@pytest.mark.parametrize("forecasts", [{}, {"semi": []}])
def test_forecasts_without_a_champion_are_refused(panel, forecasts):
    with pytest.raises(InputError, match="say which of the forecasts are the champion's"):
        monitor(panel, forecasts=forecasts)


def test_models_that_are_not_there_or_their_own_rivals_are_refused(panel, given):
    for how, named in (
        ({"champion": "direct"}, "'direct'"),
        ({"champion": "semi", "challengers": ["new"]}, "'new'"),
        ({"champion": "semi", "baselines": ["old", "persistence"]}, "'old'"),
    ):
        with pytest.raises(InputError, match=rf"no forecasts of {named}; there are those of 'cl"):
            monitor(panel, forecasts=given, **how)
    for how in ({"challengers": ["semi"]}, {"baselines": ["semi", "persistence"]}):
        with pytest.raises(InputError, match="'semi' is the champion; leave it out"):
            monitor(panel, forecasts=given, champion="semi", **how)


def test_times_in_the_future_are_refused(panel, given):
    with pytest.raises(InputError, match="start after now"):
        monitor(panel, now=panel.times[30 * DAY], forecasts=given, champion="semi")
    with pytest.raises(InputError, match="trained before now"):
        monitor(panel, trained_until=panel.cutoff + HOUR)


def test_another_vocabulary_step_or_table_is_refused(panel, given):
    how = {"forecasts": given, "champion": "semi"}
    with pytest.raises(SchemeMismatchError, match="target="):
        monitor(panel, target="down", within=True, **how)
    with pytest.raises(StepMismatchError, match="Resample"):
        monitor(panel.resample("30min"), **how)
    with pytest.raises(MissingColumnsError):
        monitor(panel, published=pd.DataFrame({"horizon": [4]}), **how)

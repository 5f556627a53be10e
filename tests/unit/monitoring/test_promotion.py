import json
from dataclasses import replace

import numpy as np
import pytest
from made_backtests import made_backtest

from evforecast.errors import InputError
from evforecast.monitoring.promotion import PromotionPolicy, decide_promotion
from evforecast.panel import StatusScheme


def losses(gain=0.9, *, n_days=16, m=6, seed=0):
    """Return losses of a champion, and of a challenger with `gain` times as much (by charger, say)."""
    rng = np.random.default_rng(seed)
    day = np.repeat(rng.gamma(8, 1 / 8, n_days), 8)[:, None, None]
    old = day * rng.gamma(4, 0.1, (n_days * 8, 2, m))
    return {"old": old, "new": old * gain * rng.normal(1, 0.02, old.shape)}


def decide(result, policy=None):
    return decide_promotion(result, "old", "new", policy=policy)


def not_met(decision):
    return [reason.rule for reason in decision.reasons if reason.met is False]


def test_a_better_challenger_is_promoted_and_the_record_is_complete():
    truth = np.where(np.random.default_rng(0).random((128, 2, 6)) < 0.3, -1, 0).astype(np.int8)
    truth[-8:] = -1  # a last day that has not matured
    result = made_backtest(losses(), truth=truth)
    decision = decide(result)
    assert decision.promote
    rules = ["days", "better", "calibration", "use cases", "areas"]
    assert [(reason.rule, reason.met) for reason in decision.reasons] == [(r, True) for r in rules]
    assert (decision.days, decision.n) == (15, (truth >= 0).sum())
    assert decision.window == (np.datetime64("2020-10-01T00:00"), np.datetime64("2020-10-15T21:00"))
    assert decision.figures["ratio"] == pytest.approx(0.9, abs=0.005)
    means = {name: np.nanmean(result.cases(name)) for name in ("old", "new")}
    assert decision.figures["ratio"] == pytest.approx(means["new"] / means["old"])
    assert decision.figures["log loss of the champion"] == pytest.approx(means["old"])
    record = json.loads(json.dumps(decision.to_dict(), allow_nan=False))
    assert record["window"] == ["2020-10-01T00:00:00", "2020-10-15T21:00:00"]
    assert record["policy"]["min_days"] == 14
    assert [reason["met"] for reason in record["reasons"]] == [True] * 5
    assert decision.to_frame()["rule"].tolist() == rules
    assert str(decision).startswith("Promote new in place of old: 15 days with a known truth, of")
    assert "new is 10." in str(decision)


def test_it_is_pure_and_other_models_are_of_no_account():
    made = losses()
    result = made_backtest(made)
    first, again = decide(result).to_dict(), decide(result).to_dict()
    more = made_backtest({"else": made["old"] * 2} | made)
    assert first == again == decide(more).to_dict()


@pytest.mark.parametrize("seed", range(4))
def test_never_both_of_a_pair(seed):
    result = made_backtest(losses(0.99, seed=seed))
    assert not (decide(result).promote and decide_promotion(result, "new", "old").promote)
    equal = made_backtest(losses(1.0, seed=seed))
    assert not decide(equal).promote
    assert not decide_promotion(equal, "new", "old").promote


def test_too_few_days_hold_it_back():
    result = made_backtest(losses(n_days=13))
    decision = decide(result)
    assert not_met(decision) == ["days"]
    assert str(decision).startswith("Keep old, do not promote new: 13 days with a known truth")
    assert str(decision).endswith("where 14 are needed.")
    assert decide(result, PromotionPolicy(min_days=13)).promote
    assert not_met(decide(made_backtest(losses(n_days=3)))) == ["days", "better"]


def test_the_whole_interval_must_lie_beyond_the_margin():
    result = made_backtest(losses(0.985))
    assert not_met(decide(result, PromotionPolicy(margin=0.02))) == ["better"]
    assert not_met(decide(result, PromotionPolicy(margin=0.0))) == []
    decision = decide(made_backtest(losses(1.02)))
    assert not_met(decision) == ["better"]
    assert "new is 2." in str(decision)
    assert "% worse than old" in str(decision)


def test_worse_calibration_holds_it_back():
    # the champion says one half, and half of it happens; the challenger knows, and dares say only 60 %
    truth = (np.random.default_rng(0).random((128, 2, 6)) < 0.5).astype(np.int8)
    same = np.ones(truth.shape)
    made = {"old": same * np.log(2), "new": same * -np.log(0.6)}
    result = made_backtest(made, truth=truth, target="free")
    decision = decide(result)
    assert not_met(decision) == ["calibration"]
    assert decision.figures["calibration error of free, challenger"] == pytest.approx(0.4)
    assert decision.figures["calibration error of free, champion"] < 0.03
    assert "changes by +0.3" in str(decision)
    assert decide(result, PromotionPolicy(calibration=0.41)).promote


def test_a_use_case_that_is_much_worse_holds_it_back():
    down = np.random.default_rng(0).random((128, 2, 6)) < 0.2
    made = {"old": np.where(down, 0.5, 1.0), "new": np.where(down, 1.5, 0.6)}
    result = made_backtest(made, truth=np.where(down, 4, 0).astype(np.int8))
    decision = decide(result, PromotionPolicy(calibration=1))
    assert not_met(decision) == ["use cases"]
    assert "much worse use cases: 'down', with a ratio of up to 1." in str(decision)
    assert (
        decision.figures["ratio, use cases: free"] < 1 < decision.figures["ratio, use cases: down"]
    )


def test_an_area_that_is_much_worse_holds_it_back():
    gain = np.where(np.arange(6) == 5, 1.1, 0.8)
    result = made_backtest(losses(gain), areas="aaaaab")
    decision = decide(result)
    assert not_met(decision) == ["areas"]
    assert "much worse areas: 'b', with a ratio of up to 1.10" in str(decision)
    assert decide(result, PromotionPolicy(worst_segment=1.2)).promote
    assert decide(
        made_backtest(losses(np.where(np.arange(6) == 5, 1.03, 0.8)), areas="aaaaab")
    ).promote


def test_an_area_that_may_be_worse_by_chance_does_not():
    gain = np.full((128, 1, 6), 0.8)
    gain[..., 5] = np.repeat(np.tile([0.5, 1.8], 8), 8)[:, None]
    decision = decide(made_backtest(losses(gain), areas="aaaaab"))
    assert decision.promote
    assert decision.figures["ratio, areas: b"] > 1.05
    assert "too little, or too uncertain, to count" in decision.reasons[-1].text


def test_an_area_where_next_to_nothing_is_lost_does_not():
    made = losses(0.8)
    made["old"][..., 5], made["new"][..., 5] = 0.0001, 0.002
    decision = decide(made_backtest(made, areas="aaaaab"))
    assert decision.promote
    assert decision.figures["ratio, areas: b"] == pytest.approx(20, rel=0.01)
    assert "too little, or too uncertain, to count" in decision.reasons[-1].text


def test_an_area_that_both_forecast_perfectly():
    made = losses()
    made["old"][..., 5] = made["new"][..., 5] = 0
    decision = decide(made_backtest(made, areas="aaaaab"))
    assert decision.promote
    assert decision.to_dict()["figures"]["ratio, areas: b"] is None


def test_what_cannot_be_judged_is_said_and_does_not_hold_it_back():
    made = losses()
    for result in (made_backtest(made, areas=""), made_backtest(made)):
        bare = replace(result, evse=result.evse.drop(columns="area"))
        decision = decide(bare)
        assert decision.promote
        assert decision.reasons[-1][:2] == ("areas", None)
        assert "names none" in str(decision)
    nowhere = decide(made_backtest(made, areas=""))
    assert nowhere.reasons[-1].met is None
    plain = replace(made_backtest(made), scheme=StatusScheme(("p", "q", "r", "s", "t")))
    assert [r.met for r in decide(plain).reasons if r.rule == "use cases"] == [None]


def test_an_area_with_too_few_days_is_named():
    truth = np.zeros((128, 2, 6), np.int8)
    truth[24:, :, 5] = -1
    result = made_backtest(
        losses(np.where(np.arange(6) == 5, 2.0, 0.8)), truth=truth, areas="aaaaab"
    )
    decision = decide(result)
    assert decision.promote
    assert decision.reasons[-1].text.endswith("; too few days to tell of 'b'")
    truth[24:] = -1
    short = decide(replace(result, truth=truth))
    assert short.reasons[-1][:2] == ("areas", None)


def test_without_truth_there_is_no_score_and_no_promotion():
    result = made_backtest(losses(), truth=np.full((128, 2, 6), -1, np.int8))
    decision = decide(result)
    assert not decision.promote
    assert (decision.window, decision.days, decision.n, decision.figures) == (None, 0, 0, {})
    assert [reason[:2] for reason in decision.reasons] == [("days", False)]
    assert json.loads(json.dumps(decision.to_dict()))["window"] is None
    assert "no forecast has a known truth yet" in str(decision)


def test_forecasts_of_one_target_are_judged_by_it():
    truth = (np.random.default_rng(0).random((128, 2, 6)) < 0.5).astype(np.int8)
    decision = decide(made_backtest(losses(), truth=truth, target="free"))
    ratios = {name: value for name, value in decision.figures.items() if "use cases" in name}
    assert ratios == {"ratio, use cases: free": pytest.approx(decision.figures["ratio"])}


def test_bad_input():
    result = made_backtest(losses())
    for pair in (("old", "nobody"), ("nobody", "new"), ("old", "old")):
        with pytest.raises(InputError, match="must be two of the models"):
            decide_promotion(result, *pair)
    for wrong in (
        {"margin": 1.0},
        {"min_days": 0},
        {"calibration": -0.1},
        {"worst_segment": 0.9},
        {"level": 95},
        {"margin": float("nan")},
    ):
        with pytest.raises(InputError, match="needed are"):
            PromotionPolicy(**wrong)

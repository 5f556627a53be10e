import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.errors import InputError
from evforecast.monitoring.checks import Check
from evforecast.monitoring.retraining import RetrainingPolicy, decide_retraining

TRAINED = np.datetime64("2020-10-01T00:00:00")
DAY = 86_400
RANK = {"EMPTY": 0, "OK": 1, "WARNING": 2, "ERROR": 3}


def check(status, name="status mix"):
    return Check("drift", name, "network", 0.2, 0.1, 0.3, status, "found so.")


def decide(days=10.0, new_days=8.0, drift=(), ratio=None, policy=None):
    return decide_retraining(
        now=TRAINED + np.timedelta64(round(days * DAY), "s"),
        trained_until=TRAINED,
        new_days=new_days,
        drift=[check(status) for status in drift],
        score_ratio=ratio,
        policy=policy,
    )


def met(decision):
    return {reason.rule: reason.met for reason in decision.reasons}


def test_young_and_well_is_left_alone():
    decision = decide(drift=["OK", "WARNING"], ratio=(1.0, 0.97, 1.03))
    assert not decision.retrain
    assert met(decision) == {"age": False, "drift": False, "skill": False, "new data": True}
    assert decision.due == np.datetime64("2020-10-29T00:00:00")
    assert str(decision) == (
        "No retraining before 2020-10-29 00:00 UTC: the model is 10.0 days old, and renewed from 28 on; "
        "no drift of status ERROR in 2 checks; skill is not lost for sure: the score is 1.000 of what it "
        "is held against, interval 0.970 to 1.030, where up to 1.05 is allowed."
    )


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"days": 28}, "age"),
        ({"drift": ["OK", "ERROR"]}, "drift"),
        ({"drift": ["WARNING"], "policy": RetrainingPolicy(retrain_on="WARNING")}, "drift"),
        ({"drift": ["ERROR"], "policy": RetrainingPolicy(retrain_on="WARNING")}, "drift"),
        ({"ratio": (1.1, 1.06, 1.2)}, "skill"),
        ({"ratio": (1.1, 1.01, 1.2), "policy": RetrainingPolicy(skill_loss=1.0)}, "skill"),
        ({"policy": RetrainingPolicy(max_age="10D")}, "age"),
    ],
)
def test_each_cause_alone_is_enough(arguments, cause):
    decision = decide(**arguments)
    assert decision.retrain
    assert decision.due == decision.now
    assert [rule for rule, is_met in met(decision).items() if is_met] == [cause, "new data"]
    assert str(decision).startswith("Retrain: ")
    assert str(decision).endswith("; 8.0 days of new data, where 7 are needed.")


def test_a_cause_without_new_data_waits():
    decision = decide(new_days=2.25, drift=["ERROR"])
    assert not decision.retrain
    assert decision.due == np.datetime64("2020-10-15T18:00:00")
    assert str(decision) == (
        "Wait until 2020-10-15 18:00 UTC: drift: status mix of network ERROR, but only 2.2 of the 7 days "
        "of new data needed."
    )
    assert decide(
        new_days=2.25, drift=["ERROR"], policy=RetrainingPolicy(min_new_data="2D")
    ).retrain
    assert decide(new_days=0, drift=["ERROR"], policy=RetrainingPolicy(min_new_data="0D")).retrain


def test_just_short_of_a_threshold_is_not_told_as_at_it():
    decision = decide(days=27.99, new_days=6.99)
    assert not any(met(decision)[rule] for rule in ("age", "new data"))
    assert "27.9 days old" in decision.reasons[0].text
    assert "only 6.9 of the 7 days" in decision.reasons[-1].text
    moment = decide(new_days=7 - 1e-6, drift=["ERROR"])
    assert not moment.retrain
    assert moment.due - moment.now == np.timedelta64(1, "s")


def test_what_is_not_known_asks_for_nothing():
    for drift in ([], ["EMPTY"]):
        decision = decide(drift=drift, ratio=(float("nan"),) * 3)
        assert not decision.retrain
        assert met(decision)["drift"] is None
        assert met(decision)["skill"] is None
    assert decide(drift=["EMPTY", "ERROR"]).retrain


def test_an_uncertain_loss_is_no_loss():
    assert not decide(ratio=(1.3, 1.04, 1.8)).retrain


def test_the_record_is_what_json_holds():
    decision = decide(drift=["ERROR"], new_days=1)
    record = json.loads(json.dumps(decision.to_dict(), allow_nan=False))
    assert record["due"] == "2020-10-17T00:00:00"
    assert record["policy"] == {
        "max_age": "28D",
        "min_new_data": "7D",
        "skill_loss": 1.05,
        "retrain_on": "ERROR",
    }
    assert [reason["met"] for reason in record["reasons"]] == [False, True, None, False]
    assert decision.to_frame()["rule"].tolist() == ["age", "drift", "skill", "new data"]


FACTS = st.fixed_dictionaries(
    {
        "days": st.floats(0, 60),
        "new_days": st.floats(0, 30),
        "drift": st.lists(st.sampled_from(list(RANK)), max_size=3),
        "ratio": st.none() | st.floats(0.5, 1.5).map(lambda low: (low + 0.1, low, low + 0.2)),
        "policy": st.sampled_from(
            [None, RetrainingPolicy("3h", "1h", 1.0, "WARNING"), RetrainingPolicy("10D", "2D")]
        ),
    }
)


@given(FACTS, st.floats(0, 30), st.floats(0, 30), st.sampled_from(list(RANK)), st.floats(0, 1))
def test_worse_never_turns_a_yes_into_a_no_and_the_same_gives_the_same(
    facts, older, more, status, lost
):
    decision = decide(**facts)
    assert decision == decide(**facts)
    worse = [
        facts | {"days": facts["days"] + older},
        facts | {"new_days": facts["new_days"] + more},
        facts | {"drift": [*facts["drift"], status]},
        facts | {"drift": [max(old, status, key=RANK.__getitem__) for old in facts["drift"]]},
    ]
    if facts["ratio"] is not None:
        worse.append(facts | {"ratio": tuple(value + lost for value in facts["ratio"])})
    for changed in worse:
        assert decide(**changed).retrain >= decision.retrain


@given(FACTS)
def test_it_is_due_when_it_says_if_data_keeps_coming(facts):
    decision = decide(**facts)
    wait = int((decision.due - decision.now).astype(int))
    assert wait >= 0
    assert (wait == 0) >= decision.retrain

    def later(seconds):
        new = facts["new_days"] + seconds / DAY
        now = int((decision.now - TRAINED).astype(int)) + seconds
        return decide(**facts | {"days": now / DAY, "new_days": new}).retrain

    assert later(wait + 1)  # a second for rounding
    if wait > 1:
        assert not later(wait - 2)


def test_bad_input():
    facts = {"now": "2020-11-01", "trained_until": "2020-10-01"}
    for wrong in ({"new_days": -1}, {"new_days": float("nan")}, {"new_days": float("inf")}):
        with pytest.raises(InputError, match="new_days="):
            decide_retraining(**facts, **wrong)
    with pytest.raises(InputError, match="trained before now"):
        decide_retraining(now="2020-10-01", trained_until="2020-11-01", new_days=1)
    for policy in (
        {"max_age": "0D"},
        {"max_age": "long"},
        {"min_new_data": "-1D"},
        {"skill_loss": 0.9},
    ):
        with pytest.raises(InputError, match="write times like '28D'"):
            RetrainingPolicy(**policy)
    with pytest.raises(InputError, match="retrain_on='error' is no choice"):
        RetrainingPolicy(retrain_on="error")

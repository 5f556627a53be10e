import numpy as np
import pandas as pd
import pytest

from evforecast.collect.watch import Profile, watch, watch_unchanged
from evforecast.sources.feed import Reading

START = np.datetime64("2026-11-28T00:00:00")
NONE = pd.DataFrame()


def reading(n=10, *, status=0, minutes=0, kw=7.0, **more):
    """Return the reading of n chargers of which `status` are charging."""
    at = START + np.timedelta64(minutes, "m")
    rows = pd.DataFrame(
        {
            "evse_id": [f"S{place}" for place in range(n)],
            "status": ["charging" if place < status else "available" for place in range(n)],
            "kw": kw,
            "observed_at": at,
            "collected_at": at + np.timedelta64(3, "s"),
        }
    )
    given = {"fields": {"id": "text", "kw": "number"}, **more}
    return Reading({"status": rows}, NONE, n, **given)


def tell(readings, profile=None):
    """Return the kinds and subjects of what is told of each reading."""
    profile, told = profile or Profile(), []
    for one in readings:
        profile, alerts = watch(profile, one, name="all")
        told.append([(alert.kind, alert.subject) for alert in alerts])
    return told


def usual(n=10, **more):
    """Return readings of which nothing is to be told: they change, every quarter of an hour."""
    return [reading(status=k % 7, minutes=15 * k, **more) for k in range(n)]


def test_of_what_is_usual_nothing_is_told():
    assert tell(usual(60)) == [[]] * 60


def test_a_new_word_is_told_once():
    strange = [reading(status=k, unknown_words={"Suspendu": 2}) for k in range(3)]
    assert tell(strange) == [[("new word", "Suspendu")], [], []]


def test_fields():
    without = [reading(status=k, fields={"id": "text"}) for k in range(2)]
    other = [reading(status=k, fields={"id": "number", "kw": "number", "v": ""}) for k in range(2)]
    assert tell([*usual(2), *without, *usual(1)])[2:] == [[("missing field", "kw")], [], []]
    assert tell([*usual(2), *other])[2:] == [[("another kind", "id"), ("new field", "v")], []]
    # A field without a value has no kind, and a reading without fields says nothing of them.
    assert tell([reading(fields={"a": ""}), reading(status=1, fields={"a": "text"})]) == [[], []]
    assert tell([*usual(2), reading(status=3, fields={})])[2:] == [[]]


def test_half_of_the_rows_is_told_once():
    fewer = [reading(4, status=k) for k in range(3)]
    assert tell([*usual(5), *fewer])[5:] == [[("fewer rows", "all")], [], []]
    assert tell([*usual(5), reading(5)])[5:] == [[]]
    assert tell([*usual(5), reading(0, fields={})])[5:] == [[("fewer rows", "all")]]


def test_another_unit_is_told_once_enough_was_seen():
    fahrenheit = usual(3, kw=44.6)
    later = [reading(status=k, minutes=15 * (40 + k), kw=7.0 + k % 3) for k in range(40)]
    assert tell([*usual(10), *fahrenheit])[10:] == [[]] * 3
    assert tell([*later, *fahrenheit])[40:] == [[("another scale", "status.kw")], [], []]
    assert tell([*later, reading(kw=np.nan)])[40:] == [[]]


@pytest.mark.parametrize("is_shuffled", [False, True])
def test_a_frozen_feed_is_told_once(is_shuffled):
    still = [reading(status=9, minutes=15 * k) for k in range(9)]
    if is_shuffled:
        for one in still[::2]:
            one.tables["status"] = one.tables["status"].iloc[::-1]
    assert tell([*usual(9), *still])[9:] == [[], [], [], [("frozen", "all")], *[[]] * 5]


def test_a_young_feed_is_not_frozen_yet():
    told = tell([reading(status=3, minutes=15 * k) for k in range(20)])
    assert [k for k, one in enumerate(told) if one] == [11]
    assert told[11] == [("frozen", "all")]


def test_nothing_again_and_again_is_not_frozen():
    nothing = [reading(0, fields={}, minutes=15 * k) for k in range(20)]
    assert tell(nothing) == [[]] * 20
    profile = Profile()
    for one in nothing:
        profile, _ = watch(profile, one, name="all")
        profile, told = watch_unchanged(profile, name="all")
        assert told == []
    assert not profile.is_frozen()


def test_a_feed_that_may_stand_still_is_never_frozen():
    profile = Profile(unchanged=99, answers=99, rows=(5,))
    assert profile.is_frozen()
    assert watch_unchanged(profile, name="all", enough=0)[1] == []
    assert not profile.is_frozen(0)


def test_it_is_frozen_until_something_else_comes():
    profile = Profile(answers=20)
    for k in range(6):
        profile, _ = watch(profile, reading(status=9, minutes=15 * k), name="all")
        assert profile.is_frozen() == (k >= 3)
    profile, _ = watch(profile, reading(status=8), name="all")
    assert not profile.is_frozen()


def test_a_feed_that_often_stands_still_is_given_more_time():
    nights = [reading(status=k // 5, minutes=15 * k) for k in range(15)]
    told = tell([*nights, *[reading(status=9, minutes=15 * (15 + k)) for k in range(12)]])
    assert [k for k, one in enumerate(told) if one] == [24]


def test_the_same_body_counts_as_the_same_rows():
    profile, _ = watch(Profile(answers=20), reading(), name="all")
    for _ in range(2):
        profile, told = watch_unchanged(profile, name="all")
        assert told == []
    assert watch_unchanged(profile, name="all")[1][0].kind == "frozen"
    # An earlier body is a change.
    profile, told = watch_unchanged(profile, name="all", is_same=False)
    assert (profile.unchanged, profile.longest, told) == (1, 3, [])


def test_another_pace_is_told_once():
    hourly = [reading(status=k % 7, minutes=15 * 19 + 60 * (k + 1)) for k in range(8)]
    told = tell([*usual(20), *hourly])
    assert [k for k, one in enumerate(told) if one == [("another pace", "all")]] == [22]
    assert [one for one in told if one] == [[("another pace", "all")]]


def test_stamps_that_go_back_are_no_pace():
    back = [reading(status=k % 7, minutes=-15 * k) for k in range(20)]
    assert tell([*usual(20), *back])[20:] == [[]] * 20


def test_our_own_times_are_no_pace():
    own = [reading(status=k % 7) for k in range(30)]
    for k, one in enumerate(own):
        one.tables["status"]["observed_at"] = np.datetime64("NaT", "s")
        one.tables["status"]["collected_at"] += np.timedelta64(k * k, "h")
    assert tell(own) == [[]] * 30


def test_messages_say_what_was_found():
    profile, _ = watch(Profile(), reading(), name="all")
    _, alerts = watch(profile, reading(fields={"kw": "text"}), name="all")
    assert [alert.message for alert in alerts] == [
        "The field 'id' is gone.",
        "The field 'kw' was number, and is text.",
    ]

import numpy as np
import pandas as pd
import pytest
from collected import QUARTER, START, StatusFeed, at, body
from hypothesis import given
from hypothesis import strategies as st

from evforecast.collect import Store, collect_once
from evforecast.collect.standing import brief, standing, stretches
from evforecast.errors import InputError, TransientError
from evforecast.sources.feed import Reading, Table

DOWN = TransientError("down")


@pytest.fixture
def filled(collect, store):
    """Return the store after eight cycles, of which three brought nothing that can be read."""
    for cycle in range(8):
        words = ["available", "gone"] if cycle == 1 else ["available", "down"]
        answer = {2: DOWN, 3: DOWN, 5: b"<html>"}.get(cycle, body(*words[: 1 + cycle % 2]))
        collect(cycle, answer)
    return store


def test_what_came_and_what_is_missing(filled):
    found = standing(filled, now=at(7, 60))
    assert (found.feed, found.level, found.every) == ("status", "OK", QUARTER)
    assert (found.since, found.until) == (START, START + 8 * QUARTER)
    assert (found.planned, found.answered) == (8, 5)
    assert (found.first, found.last) == (at(0, 7), at(7, 7))
    assert found.rows == filled.coverage_by_day()["rows"].sum() > 0
    assert found.rejected.to_dict() == {"unknown word": 1}
    assert found.alerts["kind"].tolist() == ["unreadable", "new word"]
    assert found.stretches["cycles"].tolist() == [1, 2]
    assert found.stretches["asked"].tolist() == [1, 2]
    assert found.stretches["first"].tolist() == [START + n * QUARTER for n in (5, 2)]
    assert found.stretches["last"].tolist() == [START + n * QUARTER for n in (5, 3)]
    assert found.size["raw"] > 0


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(7, "OK"), (1807, "OK"), (1808, "WARNING"), (3607, "WARNING"), (3608, "ERROR")],
)
def test_the_level_is_the_age_of_the_last_answer(filled, seconds, level):
    assert standing(filled, now=at(7, seconds)).level == level


def test_cycles_that_a_dead_collector_never_asked_are_missing(filled):
    found = standing(filled, now=at(12, 60))
    assert (found.planned, found.answered) == (12, 5)  # that of now may yet be asked
    assert found.stretches.iloc[0]["reason"] == "never asked"
    assert found.stretches.iloc[0]["cycles"] == 4


def test_an_answer_that_cannot_be_read_is_none(collect, store):
    collect(0, b"<html>")
    found = standing(store, now=at(0, 60))
    assert found.level == "ERROR"
    assert np.isnat(found.first)
    assert np.isnat(found.last)
    assert (found.planned, found.answered) == (1, 0)


def test_as_it_stood_earlier(filled):
    found = standing(filled, now=at(4, 0))
    assert (found.planned, found.answered, found.last) == (4, 2, at(1, 7))
    assert found.level == "WARNING"
    assert found.alerts["kind"].tolist() == ["new word"]
    assert standing(filled, now=at(1, 0)).alerts.empty


def test_since_begins_no_earlier_than_the_store(filled):
    assert standing(filled, now=at(7, 60), since="2020-01-01").since == START
    found = standing(filled, now=at(7, 60), since=at(2, 0) - np.timedelta64(60, "s"))
    assert (found.planned, found.answered) == (6, 3)
    late = standing(filled, now=at(7, 60), since="2030-01-01")
    assert (late.level, late.planned) == ("EMPTY", 0)


def test_nothing_at_all(store):
    found = standing(store, now=START)
    assert (found.level, found.planned, found.answered, found.rows) == ("EMPTY", 0, 0, 0)
    assert found.stretches.empty
    assert found.alerts.empty


def test_a_feed_that_is_renewed_daily(tmp_path, server):
    feed = StatusFeed(every="1D", lag="3D")
    store = Store(tmp_path, feed)
    server.always[feed.requests(START)[0].url] = body("available")
    collect_once(store, server, now=at(0))
    assert standing(store, now=at(190)).level == "OK"
    assert standing(store, now=at(200)).level == "WARNING"


def test_what_is_no_time_is_said(store):
    with pytest.raises(InputError, match="not a time"):
        standing(store, now="soon")


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ab")), unique=True))
def test_stretches_hold_each_gap_once(missing):
    gaps = pd.DataFrame(
        {
            "cycle": np.array([START + cycle * QUARTER for cycle, _ in missing], "datetime64[s]"),
            "name": pd.Series([name for _, name in missing], dtype=object),
            "asked": 1,
            "reason": "down",
        }
    )
    found = stretches(gaps, QUARTER)
    again = {
        (first + step * pd.Timedelta(QUARTER), name)
        for first, name, cycles in zip(found["first"], found["name"], found["cycles"], strict=True)
        for step in range(cycles)
    }
    assert again == {(pd.Timestamp(START + cycle * QUARTER), name) for cycle, name in missing}
    assert found["cycles"].sum() == len(missing)
    # none of them goes on where another ends
    ends = {
        (last + pd.Timedelta(QUARTER), name)
        for last, name in zip(found["last"], found["name"], strict=True)
    }
    assert not ends & set(zip(found["first"], found["name"], strict=True))
    assert found["last"].is_monotonic_decreasing


def test_gaps_of_two_requests_stay_apart_though_their_cycles_follow():
    cycles = np.array([START, START + QUARTER], "datetime64[s]")
    gaps = pd.DataFrame({"cycle": cycles, "name": ["a", "b"], "asked": 1, "reason": "down"})
    assert sorted(stretches(gaps, QUARTER)["name"]) == ["a", "b"]


def test_gaps_for_another_reason_are_another_row():
    cycles = START + np.arange(5) * QUARTER
    reasons = ["never asked"] * 2 + [
        "503. Ask again from 08:20.",
        "503. Ask again from 09:35.",
        "404",
    ]
    gaps = pd.DataFrame({"cycle": cycles, "name": "all", "asked": 1, "reason": reasons})
    found = stretches(gaps, QUARTER)
    assert found["cycles"].tolist() == [1, 2, 2]
    assert found["reason"].tolist() == [reasons[4], reasons[3], reasons[1]]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("GET https://a.org/b?c=d: 500. Ask (http://e.org).", "GET a.org: 500. Ask (e.org)."),
        ("http://a.org:8080/x", "a.org:8080"),
        ("two\n lines, https://a.org, and more", "two lines, a.org, and more"),
        ("no address: http is down", "no address: http is down"),
    ],
)
def test_a_reason_in_one_line(reason, said):
    assert brief(reason) == said


def many(n=30, *, word="available", cycle=0):
    """Return an answer of n chargers, another one in each cycle."""
    return body(*["charging" if place < cycle % 7 else word for place in range(n)])


@pytest.mark.parametrize("answer", [body(*["Suspendu"] * 30), b"[]"], ids=["unknown", "empty"])
def test_answers_without_rows_are_as_none(collect, store, answer):
    for cycle in range(12):
        collect(cycle, many(cycle=cycle) if cycle < 5 else answer)
        found = standing(store, now=at(cycle, 60))
        level = "OK" if cycle < 5 else "WARNING" if cycle < 8 else "ERROR"
        assert found.level == level, cycle
    assert found.last == at(11, 7)
    assert found.last_rows == at(4, 7)
    assert found.reasons == ("no row came since 2026-11-28 01:00 UTC",)


def test_no_row_at_all_is_an_error(collect, store):
    collect(0, b"[]")
    found = standing(store, now=at(0, 60))
    assert (found.level, found.reasons) == ("ERROR", ("no row came",))


def test_frozen_is_a_warning_while_it_lasts(collect, store):
    for cycle in range(40):
        collect(cycle, many(cycle=min(cycle, 5) if cycle < 35 else cycle))
        found = standing(store, now=at(cycle, 60))
        assert found.level == ("WARNING" if 11 <= cycle < 35 else "OK"), cycle
        assert ("it brings the same again and again" in found.reasons) == (found.level != "OK")


def test_fewer_than_half_of_the_usual_rows_is_a_warning_while_it_lasts(collect, store):
    for cycle in range(14):
        collect(cycle, many(3 if 6 <= cycle < 10 else 30, cycle=cycle))
        found = standing(store, now=at(cycle, 60))
        assert found.level == ("WARNING" if 6 <= cycle < 10 else "OK"), cycle
        if cycle == 6:
            assert found.reasons == ("3 rows came where 30 are usual",)
            assert (found.newest_rows, found.usual_rows) == (3, 30)


def test_many_rejected_rows_are_a_warning_while_it_lasts(collect, store):
    for cycle in range(14):
        bad = 12 if cycle == 6 else 1
        rows = ["available"] * (30 - bad) + ["Suspendu"] * bad
        collect(cycle, body(*rows, n=cycle))
        found = standing(store, now=at(cycle, 60))
        assert found.level == ("WARNING" if 6 <= cycle < 10 else "OK"), cycle
    found = standing(store, now=at(6, 60))
    assert found.reasons == ("12% of the rows of the last 4 cycles were rejected",)


def test_where_chargers_are_may_stay_as_it_is(tmp_path, collect):
    feed = StatusFeed()
    feed.tables = {"evse": Table(("evse_id",), "collected_at")}
    read = feed.read
    feed.read = lambda payload: renamed(read(payload))
    store = Store(tmp_path, feed)
    for cycle in range(20):
        collect(cycle, many(), into=store)
    found = standing(store, now=at(19, 60))
    assert (found.level, found.newest_rows) == ("OK", 30)
    assert found.alerts.empty


def renamed(reading):
    return Reading(**{**vars(reading), "tables": {"evse": reading.tables["status"]}})

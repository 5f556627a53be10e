import json

import pytest
from collected import StatusFeed, at
from hypothesis import given
from hypothesis import strategies as st

from evforecast.collect import Store
from evforecast.collect.presence import vanished


def listed(*names, status="available", n=0):
    rows = [{"id": name, "status": status, "updated": "2026-11-28", "n": n} for name in names]
    return json.dumps(rows).encode()


@pytest.fixture
def day(collect):
    """Collect a day in steps of an hour, with three chargers of which one comes late."""
    for cycle in range(0, 97, 4):
        names = ("S1", "S2", "S3") if cycle >= 8 else ("S1", "S2")
        collect(cycle, listed(*names, n=cycle))


def kinds(result):
    return [(alert.kind, alert.subject) for alert in result.alerts if alert.kind != "fewer rows"]


def test_a_charger_that_was_there_all_day_and_is_gone_is_told_once(day, collect, store):
    assert kinds(collect(97, listed("S2", "S3", n=97))) == [("vanished", "S1")]
    assert kinds(collect(98, listed("S2", "S3", n=98))) == []
    (alert,) = [one for one in store.alerts().to_dict("records") if one["kind"] == "vanished"]
    assert alert["message"] == "1 gone that were there all of the last day: S1."
    assert alert["at"] == at(97)


def test_one_that_comes_and_goes_is_not_missed(day, collect):
    assert kinds(collect(97, listed("S1", "S2", n=97))) == []  # S3 came two hours late
    assert kinds(collect(98, listed("S1", "S2", "S3", n=98))) == []
    assert (
        kinds(collect(190, listed("S1", "S2", n=190))) == []
    )  # and is again there for less than a day


def test_one_that_may_be_among_the_rejected_is_not_missed(day, collect):
    strange = json.loads(listed("S1", status="Suspendu")) + json.loads(listed("S2", "S3"))
    assert kinds(collect(97, json.dumps(strange).encode())) == [("new word", "Suspendu")]
    assert kinds(collect(98, listed("S1", "S2", "S3", n=98))) == []


def test_many_are_counted(collect):
    names = [f"S{n:02}" for n in range(30)]
    for cycle in (0, 96):
        collect(cycle, listed(*names, n=cycle))
    (alert,) = [one for one in collect(97, listed("S00")).alerts if one.kind == "vanished"]
    assert alert.subject == "29 chargers"
    assert alert.message.endswith(": S01, S02, S03, S04, S05, S06, S07, S08, S09, S10 and 19 more.")


def test_another_process_goes_on_and_a_damaged_file_is_begun_anew(day, collect, tmp_path):
    again = Store(tmp_path, StatusFeed())
    assert kinds(collect(97, listed("S2", "S3", n=97), into=again)) == [("vanished", "S1")]
    again.profiles.path.write_text("{")
    assert kinds(collect(98, listed("S3", n=98), into=again)) == []
    assert again.profiles.present()["since"] == {"S3": "2026-11-29T00:30:00"}


def test_pages_are_one_answer(tmp_path, server):
    from evforecast.collect import collect_once

    store = Store(tmp_path, StatusFeed(names=("a", "b")))
    pages = {0: ("S1 S2", "S3"), 96: ("S1 S2", "S3"), 97: ("S1", "S2 S3"), 98: ("S1", "")}
    told = {}
    for cycle, texts in pages.items():
        for name, text in zip("ab", texts, strict=True):
            server.always[f"https://status.test/{name}"] = listed(*text.split(), n=cycle)
        if cycle == 98:
            server.always["https://status.test/b"] = b"<html>"
        told[cycle] = kinds(collect_once(store, server, now=at(cycle)))
    assert told[97] == []
    assert told[98] == [("unreadable", "b")]  # what has no answer says nothing of who is gone


def test_a_feed_without_statuses_has_nobody_to_miss(tmp_path, collect):
    feed = StatusFeed()
    feed.tables = {"evse": feed.tables["status"]}
    store = Store(tmp_path, feed)
    collect(0, listed("S1"), into=store)
    assert store.profiles.present() == {}


IDS = st.sets(st.sampled_from("abcdef"))


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 200)), IDS, st.integers(0, 3))
def test_who_is_there_is_known_and_who_is_gone_was_there(since, there, rejected):
    begun = {name: str(at(cycle)) for name, cycle in since.items()}
    after, gone = vanished(begun, there, at(200), rejected=rejected)
    assert there <= after.keys() <= there | begun.keys()
    assert set(gone) <= begun.keys() - there
    assert not set(gone) & after.keys()
    assert all(after[name] == begun.get(name, str(at(200))) for name in there)
    if not rejected:
        assert set(gone) == {name for name in begun.keys() - there if since[name] <= 104}

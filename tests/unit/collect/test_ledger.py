import numpy as np
from collected import QUARTER, StatusFeed, at, body

from evforecast.collect import Store, collect_once
from evforecast.collect.ledger import brought, plan
from evforecast.errors import TransientError

A, B = body("available"), body("down")


def cycles(frame):
    return [int((time.to_datetime64() - at(0, 0)) // QUARTER) for time in frame["cycle"]]


def test_gaps_are_the_planned_cycles_without_an_answer(store, collect):
    collect(0, A)
    collect(1, TransientError("down"))
    collect(4, b"<html>")
    collect(5, B)
    gaps = store.gaps()
    assert cycles(gaps) == [1, 2, 3, 4]
    assert gaps["asked"].tolist() == [1, 0, 0, 1]
    assert gaps["reason"].tolist()[:3] == [
        "failed: TransientError: down",
        "never asked",
        "never asked",
    ]
    assert gaps["reason"][3].startswith("unreadable: FileFormatError")
    assert cycles(store.gaps(at(2, 0), at(8, 0))) == [2, 3, 4, 6, 7]
    assert cycles(store.gaps(at(1, 1), at(3, 1))) == [2, 3]  # a cycle begins on its time


def test_a_failure_that_was_followed_by_an_answer_is_no_gap(store, collect):
    collect(0, A)
    collect(1, TransientError("down"))
    collect(1, B, seconds=300)
    assert store.gaps().empty
    assert store.entries()["outcome"].tolist() == ["stored", "failed", "stored"]


def test_entries(store, collect):
    collect(0, body("available", "weird"))
    collect(1, body("available", "weird"))
    entries = store.entries()
    assert entries["outcome"].tolist() == ["stored", "same"]
    assert entries["payload"].nunique() == 1
    assert entries[["rows", "rejected"]].to_numpy().tolist() == [[1, 1], [1, 1]]
    assert entries["collected_at"].tolist() == [at(0, 7), at(1, 7)]
    assert entries["asked_at"].tolist() == [at(0), at(1)]
    assert store.entries(at(1, 0)).shape[0] == store.entries(until=at(1, 0)).shape[0] == 1
    empty = store.entries(at(50), at(60))
    assert empty.dtypes.equals(entries.dtypes)


def test_coverage(store, collect):
    collect(0, body("available", "weird"))
    collect(1, body("available", "weird"))
    collect(2, TransientError("down"))
    collect(3, b"<html>")
    collect(97, A)
    coverage = store.coverage_by_day()
    assert coverage.index.tolist() == [np.datetime64("2026-11-28"), np.datetime64("2026-11-29")]
    first, second = coverage.to_dict("records")
    size = len(body("available", "weird"))
    counts = {"stored": 1, "same": 1, "unchanged": 0, "unreadable": 1, "failed": 1}
    new = {"rows": 1, "rejected": 1, "bytes": size}
    assert first == {"planned": 96, "answered": 2, **counts, **new}
    assert (second["planned"], second["answered"]) == (2, 1)
    assert store.coverage_by_day(at(0, 0), at(4, 0))["planned"].tolist() == [4]


def test_an_empty_store_has_no_gaps(store):
    assert store.gaps().empty
    assert store.entries().empty
    assert store.coverage_by_day().empty
    assert store.alerts().empty
    assert cycles(store.gaps(at(0, 0), at(2, 0))) == [0, 1]


def test_a_thing_that_was_had_later_is_no_gap(tmp_path, server):
    feed = StatusFeed(lag="2D")
    store = Store(tmp_path, feed)
    for cycle in range(4):
        url = feed.requests(at(cycle, 0))[0].url
        server.always[url] = TransientError("down") if cycle == 1 else A
        server.now = at(cycle, 7)
        collect_once(store, server, now=at(cycle))
    assert cycles(store.gaps()) == [1]
    for cycle, answer in ((1, B), (4, A)):
        server.always[feed.requests(at(cycle, 0))[0].url] = answer
    collect_once(store, server, now=at(4))
    entries = store.entries()
    assert cycles(entries[entries["outcome"] != "failed"]) == [0, 1, 2, 3, 4]
    assert cycles(store.gaps(until=at(4, 0))) == []
    # What is there under its address counts, whichever cycle asked it.
    planned = plan(store, at(0, 0), at(4, 0))
    assert [one.is_answered for one in planned] == [True] * 4
    assert len(planned[1].failures) > 0


def test_of_a_feed_of_the_present_a_later_answer_closes_no_gap(store, collect):
    collect(0, A)
    collect(2, A)
    assert cycles(store.gaps()) == [1]


def test_what_each_answer_brought_be_it_new_or_not(store, collect):
    collect(0, A)
    collect(1, A)
    collect(2, TransientError("down"))
    collect(3, b"<html>")
    collect(4, body("available", "strange"))
    found = brought(store, at(0, 0), at(9, 0))
    assert cycles(found) == [0, 1, 4]
    assert found["rows"].tolist() == [1, 1, 1]
    assert found["rows_read"].tolist() == [1, 1, 2]
    assert found["rejected"].tolist() == [0, 0, 1]
    assert not found["is_frozen"].any()
    assert brought(store, at(5, 0), at(9, 0)).empty


def test_frozen_is_said_of_each_answer_as_long_as_it_lasts(store, collect):
    for cycle in range(14):
        collect(cycle, A)
    collect(14, B)
    found = brought(store, at(0, 0), at(15, 0))
    assert found["is_frozen"].tolist() == [False] * 11 + [True] * 3 + [False]

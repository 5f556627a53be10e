from evforecast.collect.day import Day
from evforecast.sources.feed import Request


def answer(outcome, sha256="", name="a", cycle="c1", url="u", **more):
    line = {"what": "answer", "outcome": outcome, "name": name, "cycle": cycle, "url": url}
    return {**line, "sha256": sha256, "collected_at": "1", **more}


def read(payload, **more):
    return {"what": "read", "payload": payload, "rows": {"status": 2}, "rejected": 0, **more}


def test_a_body_is_read_once_it_is_said_so():
    day = Day([answer("stored", "00")])
    kept = day.payloads["a-00"]
    assert (kept.reading, kept.is_readable, kept.rows, kept.more) == (None, False, {}, [])
    day.take([read("a-00", more=[["u2", "a-2", ""]])])
    assert kept.is_readable
    assert (kept.rows, kept.more) == ({"status": 2}, [Request("u2", "a-2")])
    assert day.pages("c1", "a") == [Request("u2", "a-2")]
    assert day.pages("c2", "a") == []


def test_what_points_at_an_unreadable_body_is_unreadable():
    first, second = answer("stored", "00"), answer("same", "00", cycle="c2")
    day = Day([first, second, {"what": "unreadable", "payload": "a-00", "reason": "no JSON"}])
    assert [day.outcome(line) for line in day.answers] == ["unreadable", "unreadable"]
    assert day.known("a", "u") == {}
    assert day.names_answered("c1") == set()  # it may be asked again
    day.take([read("a-00")])
    assert day.names_answered("c1") == {"a"}
    assert [day.outcome(line) for line in day.answers] == ["stored", "same"]
    assert day.known("a", "u")["cycle"] == "c2"
    assert day.known("a", "elsewhere") == {}


def test_what_is_to_be_read_again_keeps_what_was_read():
    day = Day([answer("stored", "00"), read("a-00")])
    for _ in range(2):
        day.take([{"what": "reread", "payloads": ["a-00", "gone"]}])
        assert day.payloads["a-00"].reading is None
        assert day.payloads["a-00"].before == read("a-00")
        assert not day.payloads["a-00"].is_lost
    day.take([{"what": "reread", "payloads": ["a-00"], "are_lost": True}])
    assert day.payloads["a-00"].before == read("a-00")
    assert day.payloads["a-00"].is_lost
    day.take([{"what": "removed", "payloads": ["a-00"]}])
    assert day.payloads["a-00"].removed


def test_the_last_answer_is_the_last_that_was_one():
    day = Day([answer("stored", "00"), answer("same", "00"), answer("failed")])
    assert day.last("a")["outcome"] == "same"
    assert day.last("b") == {}
    assert day.names_answered("c1") == {"a"}
    assert day.names_answered("c2") == set()


def test_only_the_last_line_closes_a_day():
    day = Day([{"what": "closed"}])
    assert day.is_closed
    day.take([answer("failed")])
    assert not day.is_closed


def test_bodies_are_ordered_by_when_they_came():
    later, earlier = answer("stored", "00", collected_at="2"), answer("stored", "01")
    assert Day([later, earlier]).order() == ["a-01", "a-00"]


def test_lines_of_other_kinds_do_no_harm():
    day = Day([{}, {"what": "damaged", "line": 2}, {"what": "later kind"}, read("unknown")])
    assert len(day.damaged) == 1
    assert day.payloads == {}

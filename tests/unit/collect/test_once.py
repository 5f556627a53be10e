import errno
import hashlib
import json
import os

import numpy as np
import pytest
from collected import Answer, Server, StatusFeed, at, body

from evforecast.collect import Store, StoreBusyError, collect_once
from evforecast.errors import FileFormatError, TerminalError, TransientError
from evforecast.sources.feed import Reading, Request

URL = "https://status.test/all"
A, B = body("available", "charging"), body("down", "down")


def test_a_cycle(store, collect):
    result = collect(5, A)
    assert (result.feed, result.cycle, result.outcomes) == ("status", at(5, 0), {"stored": 1})
    assert (result.alerts, result.error, result.is_complete) == ((), "", True)
    assert store.rows("status")["collected_at"].tolist() == [at(5, 7)] * 2
    assert collect(6, A).outcomes == {"same": 1}
    assert collect(7, B).outcomes == {"stored": 1}
    assert collect(8, A).outcomes == {"same": 1}  # the day has it, if not the cycle before
    assert len(list(store.archive.folder.rglob("*.gz"))) == 2
    assert len(store.rows("status")) == 4


def test_a_body_is_archived_before_it_is_read(tmp_path, collect):
    class Looking(StatusFeed):
        def read(self, payload):
            path = next(store.archive.folder.rglob("*.gz"))
            assert hashlib.sha256(payload.body).hexdigest() in path.name
            assert store.journal.lines("2026-11-28")[-1]["outcome"] == "stored"
            return super().read(payload)

    store = Store(tmp_path, Looking())
    assert collect(0, A, into=store).is_complete


def test_a_cycle_is_answered_once(store, collect, server):
    collect(0, A)
    result = collect(0, B, seconds=600)
    assert (result.outcomes, result.is_complete) == ({}, True)
    assert len(server.asked) == 1
    # The clock went back by an hour and goes on: what was answered is not asked again.
    collect(5, B)
    assert collect(0, body("offline")).outcomes == {}
    assert len(store.entries()) == 2


def test_what_failed_in_a_cycle_may_be_asked_again_in_it(store, collect):
    assert collect(0, TransientError("down")).outcomes == {"failed": 1}
    assert not collect(1, ValueError("a bug")).is_complete
    assert collect(1, A, seconds=300).outcomes == {"stored": 1}
    assert store.entries()["reason"].tolist() == [
        "TransientError: down", "ValueError: a bug", "",
    ]  # fmt: skip


def test_what_cannot_be_read_is_kept_and_asked_again_in_its_cycle(store, collect, server):
    result = collect(0, b"<html>")
    assert (result.unanswered, result.is_complete, result.again) == (1, False, at(0))
    assert collect(0, b"<html>", seconds=60).outcomes == {"unreadable": 1}
    assert collect(0, b"[{", seconds=120).outcomes == {"unreadable": 1}
    assert collect(0, A, seconds=180).outcomes == {"stored": 1}
    assert collect(0, B, seconds=240).outcomes == {}
    assert len(server.asked) == 4
    assert len(store.archive.ids("2026-11-28")) == 3
    assert store.gaps().empty
    # The page that came twice is no news of the feed.
    assert store.alerts()["kind"].tolist() == ["unreadable", "unreadable"]


def test_the_result_says_what_went_wrong_and_whether_asking_again_may_help(tmp_path, server):
    store = Store(tmp_path, StatusFeed(names=("a", "b", "c")))
    later = TransientError("down")
    later.retry_at = at(0, 400)
    server.always = {"https://status.test/a": A, "https://status.test/b": TerminalError("404")}
    server.always["https://status.test/c"] = later
    result = collect_once(store, server, now=at(0))
    assert result.reasons == {"b": "TerminalError: 404", "c": "TransientError: down"}
    assert (result.unanswered, result.again) == (2, at(0, 400))
    server.always["https://status.test/c"] = A
    result = collect_once(store, server, now=at(0, 500))
    assert (result.reasons, result.again) == ({"b": "TerminalError: 404"}, None)


def test_what_an_earlier_cycle_lacks_is_no_reason_to_hurry(tmp_path, server):
    feed = StatusFeed(lag="1D")
    store = Store(tmp_path, feed)
    for cycle in range(3):
        server.always[feed.requests(at(cycle, 0))[0].url] = b"<html>" if cycle < 2 else A
        result = collect_once(store, server, now=at(cycle))
    assert sorted(result.reasons) == ["2026-11-28T00:00:00 all", "2026-11-28T00:15:00 all"]
    assert result.unanswered == 2
    assert result.again is None


def test_not_modified_is_the_answer_of_before(store):
    server = Server(with_etags=True)
    server.always[URL] = A
    outcomes = []
    for cycle in (0, 1, 96, 97):
        server.now = at(cycle, 7)
        outcomes += collect_once(store, server, now=at(cycle)).outcomes
    # A new day asks for the whole of it, so that it stands alone.
    assert outcomes == ["stored", "unchanged", "stored", "unchanged"]
    entries = store.entries()
    assert entries["payload"].nunique() == 1
    assert entries["collected_at"].tolist() == [at(cycle, 7) for cycle in (0, 1, 96, 97)]


def test_what_cannot_be_read_is_asked_for_whole(store):
    server = Server(with_etags=True)
    server.always[URL] = b"<html>"
    for cycle in range(2):
        collect_once(store, server, now=at(cycle))
    assert store.entries()["outcome"].tolist() == ["unreadable"] * 2


@pytest.mark.parametrize("answer", [Answer(304, b"", at(0)), Answer(500, b"oops", at(0))])
def test_an_answer_to_something_else_is_a_failure(store, answer):
    server = Server()
    server.get = lambda *_, **__: answer
    assert collect_once(store, server, now=at(0)).outcomes == {"failed": 1}
    assert f"status {answer.status}" in store.entries()["reason"][0]


@pytest.mark.parametrize("wrong", [TerminalError("410"), TransientError("late"), b"<html>"])
def test_what_may_be_asked_instead_is_asked(tmp_path, server, wrong):
    store = Store(tmp_path, StatusFeed(fallback="https://status.test/pages"))
    server.always = {URL: wrong, "https://status.test/pages": A}
    result = collect_once(store, server, now=at(0))
    kind = "unreadable" if wrong == b"<html>" else "failed"
    assert result.outcomes == {kind: 1, "stored": 1}
    assert result.is_complete
    assert store.gaps(at(0, 0), at(1, 0)).empty
    assert len(store.rows("status")) == 2
    assert collect_once(store, server, now=at(0)).outcomes == {}


def test_one_failing_request_does_not_stop_the_others(tmp_path, server):
    store = Store(tmp_path, StatusFeed(names=("a", "b", "c")))
    server.always = {"https://status.test/a": A, "https://status.test/c": b"?"}
    result = collect_once(store, server, now=at(0))
    assert result.outcomes == {"stored": 1, "failed": 1, "unreadable": 1}
    assert (result.unanswered, result.is_complete) == (2, False)
    assert store.gaps(at(0, 0), at(1, 0))["name"].tolist() == ["b", "c"]


def test_a_feed_that_cannot_say_what_to_ask(tmp_path, server):
    class Lost(StatusFeed):
        def requests(self, now):  # noqa: ARG002 - it never gets so far
            raise KeyError("station")

    store = Store(tmp_path, Lost())
    assert collect_once(store, server, now=at(0)).outcomes == {"failed": 1}
    assert store.entries()["reason"].tolist() == ["KeyError: 'station'"]


class Pages(StatusFeed):
    """The pages say which one comes next."""

    def read(self, payload):
        page = json.loads(payload.body)
        reading = super().read(payload_of(page["rows"], payload))
        more = () if not page["next"] else (Request(*page["next"]),)
        return Reading(**{**vars(reading), "more": more})


def payload_of(rows, payload):
    return type(payload)(json.dumps(rows).encode(), payload.request, payload.collected_at)


def pages(n, *, last=None):
    """Return the answers of a server that has n pages."""
    answers = {}
    for page in range(n):
        url = URL if not page else f"https://status.test/{page}"
        following = [f"https://status.test/{page + 1}", f"all-{page + 1}", ""]
        rows = [{"id": f"S{page}", "status": "down", "updated": "2026-11-28"}]
        document = {"rows": rows, "next": following if page + 1 < n else last}
        answers[url] = json.dumps(document).encode()
    return answers


def test_pages_are_asked_in_the_same_cycle(tmp_path, server):
    store = Store(tmp_path, Pages())
    server.always = pages(3)
    assert collect_once(store, server, now=at(0)).outcomes == {"stored": 3}
    assert collect_once(store, server, now=at(1)).outcomes == {"same": 3}
    assert store.rows("status")["evse_id"].tolist() == ["S0", "S1", "S2"]
    coverage = store.coverage_by_day()
    assert coverage[["planned", "answered"]].to_numpy().tolist() == [[6, 6]]


def test_a_page_that_failed_is_a_gap_and_is_asked_again(tmp_path, server):
    store = Store(tmp_path, Pages())
    server.always = pages(3)
    page = server.always.pop("https://status.test/2")
    assert collect_once(store, server, now=at(0)).outcomes == {"stored": 2, "failed": 1}
    assert store.gaps()["name"].tolist() == ["all-2"]
    server.always["https://status.test/2"] = page
    assert collect_once(Store(tmp_path, Pages()), server, now=at(0)).outcomes == {"stored": 1}
    assert store.gaps().empty


class SecretPages(Pages):
    """The next page repeats the key that it was asked with, as servers do in the header Link."""

    def __init__(self, key, **options):
        super().__init__(**options)
        self.key = key

    def requests(self, now):
        return [
            Request(f"{request.url}?apikey={self.key}", request.name)
            for request in super().requests(now)
        ]

    def read(self, payload):
        reading = super().read(payload)
        more = [Request(f"{page.url}?apikey={self.key}", page.name) for page in reading.more]
        return Reading(**{**vars(reading), "more": more})


def test_keys_are_asked_with_and_never_kept(tmp_path, server):
    answers = {f"{url}?apikey=S3CRET": body for url, body in pages(3).items()}
    page = answers.pop("https://status.test/2?apikey=S3CRET")
    server.always = answers
    store = Store(tmp_path, SecretPages("S3CRET"))
    assert collect_once(store, server, now=at(0)).outcomes == {"stored": 2, "failed": 1}
    server.always["https://status.test/2?apikey=S3CRET"] = page
    again = Store(tmp_path, SecretPages("S3CRET"))
    assert collect_once(again, server, now=at(0)).outcomes == {"stored": 1}
    assert collect_once(again, server, now=at(1)).outcomes == {"same": 3}
    assert again.gaps().empty
    # Who reads the store does not need the key.
    assert Store(tmp_path, SecretPages("***")).gaps().empty
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"S3CRET" not in path.read_bytes()


def test_pages_that_go_round_in_a_circle_come_to_an_end(tmp_path, server):
    store = Store(tmp_path, Pages())
    server.always = pages(2, last=[URL, "all", ""])
    assert collect_once(store, server, now=at(0)).outcomes == {"stored": 2}


def test_what_was_missed_is_had_again_as_long_as_it_can_be(tmp_path, server):
    feed = StatusFeed(lag="1h")
    store = Store(tmp_path, feed)

    def ask(cycle, *lost):
        for past in range(cycle + 1):
            url = feed.requests(at(past, 0))[0].url
            server.always[url] = TerminalError("gone") if past in lost else body("down", n=past)
        server.now = at(cycle, 7)
        return collect_once(store, server, now=at(cycle)).outcomes

    assert ask(0) == {"stored": 1}
    assert ask(7, 7) == {"failed": 1, "stored": 4}  # 3 to 6 can still be had, 1 and 2 no more
    assert ask(8, 7) == {"stored": 1, "failed": 1}
    assert ask(9) == {"stored": 2}
    entries = store.entries().query("outcome == 'stored'")
    assert entries["cycle"].tolist() == [at(cycle, 0) for cycle in (0, 3, 4, 5, 6, 7, 8, 9)]
    assert store.gaps()["cycle"].tolist() == [at(cycle, 0) for cycle in (1, 2)]


def test_a_server_that_is_down_is_not_asked_for_more(tmp_path, server):
    store = Store(tmp_path, StatusFeed(lag="1D"))
    collect_once(store, server, now=at(0))
    for cycle in (40, 41):
        before = len(server.asked)
        collect_once(store, server, now=at(cycle))
        assert len(server.asked) - before == 1


def test_what_is_asked_again_at_once_is_little(tmp_path, server):
    feed = StatusFeed(lag="1D")
    store = Store(tmp_path, feed)
    collect_once(store, server, now=at(0))
    for cycle in range(80):
        server.always[feed.requests(at(cycle, 0))[0].url] = A
    counts = [collect_once(store, server, now=at(60 + n)).outcomes for n in range(4)]
    asked = [sum(count.values()) for count in counts]
    assert asked == [21, 21, 21, 1]
    assert store.gaps().empty


def test_one_process_at_a_time(tmp_path, store, server):
    with (
        Store(tmp_path, StatusFeed()).writing("reading again"),
        pytest.raises(StoreBusyError, match="reading again"),
    ):
        collect_once(store, server, now=at(0))
    assert server.asked == []


@pytest.mark.parametrize("call", range(1, 12))
def test_a_full_disk_loses_nothing_that_was_entered(store, collect, monkeypatch, call):
    collect(0, A)
    expected, count = len(store.entries()), [0]
    replace, write = os.replace, os.write

    def full(work):
        def tried(*arguments):
            count[0] += 1
            if count[0] >= call:
                raise OSError(errno.ENOSPC, "No space left on device")
            return work(*arguments)

        return tried

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.os.replace", full(replace))
        patch.setattr(os, "write", full(write))
        try:
            result = collect(1, B)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - it may also succeed
        else:
            assert count[0] < call
            assert result.is_complete
        assert len(store.entries()) >= expected
    # Room again, in the same process and the same cycle.
    assert not {"failed", "unreadable"} & collect(1, B).outcomes.keys()
    assert store.entries()["outcome"].tolist() == ["stored", "stored"]
    assert len(store.rows("status")) == 4
    assert [path for path in store.folder.rglob(".*") if path.is_file()] == []


def test_a_stop_in_the_middle_is_made_good_by_the_same_process(store, collect):
    collect(0, A)
    read = store.feed.read

    def interrupted(payload):
        raise KeyboardInterrupt

    store.feed.read = interrupted
    with pytest.raises(KeyboardInterrupt):
        collect(1, B)
    store.feed.read = read
    assert collect(1, B).outcomes == {}
    assert store.entries()["outcome"].tolist() == ["stored", "stored"]
    assert len(store.rows("status")) == 4


def test_errors_of_readers_are_told_with_their_kind(tmp_path, collect):
    class Failing(StatusFeed):
        def read(self, payload):  # noqa: ARG002 - it never gets so far
            raise FileFormatError("HTML")

    result = collect(0, b"<html>", into=Store(tmp_path, Failing()))
    assert [(a.kind, a.message) for a in result.alerts] == [("unreadable", "FileFormatError: HTML")]


def test_the_time_of_collection_is_kept_to_the_second(store):
    server = Server(np.datetime64("2026-11-28T00:00:01.987654"))
    server.always[URL] = A
    collect_once(store, server, now="2026-11-28 01:00+01:00")
    assert store.entries()["collected_at"].tolist() == [at(0, 1)]

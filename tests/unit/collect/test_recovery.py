import numpy as np
import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store
from evforecast.collect.recovery import close, recover
from evforecast.errors import FileFormatError

DAY = "2026-11-28"
A, B = body("available", "charging"), body("down", "weird")


@pytest.fixture
def again(tmp_path):
    """Return what opens the store anew, as another process does."""
    return lambda: Store(tmp_path, StatusFeed())


def fail(error):
    raise error


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def own(store, shelf=None):
    return sorted((shelf or store.shelves["status"]).folder.joinpath(DAY).glob("*.parquet"))


def test_a_body_without_its_line_is_entered_as_it_came(store, collect, again):
    collect(0, A)
    collect(1, B)
    path, expected = store.journal.path(DAY), store.entries()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))  # the answer of the second cycle and its reading are gone
    assert len(again().entries()) == 1
    # Another process in the same cycle asks nothing, and has all.
    assert collect(1, body("offline"), into=again()).outcomes == {}
    assert again().entries().equals(expected)
    assert len(again().rows("status")) == 3
    assert [line["what"] for line in again().journal.lines(DAY)] == ["answer", "read"] * 2


def test_a_whole_journal_is_made_again_from_the_bodies(store, collect, again):
    for cycle, answer in enumerate((A, B, b"<html>")):
        collect(cycle, answer)
    expected = store.entries()
    store.journal.path(DAY).unlink()
    recover(again(), at(9), is_sound=False)
    entries = again().entries()
    assert entries.equals(expected)
    assert len(again().rejected()) == 1


@pytest.mark.parametrize("harm", [cut, lambda path: path.unlink()])
def test_rows_that_are_gone_are_read_again(store, collect, again, harm):
    collect(0, A)
    collect(1, B)
    for path in (*own(store), *own(store, store.quarantine)):
        harm(path)
    assert collect(2, A, into=again()).outcomes == {"same": 1}
    assert len(again().rows("status")) == 3
    assert len(again().rejected()) == 1


def test_rows_that_are_found_damaged_at_the_end_of_the_day_are_read_again(store, collect):
    collect(0, A)
    collect(1, B)
    data = bytearray(own(store)[0].read_bytes())
    data[8:40] = bytes(32)  # the end of the file, which says how many rows there are, is whole
    own(store)[0].write_bytes(data)
    result = collect(96, A)
    assert (result.outcomes, result.alerts) == ({"stored": 1}, ())
    assert own(store) == []
    assert len(store.rows("status")) == 5


def test_days_are_put_away_once_they_are_over_and_only_then(store, collect, again):
    collect(0, A)
    recover(again(), at(95), is_sound=False)
    assert not store.day(DAY).is_closed
    collect(97, A)
    assert store.day(DAY).is_closed
    assert not store.day("2026-11-29").is_closed
    size = store.journal.path(DAY).stat().st_size
    recover(again(), at(98), is_sound=False)
    assert store.journal.path(DAY).stat().st_size == size


def test_a_long_pause_puts_away_every_day(collect, again):
    for cycle in (0, 96, 192):
        store = again()
        with store.writing("collecting"):
            pass
        collect(cycle, A, into=store)
    collect(960, A, into=again())
    assert [again().day(day).is_closed for day in again().journal.days()] == [True] * 3 + [False]


def test_what_killed_writers_left_is_removed(store, collect, again):
    collect(0, A)
    for path in (*own(store), store.archive.path(DAY, "x")):
        path.with_name(f".{path.name}").write_bytes(b"half")
    collect(96, A, into=again())
    assert [path for path in store.folder.rglob(".*") if path.is_file()] == []


def test_a_day_that_cannot_be_mended_is_told_and_does_not_stop_the_others(store, collect, again):
    collect(0, A)
    collect(96, B)
    cut(store.shelves["status"].day_path(DAY))
    store.journal.append(DAY, {"what": "opened"})
    result = collect(192, A, into=again())
    assert result.outcomes == {"stored": 1}
    assert [(alert.kind, alert.subject) for alert in result.alerts] == [("damaged", DAY)]
    assert store.day("2026-11-29").is_closed


def test_a_damaged_body_is_unreadable_and_told_once(store, collect, again):
    collect(0, A)
    own(store)[0].unlink()
    cut(next(store.archive.folder.rglob("*.gz")))
    result = collect(1, B, into=again())
    assert [alert.kind for alert in result.alerts][:1] == ["unreadable"]
    assert again().entries()["outcome"].tolist()[1] == "stored"
    assert "unreadable" not in [alert.kind for alert in collect(2, B, into=again()).alerts]


def test_a_damaged_line_is_told_and_its_answer_made_again(store, collect, again):
    collect(0, A)
    collect(1, B)
    path = store.journal.path(DAY)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1], b"?" + lines[2][1:], lines[3]]))
    collect(2, B, into=again())
    assert again().entries()["outcome"].tolist() == ["stored", "stored", "same"]
    assert len(again().rows("status")) == 3
    damaged = again().alerts().query("kind == 'damaged'")
    assert damaged["at"].tolist() == [np.datetime64(DAY)]


def test_a_clock_that_went_back_opens_the_day_again(store, collect, again):
    collect(0, A)
    collect(96, A)
    collect(2, B)
    assert not store.day(DAY).is_closed
    assert store.entries()["cycle"].is_monotonic_increasing
    assert len(store.rows("status")) == 5
    collect(97, A, into=again())
    assert store.day(DAY).is_closed
    assert len(again().rows("status")) == 5


def test_closing_twice_is_closing_once(store, collect):
    collect(0, A)
    for _ in range(2):
        close(store, DAY, at(97))
    assert len(store.rows("status")) == 2


class Other(StatusFeed):
    """Of another kind, by mistake on the same folder: it understands nothing, and has another table."""

    def __init__(self):
        super().__init__()
        self.tables = {"other": self.tables["status"]}

    def read(self, payload):  # noqa: ARG002 - it never gets so far
        raise FileFormatError("not of mine")


def test_another_reader_withdraws_nothing_that_was_read(store, collect, tmp_path, again):
    collect(0, A)
    collect(1, B)
    lines = len(store.journal.lines(DAY))
    collect(2, B, into=Store(tmp_path, Other()))
    assert "reread" not in [line["what"] for line in again().journal.lines(DAY)[lines:]]
    collect(3, A, into=again())
    assert len(again().rows("status")) == 3
    outcomes = again().entries()["outcome"].tolist()
    assert outcomes[:2] == ["stored", "stored"]
    assert len(again().rejected()) == 1


def test_rows_of_which_some_are_gone_stay_until_a_reading_succeeds(store, collect, tmp_path, again):
    collect(0, B)
    (path,) = own(store, store.quarantine)
    path.unlink()
    broken = Store(tmp_path, StatusFeed())
    broken.feed.read = lambda _: fail(FileFormatError("a bug"))
    collect(1, A, into=broken)
    assert len(again().rows("status")) == 1  # "down"; "weird" was rejected
    assert again().entries()["outcome"].tolist() == ["stored", "unreadable"]
    assert "a bug" in again().entries()["reason"][0]
    again().reparse(now=at(2))
    assert len(again().rows("status")) == 3
    assert len(again().rejected()) == 1

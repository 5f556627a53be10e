import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store, StoreBusyError
from evforecast.errors import InputError

DAY, NEXT = "2026-11-28", "2026-11-29"
A, B = body("available", "charging"), body("down", "weird")


class Mended(StatusFeed):
    def words(self):
        return (*super().words(), "weird")


class Failing(StatusFeed):
    def read(self, payload):  # noqa: ARG002 - it is the reader's turn, and it fails
        raise ZeroDivisionError("no")


@pytest.fixture
def filled(collect, store):
    """Return a store of two days, the first of them put away."""
    for cycle, answer in ((0, A), (1, B), (2, b"<html>"), (3, A), (96, B)):
        collect(cycle, answer)
    return store


def state(store):
    frames = (store.entries().drop(columns="reason"), store.rows("status"), store.rejected())
    return [frame.to_csv() for frame in frames]


def test_read_again_by_the_same_reader_nothing_changes(filled, tmp_path):
    before = state(filled)
    for _ in range(2):
        found = filled.reparse(now=at(97))
        columns = ["payloads", "rows", "rejected", "unreadable", "failed", "without_body"]
        assert found.columns.tolist() == columns
        assert found.loc[[DAY, NEXT]].to_numpy().tolist() == [
            [3, 3, 1, 1, 0, 0],
            [1, 1, 1, 0, 0, 0],
        ]
        assert state(filled) == before
        assert state(Store(tmp_path, StatusFeed())) == before


def test_a_mended_reader_brings_what_was_rejected(filled, tmp_path):
    mended = Store(tmp_path, Mended())
    mended.reparse(now=at(97))
    assert mended.rejected().empty
    assert (mended.rows("status")["status"] == "weird").sum() == 2
    assert mended.entries()["rejected"].sum() == 0


def test_only_the_days_asked_for(filled, tmp_path):
    mended = Store(tmp_path, Mended())
    assert mended.reparse(until=NEXT, now=at(97)).index.tolist() == [DAY]
    assert len(mended.rejected()) == 1
    assert mended.reparse(since=NEXT, now=at(97)).index.tolist() == [NEXT]
    assert mended.rejected().empty


def test_a_reader_that_fails_on_what_was_read_before_takes_nothing_away(filled, tmp_path):
    before = state(filled)
    found = Store(tmp_path, Failing()).reparse(now=at(97))
    assert found["failed"].tolist() == [2, 1]
    assert found["unreadable"].tolist() == [1, 0]
    assert state(filled) == before
    assert "ZeroDivisionError: no" in filled.entries()["reason"].tolist()
    filled.reparse(now=at(97))
    assert state(filled) == before
    assert "ZeroDivisionError" not in str(filled.entries()["reason"].tolist())


def test_the_watch_is_left_alone(filled, tmp_path):
    alerts, profile = len(filled.alerts()), filled.profiles.path.read_bytes()
    Store(tmp_path, Failing()).reparse(now=at(97))
    assert len(filled.alerts()) == alerts
    assert filled.profiles.path.read_bytes() == profile


def test_old_bodies_go_once_their_rows_are_there(filled, tmp_path):
    before = state(filled)
    size = filled.size()["raw"]
    assert filled.retain(raw_days=1, now=at(97)) == 0  # yesterday's
    freed = filled.retain(raw_days=1, now=at(3 * 96))
    # The one that cannot be read stays.
    assert [day for day in filled.archive.days() if filled.archive.ids(day)] == [DAY]
    assert freed == size.sum() - filled.size()["raw"].sum() > 0
    assert len(filled.archive.ids(DAY)) == 1
    assert state(filled) == state(Store(tmp_path, StatusFeed())) == before
    assert filled.retain(raw_days=1, now=at(3 * 96)) == 0
    # What is gone is not read again, and its rows stay.
    found = Store(tmp_path, Mended()).reparse(now=at(3 * 96))
    assert found["without_body"].tolist() == [2, 1]
    assert state(filled) == before


def test_bodies_whose_rows_are_gone_stay(filled):
    filled.shelves["status"].day_path(DAY).unlink()
    filled.retain(raw_days=1, now=at(3 * 96))
    assert len(filled.archive.ids(DAY)) == 3
    filled.reparse(now=at(3 * 96))
    assert len(filled.rows("status")) == 4


def test_bodies_whose_rows_are_damaged_stay(filled):
    path = filled.shelves["status"].day_path(DAY)
    whole = path.read_bytes()
    path.write_bytes(whole[:8] + bytes(60) + whole[68:])
    filled.retain(raw_days=1, now=at(3 * 96))
    assert len(filled.archive.ids(DAY)) == 3
    path.unlink()
    filled.reparse(now=at(3 * 96))
    assert len(filled.rows("status")) == 4


@pytest.mark.parametrize("days", [0, -1])
def test_the_bodies_of_today_cannot_be_removed(filled, days):
    with pytest.raises(InputError, match="keep 1 day or more"):
        filled.retain(raw_days=days, now=at(97))


def test_one_at_a_time(filled, tmp_path, monkeypatch):
    monkeypatch.setattr("evforecast.collect.upkeep.WAIT", 0.0)
    other = Store(tmp_path, StatusFeed())
    with other.writing("collecting"):
        with pytest.raises(StoreBusyError, match="collecting"):
            filled.reparse(now=at(97))
        with pytest.raises(StoreBusyError):
            filled.retain(raw_days=1, now=at(3 * 96))

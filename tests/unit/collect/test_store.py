import numpy as np
import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store
from evforecast.errors import InputError

A = body("available", "charging")


@pytest.mark.parametrize("name", ["", "Belib", "../up", "a b", "-a", "a/b"])
def test_a_name_that_is_no_folder(tmp_path, name):
    with pytest.raises(InputError, match="no name for a folder"):
        Store(tmp_path, StatusFeed(name))


def test_the_name_of_a_feed_is_no_feed(tmp_path):
    with pytest.raises(InputError, match=r"'belib-status' is the name .*open_store\(root, 'belib"):
        Store(tmp_path, "belib-status")


def test_it_is_never_collected_more_often_than_the_feed_says(tmp_path):
    feed = StatusFeed(every="1h")
    hours = [Store(tmp_path, feed, every=every).every for every in (None, "15min", "3h")]
    assert [int(every / np.timedelta64(1, "h")) for every in hours] == [1, 1, 3]
    with pytest.raises(InputError, match="divisor"):
        Store(tmp_path, feed, every="7h")
    assert Store(tmp_path, feed).cycle(at(5)) == at(4, 0)


def test_looking_makes_nothing(store, tmp_path):
    assert "empty" in repr(store)
    assert store.rows("status").columns.tolist() == ["evse_id", "collected_at"]
    assert store.rejected().empty
    assert store.size().empty
    assert list(tmp_path.iterdir()) == []


def test_rows_by_time_and_column(store, collect):
    for cycle in (0, 1, 97):
        collect(cycle, body("available", updated=f"2026-11-28T0{cycle % 9}:00:00"))
    assert len(store.rows("status")) == 3
    assert len(store.rows("status", since=at(1, 7))) == 2
    assert len(store.rows("status", until=at(1, 7))) == 1
    assert len(store.rows("status", at(1, 0), at(2, 0))) == 1
    frame = store.rows("status", columns=["status", "observed_at"])
    assert frame.columns.tolist() == ["status", "observed_at"]
    assert frame["observed_at"].dtype == "datetime64[s]"
    none = store.rows("status", since=at(200))
    assert none.dtypes.equals(store.rows("status").dtypes)
    assert none.empty
    with pytest.raises(InputError, match="table='sttus'"):
        store.rows("sttus")


def test_of_rows_with_the_same_key_the_one_collected_later_counts(tmp_path, collect):
    feed = StatusFeed()
    feed.tables = {"status": type(feed.tables["status"])(("evse_id",), "collected_at")}
    store = Store(tmp_path, feed)
    for cycle, answer in ((0, A), (1, body("down")), (97, body("offline", "down", "charging"))):
        collect(cycle, answer, into=store)
    expected = {"S0": "offline", "S1": "down", "S2": "charging"}
    assert store.rows("status").set_index("evse_id")["status"].to_dict() == expected
    earlier = store.rows("status", until=at(96, 0)).set_index("evse_id")["status"].to_dict()
    assert earlier == {"S0": "down", "S1": "charging"}


def test_repeated_and_reordered_rows_are_there_once(store, collect):
    twice = body("available", "charging")[:-1] + b", " + body("available", "charging")[1:]
    collect(0, twice)
    assert store.rows("status")["evse_id"].tolist() == ["S0", "S1"]
    assert store.entries()["rows"].tolist() == [4]


def test_rejected_rows_by_time(store, collect):
    collect(0, body("weird"))
    collect(97, body("odd"))
    assert store.rejected()["status"].tolist() == ["weird", "odd"]
    assert store.rejected(since=at(1))["status"].tolist() == ["odd"]
    assert store.rejected(until=at(1))["status"].tolist() == ["weird"]
    assert set(store.rejected()) == {
        "payload", "collected_at", "id", "status", "updated", "reason",
    }  # fmt: skip


def test_alerts_by_time(store, collect):
    collect(0, body("weird"))
    collect(1, body("odd"))
    assert store.alerts()["subject"].tolist() == ["weird", "odd"]
    assert store.alerts(since=at(1, 0))["subject"].tolist() == ["odd"]
    assert store.alerts(until=at(1, 0))["subject"].tolist() == ["weird"]


def test_size_is_what_lies_on_the_disk(store, collect):
    collect(0, body("available", "weird"))
    collect(97, A)
    size = store.size()
    assert size.index.tolist() == ["2026-11-28", "2026-11-29"]
    assert (size[["raw", "journal", "rows"]] > 0).all(axis=None)
    found = sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())
    others = sum(store.folder.joinpath(n).stat().st_size for n in ("lock", "profiles.json"))
    assert size.to_numpy().sum() == found - others


def test_two_openings_see_the_same(tmp_path, store, collect):
    other = Store(tmp_path, StatusFeed())
    for cycle in range(4):
        collect(cycle, body("available", "down" if cycle % 2 else "charging"))
        assert other.entries().equals(store.entries())
        assert other.rows("status").equals(store.rows("status"))
    assert "2026-11-28 to 2026-11-28" in repr(store)

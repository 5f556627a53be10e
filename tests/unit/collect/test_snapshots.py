import numpy as np
import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store
from evforecast.collect.snapshots import seen_by_day
from evforecast.errors import InputError, TransientError, UnknownStatusError
from evforecast.panel import STATUS

LATE = np.timedelta64(300, "s")


def test_what_was_seen_in_each_cycle(store, collect):
    collect(0, body("available", "down"))
    collect(1, body("charging"))
    collect(2, body("available", "down"))
    collect(3, TransientError("down"))
    collect(4, b"<html>")
    collect(5, body())
    collect(96, body("down"))
    (day, seen), (other, later) = seen_by_day(store, "status", STATUS, LATE)
    assert (day, other) == ("2026-11-28", "2026-11-29")
    assert seen.seen_at.tolist() == [at(n, 0).item() for n in (0, 1, 2, 5)]
    assert seen.collected_at.tolist() == [at(n, 7).item() for n in (0, 1, 2, 5)]
    assert seen.payload[0] == seen.payload[2] != seen.payload[1]
    assert seen.payload[3] == -1  # an empty list has no rows
    first = seen.row_payload == seen.payload[0]
    ids = [seen.evse_ids[place] for place in seen.row_evse[first]]
    assert dict(zip(ids, STATUS.decode(seen.codes[first]), strict=True)) == {
        "S0": "available",
        "S1": "down",
    }
    assert later.evse_ids == ["S0"]


def test_what_came_late_was_seen_when_it_came(store, collect):
    collect(0, body("available"), seconds=290)
    collect(1, body("charging"), seconds=299)
    collect(2, body("down"))
    [(_, seen)] = seen_by_day(store, "status", STATUS, LATE)
    assert seen.seen_at.tolist() == [at(0, 0).item(), at(1, 301).item(), at(2, 0).item()]


def test_a_word_that_is_no_status_is_refused(tmp_path, collect):
    class Loose(StatusFeed):
        def words(self):
            return (*super().words(), "weird")

    store = Store(tmp_path, Loose())
    collect(0, body("weird"), into=store)
    with pytest.raises(UnknownStatusError, match="weird"):
        list(seen_by_day(store, "status", STATUS, LATE))


def test_a_table_that_is_none_is_refused(store):
    with pytest.raises(InputError, match="table='statuses'"):
        list(seen_by_day(store, "statuses", STATUS, LATE))

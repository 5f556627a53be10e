import json

import numpy as np
import pandas as pd
import pytest
from collected import StatusFeed, at, body
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.collect import Store, collect_once, to_log, to_panel
from evforecast.errors import EmptyInputError, InputError, TransientError
from evforecast.panel import STATUS, StatusLog
from evforecast.sources.feed import Reading, Table
from evforecast.timegrid import TimeGrid

A, B = body("available", "charging"), body("down", "down")
URL = "https://status.test/all"


def words(panel):
    return [[None if code < 0 else panel.scheme.names[code] for code in row] for row in panel.codes]


def same(fast, slow):
    """Tell whether two panels say the same; the order of their chargers is no matter."""
    assert fast.grid == slow.grid
    assert set(fast.evse_ids) == set(slow.evse_ids)
    return np.array_equal(fast.codes, slow.select(fast.evse_ids).codes)


def test_a_row_is_what_was_seen_in_its_cycle(store, collect):
    for cycle, answer in ((2, A), (3, A), (4, TransientError("")), (6, B), (7, b"?"), (8, A)):
        collect(cycle, answer)
    panel = to_panel(store, tz="Europe/Paris")
    nothing, first = [None, None], ["available", "charging"]
    assert panel.grid == TimeGrid(at(2, 0), np.timedelta64(900, "s"), 7)
    assert words(panel) == [first, first, nothing, nothing, ["down", "down"], nothing, first]
    assert (panel.evse_ids, panel.tz) == (["S0", "S1"], "Europe/Paris")
    assert words(to_panel(store, since=at(3, 0), until=at(5, 0))) == [first, nothing]
    assert words(to_panel(store, since=at(0, 0), until=at(3, 0)))[:2] == [nothing, nothing]


def test_an_answer_of_not_modified_is_seen_too(store, server):
    server.with_etags = True
    server.always[URL] = A
    for cycle in range(3):
        server.now = at(cycle, 7)
        collect_once(store, server, now=at(cycle))
    assert store.entries()["outcome"].tolist() == ["stored", "unchanged", "unchanged"]
    assert words(to_panel(store)) == [["available", "charging"]] * 3


def test_on_a_coarser_grid_the_last_counts(store, collect):
    for cycle, answer in ((1, A), (2, B), (3, TransientError("")), (4, A), (5, B)):
        collect(cycle, answer)
    panel = to_panel(store, step="30min")
    # the row at 01:00 holds what was seen after 00:30
    assert panel.times.tolist() == [at(n, 0).item() for n in (2, 4, 6)]
    assert words(panel) == [["down", "down"], ["available", "charging"], ["down", "down"]]


def test_on_a_finer_grid_what_lies_between_is_missing(store, collect):
    for cycle in range(2):
        collect(cycle, A)
    assert [row[0] for row in words(to_panel(store, step="5min"))] == [
        "available", None, None, "available",
    ]  # fmt: skip


def test_what_came_late_lies_in_the_next_row_unless_that_saw_more(store, collect):
    collect(0, A)
    collect(1, B, seconds=800)
    collect(3, A)
    assert words(to_panel(store))[1:3] == [[None, None], ["down", "down"]]
    assert words(to_panel(store, late="15min"))[1:3] == [["down", "down"], [None, None]]
    collect(2, A)
    assert words(to_panel(store))[1:3] == [[None, None], ["available", "charging"]]


def test_chargers_come_and_go(store, collect):
    collect(0, body("available"))
    collect(1, body("down", "charging", "offline"))
    collect(96, body("passive"))
    panel = to_panel(store)
    assert panel.evse_ids == ["S0", "S1", "S2"]
    assert words(panel)[0] == ["available", None, None]
    assert words(panel)[96] == ["passive", None, None]


def test_the_log_knows_when_it_was_collected(store, collect):
    for cycle in range(3):
        collect(cycle, A)
    log = to_log(store)
    assert isinstance(log, StatusLog)
    assert len(log) == 6
    assert log.frame["observed_at"].drop_duplicates().tolist() == [at(n, 0) for n in range(3)]
    assert len(log.collected_by(at(1, 6))) == 2
    assert len(log.collected_by(at(1, 7))) == 4
    assert len(to_log(store, since=at(1, 0), until=at(2, 0))) == 2


ANSWERS = st.sampled_from(
    [A, B, body("offline"), body("passive", "available", "down"), body(), b"<html>", None]
)


@settings(max_examples=15, deadline=None)
@given(
    cycles=st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 890), ANSWERS), min_size=1, max_size=12
    ),
    step=st.sampled_from(["5min", "15min", "1h"]),
)
def test_read_by_day_it_is_the_panel_of_the_log(tmp_path_factory, cycles, step):
    store = Store(tmp_path_factory.mktemp("store"), StatusFeed())
    from collected import Server

    server = Server()
    for cycle, seconds, answer in sorted(cycles, key=lambda one: one[:2]):
        server.now = at(cycle, seconds + 2)
        server.always[URL] = TransientError("down") if answer is None else answer
        collect_once(store, server, now=at(cycle, seconds))
    try:
        fast = to_panel(store, step=step)
    except EmptyInputError:
        with pytest.raises(EmptyInputError):
            to_log(store)
        return
    size = np.timedelta64(int(pd.Timedelta(step).total_seconds()), "s")
    slow = to_log(store).to_panel(step, start=fast.grid.start, end=fast.grid.last + size)
    assert same(fast, slow)


class Placed(StatusFeed):
    """A feed that says where its chargers stand."""

    def __init__(self):
        super().__init__()
        self.tables = {**self.tables, "evse": Table(("evse_id",), "collected_at")}

    def read(self, payload):
        reading = super().read(payload)
        rows = json.loads(payload.body)
        places = pd.DataFrame(
            {
                "evse_id": [row["id"] for row in rows],
                "lat": [row.get("lat", 48.8) for row in rows],
                "location_id": "L",
                "collected_at": payload.collected_at,
                "source": "test",
            }
        )
        tables = {**reading.tables, "evse": places}
        return Reading(**{**vars(reading), "tables": tables})


def test_the_chargers_are_as_the_feed_last_described_them(tmp_path, collect):
    store = Store(tmp_path, Placed())
    collect(0, body("down", "down", lat=1.0), into=store)
    collect(1, body("down", "available", "charging", lat=2.0), into=store)
    collect(97, body("down", lat=3.0), into=store)
    for made in (to_panel(store), to_log(store)):
        table = made.evse
        assert table["lat"].to_dict() == {"S0": 3.0, "S1": 2.0, "S2": 2.0}
        assert table["location_id"].tolist() == ["L"] * 3
        assert "source" not in table
    own = pd.DataFrame({"lat": [4.0]}, index=["S0"])
    assert to_panel(store, evse=own).evse["lat"].tolist()[:1] == [4.0]


def test_nothing_seen(store, collect):
    for look in (to_panel, to_log):
        with pytest.raises(EmptyInputError, match="no status was seen"):
            look(store)
    collect(0, b"<html>")
    collect(1, body())
    for look in (to_panel, to_log):
        with pytest.raises(EmptyInputError, match=r"gaps\(\)"):
            look(store)
    with pytest.raises(EmptyInputError):
        to_panel(store, since=at(9, 0), until=at(9, 0))


def test_a_start_off_the_grid(store, collect):
    collect(0, A)
    with pytest.raises(InputError, match="off the grid"):
        to_panel(store, since=at(0, 60))


def test_statuses_are_those_of_the_library(store, collect):
    collect(0, A)
    assert to_panel(store).scheme == STATUS

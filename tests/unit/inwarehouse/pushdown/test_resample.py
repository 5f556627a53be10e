import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evforecast.errors import DuplicateObservationError, EmptyInputError, InputError
from evforecast.inwarehouse.pushdown import resample
from evforecast.inwarehouse.pushdown.log import LogTable
from evforecast.inwarehouse.pushdown.resample import Resampled, Resampling, to_grid
from evforecast.panel import StatusLog
from evforecast.timegrid import as_time
from evforecast.warehouse import TableName, WarehouseError

SETTINGS = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def fresh(duck):
    """Return a warehouse without a grid."""

    def emptied():
        for name in ("status_grid", "status_quarantine"):
            duck.drop(TableName((name,)))

    emptied()
    return emptied


def frame(*rows):
    columns = ["evse_id", "observed_at", "collected_at", "status"]
    made = pd.DataFrame(rows, columns=columns)
    return made.astype({"observed_at": "datetime64[s]", "collected_at": "datetime64[s]"})


@SETTINGS
@given(st.data())
def test_what_comes_later_and_late_leads_to_the_panel_of_all(
    duck, fresh, fill, log_frames, cells, data
):
    rows = data.draw(log_frames)
    fresh()
    fill("status", rows)
    age = data.draw(st.sampled_from([None, "1min", "1h", "3h"]))
    plan = Resampling(LogTable("status", duplicates="last", order="n"), "15min", age)
    used = rows[rows["status"] != "on fire"]
    cutoffs = np.unique(
        np.quantile(rows["collected_at"].astype("int64"), [0, 0.4, 0.7, 1], method="nearest")
    )
    stamps = [as_time(pd.Timestamp(value, unit=rows["collected_at"].dt.unit)) for value in cutoffs]
    for before, cutoff in zip([None, *stamps], stamps, strict=False):
        to_grid(duck, plan, collected_after=before, as_of=cutoff)
        found = sorted(duck.run('SELECT "time", "evse_id", "code" FROM "status_grid"'))
        known = used[used["collected_at"] <= pd.Timestamp(cutoff)]
        apart = duck.run('SELECT COUNT(*) FROM "status_quarantine"')[0][0]
        assert apart == (rows["collected_at"] <= pd.Timestamp(cutoff)).sum() - len(known)
        if known.empty:
            assert not found
            continue
        log = StatusLog(known, tz="UTC", duplicates="last")
        assert found == cells(log.to_panel("15min", max_age=age))
    again = to_grid(duck, plan)
    assert (again.written, again.removed) == (0, 0)
    assert again.set_apart == len(rows) - len(used)


def test_only_what_changed_is_written(duck, fresh, fill):
    first = [
        ("a", f"2020-10-25T00:{n:02}", f"2020-10-25T00:{n:02}", "down") for n in range(1, 60, 15)
    ]
    fill("status", frame(*first))
    plan = Resampling(LogTable("status"))
    assert to_grid(duck, plan).written == 4
    fill("status", frame(*first[:2], ("a", *first[2][1:3], "charging")))
    done = to_grid(duck, plan, since="2020-10-25T00:15", until="2020-10-25T01:15")
    assert (done.written, done.removed) == (1, 2)
    assert [row[2] for row in sorted(duck.run("FROM status_grid"))] == [4, 4, 1]


def test_a_window_leaves_the_rest_alone(duck, fresh, fill):
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "down")))
    plan = Resampling(LogTable("status"))
    to_grid(duck, plan)
    fill("status", frame(("a", "2020-10-25T01:00", "2020-10-25T01:00", "down")))
    to_grid(duck, plan, since="2020-10-25T00:00", until="2020-10-25T02:00")
    assert len(duck.run("FROM status_grid")) == 2


def test_a_word_that_is_known_in_the_meantime_leaves_the_quarantine(duck, fresh, fill):
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "on fire")))
    window = {"since": "2020-10-25", "until": "2020-10-26"}
    plan = Resampling(LogTable("status"))
    for _ in range(2):
        assert to_grid(duck, plan, **window).set_apart == 1
        assert duck.run('SELECT "status", "reason" FROM "status_quarantine"') == [
            ("on fire", "unknown word")
        ]
    scheme = type(plan.log.scheme)((*plan.log.scheme.names, "on fire"))
    done = to_grid(duck, Resampling(LogTable("status", words=scheme)), **window)
    assert (done.written, done.set_apart) == (1, 0)
    assert duck.run("FROM status_quarantine") == []


def test_repeats_are_refused_and_nothing_is_written(duck, fresh, fill):
    rows = [
        ("a", "2020-10-25T03:00", "2020-10-25T03:00", word) for word in ("down", "charging", "x")
    ]
    fill("status", frame(*rows))
    with pytest.raises(
        DuplicateObservationError, match=r"status: 1 rows repeat .*a at 2020-10-25T03:00"
    ):
        to_grid(duck, Resampling(LogTable("status")))
    assert duck.run("FROM status_grid") == []
    assert duck.run("FROM status_quarantine") == []


def test_an_error_halfway_leaves_all_as_it_was(duck, fresh, fill, monkeypatch):
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "down")))
    to_grid(duck, Resampling(LogTable("status")))
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "charging")))
    monkeypatch.setattr(Resampling, "_set_apart", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        to_grid(duck, Resampling(LogTable("status")))
    assert [row[2] for row in duck.run("FROM status_grid")] == [4]


def test_blocks_make_the_same_grid_as_one(duck, fresh, fill, cells, monkeypatch):
    times = pd.date_range("2020-10-25", periods=400, freq="7min")
    rows = pd.DataFrame(
        {"evse_id": "a", "observed_at": times, "collected_at": times, "status": "down"}
    )
    fill("status", rows)
    monkeypatch.setattr(resample, "_AT_ONCE", 30)
    plan = Resampling(LogTable("status"), max_age="1h")
    for written in (188, 0):
        done = to_grid(duck, plan)
        assert (done.written, done.removed) == (written, 0)
    assert sorted(duck.run("FROM status_grid")) == cells(
        StatusLog(rows, tz="UTC").to_panel("15min", max_age="1h")
    )


def test_what_cannot_be_is_refused(duck, fresh, fill):
    plan = Resampling(LogTable("status"))
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "down")))
    with pytest.raises(InputError, match="since 2020-10-25T00:01:00 is off the grid"):
        to_grid(duck, plan, since="2020-10-25T00:01")
    with pytest.raises(EmptyInputError, match="nothing lies between"):
        to_grid(duck, plan, since="2020-10-26", until="2020-10-25")
    with pytest.raises(InputError, match=r"no column .'seen_at'"):
        to_grid(duck, Resampling(LogTable("status", observed_at="seen_at")))
    with pytest.raises(WarehouseError, match="no table elsewhere"):
        to_grid(duck, Resampling(LogTable("elsewhere")))


def test_nothing_collected_changes_nothing(duck, fresh, fill):
    fill("status", frame(("a", "2020-10-25T03:00", "2020-10-25T03:00", "down")))
    plan = Resampling(LogTable("status"))
    for times in ({"collected_after": "2020-10-25T03:00"}, {"as_of": "2020-10-25T02:59"}):
        assert to_grid(duck, plan, **times) == Resampled(None, None, 0, 0, 0)

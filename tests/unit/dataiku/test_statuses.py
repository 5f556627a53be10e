import tracemalloc

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.dataiku.statuses import (
    read_evse,
    read_log,
    read_panel,
    utc,
    write_log,
    write_panel,
)
from evforecast.errors import (
    AmbiguousTimeError,
    DuplicateObservationError,
    EmptyInputError,
    MissingColumnsError,
)


def seen(panel):
    """Return the rows of a panel that have a status."""
    rows = panel.to_long(drop_missing=True)
    return rows.assign(evse_id=rows["evse_id"].astype(str))


def same(one, other):
    frames = [
        seen(panel).sort_values(["time", "evse_id"], ignore_index=True) for panel in (one, other)
    ]
    return frames[0].astype(str).equals(frames[1].astype(str))


@pytest.mark.parametrize("chunk_rows", [1, 7, 96, 10_000])
def test_a_panel_comes_back(dss, small, chunk_rows):
    rows = write_panel("status_grid", small, chunk_rows=chunk_rows)
    assert rows == int((small.codes >= 0).sum())
    found = read_panel("status_grid", chunk_rows=chunk_rows)
    assert same(found, small)
    assert (found.grid.start, found.cutoff) == (small.grid.start, small.cutoff)


def test_a_part_of_a_panel(dss, small):
    write_panel("status_grid", small)
    found = read_panel("status_grid", since=small.times[2], until=small.times[30])
    assert same(found, small.between(small.times[2], small.times[31]))
    with pytest.raises(EmptyInputError, match="no status was observed"):
        read_panel("status_grid", since="2030-01-01")


@pytest.mark.parametrize("kind", ["dates", "text without a zone", "text with a zone", "words"])
def test_rows_of_any_kind(dss, small, kind):
    rows = small.to_long(drop_missing=True)
    frame = pd.DataFrame(
        {
            "evse_id": rows["evse_id"].astype(str),
            "time": rows["time"],
            "code": rows["status"].cat.codes.astype(np.int64),
        }
    )
    if kind == "text without a zone":  # Snowflake's TIMESTAMP_NTZ
        frame["time"] = frame["time"].dt.tz_localize(None)
    elif kind == "text with a zone":
        frame["time"] = frame["time"].dt.tz_convert("Europe/Paris").astype(str)
    elif kind == "words":
        frame = frame.drop(columns="code").assign(status=rows["status"].astype(str))
    dss.add_table("table", frame.sample(frac=1, random_state=0))
    assert same(read_panel("table", chunk_rows=50), small)


def test_rows_that_were_added_twice_count_once(dss, small):
    for _ in range(2):
        write_panel("status_grid", small, append=True)
    assert same(read_panel("status_grid", chunk_rows=64), small)
    with pytest.raises(DuplicateObservationError):
        read_panel("status_grid", duplicates="raise")


def test_chargers_are_known_by_their_table(dss, small):
    write_panel("status_grid", small)
    dss.add_table("chargers", pd.DataFrame({"evse_id": small.evse_ids, "area": ["007"] * 5}))
    found = read_panel("status_grid", evse=read_evse("chargers"))
    assert set(found.evse["area"]) == {"007"}
    with pytest.raises(MissingColumnsError, match="'evse_id'"):
        read_evse(_with(dss, "wrong", name=["a"]))


def test_missing_columns_are_named(dss):
    with pytest.raises(MissingColumnsError, match="'status'"):
        read_panel(_with(dss, "table", time=["2020-11-08"], evse_id=["a"]))
    with pytest.raises(MissingColumnsError, match="'collected_at'"):
        read_log(_with(dss, "log", evse_id=["a"], status=["down"]))


def _with(dss, table, **columns):
    dss.add_table(table, pd.DataFrame(columns))
    return table


def test_the_text_is_never_held_as_a_whole(dss):
    """A week of 30 chargers is 17,000 rows."""
    panel = ev.simulate(n_evse=30, days=7, random_state=0)
    write_panel("status_grid", panel)

    def peak(chunk_rows):
        tracemalloc.start()
        try:
            assert read_panel("status_grid", chunk_rows=chunk_rows).n_evse == 30
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(500)  # what is imported on the way is none of it
    assert peak(500) < peak(100_000) / 2  # most of it is pandas' own buffer


@pytest.fixture
def log():
    frame = pd.DataFrame(
        {
            "evse_id": ["007", "NA", "007"],
            "collected_at": [
                "2020-10-25T00:45:10Z",
                "2020-10-25T00:45:10Z",
                "2020-10-25T01:00:09Z",
            ],
            "observed_at": ["2020-10-25T00:45:00Z", "2020-10-25T00:44:00Z", "2020-10-25T01:00:00Z"],
            "status": ["down", "charging", "available"],
            "source": "feed",
        }
    )
    return ev.StatusLog(frame)


@pytest.mark.parametrize("chunk_rows", [1, 2, 100])
def test_a_log_comes_back(dss, log, chunk_rows):
    assert write_log("status", log, chunk_rows=chunk_rows) == 3
    found = read_log("status", chunk_rows=chunk_rows)
    assert found.frame.astype(str).to_dict("list") == log.frame.astype(str).to_dict("list")


def test_a_log_that_was_added_twice_counts_once(dss, log):
    for _ in range(2):
        write_log("status", log, append=True)
    assert len(read_log("status", chunk_rows=2)) == 3
    with pytest.raises(DuplicateObservationError):
        read_log("status", duplicates="raise")


def test_what_was_not_observed_stands_at_its_collection(dss):
    rows = {
        "evse_id": ["a", "a", "b"],
        "status": ["down", "charging", None],
        "collected_at": pd.DatetimeIndex(
            ["2020-11-08T00:03", "2020-11-08T00:18", "2020-11-08T00:18"]
        ),
        "observed_at": pd.DatetimeIndex([None, "2020-11-08T00:16", None]),
    }
    found = read_log(_with(dss, "log", **rows), chunk_rows=1)
    assert found.frame["observed_at"].astype(str).tolist() == [
        "2020-11-08 00:03:00",
        "2020-11-08 00:16:00",
    ]
    del rows["observed_at"]
    assert len(read_log(_with(dss, "bare", **rows))) == 2


def test_an_empty_log(dss, log):
    write_log("status", log.collected_by("2019-01-01"))
    with pytest.raises(EmptyInputError, match="no rows"):
        read_log("status")


def test_times_in_another_zone():
    local = pd.Series(["2020-10-25 01:45:00", "2020-10-25 03:15:00"])
    found = utc(local, "test", "Europe/Paris")
    assert found.tolist() == [
        pd.Timestamp("2020-10-24T23:45:00").to_pydatetime(),
        pd.Timestamp("2020-10-25T02:15:00").to_pydatetime(),
    ]
    with pytest.raises(AmbiguousTimeError, match="test"):
        utc(pd.Series(["2020-10-25 02:45:00"]), "test", "Europe/Paris")
    assert utc(pd.Series([], dtype=object), "test", "UTC").dtype == "datetime64[s]"

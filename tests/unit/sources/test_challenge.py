"""The wide status file of the challenge."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import (
    AmbiguousTimeError,
    DuplicateObservationError,
    EmptyInputError,
    FileFormatError,
    IrregularTimeError,
    MissingColumnsError,
    NaiveTimeError,
    UnknownStatusError,
)
from evforecast.panel import StatusPanel
from evforecast.sources import challenge
from evforecast.timegrid import TimeGrid, as_step, as_time

WORDS = np.array(["Available", "Charging", "Passive", "Offline", "Down", ""], dtype=object)


def csv(panel, rows=None, tz="Europe/Paris"):
    """Write a panel as the challenge would have."""
    local = (
        pd.DatetimeIndex(panel.times)
        .tz_localize("UTC")
        .tz_convert(tz)
        .strftime("%Y-%m-%d %H:%M:%S")
    )
    lines = [",".join(["timestamp", *panel.evse_ids])]
    lines += [
        ",".join([local[row], *WORDS[panel.codes[row]]])
        for row in (range(panel.n_time) if rows is None else rows)
    ]
    return ("\n".join(lines) + "\n").encode()


def a_panel(start, n, n_evse=3, seed=0):
    codes = np.random.default_rng(seed).integers(-1, 5, (n, n_evse)).astype(np.int8)
    return StatusPanel(
        codes,
        TimeGrid(as_time(start), as_step("15min"), n),
        pd.DataFrame(
            {"location_id": [f"S{i}" for i in range(n_evse)]}, [f"S{i}-T1" for i in range(n_evse)]
        ),
        tz="Europe/Paris",
    )


DAY = csv(a_panel("2019-11-24T23:00", 4)).decode()


def parse(text, **options):
    return challenge.parse(text.encode(), **{"tz": "Europe/Paris"} | options)


@settings(max_examples=25, deadline=None)
@given(
    # local midnights of an ordinary day, of the day of 25 hours and of that of 23
    start=st.sampled_from(["2019-11-24T23:00", "2020-10-24T22:00", "2020-03-28T23:00"]),
    n=st.integers(100, 200),
    n_evse=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    drop=st.sets(st.integers(20, 98)),
)
def test_a_written_panel_is_read_back(start, n, n_evse, seed, drop):
    panel = a_panel(start, n, n_evse, seed)
    kept = [row for row in range(n) if row not in drop]
    again, report = challenge.parse(csv(panel, kept), tz="Europe/Paris")
    expected = panel.codes.copy()
    expected[sorted(drop)] = -1
    np.testing.assert_array_equal(again.codes, expected)
    assert again.grid == panel.grid
    assert again.evse_ids == panel.evse_ids
    assert again.tz == "Europe/Paris"
    assert (report.rows_read, report.rows_kept, report.missing_slots) == (
        len(kept),
        len(kept),
        len(drop),
    )


def test_the_location_is_the_station():
    panel, _ = parse("timestamp,S7-T1,S7-T2,odd\n2020-01-01 00:00,Down,,Down\n")
    assert panel.evse["location_id"].tolist() == ["S7", "S7", "odd"]


def test_read_from_a_path_logs_the_report(tmp_path, caplog):
    path = tmp_path / "status.csv"
    path.write_text(DAY)
    with caplog.at_level(logging.INFO, logger="evforecast.sources"):
        panel = challenge.read(path, tz="Europe/Paris")
    assert "4 rows read" in caplog.text
    again, report = challenge.read_with_report(path, tz="Europe/Paris")
    assert panel.equals(again)
    assert report.source == str(path)


def test_zoned_times_need_no_tz():
    panel, _ = parse("timestamp,S7-T1\n2020-01-01 00:00:00+01:00,Down\n", tz=None)
    assert panel.grid.start == as_time("2019-12-31T23:00")
    assert panel.tz == "UTC"


# ---- tables to go with it ----


def test_chargers_and_series_from_files(tmp_path):
    chargers = tmp_path / "chargers.csv"
    chargers.write_text(
        "t_id,s_id,latitude,longitude,street,city,zipcode,model\n"
        "S1-T1,S1,48.85,2.35,rue A,Paris,75004,X\nS9-T1,S9,48.9,2.3,rue B,Paris,75018,Y\n"
    )
    series = tmp_path / "series.csv"
    series.write_text(
        "timestamp,temperature,wind_speed,wind_gust_speed,rain_level,traffic_state,average_flow\n"
        "2019-11-25 00:00:00,7,1,2,0,1,350\n2019-11-25 00:30:00,6.5,1,2,0,1,\n"
    )
    panel, report = parse(DAY, evse=chargers, exog=str(series))
    assert panel.evse.loc["S1-T1", ["area", "location_id", "lat"]].tolist() == [
        "75004",
        "S1",
        48.85,
    ]
    assert panel.evse.loc["S0-T1", "location_id"] == "S0"
    assert "2 chargers not in the table" in str(report)
    np.testing.assert_array_equal(panel.exog["temperature"], [7, np.nan, 6.5, np.nan])
    by_frame, _ = parse(DAY, evse=challenge.read_chargers(chargers), exog=panel.exog)
    assert by_frame.equals(panel)
    renamed, _ = parse(DAY, evse=challenge.read_chargers(chargers).reset_index())
    assert renamed.evse.equals(panel.evse)


# ---- bad input ----


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,S7-T1\n2020-01-01 00:00,Down\n", "no column 'timestamp'"),
        ("S7-T1,timestamp\nDown,2020-01-01 00:00\n", "line 1"),
        ("timestamp\n2020-01-01 00:00\n", "line 1"),
        ("timestamp,S7-T1,S7-T1\n2020-01-01 00:00,Down,Down\n", "twice: 'S7-T1'"),
        (DAY + "2019-11-25 01:00:00,Down\n", "row 6: Expected 4 columns, got 2"),
        (DAY + "2019-11-25 01:00:00,Down,Down,Down,Down\n", "row 6: Expected 4 columns, got 5"),
        (DAY[:-20], "row 5: Expected 4 columns"),
    ],
)
def test_wrong_shape(text, message):
    with pytest.raises(FileFormatError, match=message):
        parse(text)


def test_naive_times():
    with pytest.raises(NaiveTimeError, match="Europe/Paris"):
        parse(DAY, tz=None)


@pytest.mark.parametrize("text", ["", "timestamp,S7-T1\n"])
def test_empty(text):
    with pytest.raises(EmptyInputError):
        parse(text)


def test_wrong_encoding(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes("timestamp,S7-T1\n2020-01-01 00:00,Occupé\n".encode("latin-1"))
    with pytest.raises(FileFormatError, match="0xe9 at offset 38"):
        challenge.read(path, tz="UTC")
    with pytest.raises(UnknownStatusError, match="Occupé"):
        challenge.read(path, tz="UTC", encoding="latin-1")


def test_unknown_words_are_all_named_or_counted():
    text = "timestamp,S7-T1,S7-T2\n2020-01-01 00:00,Broken,Down\n2020-01-01 00:15,Down,Avaliable\n"
    with pytest.raises(UnknownStatusError) as caught:
        parse(text)
    assert caught.value.counts == {"Broken": 1, "Avaliable": 1}
    assert "perhaps 'Available'" in str(caught.value)
    panel, report = parse(text, unknown="missing")
    assert report.unknown_words == {"Broken": 1, "Avaliable": 1}
    assert panel.codes.tolist() == [[-1, 4], [4, -1]]


REPEATED = "timestamp,S7-T1\n2020-01-01 00:00,Down\n2020-01-01 00:00,Passive\n"
REPEATED += "2020-01-01 00:15,Down\n" * 2


def test_duplicates():
    with pytest.raises(DuplicateObservationError) as caught:
        parse(REPEATED)
    assert caught.value.count == 2
    first, report = parse(REPEATED, duplicates="first")
    assert first.codes.ravel().tolist() == [4, 4]
    assert (report.rows_kept, report.repeats, report.conflicts) == (2, 2, 1)
    last, _ = parse(REPEATED, duplicates="last")
    assert last.codes.ravel().tolist() == [2, 4]


def test_unsorted_rows_are_named():
    lines = DAY.splitlines(keepends=True)
    with pytest.raises(IrregularTimeError, match=r"row 4 .*Sort"):
        parse("".join([lines[0], lines[1], lines[3], lines[2], lines[4]]))


def test_times_off_the_grid():
    with pytest.raises(IrregularTimeError, match="off the grid"):
        parse("timestamp,S7-T1\n2020-01-01 00:00,Down\n2020-01-01 00:10,Down\n")
    panel, _ = parse("timestamp,S7-T1\n2020-01-01 00:00,Down\n2020-01-01 00:10,Down\n", step="5min")
    assert panel.codes.ravel().tolist() == [4, -1, 4]


def test_autumn_hour_that_stands_once():
    text = "timestamp,S7-T1\n2020-10-25 01:45,Down\n2020-10-25 02:00,Down\n2020-10-25 03:00,Down\n"
    with pytest.raises(AmbiguousTimeError, match="02:00"):
        parse(text)
    panel, _ = parse(text, ambiguous="second")
    assert panel.codes.ravel().tolist() == [4, -1, -1, -1, -1, 4, -1, -1, -1, 4]


def test_time_that_never_was_or_is_none():
    with pytest.raises(AmbiguousTimeError, match="never"):
        parse("timestamp,S7-T1\n2020-03-29 02:30,Down\n")
    with pytest.raises(ValueError, match="not ISO times"):
        parse("timestamp,S7-T1\nyesterday,Down\n")
    with pytest.raises(ValueError, match="missing"):
        parse("timestamp,S7-T1\n,Down\n")


def test_frame_of_chargers_without_ids_is_refused():
    with pytest.raises((MissingColumnsError, ValueError), match="repeat"):
        parse(DAY, evse=pd.DataFrame({"evse_id": ["S0-T1", "S0-T1"]}))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("timestamp,S7-T1", True),
        ('"timestamp","S7-T1"', True),
        ("timestamp,temperature,wind_speed", False),
        ("timestamp", False),
        ("time,S7-T1", False),
    ],
)
def test_sniff(line, answer, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(line + "\n")
    assert challenge.sniff(path) is answer


# ---- real rows ----


def test_real_rows(data):
    path = data / "planete_oui" / "ytrain_raw_sample_head105_tail105.csv"
    panel, report = challenge.read_with_report(path, tz="Europe/Paris")
    assert (report.rows_read, report.missing_slots) == (210, 350 * 96 - 210)
    assert (panel.n_time, panel.n_evse) == (350 * 96, 210)
    raw = pd.read_csv(path, index_col="timestamp")
    names = panel.scheme.decode(np.vstack([panel.codes[:105], panel.codes[-105:]]))
    expected = [
        [word.lower() if isinstance(word, str) else None for word in row] for row in raw.to_numpy()
    ]
    np.testing.assert_array_equal(names, expected)
    assert (panel.codes[105:-105] == -1).all()
    assert panel.evse.loc["S7-T1", "location_id"] == "S7"

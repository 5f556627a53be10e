"""The station counts of the Smarter Mobility challenge (synthetic rows in its header)."""

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    FileFormatError,
    InputError,
    IrregularTimeError,
    NaiveTimeError,
)
from evforecast.sources import smarter_mobility

HEADER = (
    "date,Station,Available,Charging,Passive,Other,tod,dow,trend,Latitude,Longitude,Postcode,area\n"
)


def row(time, number, counts, area="south"):
    available, charging, passive, other = counts
    return (
        f"{time},FR*V75*EBELI*{number}*1,{available},{charging},{passive},{other},0,5,0,"
        f"48.8{number},2.3{number},7500{number},{area}\n"
    )


ROWS = (
    row("2020-07-03 00:00:00", 2, (1, 2, 0, 0))
    + row("2020-07-03 00:30:00", 2, (3.0, 0, 0, 0))
    + row("2020-07-03 00:00:00", 5, (0, 1, "", 2), "north")
    + row("2020-07-03 00:30:00", 5, (0, 3, 0, 0), "south")
)


def parse(text, **options):
    return smarter_mobility.parse((HEADER + text).encode(), **{"tz": "UTC"} | options)


def test_counts_come_tidy():
    frame, report = parse(ROWS)
    assert list(frame.columns) == [
        "time", "location_id", "area", "available", "charging", "passive", "other", "lat", "lon", "postcode",
    ]  # fmt: skip
    assert frame["time"].is_monotonic_increasing
    assert frame["time"].dtype == "datetime64[s]"
    assert all(frame[name].dtype == np.int8 for name in smarter_mobility.STATUSES)
    assert frame["charging"].tolist() == [2, 1, 0, 3]
    assert frame["passive"].tolist() == [0, -1, 0, 0]
    assert frame.loc[1, "location_id"] == "FR*V75*EBELI*5*1"
    assert frame.loc[1, ["lat", "lon", "postcode"]].tolist() == [48.85, 2.35, "75005"]
    assert (report.rows_kept, report.missing_slots) == (4, 2)
    assert report.bad_cells == {"Passive": 1}


def test_counts_by_group():
    frame, _ = parse(ROWS)
    by_area = smarter_mobility.to_counts(frame, status="charging")
    assert by_area.columns.tolist() == ["north", "south"]
    assert by_area.index.tolist() == list(pd.date_range("2020-07-03", periods=3, freq="15min"))
    np.testing.assert_array_equal(by_area, [[1, 2], [np.nan, np.nan], [np.nan, 3]])
    whole = smarter_mobility.to_counts(frame, status="passive", by=None)
    np.testing.assert_array_equal(whole["all"], [0, np.nan, 0])
    with pytest.raises(InputError, match="'down'"):
        smarter_mobility.to_counts(frame, status="down")


def test_autumn_hour_is_resolved_station_by_station():
    local = pd.date_range("2020-10-25 00:00", periods=16, freq="15min", tz="UTC").tz_convert(
        "Europe/Paris"
    )
    text = "".join(
        row(t.strftime("%Y-%m-%d %H:%M:%S"), n, (3, 0, 0, 0)) for t in local for n in (2, 5)
    )
    frame, report = parse(text, tz="Europe/Paris")
    assert report.missing_slots == 0
    assert frame["time"].nunique() == 16


def test_path_and_report(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(HEADER + ROWS)
    frame, _ = smarter_mobility.read_with_report(path, tz="UTC")
    pd.testing.assert_frame_equal(frame, smarter_mobility.read(path, tz="UTC"))
    assert smarter_mobility.sniff(path)


def test_duplicates():
    text = ROWS + row("2020-07-03 00:00:00", 2, (0, 0, 3, 0))
    with pytest.raises(DuplicateObservationError) as caught:
        parse(text)
    assert caught.value.count == 1
    frame, report = parse(text, duplicates="last")
    assert (frame.loc[0, "passive"], report.repeats) == (3, 1)
    assert parse(text, duplicates="first")[0].loc[0, "passive"] == 0


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", EmptyInputError, "no rows"),
        (
            row("2020-07-03 00:00:00", 2, ("two", 0, 0, 0)),
            FileFormatError,
            "'Available'.*row 2: 'two'",
        ),
        (row("2020-07-03 00:00:00", 2, (1.5, 0, 0, 0)), FileFormatError, "row 2: 1.5"),
        (row("2020-07-03 00:00:00", 2, (-1, 0, 0, 0)), FileFormatError, "no count"),
        (row("2020-07-03 00:05:00", 2, (1, 0, 0, 0)) + ROWS, IrregularTimeError, "off the grid"),
        ("2020-07-03 00:00:00,,1,1,1,0,0,5,0,48,2,75001,south\n", FileFormatError, "no Station"),
        (ROWS[:-30], FileFormatError, "row 5: Expected 13 columns"),
    ],
)
def test_bad_input(text, error, message):
    with pytest.raises(error, match=message):
        parse(text)


def test_bad_times_and_header():
    with pytest.raises(NaiveTimeError):
        parse(ROWS, tz=None)
    with pytest.raises(FileFormatError, match="no column 'Station'"):
        smarter_mobility.parse(b"date,station\n", tz="UTC")

"""The challenge's chargers, and its weather and traffic."""

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
from evforecast.sources import challenge

CHARGERS = "t_id,s_id,latitude,longitude,street,city,zipcode,model\n"
SERIES = "timestamp,temperature,wind_speed,wind_gust_speed,rain_level,traffic_state,average_flow\n"


def parse(rows, **options):
    return challenge.parse_weather_traffic(
        (SERIES + rows).encode(), **{"tz": "Europe/Paris"} | options
    )


def test_chargers(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(CHARGERS + 'S1-T1,S1,48.85,2.35,"1, rue A",Paris,01000,X\nS1-T2,S1,,,,,,\n')
    table = challenge.read_chargers(path)
    assert table.index.tolist() == ["S1-T1", "S1-T2"]
    assert list(table.columns) == ["location_id", "area", "lat", "lon", "model", "street", "city"]
    assert table.iloc[0].tolist() == ["S1", "01000", 48.85, 2.35, "X", "1, rue A", "Paris"]
    assert table.iloc[1].isna().sum() == 6
    again, report = challenge.parse_chargers(path.read_bytes())
    assert again.equals(table)
    assert report.rows_kept == 2


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("t_id,s_id\nS1-T1,S1\n", FileFormatError, "no column 'latitude'"),
        (
            CHARGERS + "S1-T1,S1,north,2,,,,\n",
            FileFormatError,
            r"'latitude'.*row 2: 'north'\. Mend the file\.",
        ),
        (CHARGERS + ",S1,48,2,,,,\n", FileFormatError, "row 2: no t_id"),
        (CHARGERS + "S1-T1,S1,48,2,,,,\n" * 2, InputError, "repeat"),
        (CHARGERS + "S1-T1,S1,248,2,,,,\n", InputError, "lat outside"),
        (CHARGERS + "S1-T1,S1,48\n", FileFormatError, "row 2: Expected 8 columns"),
        (CHARGERS, EmptyInputError, "no rows"),
    ],
)
def test_bad_chargers(text, error, message):
    with pytest.raises(error, match=message):
        challenge.parse_chargers(text.encode())


def test_series(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(
        SERIES + "2019-11-25 00:00:00,7.5,3,,0,1,350\n2019-11-25 00:15:00,7,3,5,0,1,340\n"
    )
    frame = challenge.read_weather_traffic(path, tz="Europe/Paris")
    assert frame.index.tolist() == [
        pd.Timestamp("2019-11-24 23:00"),
        pd.Timestamp("2019-11-24 23:15"),
    ]
    assert (frame.dtypes == np.float64).all()
    assert frame["temperature"].tolist() == [7.5, 7]
    assert np.isnan(frame["wind_gust_speed"].iloc[0])


def test_bad_cells_raise_or_are_counted():
    rows = "2019-11-25 00:00:00,warm,3,,0,1,350\n2019-11-25 00:15:00,7,3,5,0,1,?\n"
    with pytest.raises(FileFormatError, match=r"'temperature'.*row 2: 'warm'.*bad='missing'"):
        parse(rows)
    frame, report = parse(rows, bad="missing")
    assert report.bad_cells == {"temperature": 1, "average_flow": 1}
    assert frame["temperature"].isna().tolist() == [True, False]


def test_bad_series():
    rows = "2019-11-25 00:00:00,1,3,,0,1,350\n2019-11-25 00:00:00,2,3,5,0,1,350\n"
    with pytest.raises(NaiveTimeError):
        parse(rows, tz=None)
    with pytest.raises(DuplicateObservationError):
        parse(rows)
    assert parse(rows, duplicates="first")[0]["temperature"].tolist() == [1]
    assert parse(rows, duplicates="last")[0]["temperature"].tolist() == [2]
    with pytest.raises(IrregularTimeError, match="row 3"):
        parse("2019-11-25 00:15:00,1,3,,0,1,350\n2019-11-25 00:00:00,2,3,5,0,1,350\n")
    with pytest.raises(FileFormatError, match="no column 'temperature'"):
        challenge.parse_weather_traffic(b"timestamp,S1-T1\n", tz="UTC")

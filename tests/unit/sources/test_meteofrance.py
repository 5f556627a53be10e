"""The hourly files of Météo-France."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import EmptyInputError, FileFormatError
from evforecast.sources import meteofrance
from evforecast.sources.weather import UNITS

QUANTITIES = ("RR1", "FF", "DD", "FXI", "T", "TD", "U", "PMER", "N", "VV")
HEAD = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJHH;" + ";".join(f"{q};Q{q}" for q in QUANTITIES)
STATION = "75114001;PARIS-MONTSOURIS;48.821667;2.337833;75"


def line(hour="2020110809", station=STATION, **cells):
    filled = [
        f"{cells.get(q, '')};{cells.get('Q' + q, 1 if q in cells else '')}" for q in QUANTITIES
    ]
    return f"{station};{hour};{';'.join(filled)}\n"


def parse(*lines, head=HEAD):
    return meteofrance.parse(f"{head}\n{''.join(lines)}".encode())


def test_quantities_come_in_our_units():
    whole = {"RR1": 0.2, "FF": 5, "DD": 160, "FXI": 10, "T": 11.2, "TD": 9, "U": 88}
    table = parse(line(**whole, PMER=1028.8, N=9, VV=700)).tables["weather"]
    expected = {
        "rain": 0.2,
        "wind_speed": 18,
        "wind_direction": 160,
        "wind_gust": 36,
        "temperature": 11.2,
        "dew_point": 9,
        "humidity": 88,
        "pressure": 1028.8,
        "cloud": 9,
        "visibility": 0.7,
    }
    assert table[list(UNITS)].iloc[0].to_dict() == pytest.approx(expected)
    assert table["time"].tolist() == [pd.Timestamp("2020-11-08 09:00")]  # UTC as it stands
    assert table["station"].tolist() == ["75114001"]
    assert table["station_name"].tolist() == ["PARIS-MONTSOURIS, 75 m"]


def test_a_file_may_be_packed_and_have_few_columns(tmp_path):
    text = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJHH;T;QT;TN\n 75114001;A;48;2;75;2020110800;-1.5;;x\n"
    path = tmp_path / "H_75_previous-2020-2022.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    table = meteofrance.read(path).tables["weather"]
    assert table["temperature"].tolist() == [-1.5]
    assert table["station"].tolist() == ["75114001"]
    assert table["rain"].isna().all()


def test_doubtful_values_are_left_out_and_noted():
    reading = parse(
        line(T=40, QT=2, RR1=0), line("2020110810", T=9, QT=9), line("2020110811", T=8, QT=0)
    )
    np.testing.assert_array_equal(reading.tables["weather"]["temperature"], [np.nan, 9, 8])
    assert reading.notes == ("1 values of T are doubtful: left out",)


def test_rows_that_cannot_be_taken():
    reading = parse(
        line(T=1),
        line(T=2),
        line("2020110899", T=1),
        line("20201108", T=1),
        line("2020110810", T="froid"),
        line("2020110811", T=1, QT="?"),
        line("2020110812"),
        line("2020110813", station=";A;48;2;75", T=1),
    )
    assert reading.tables["weather"]["temperature"].tolist() == [1]
    assert reading.rejected["reason"].tolist() == [
        "the station and hour stand there already",
        "AAAAMMJJHH is no hour",
        "AAAAMMJJHH is no hour",
        "T is no number",
        "QT is no number",
        "no station",
    ]
    assert reading.rejected["AAAAMMJJHH"].tolist()[0] == "2020110809"
    assert reading.counted_apart == {"hours without a value": 1}


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (b"", EmptyInputError, "empty"),
        (f"{HEAD}\n".encode(), EmptyInputError, "no rows"),
        (b"<html><body>404", FileFormatError, "no column 'NUM_POSTE'.*Expected an hourly file"),
        (
            b"NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ;TM\n1;A;1;1;1;20200101;1\n",
            FileFormatError,
            "JJHH",
        ),
        (f"{HEAD}\n{line(T=1)}{line(T=1)[:60]}".encode(), FileFormatError, "row 3: Expected 26"),
        (
            f"{HEAD}\n{line(T=1).replace('PARIS', 'É')}".encode("latin-1"),
            FileFormatError,
            "not utf-8",
        ),
        (gzip.compress(b"x" * 1000, mtime=0)[:-10], FileFormatError, "damaged or cut short"),
    ],
)
def test_another_file_is_refused(body, error, message):
    with pytest.raises(error, match=message):
        meteofrance.parse(body)


texts = st.sampled_from(["", "1.5", "-3", "x", "2"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2020110809", "2020110810", "2020119910", ""]), texts, texts, texts
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None)
def test_no_row_is_lost_and_none_twice(rows):
    reading = parse(*(line(hour, T=t, QT=q, FF=ff) for hour, t, q, ff in rows))
    table = reading.tables["weather"]
    apart = sum(reading.counted_apart.values())
    assert len(table) + len(reading.rejected) + apart == reading.rows_read == len(rows)
    assert not table.duplicated(["station", "time"]).any()
    assert table[["temperature", "wind_speed"]].notna().any(axis=1).all()

"""Open-Meteo's archive and forecast."""

import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError, InputError
from evforecast.sources.feed import Payload, Request
from evforecast.sources.openmeteo import OpenMeteoArchive, OpenMeteoForecast
from evforecast.sources.weather import UNITS

AT = np.datetime64("2026-11-28T08:00:07")
PARIS = (48.8566, 2.3522)
THEIRS = {
    "temperature_2m": "°C",
    "relative_humidity_2m": "%",
    "dew_point_2m": "°C",
    "pressure_msl": "hPa",
    "wind_speed_10m": "km/h",
    "wind_gusts_10m": "km/h",
    "wind_direction_10m": "°",
    "precipitation": "mm",
    "cloud_cover": "%",
    "visibility": "m",
}


def answer(n=2, **changes):
    """Return an answer in the service's form, every variable with the value 50 in its unit."""
    times = [f"2026-11-28T{hour:02d}:00" for hour in range(n)]
    return {
        "latitude": 48.85,
        "longitude": 2.35,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "elevation": 38.0,
        "hourly_units": {"time": "iso8601", **THEIRS},
        "hourly": {"time": times, **{name: [50.0] * n for name in THEIRS}},
    } | changes


def read(found, feed=OpenMeteoArchive, url="https://a"):
    body = found if isinstance(found, bytes) else json.dumps(found).encode()
    return feed(*PARIS).read(Payload(body, Request(url, "answer"), AT))


def test_every_variable_comes_in_our_units():
    table = read(answer()).tables["weather"]
    expected = dict.fromkeys(UNITS, 50.0) | {"visibility": 0.05, "cloud": 4.0}
    assert table[list(UNITS)].iloc[0].to_dict() == pytest.approx(expected)
    assert table["time"].tolist() == [pd.Timestamp("2026-11-28"), pd.Timestamp("2026-11-28 01:00")]
    assert set(table["station"]) == {"48.8500,2.3500"}
    assert set(table["station_name"]) == {"grid point, 38.0 m"}


def test_a_null_is_missing_and_an_hour_of_nulls_is_not_there():
    found = answer(3)
    for name in THEIRS:
        found["hourly"][name] = [1.0, None, 2.0]
    found["hourly"]["precipitation"] = [None, None, 0.0]
    reading = read(found)
    np.testing.assert_array_equal(reading.tables["weather"]["rain"], [np.nan, 0.0])
    assert reading.counted_apart == {"hours without a value": 1}
    assert reading.rows_read == 3


def test_a_forecast_says_when_it_was_collected():
    feed = OpenMeteoForecast(*PARIS)
    table = read(answer(), OpenMeteoForecast).tables["weather-forecast"]
    assert (table["issued_at"] == AT).all()
    assert set(feed.tables["weather-forecast"].key) <= set(table.columns)
    assert not table.duplicated(list(feed.tables["weather-forecast"].key)).any()


def test_the_archive_asks_again_for_the_days_that_may_change():
    feed = OpenMeteoArchive(*PARIS)
    (request,) = feed.requests(np.datetime64("2026-03-01T00:30"))
    query = {key: values[0] for key, values in parse_qs(urlsplit(request.url).query).items()}
    assert (query["start_date"], query["end_date"]) == ("2026-02-20", "2026-02-27")
    assert (query["latitude"], query["longitude"], query["timezone"]) == (
        "48.8566",
        "2.3522",
        "GMT",
    )
    assert query["hourly"].split(",") == [name for name in THEIRS if name != "visibility"]


def test_the_forecast_asks_for_three_days():
    (request,) = OpenMeteoForecast(-33.9, -70.5).requests(AT)
    assert request.url.startswith("https://api.open-meteo.com/v1/forecast?latitude=-33.9000&")
    assert "forecast_days=3" in request.url
    assert set(THEIRS) == set(parse_qs(urlsplit(request.url).query)["hourly"][0].split(","))


def test_feeds_of_two_places_have_two_names():
    names = {
        kind(lat, lon).name
        for kind in (OpenMeteoArchive, OpenMeteoForecast)
        for lat in (48.8566, -48.8566)
        for lon in (2.3522, -2.3522)
    }
    assert len(names) == 8
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (float("nan"), 0)])
def test_a_place_that_is_none_is_refused(place):
    with pytest.raises(InputError, match="is no place"):
        OpenMeteoArchive(*place)


def test_a_variable_that_was_asked_and_is_not_there_is_noted():
    found = answer()
    del found["hourly"]["visibility"]
    (request,) = OpenMeteoForecast(*PARIS).requests(AT)
    reading = read(found, OpenMeteoForecast, request.url)
    assert reading.notes == ("asked for and not answered: 'visibility'",)
    assert reading.tables["weather-forecast"]["visibility"].isna().all()
    assert read(found).notes == ()


def without(name):
    found = answer()
    del found[name]
    return found


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (b"<html><title>502</title>", "HTML '502' where JSON was due"),
        (json.dumps(answer()).encode()[:-40], "no JSON at character"),
        ({"error": True, "reason": "Daily limit exceeded"}, "an error: 'Daily limit exceeded'"),
        ([answer(), answer()], "not an answer with 'hourly'"),
        (without("hourly_units"), "not an answer with 'hourly'"),
        (without("latitude"), "not an answer with 'hourly'"),
        (without("utc_offset_seconds"), "not an answer with 'hourly'"),
        (answer(latitude=None), "not an answer with 'hourly'"),
        (answer(utc_offset_seconds=3600), "3600 s off UTC"),
        (answer(hourly_units={"time": "unixtime", **THEIRS}), "as 'unixtime'"),
        (
            answer(hourly_units={"time": "iso8601", **THEIRS, "temperature_2m": "°F"}),
            r"units \{'temperature_2m': '°F'\}, where \{'temperature_2m': '°C'\} are expected",
        ),
        (answer(hourly={"time": ["2026-11-28T00:00"], "snow": [1]}), "no variable that is known"),
        (
            answer(hourly={"time": ["2026-11-28T00:00"], "precipitation": [1, 2]}),
            "do not have one value an hour",
        ),
        (answer(hourly={"precipitation": [1, 2]}), "do not have one value an hour"),
        (answer(hourly={"time": "now", "precipitation": [1]}), "do not have one value an hour"),
    ],
)
def test_another_answer_is_refused(found, message):
    with pytest.raises(FileFormatError, match=message):
        read(found)


values = st.one_of(st.none(), st.floats(-50, 50), st.sampled_from(["1.5", "", "calm", True]))
times = st.sampled_from(["2026-11-28T00:00", "2026-11-28T01:00", None, "soon", ""])


@given(st.lists(st.tuples(times, values, values), max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost(rows):
    hourly = dict(
        zip(
            ("time", "temperature_2m", "precipitation"),
            map(list, zip(*rows, strict=True)) if rows else ([], [], []),
            strict=True,
        )
    )
    reading = read(answer(hourly=hourly), OpenMeteoForecast)
    table = reading.tables["weather-forecast"]
    apart = sum(reading.counted_apart.values())
    assert len(table) + len(reading.rejected) + apart == reading.rows_read == len(rows)
    assert table[["temperature", "rain"]].notna().any(axis=1).all()
    assert not table.duplicated(["station", "issued_at", "time"]).any()

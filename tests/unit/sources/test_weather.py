"""The table of weather, and its series for a panel."""

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError, MissingColumnsError
from evforecast.panel import StatusPanel, simulate
from evforecast.sources.weather import UNITS, WEATHER, weather_rows, weather_series
from evforecast.timegrid import TimeGrid, as_step

HOURS = np.datetime64("2020-11-08T09:00", "s") + np.arange(4) * np.timedelta64(3600, "s")


def rows(station="7156", name="A", hours=HOURS, **values):
    values = values or {"temperature": np.arange(len(hours)), "rain": np.zeros(len(hours))}
    return weather_rows(hours, station, name, values)


def test_rows_have_every_column_whatever_a_station_measures():
    frame = rows()
    assert list(frame.columns) == ["station", "station_name", "time", *UNITS]
    assert (frame[list(UNITS)].dtypes == np.float64).all()
    assert frame["pressure"].isna().all()
    assert set(WEATHER.key) | {WEATHER.time} <= set(frame.columns)
    assert rows(hours=HOURS[:0]).empty


def test_series_have_the_names_of_the_challenge_and_of_the_simulator():
    series = weather_series(rows(**{name: np.ones(4) for name in UNITS}))
    exog = simulate(n_evse=2, days=1, random_state=0).exog
    assert set(exog.columns) - {"traffic_state", "average_flow"} <= set(series.columns)
    assert weather_series(rows()).columns.tolist() == [
        "temperature",
        "rain_level",
        "station_changes",
    ]


def test_a_change_of_station_is_counted_and_a_moved_one_too():
    frame = pd.concat(
        [
            rows(station="2", hours=HOURS[2:3], rain=[1.0]),
            rows(station="2", name="moved", hours=HOURS[3:], rain=[1.0]),
            rows(hours=HOURS[:2]),
        ]
    )
    series = weather_series(frame)
    assert series["station_changes"].tolist() == [0, 0, 1, 2]
    assert series.index.is_monotonic_increasing


def test_a_panel_takes_the_series():
    panel = StatusPanel(np.zeros((4, 1), np.int8), TimeGrid(HOURS[0], as_step("1h"), 4), ["a"])
    exog = panel.with_exog(weather_series(rows())).exog
    assert exog["temperature"].tolist() == [0, 1, 2, 3]


def test_two_stations_at_one_time_are_refused():
    with pytest.raises(InputError, match=r"4 hours have several rows, of '7156', '2'\. Choose one"):
        weather_series(pd.concat([rows(), rows(station="2")]))
    with pytest.raises(MissingColumnsError, match="'station_name'"):
        weather_series(rows().drop(columns="station_name"))

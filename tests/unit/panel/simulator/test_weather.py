"""Weather and traffic: names, plausible values, seasons, rush hours."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evforecast.panel.simulator.hours import Hours
from evforecast.panel.simulator.weather import exogenous, wandering

HOURS = Hours.of(np.datetime64("2019-11-24T23:00:00", "s"), 349 * 24, "Europe/Paris")
YEAR = exogenous(np.random.default_rng(0), HOURS)
WALL = pd.DatetimeIndex((HOURS.wall(HOURS.starts) * 1e9).astype("datetime64[ns]"))


def test_names_of_the_challenge():
    assert list(YEAR) == [
        "temperature",
        "wind_speed",
        "wind_gust_speed",
        "rain_level",
        "traffic_state",
        "average_flow",
    ]
    assert (YEAR.dtypes == np.float32).all()
    assert YEAR.notna().all(axis=None)


def test_values_are_possible():
    assert YEAR["temperature"].between(-20, 45).all()
    assert (YEAR["wind_gust_speed"] >= YEAR["wind_speed"]).all()
    assert (YEAR[["wind_speed", "rain_level"]] >= 0).all(axis=None)
    assert set(YEAR["traffic_state"]) <= {1, 2, 3, 4}
    assert (YEAR["average_flow"] > 0).all()
    assert 0.03 < (YEAR["rain_level"] > 0).mean() < 0.2


def test_rush_hours_and_quiet_nights_by_the_wall():
    workday = YEAR["average_flow"].to_numpy()[WALL.weekday < 5]
    by_hour = pd.Series(workday).groupby(WALL.hour[WALL.weekday < 5]).mean()
    assert by_hour.idxmax() in {17, 18, 19}
    assert by_hour.idxmin() in {1, 2, 3, 4}
    assert by_hour[8] > 1.1 * by_hour[11]


def test_winter_is_colder_like_the_real_one():
    folder = os.environ.get("EVFORECAST_DATA")
    if not folder:
        pytest.skip("EVFORECAST_DATA names no folder with the real weather of Paris")
    real = pd.read_csv(
        Path(folder) / "weather/ghcnd_paris_daily_2019-11_2021-03.csv", parse_dates=["DATE"]
    )
    celsius = ((real["TMAX"] + real["TMIN"]) / 2 - 32) / 1.8
    real_months = celsius.groupby(real["DATE"].dt.month).mean()
    months = pd.Series(YEAR["temperature"].to_numpy()).groupby(WALL.month).mean()
    # February 2020 was 4 degrees warmer than usual, and one simulated month may be as cold
    assert (months - real_months).abs().max() < 7
    assert np.corrcoef(months, real_months)[0, 1] > 0.93


def test_wandering_is_stationary_and_remembers():
    noise = wandering(np.random.default_rng(0), (4_000, 50), memory=5.0)
    assert noise.std(axis=0) == pytest.approx(1, abs=0.06)
    assert np.corrcoef(noise[:, 10], noise[:, 15])[0, 1] == pytest.approx(np.exp(-1), abs=0.05)

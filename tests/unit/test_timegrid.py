import numpy as np
import pandas as pd
import pytest

from evforecast.errors import AmbiguousTimeError, InputError, NaiveTimeError
from evforecast.timegrid import TimeGrid, as_step, as_time, local_clock, to_utc

PARIS = "Europe/Paris"


def autumn_day():
    return pd.date_range("2020-10-25", "2020-10-26", freq="15min", tz=PARIS, inclusive="left")


def utc(index):
    return index.tz_convert("UTC").tz_localize(None).to_numpy()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-10-26", "2020-10-26T00:00:00"),
        ("2020-10-26 09:30+01:00", "2020-10-26T08:30:00"),
        (pd.Timestamp("2020-10-26", tz=PARIS), "2020-10-25T23:00:00"),
        (np.datetime64("2020-10-26"), "2020-10-26T00:00:00"),
        ("2020-10-26T09:30:15.7Z", "2020-10-26T09:30:15"),
        ("2020-10", "2020-10-01T00:00:00"),
    ],
)
def test_as_time(value, expected):
    assert as_time(value) == np.datetime64(expected, "s")
    assert as_time(value).dtype == "datetime64[s]"


@pytest.mark.parametrize("value", ["tomorrow-ish", None, pd.NaT, "NaT"])
def test_as_time_refuses(value):
    with pytest.raises(InputError, match="as_time"):
        as_time(value)


@pytest.mark.parametrize(
    "value", ["22/10/2020", "10/22/2020", "26.10.2020", "now", "today", "Oct 2020"]
)
def test_a_time_that_is_another_one_elsewhere_or_later_is_refused(value):
    with pytest.raises(InputError, match=r"not a time: .* Write it like '2020-10-26 09:30'"):
        as_time(value)


def test_as_step():
    assert as_step("5min") == np.timedelta64(300, "s")
    assert as_step(pd.Timedelta("1h")) == np.timedelta64(3600, "s")


@pytest.mark.parametrize("value", ["7min", "0min", "-15min", "36h", "soon", "1.5s"])
def test_as_step_refuses(value):
    with pytest.raises(InputError, match="as_step"):
        as_step(value)


def test_days_of_the_clock_change_have_100_and_92_quarter_hours():
    autumn = autumn_day()
    spring = pd.date_range("2021-03-28", "2021-03-29", freq="15min", tz=PARIS, inclusive="left")
    assert (len(autumn), len(spring)) == (100, 92)
    for day in (autumn, spring):
        local = day.tz_localize(None)
        assert (to_utc(local, where="t", tz=PARIS) == utc(day)).all()


def test_autumn_hour_is_resolved_group_by_group():
    day = autumn_day()
    local = day.tz_localize(None).astype(str)
    chargers = np.repeat(["a", "b"], len(day))
    got = to_utc(np.tile(local, 2), where="t", tz=PARIS, groups=chargers)
    assert (got == np.tile(utc(day), 2)).all()
    # interleaved by time, as a table in the order of its stamps has it
    got = to_utc(np.repeat(local, 2), where="t", tz=PARIS, groups=np.tile(["a", "b"], len(day)))
    assert (got == np.repeat(utc(day), 2)).all()


def test_autumn_hour_alone_is_refused_unless_told():
    with pytest.raises(AmbiguousTimeError, match="2020-10-25 02:30:00") as caught:
        to_utc(["2020-10-25 02:30"], where="file.csv", tz=PARIS)
    assert "file.csv" in str(caught.value)
    first = to_utc(["2020-10-25 02:30"], where="t", tz=PARIS, ambiguous="first")
    second = to_utc(["2020-10-25 02:30"], where="t", tz=PARIS, ambiguous="second")
    assert first[0] == np.datetime64("2020-10-25T00:30")
    assert second[0] == np.datetime64("2020-10-25T01:30")


def test_hour_that_never_was_is_refused():
    with pytest.raises(AmbiguousTimeError, match="never occurred"):
        to_utc(["2021-03-28 02:30"], where="t", tz=PARIS)


def test_naive_without_zone_is_refused():
    with pytest.raises(NaiveTimeError, match="Europe/Paris"):
        to_utc(["2020-10-25 12:00"], where="t")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (["2020-10-25 12:00", "2020-10-25 12:00Z"], "carry a zone"),
        (["2020-10-25 12:00", "noon"], "not ISO times.*row 1"),
        (["2020-10-25 12:00", None], "missing"),
        ([3, 4], "unit='s'"),
        ([object(), 3], "not ISO times"),
    ],
)
def test_bad_times_are_named(values, match):
    with pytest.raises(InputError, match=match):
        to_utc(values, where="t", tz="UTC")


def test_offsets_are_honoured():
    got = to_utc(["2022-10-18T12:35:49+0200", "2022-10-18T12:35:49Z"], where="t")
    assert got[1] - got[0] == np.timedelta64(2, "h")


def test_grid_and_positions():
    times = np.arange("2020-01-01T00:00", "2020-01-01T02:00", 900, dtype="M8[s]")
    grid = TimeGrid(times[0], as_step("15min"), len(times))
    assert grid.last == times[-1]
    assert (grid.times == times).all()
    assert grid.slots_per_day == 96
    assert grid.position("2020-01-01 00:15", "before") == 1
    assert grid.position("2020-01-01 00:15", "after") == 2
    assert grid.position("2020-01-01 00:16", "before") == 2
    assert grid.position("2020-01-01 00:16", "after") == 2
    assert grid.position("2019-01-01", "after") == 0
    assert grid.position("2021-01-01", "before") == 8


def test_local_clock_follows_the_wall():
    minute, weekday = local_clock(utc(autumn_day()), PARIS)
    assert (np.bincount(minute // 60, minlength=24)[:4] == [4, 4, 8, 4]).all()
    assert set(weekday) == {6}


def test_options_and_zones_are_checked_even_where_they_would_not_matter():
    with pytest.raises(InputError, match="ambiguous='NaT' is no choice"):
        to_utc(["2020-06-01 12:00"], where="t", tz=PARIS, ambiguous="NaT")
    with pytest.raises(InputError, match="no such time zone: tz='Paris'"):
        to_utc(["2020-06-01 12:00"], where="t", tz="Paris")

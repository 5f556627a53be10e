import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sktime", reason="sktime is not installed")

from sktime.forecasting.base import ForecastingHorizon

from evforecast.errors import HorizonError, InputError, IrregularTimeError
from evforecast.interop.timeaxis import TimeAxis, fixed_length

INDICES = {
    "quarter-hours": pd.date_range("2020-10-24 23:45", periods=8, freq="15min"),
    "with a zone": pd.date_range("2020-10-25", periods=8, freq="15min", tz="Europe/Paris"),
    "days": pd.date_range("2020-02-27", periods=8, freq="D"),
    "a day and a half": pd.date_range("2020-02-27", periods=8, freq="36h"),
    "business days": pd.bdate_range("2020-02-27", periods=8),
    "months": pd.date_range("2020-01-31", periods=8, freq="ME"),
    "periods of a month": pd.period_range("2020-11", periods=8, freq="M"),
    "periods of a day": pd.period_range("2020-02-27", periods=8, freq="D"),
    "periods of 15 minutes": pd.period_range("2020-11-01", periods=8, freq="15min"),
    "periods of a week": pd.period_range("2020-11-01", periods=8, freq="2W"),
    "numbers": pd.RangeIndex(3, 11),
}


@pytest.fixture(params=INDICES, ids=str)
def index(request):
    return INDICES[request.param]


def axis_of(index):
    return TimeAxis.of(index, freq=getattr(index, "freq", None))


def test_labels_come_back_and_go_on(index):
    axis = axis_of(index[:4])
    times = axis.times(index)
    assert (np.diff(times) == axis.step).all()
    assert axis.labels(times).equals(index.astype(np.int64) if index.dtype == int else index)


def test_earlier_times_and_gaps_are_on_the_axis(index):
    axis = axis_of(index[3:6])
    places = (axis.times(index[[0, 2, 7]]) - axis.start) // axis.step
    assert places.tolist() == [-3, -1, 4]


@pytest.mark.parametrize("relative", [True, False])
def test_horizons_count_steps(index, relative):
    axis = axis_of(index)
    cutoff = axis.times(index[[3]])[0]
    fh = ForecastingHorizon([1, 4] if relative else index[[4, 7]], is_relative=relative)
    assert axis.steps(fh, cutoff) == [1, 4]


def test_times_of_the_clock_keep_their_place():
    axis = axis_of(INDICES["with a zone"])
    assert axis.start == np.datetime64("2020-10-24T22:00:00")
    assert axis.step == np.timedelta64(900, "s")
    assert axis_of(INDICES["periods of 15 minutes"]).start == np.datetime64("2020-11-01T00:00:00")


def test_an_index_without_a_clock_is_laid_on_one():
    axis = TimeAxis.of(pd.RangeIndex(5), step="1h")
    assert axis.times(pd.Index([2])).tolist() == [np.datetime64("1970-01-01T02:00:00").item()]


def test_gaps_leave_the_step_as_it_is():
    quarter_hours = INDICES["quarter-hours"]
    assert TimeAxis.of(quarter_hours[[0, 1, 5]]).step == np.timedelta64(900, "s")


@pytest.mark.parametrize("name", ["days", "periods of a day"])
def test_days_keep_their_place_on_the_clock(name):
    axis = axis_of(INDICES[name])
    assert axis.start == np.datetime64("2020-02-27T00:00:00")
    assert axis.step == np.timedelta64(86_400, "s")
    assert axis.steps(ForecastingHorizon(pd.to_timedelta(["2D"])), axis.start) == [2]


def test_some_offsets_last_a_fixed_time():
    assert fixed_length(pd.offsets.Minute(15)) == pd.Timedelta("15min")
    assert fixed_length(pd.offsets.Day(2)) == pd.Timedelta("2D")
    assert fixed_length(pd.offsets.BusinessDay()) is None


def test_lengths_of_time_count_steps():
    axis = axis_of(INDICES["quarter-hours"])
    fh = ForecastingHorizon(pd.to_timedelta([15, 60], unit="min"), is_relative=True)
    assert axis.steps(fh, axis.start) == [1, 4]
    with pytest.raises(HorizonError, match="parts of a step"):
        axis.steps(ForecastingHorizon(pd.to_timedelta([20], unit="min")), axis.start)
    with pytest.raises(HorizonError, match="steps of <MonthEnd> have none"):
        axis_of(INDICES["periods of a month"]).steps(fh, axis.start)


def test_dates_and_periods_stand_for_each_other():
    axis = axis_of(INDICES["periods of a month"])
    assert axis.times(pd.DatetimeIndex(["2021-01-10"])) == axis.times(
        pd.PeriodIndex(["2021-01"], freq="M")
    )
    days = axis_of(INDICES["days"])
    assert days.times(pd.PeriodIndex(["2020-03-01"], freq="D")) == days.times(
        pd.DatetimeIndex(["2020-03-01"])
    )


def test_a_single_time_needs_a_step():
    one = INDICES["days"][[0]]
    assert TimeAxis.of(one, freq=pd.offsets.Day()).step == np.timedelta64(86_400, "s")
    with pytest.raises(InputError, match="a single time tells no step"):
        TimeAxis.of(one)


def test_says_what_is_wrong():
    with pytest.raises(IrregularTimeError, match="no common step; two of them are 0 days 00:02:00"):
        TimeAxis.of(pd.DatetimeIndex(["2020-01-01 00:00", "2020-01-01 00:02", "2020-01-01 00:05"]))
    with pytest.raises(InputError, match="dates, periods or whole numbers"):
        TimeAxis.of(pd.Index([0.5, 1.5]))
    axis = axis_of(INDICES["quarter-hours"])
    with pytest.raises(IrregularTimeError, match="1 of 1 times are off the steps"):
        axis.times(pd.DatetimeIndex(["2020-10-25 00:07"]))
    with pytest.raises(InputError, match="has Timestamps"):
        axis.times(pd.RangeIndex(2))
    with pytest.raises(InputError, match="carries a zone"):
        axis.times(INDICES["with a zone"])
    with pytest.raises(IrregularTimeError, match="off the steps"):
        axis_of(INDICES["months"]).times(pd.DatetimeIndex(["2020-03-15"]))

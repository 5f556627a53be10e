import datetime as dt

import numpy as np
import pandas as pd

from evforecast.panel import Calendar


def test_days_of_any_kind_each_once_and_in_order():
    calendar = Calendar.of(
        public=["2020-12-25", dt.date(2020, 1, 1), pd.Timestamp("2020-12-25 10:00")],
        school=[np.datetime64("2020-12-24")],
    )
    assert calendar.public.astype(str).tolist() == ["2020-01-01", "2020-12-25"]
    assert calendar.school.astype(str).tolist() == ["2020-12-24"]
    assert len(Calendar.of().public) == 0


def test_types_against_the_library():
    calendar = Calendar.of(public=["2020-07-14"], school=["2020-07-14", "2020-07-15"])
    times = np.arange("2020-07-01", "2020-08-01", np.timedelta64(3, "h"), dtype="M8[s]")
    types = calendar.day_types(times, "Europe/Paris")
    school = calendar.is_school_holiday(times, "Europe/Paris")
    for time, kind, off in zip(times, types, school, strict=True):
        local = pd.Timestamp(time, tz="UTC").tz_convert("Europe/Paris")
        holiday = local.date() == dt.date(2020, 7, 14)
        expected = 2 if holiday or local.weekday() == 6 else int(local.weekday() == 5)
        assert kind == expected
        assert off == (local.date().day in (14, 15))
    assert set(types.tolist()) == {0, 1, 2}


def test_the_day_is_the_local_one():
    late = np.array(["2020-05-01T22:30"], "M8[s]")  # already Saturday in Paris
    calendar = Calendar.of(public=["2020-05-01"])
    assert calendar.day_types(late, "Europe/Paris").tolist() == [1]
    assert calendar.day_types(late, "UTC").tolist() == [2]

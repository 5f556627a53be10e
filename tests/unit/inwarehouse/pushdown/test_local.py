import numpy as np
import pytest

from evforecast.inwarehouse.pushdown.local import LocalTime
from evforecast.panel import Calendar
from evforecast.timegrid import TimeGrid, as_step, as_time, local_clock

# One of them is the day after the clocks of Paris went back.
HOLIDAYS = Calendar.of(public=["2020-10-26", "2020-11-01"], school=["2020-10-24", "2020-10-25"])


@pytest.mark.parametrize("tz", ["UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu"])
@pytest.mark.parametrize("step", ["15min", "30s", "6h"])
def test_every_instant_has_the_clock_and_the_day_of_the_library(duck, tz, step):
    size = as_step(step)
    start = as_time("2020-10-23T12:00")
    grid = TimeGrid(start, size, int(np.timedelta64(10 * 24, "h") // size))
    local = LocalTime(grid, tz, HOLIDAYS)
    first, seconds = int(start.astype(np.int64)), int(size.astype(np.int64))
    told = ", ".join(
        [
            local.minute("s"),
            local.slot("s"),
            local.weekday("s"),
            local.day_type("s"),
            local.school_holiday("s"),
        ]
    )
    found = duck.run(
        f"SELECT {told} FROM (SELECT {first} + range * {seconds} AS s FROM RANGE({grid.n})) ORDER BY s"
    )
    minute, weekday = local_clock(grid.times, tz)
    slot = (minute * 60 + grid.times.astype(np.int64) % 60) // seconds
    want = [
        minute,
        slot,
        weekday,
        HOLIDAYS.day_types(grid.times, tz),
        HOLIDAYS.is_school_holiday(grid.times, tz),
    ]
    np.testing.assert_array_equal(np.array(found), np.stack(want, axis=1))


def test_a_zone_without_changes_needs_no_cases():
    grid = TimeGrid(as_time("2020-10-23"), as_step("1h"), 48)
    assert LocalTime(grid, "UTC").seconds("s") == "(s + 0)"
    assert LocalTime(grid, "UTC").school_holiday("s") == "0"

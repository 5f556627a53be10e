import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evforecast.errors import EvForecastError, InputError
from evforecast.inwarehouse.pushdown.grid import GridRows, grid_query
from evforecast.inwarehouse.pushdown.log import LogTable
from evforecast.panel import STATUS, StatusLog
from evforecast.timegrid import as_step, as_time
from evforecast.warehouse import DUCKDB, SNOWFLAKE

SETTINGS = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
AGES = st.sampled_from([None, "1min", "15min", "20min", "1h", "3h", "2D"])


def seconds(age):
    return np.timedelta64(int(pd.Timedelta(age).total_seconds()), "s")


@SETTINGS
@given(st.data())
def test_a_grid_is_the_panel_of_the_same_rows(duck, fill, log_frames, cells, data):
    frame = data.draw(log_frames)
    duplicates = data.draw(st.sampled_from(["first", "last"]))
    step, age = data.draw(st.sampled_from(["5min", "15min", "1h"])), data.draw(AGES)
    window = data.draw(
        st.sampled_from([{}, {"start": "2020-10-25T00:00", "end": "2020-10-25T02:10"}])
    )
    fill("status", frame)
    used = frame[frame["status"] != "on fire"]
    try:
        panel = StatusLog(used, tz="UTC", duplicates=duplicates).to_panel(
            step, max_age=age, **window
        )
    except EvForecastError:  # nothing there
        return
    rows = GridRows(panel.grid.start, panel.grid.last, panel.step, seconds(age or step))
    log = LogTable("status", duplicates=duplicates, order="n")
    assert sorted(duck.run(grid_query(DUCKDB, log, rows))) == cells(panel)


@pytest.mark.parametrize("age", ["15min", "1h"])
@pytest.mark.parametrize("day", ["2020-10-25", "2021-03-28"])
def test_days_on_which_clocks_change_have_their_quarter_hours(duck, fill, cells, day, age):
    start = pd.Timestamp(day, tz="Europe/Paris")
    quarters = pd.date_range(start, start + pd.DateOffset(days=1), freq="15min", inclusive="left")
    times = quarters.tz_convert("UTC").tz_localize(None)
    frame = pd.DataFrame(
        {
            "evse_id": "a",
            "observed_at": times,
            "collected_at": times,
            "status": [STATUS.names[n % 5] for n in range(len(times))],
        }
    )
    fill("status", frame)
    panel = StatusLog(frame, tz="UTC").to_panel("15min", max_age=age)
    assert panel.n_time == {"2020-10-25": 100, "2021-03-28": 92}[day]
    rows = GridRows(panel.grid.start, panel.grid.last, panel.step, seconds(age))
    assert sorted(duck.run(grid_query(DUCKDB, LogTable("status"), rows))) == cells(panel)


def test_what_was_collected_later_is_not_known(duck, fill, cells):
    times = pd.to_datetime(["2020-10-25T00:10", "2020-10-25T00:05"])
    frame = pd.DataFrame(
        {
            "evse_id": "a",
            "observed_at": times,
            "collected_at": times + pd.to_timedelta([60, 0], unit="min"),
            "status": ["down", "charging"],
        }
    )
    fill("status", frame)
    cutoff = as_time("2020-10-25T00:15")
    panel = StatusLog(frame, tz="UTC").collected_by(cutoff).to_panel("15min")
    rows = GridRows(panel.grid.start, panel.grid.last, panel.step, panel.step)
    found = duck.run(grid_query(DUCKDB, LogTable("status"), rows, as_of=cutoff))
    assert found == cells(panel)
    assert found[0][-1] == STATUS.code("charging")


def test_an_age_that_is_none_is_refused():
    day, step = as_time("2020-10-25"), as_step("15min")
    with pytest.raises(InputError, match="max_age"):
        GridRows(day, day, step, np.timedelta64(0, "s"))


def test_nothing_is_carried_where_an_observation_stands_for_one_step():
    day, step = as_time("2020-10-25"), as_step("15min")
    short = grid_query(SNOWFLAKE, LogTable("status"), GridRows(day, day, step, step))
    long = grid_query(SNOWFLAKE, LogTable("status"), GridRows(day, day, step, 4 * step))
    assert "GENERATOR" not in short
    assert "GENERATOR(ROWCOUNT => 1)" in long  # no more rows than the grid has

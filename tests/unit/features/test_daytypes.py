import numpy as np
import pandas as pd

from evforecast.features import DayTypes
from evforecast.panel import Calendar, simulate


def test_rows_before_in_and_after_the_panel_are_dates():
    panel = simulate(n_evse=2, days=3, random_state=0)
    calendar = Calendar.of(public=["2020-10-01"], school=["2020-10-02"])
    days = DayTypes(panel, calendar)
    rows = np.array([-200, 0, 95, 100, 300, 700, 100])
    for row, kind, off in zip(rows, days.of(rows), days.school(rows), strict=True):
        time = pd.Timestamp(panel.grid.start + row * panel.step, tz="UTC").tz_convert(panel.tz)
        date = time.strftime("%m-%d")
        expected = 2 if date == "10-01" or time.weekday() == 6 else int(time.weekday() == 5)
        assert kind == expected
        assert off == (date == "10-02")
    assert DayTypes(panel).school(rows).any() == np.False_

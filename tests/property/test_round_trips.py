"""Whatever the panel, no conversion loses or invents a status; clock changes included."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.panel import StatusLog, StatusPanel, evse_table
from evforecast.timegrid import TimeGrid, as_step, as_time

ZONES = ["UTC", "Europe/Paris", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe"]
# Around the autumn and spring changes of those zones, and an ordinary night.
STARTS = [
    "2020-10-24 20:00",
    "2021-03-27 20:00",
    "2020-11-01 02:00",
    "2021-04-03 10:00",
    "2020-06-01 00:00",
]
# An example costs tens of milliseconds, most of them for pandas to build tables and indexes.
few = settings(max_examples=25, deadline=None)


@st.composite
def panels(draw, zones=ZONES):
    step = draw(st.sampled_from(["5min", "15min", "30min"]))
    shape = draw(st.tuples(st.integers(2, 120), st.integers(1, 4)))
    codes = draw(hnp.arrays(np.int8, shape, elements=st.integers(-1, 4)))
    ids = draw(
        st.lists(
            st.text("ab- é'\"7", min_size=1, max_size=4),
            min_size=shape[1],
            max_size=shape[1],
            unique=True,
        )
    )
    grid = TimeGrid(as_time(draw(st.sampled_from(STARTS))), as_step(step), shape[0])
    return StatusPanel(codes, grid, evse_table(ids), tz=draw(st.sampled_from(zones)))


def local(times, tz):
    return pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz).tz_localize(None)


@few
@given(panels())
def test_long(panel):
    long = panel.to_long()
    again = StatusPanel.from_long(
        long, tz="UTC", local_tz=panel.tz, evse=panel.evse, step=pd.Timedelta(panel.step)
    )
    assert again.equals(panel)


# Lord Howe moves by half an hour: an order of quarter-hours does not tell its two occurrences apart there.
@few
@given(panels(ZONES[:4]))
def test_local_wide_over_clock_changes(panel):
    step = pd.Timedelta(panel.step)
    whole_hours = 4 * 3600 // int(step.total_seconds())
    if panel.n_time < 9 * whole_hours // 4:
        return  # too short to hold both occurrences of an hour: refused, as tested elsewhere
    stamps = local(panel.times, panel.tz)
    repeated = stamps[stamps.duplicated(keep=False)]
    doubtful = stamps.tz_localize(panel.tz, ambiguous="NaT", nonexistent="NaT").isna().sum()
    if doubtful != len(repeated):
        return  # the panel begins or ends inside the doubled hour
    wide = panel.to_wide().set_axis(stamps)
    assert StatusPanel.from_wide(wide, tz=panel.tz, evse=panel.evse, step=step).equals(panel)


@few
@given(panels(["UTC"]))
def test_multiindex(panel):
    again = StatusPanel.from_multiindex(
        panel.to_multiindex(), evse=panel.evse, step=pd.Timedelta(panel.step)
    )
    assert again.equals(panel)


@few
@given(panels())
def test_log_of_instants_is_the_panel(panel):
    seen = panel.to_long(drop_missing=True).rename(columns={"time": "observed_at"})
    if seen.empty:
        return
    log = StatusLog(seen, tz="UTC", evse=panel.evse)
    again = log.to_panel(
        pd.Timedelta(panel.step), start=panel.grid.start, end=panel.grid.last + panel.step
    )
    assert (again.codes == panel.codes).all()


@few
@given(panel=panels())
def test_parquet(panel, tmp_path_factory):
    path = tmp_path_factory.mktemp("panel") / "p.parquet"
    panel.save(path)
    assert StatusPanel.load(path).equals(panel)


@few
@given(panels(), st.integers(0, 120))
def test_cut_and_append_is_the_whole(panel, cut):
    first, second = panel.head(min(cut, panel.n_time)), panel.tail(max(panel.n_time - cut, 0))
    if first.n_time and second.n_time:
        assert first.append(second).equals(panel)


@few
@given(panels())
def test_onehot_and_counts_agree(panel):
    onehot = panel.to_onehot()
    by_status = sum(
        panel.to_counts(by=None, status=name)["all"].fillna(0) for name in panel.scheme.names
    )
    assert by_status.sum() == (panel.codes >= 0).sum() == np.nansum(onehot.to_numpy())

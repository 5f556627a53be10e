import numpy as np
import pandas as pd
import pytest

from evforecast.errors import (
    EmptyInputError,
    InputError,
    SchemeMismatchError,
    StepMismatchError,
    UnknownChargerError,
)
from evforecast.panel import STATUS, StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time


def make(
    n_time=96,
    ids=("a", "b", "c"),
    start="2020-10-25",
    step="15min",
    seed=0,
    *,
    exog=False,
    **kwargs,
):
    rng = np.random.default_rng(seed)
    grid = TimeGrid(as_time(start), as_step(step), n_time)
    codes = rng.integers(-1, 5, (n_time, len(ids))).astype(np.int8)
    series = None
    if exog:
        series = pd.DataFrame(
            {"temperature": rng.random(n_time, np.float32)}, index=pd.DatetimeIndex(grid.times)
        )
    return StatusPanel(codes, grid, list(ids), exog=series, **kwargs)


def test_until_includes_the_cutoff_and_between_does_not_include_the_end():
    panel = make()
    assert panel.until("2020-10-25 01:00").cutoff == np.datetime64("2020-10-25T01:00")
    assert panel.until("2020-10-25 01:07").cutoff == np.datetime64("2020-10-25T01:00")
    part = panel.between("2020-10-25 01:00", "2020-10-25 02:00")
    assert (part.grid.start, part.grid.last) == (
        np.datetime64("2020-10-25T01:00"),
        np.datetime64("2020-10-25T01:45"),
    )
    assert panel.until("2020-10-24").n_time == 0
    assert panel.between("2020-10-26", "2020-10-24").n_time == 0


def test_slices_share_memory():
    panel = make(ids=tuple("abcdef"), exog=True)
    for part in (
        panel.until("2020-10-25 10:00"),
        panel.between("2020-10-25 03:00", "2020-10-25 09:00"),
        panel.head(5),
        panel.tail(5),
        panel.select(["b", "c"]),
        panel.select(["a", "c", "e"]),
        panel.select(["d"]),
    ):
        assert np.shares_memory(part.codes, panel.codes)
    assert not np.shares_memory(panel.select(["c", "a"]).codes, panel.codes)


def test_a_cut_panel_holds_no_way_back_to_later_rows():
    panel = make(exog=True)
    cut = panel.until("2020-10-25 05:00")
    assert len(cut.exog) == cut.n_time == 21
    assert len(cut.codes) == 21
    assert cut.times[-1] == cut.cutoff


def test_codes_cannot_be_changed():
    panel = make()
    with pytest.raises(ValueError, match="read-only"):
        panel.codes[0, 0] = 1
    array = np.zeros((96, 3), np.int8)
    StatusPanel(array, panel.grid, panel.evse)
    array[0, 0] = 1  # the caller's own array stays the caller's


def test_select_orders_and_refuses():
    panel = make()
    assert panel.select(["c", "a"]).evse_ids == ["c", "a"]
    assert (panel.select(["c", "a"]).codes == panel.codes[:, [2, 0]]).all()
    assert panel.select("b").evse_ids == ["b"]
    with pytest.raises(UnknownChargerError):
        panel.select(["a", "nobody"])


def test_append_fills_the_gap_with_missing_and_meets_new_chargers():
    early = make(4, ("a", "b"))
    late = make(3, ("b", "c"), start="2020-10-25 01:30", seed=1)
    both = early.append(late)
    assert both.evse_ids == ["a", "b", "c"]
    assert both.n_time == 9
    assert (both.codes[:4, :2] == early.codes).all()
    assert (both.codes[6:, 1:] == late.codes).all()
    assert (both.codes[4:6] == -1).all()
    assert (both.codes[:4, 2] == -1).all()
    assert (both.codes[6:, 0] == -1).all()


def test_append_of_the_two_halves_is_the_whole():
    panel = make(exog=True)
    assert (
        panel.until("2020-10-25 10:00")
        .append(panel.between("2020-10-25 10:15", "2020-10-27"))
        .equals(panel)
    )


@pytest.mark.parametrize(
    ("later", "error"),
    [
        ({"start": "2020-10-25 12:00"}, InputError),
        ({"start": "2020-10-26 00:05"}, StepMismatchError),
        ({"start": "2020-10-26", "step": "5min"}, StepMismatchError),
    ],
)
def test_append_refuses(later, error):
    with pytest.raises(error, match="append"):
        make().append(make(**later))


def test_append_refuses_other_statuses():
    panel = make()
    with pytest.raises(SchemeMismatchError):
        panel.append(make(start="2020-10-26").coarsen("free"))


def test_resample_takes_the_last_observation_up_to_the_instant():
    grid = TimeGrid(as_time("2020-10-25 00:05"), as_step("5min"), 8)
    codes = np.array([[0], [1], [-1], [-1], [-1], [-1], [2], [3]], np.int8)
    # instants 00:05 00:10 00:15 | 00:20 00:25 00:30 | 00:35 00:40
    coarse = StatusPanel(codes, grid, ["a"]).resample("15min")
    assert coarse.times.astype(str).tolist() == ["2020-10-25T00:15:00", "2020-10-25T00:30:00"]
    assert coarse.codes.ravel().tolist() == [1, -1]


def test_resample_against_a_slow_loop():
    panel = make(288, step="5min", seed=3)
    coarse = panel.resample("30min")
    assert panel.resample("5min").equals(panel)
    for row, time in enumerate(coarse.times):
        for place in range(panel.n_evse):
            inside = (panel.times > time - np.timedelta64(1800, "s")) & (panel.times <= time)
            seen = [code for code in panel.codes[inside, place] if code >= 0]
            assert coarse.codes[row, place] == (seen[-1] if seen else -1)


def test_resample_refuses_what_does_not_divide():
    with pytest.raises(StepMismatchError, match="multiple"):
        make(step="15min").resample("20min")


def test_coarsen():
    panel = make(exog=True)
    free = panel.coarsen("free")
    assert free.scheme.names == ("not free", "free")
    assert ((free.codes == 1) == (panel.codes == 0)).all()
    assert ((free.codes == -1) == (panel.codes == -1)).all()


def test_with_exog_aligns_on_time():
    panel = make(3)
    series = pd.DataFrame(
        {"rain": [1.0, 2.0]}, index=pd.to_datetime(["2020-10-25T00:30Z", "2020-10-25T00:00Z"])
    )
    rain = panel.with_exog(series).exog["rain"]
    assert rain.iloc[0] == 2
    assert np.isnan(rain.iloc[1])
    assert rain.iloc[2] == 1
    with pytest.raises(InputError, match="repeat"):
        panel.with_exog(pd.concat([series, series]))


def test_coverage_of_late_dead_and_gappy_chargers():
    codes = np.array([[-1, 0, -1], [4, 0, -1], [4, -1, -1]], np.int8)
    table = StatusPanel(
        codes, TimeGrid(as_time("2020-01-01"), as_step("15min"), 3), ["late", "gappy", "never"]
    ).coverage()
    assert table.observed.round(2).to_list() == [0.67, 0.67, 0.0]
    assert table.loc["late", "first"] == pd.Timestamp("2020-01-01 00:15")
    assert table.loc["gappy", "last"] == pd.Timestamp("2020-01-01 00:15")
    assert pd.isna(table.loc["never", "first"])
    assert table.loc["late", "down"] == 1


def test_an_empty_slice_can_be_described_but_has_no_cutoff():
    empty = make().until("2000-01-01")
    assert "no times" in repr(empty)
    assert empty.coverage().observed.to_list() == [0, 0, 0]
    with pytest.raises(EmptyInputError, match="no cutoff"):
        _ = empty.cutoff


@pytest.mark.parametrize(
    ("codes", "match"),
    [
        (np.zeros((96, 2), np.int8), "3 chargers"),
        (np.zeros((95, 3), np.int8), "96 times"),
        (np.zeros((96, 3)), "integers"),
        (np.zeros(96, np.int8), "integers"),
        (np.full((96, 3), 9, np.int8), "codes run from 9"),
    ],
)
def test_constructor_refuses(codes, match):
    with pytest.raises(InputError, match=match):
        StatusPanel(codes, make().grid, ["a", "b", "c"])


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(InputError, match="no such time zone"):
        make(tz="Paris")


def test_memory_is_one_byte_a_status():
    panel = make(960)
    assert panel.nbytes == 960 * 3
    assert panel.codes.dtype == np.int8


def test_equals_sees_each_difference():
    panel = make(exog=True)
    assert panel.equals(make(exog=True))
    assert not panel.equals(make(seed=1, exog=True))
    assert not panel.equals(make())
    assert not panel.equals(make(exog=True, tz="Europe/Paris"))
    assert not panel.equals(make(ids=("a", "b", "x"), exog=True))
    assert not panel.equals(make(start="2020-10-26", exog=True))
    assert not make().equals(make(scheme=type(STATUS)(("v", "w", "x", "y", "z"))))

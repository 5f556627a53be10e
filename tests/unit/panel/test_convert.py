import numpy as np
import pandas as pd
import pytest

from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    InputError,
    IrregularTimeError,
    MissingColumnsError,
    NaiveTimeError,
    UnknownStatusError,
)
from evforecast.panel import StatusPanel, evse_table
from evforecast.timegrid import TimeGrid, as_step, as_time


def make(n_time=20, n_evse=5, seed=0, step="15min"):
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, 5, (n_time, n_evse)).astype(np.int8)
    table = evse_table(
        [f"S{i // 2}-T{i % 2}" for i in range(n_evse)],
        pd.DataFrame(
            {
                "evse_id": [f"S{i // 2}-T{i % 2}" for i in range(n_evse)],
                "area": ["x", "x", "y", "y", None][:n_evse],
            }
        ),
    )
    return StatusPanel(codes, TimeGrid(as_time("2020-10-24 22:00"), as_step(step), n_time), table)


def test_long_round_trip_in_any_order():
    panel = make()
    shuffled = panel.to_long().sample(frac=1, random_state=0)
    assert StatusPanel.from_long(shuffled, tz="UTC", evse=panel.evse).equals(panel)


def test_long_without_missing_rows_leaves_gaps_gaps():
    panel = make()
    sparse = panel.to_long(drop_missing=True)
    assert len(sparse) == (panel.codes >= 0).sum()
    assert (
        StatusPanel.from_long(sparse, tz="UTC", evse=panel.evse).codes.tolist()
        == panel.codes.tolist()
    )


def test_long_accepts_codes_nullable_codes_and_other_names():
    panel = make()
    long = panel.to_long()
    for codes in (long.status.cat.codes, long.status.cat.codes.astype("Int8").replace(-1, pd.NA)):
        frame = pd.DataFrame({"unique_id": long.evse_id, "ds": long.time, "y": codes})
        got = StatusPanel.from_long(
            frame, tz="UTC", evse=panel.evse, id_col="unique_id", time_col="ds", target_col="y"
        )
        assert got.equals(panel)


def test_long_of_local_clock_over_the_autumn_change():
    panel = make(40)
    long = panel.to_long()
    long["time"] = long.time.dt.tz_convert("Europe/Paris").dt.tz_localize(None)
    got = StatusPanel.from_long(long, tz="Europe/Paris", evse=panel.evse)
    assert (got.codes == panel.codes).all()
    assert got.grid == panel.grid
    assert got.tz == "Europe/Paris"


def test_five_minute_step_is_found():
    panel = make(step="5min")
    assert StatusPanel.from_long(panel.to_long(), tz="UTC", evse=panel.evse).equals(panel)


def test_local_zone_is_kept_apart_from_the_zone_of_the_stamps():
    got = StatusPanel.from_long(make().to_long(), tz="UTC", local_tz="Europe/Paris")
    assert got.tz == "Europe/Paris"


@pytest.mark.parametrize(("duplicates", "expected"), [("first", 4), ("last", 1)])
def test_duplicates_are_refused_or_resolved(duplicates, expected):
    frame = pd.DataFrame(
        {
            "evse_id": ["a", "a", "a"],
            "time": ["2020-01-01T00:00Z"] * 2 + ["2020-01-01T00:15Z"],
            "status": ["down", "charging", None],
        }
    )
    with pytest.raises(
        DuplicateObservationError, match=r"1 rows repeat.*a at 2020-01-01T00:00:00"
    ) as caught:
        StatusPanel.from_long(frame)
    assert caught.value.count == 1
    assert StatusPanel.from_long(frame, duplicates=duplicates).codes[0, 0] == expected


def bad_long(**changes):
    frame = {
        "evse_id": ["a", "a"],
        "time": ["2020-01-01 00:00", "2020-01-01 00:15"],
        "status": ["down", "down"],
    }
    return pd.DataFrame(frame | changes)


@pytest.mark.parametrize(
    ("frame", "kwargs", "error", "match"),
    [
        (bad_long(), {}, NaiveTimeError, "column 'time'"),
        (bad_long(status=["down", "broken"]), {"tz": "UTC"}, UnknownStatusError, "'broken' x 1"),
        (bad_long(evse_id=["a", None]), {"tz": "UTC"}, InputError, "no charger id"),
        (
            bad_long().drop(columns="status"),
            {"tz": "UTC"},
            MissingColumnsError,
            "'status'; found: 'evse_id', 'time'",
        ),
        (bad_long().head(0), {"tz": "UTC"}, EmptyInputError, "no rows"),
        (bad_long().head(1), {"tz": "UTC"}, InputError, "step='15min'"),
        (
            bad_long(time=["2020-01-01 00:00", "2020-01-01 00:16"]),
            {"tz": "UTC", "step": "15min"},
            IrregularTimeError,
            "off the grid",
        ),
        (bad_long(), {"tz": "UTC", "evse": evse_table(["b"])}, InputError, "not in the table"),
    ],
)
def test_bad_long_frames(frame, kwargs, error, match):
    with pytest.raises(error, match=match):
        StatusPanel.from_long(frame, **kwargs)


def test_wide_round_trip_and_missing_slots():
    panel = make()
    wide = panel.to_wide()
    assert StatusPanel.from_wide(wide, tz="UTC", evse=panel.evse).equals(panel)
    holes = wide.drop(wide.index[[3, 4, 9]])
    got = StatusPanel.from_wide(holes.astype(object), tz="UTC")
    assert got.n_time == panel.n_time
    assert (got.codes[[3, 4, 9]] == -1).all()
    kept = [i for i in range(20) if i not in {3, 4, 9}]
    assert (got.codes[kept] == panel.codes[kept]).all()


@pytest.mark.parametrize(
    ("order", "error", "match"),
    [
        ([1, 0, 2], IrregularTimeError, "not in order"),
        ([0, 0, 1], DuplicateObservationError, "repeat"),
    ],
)
def test_wide_times_must_increase(order, error, match):
    wide = make(3).to_wide().iloc[order]
    with pytest.raises(error, match=match):
        StatusPanel.from_wide(wide, tz="UTC", step="15min")


def test_wide_without_rows_or_chargers():
    for frame in (make().to_wide().head(0), make().to_wide().iloc[:, :0]):
        with pytest.raises(EmptyInputError):
            StatusPanel.from_wide(frame, tz="UTC")


def test_wide_with_a_time_column():
    wide = make().to_wide().reset_index()
    assert (StatusPanel.from_wide(wide, tz="UTC", time_col="time").codes == make().codes).all()
    with pytest.raises(MissingColumnsError):
        StatusPanel.from_wide(wide, tz="UTC", time_col="stamp")


def test_long_and_wide_frames_come_back_without_a_word():
    panel = make()
    for again in (StatusPanel.from_long(panel.to_long()), StatusPanel.from_wide(panel.to_wide())):
        assert again.grid == panel.grid
        assert (again.codes == panel.codes).all()


def test_one_odd_second_does_not_make_a_grid_of_seconds():
    long = make(96).to_long()
    long.loc[long.index[-1], "time"] += pd.Timedelta("1s")
    with pytest.raises(IrregularTimeError, match="nearly all empty"):
        StatusPanel.from_long(long)


def test_options_are_checked_even_where_they_would_not_matter():
    with pytest.raises(InputError, match=r"duplicates='lst' is no choice.*'last'"):
        StatusPanel.from_long(make().to_long(), duplicates="lst")


def test_a_file_name_is_no_frame():
    with pytest.raises(InputError, match="DataFrame is needed, found str"):
        StatusPanel.from_long("history.csv")

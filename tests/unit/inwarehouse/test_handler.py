import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    FileFormatError,
    InputError,
    IrregularTimeError,
    LeakageError,
)
from evforecast.inwarehouse import ForecastPartition, handler
from evforecast.inwarehouse.handler import INPUT, partition_panel, probability_names

QUARTER = np.timedelta64(900, "s")


@pytest.fixture
def rows(context, model, rows_of):
    return rows_of(context, model.lookback)


@pytest.fixture(autouse=True)
def _fresh():
    handler._load.cache_clear()


def made(path, **facts):
    return type(
        "Forecast", (ForecastPartition,), {"model_file": str(path), "tz": "Europe/Paris", **facts}
    )()


def panel_of(rows):
    return partition_panel(rows, step=QUARTER, scheme=ev.STATUS, tz="Europe/Paris")


def as_snowflake_does(rows):
    """Return rows with the dtypes and names that Snowflake hands over, by its table of types."""
    return pd.DataFrame(
        {
            "EVSE_ID": rows["evse_id"].astype("string"),
            "TIME": rows["time"].astype("datetime64[ns]"),
            "CODE": rows["code"].astype("Int32"),
            "LOCATION_ID": rows["location_id"].astype("string"),
            "AREA": rows["area"].astype("string"),
            "LAT": [None if pd.isna(v) else Decimal(str(v)) for v in rows["lat"]],
            "LON": rows["lon"].astype("float64"),
            "MODEL": rows["model"].astype("string"),
            "SERIES": rows["series"].astype("string"),
            "VALUE": rows["value"].astype("float64"),
        }
    )


def as_with_zone(rows):
    """Return rows whose times are objects with a zone, as of TIMESTAMP_TZ."""
    times = [time.tz_localize("UTC").tz_convert("Asia/Tokyo") for time in rows["time"]]
    return rows.assign(time=pd.Series(times, index=rows.index, dtype=object))


@pytest.mark.parametrize(
    "changed",
    [
        lambda rows: rows,
        as_snowflake_does,
        as_with_zone,
        lambda rows: rows.sample(frac=1, random_state=0),
    ],
    ids=["plain", "snowflake", "zone", "shuffled"],
)
def test_a_partition_is_the_panel(rows, context, model, changed):
    found = panel_of(changed(rows))
    expected = context.tail(model.lookback).select(sorted(context.evse_ids))
    assert found.grid == expected.grid
    assert found.tz == "Europe/Paris"
    assert np.array_equal(found.codes, expected.codes)
    pd.testing.assert_frame_equal(found.evse, expected.evse[list(found.evse.columns)])


def test_series_come_back(context, rows_of):
    names = list(context.exog.columns)
    found = panel_of(rows_of(context, 300, series=names)).exog
    expected = context.tail(300).exog
    assert set(found.columns) == set(names)
    for name in names:
        np.testing.assert_array_equal(np.asarray(found[name]), np.asarray(expected[name]))


def test_the_handler_gives_what_the_process_gives(rows, context, model, model_file, expected_rows):
    frames = list(made(model_file, name="m").end_partition(as_snowflake_does(rows)))
    found = pd.concat(frames, ignore_index=True)
    assert list(found.columns)[:4] == ["model", "cutoff", "horizon", "evse_id"]
    assert set(found["model"]) == {"m"}
    assert found["cutoff"].dtype == np.dtype("M8[ns]")
    assert set(found["cutoff"]) == {pd.Timestamp(context.cutoff)}
    assert [frame["horizon"].unique().tolist() for frame in frames] == [[1], [4]]
    listed = found.drop(columns=["model", "cutoff"]).itertuples(index=False)
    assert [tuple(row) for row in listed] == expected_rows(model, context, "m")


def test_horizons_of_the_function_count_before_those_of_the_model(rows, model_file):
    frames = list(made(model_file, horizons=(2, 3, 5)).end_partition(rows))
    assert [int(frame["horizon"].iloc[0]) for frame in frames] == [2, 3, 5]


def test_a_charger_that_was_never_seen_is_forecast_too(rows, model_file):
    silent = pd.DataFrame([{"evse_id": "new", "time": rows["time"].max()}], columns=list(INPUT))
    frame = next(
        iter(made(model_file).end_partition(pd.concat([rows, silent.astype(rows.dtypes)])))
    )
    law = frame.set_index("evse_id").loc["new", probability_names(ev.STATUS)]
    assert law.sum() == pytest.approx(1, abs=1e-6)


def test_the_model_is_loaded_once_a_process(rows, model_file, monkeypatch):
    loads = []
    real = handler.load
    monkeypatch.setattr(handler, "load", lambda path: loads.append(path) or real(path))
    for _ in range(3):
        list(made(model_file).end_partition(rows))
    assert len(loads) == 1


def test_the_file_is_found_where_snowflake_lays_imports(rows, model_file, monkeypatch):
    monkeypatch.setitem(sys._xoptions, "snowflake_import_directory", f"{model_file.parent}/")
    assert list(made(model_file.name).end_partition(rows))
    handler._load.cache_clear()
    monkeypatch.setitem(sys._xoptions, "snowflake_import_directory", "/nowhere/")
    with pytest.raises(FileNotFoundError, match="/nowhere"):
        list(made(model_file.name).end_partition(rows))


def test_a_package_of_another_version_is_told(rows, model_file):
    with pytest.raises(
        InputError, match=r"made for evforecast 0\.0\.1, the zip .* Deploy it again"
    ):
        list(made(model_file, version="0.0.1").end_partition(rows))


def test_another_model_under_the_same_name_is_told(rows, model_file):
    with pytest.raises(FileFormatError, match="another model than the function was made for"):
        list(made(model_file, sha256="0" * 64).end_partition(rows))


def test_a_model_of_a_later_version_is_told(rows, model, tmp_path, monkeypatch):
    monkeypatch.setattr("evforecast.forecasting.saving.__version__", "99.1.0")
    model.save(tmp_path / "model.evf")
    monkeypatch.undo()
    with pytest.raises(FileFormatError, match=r"saved by evforecast 99\.1\.0, and this is"):
        list(made(tmp_path / "model.evf").end_partition(rows))


def test_a_damaged_model_is_told(rows, model_file, tmp_path):
    data = bytearray(model_file.read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "model.evf").write_bytes(data)
    with pytest.raises(FileFormatError, match="no model that evforecast"):
        list(made(tmp_path / "model.evf").end_partition(rows))


def test_it_runs_on_one_thread(rows, model_file, monkeypatch):
    import threadpoolctl

    seen = []

    def look(*arguments):
        seen.extend(one["num_threads"] for one in threadpoolctl.threadpool_info())
        return real(*arguments)

    real = ev.SemiMarkovForecaster.predict_proba
    monkeypatch.setattr(ev.SemiMarkovForecaster, "predict_proba", look)
    list(made(model_file).end_partition(rows))
    assert set(seen) == {1}


# ------------------------------------------------------------------------------------------ bad rows


def test_without_a_charger_there_is_nothing_to_forecast(rows):
    with pytest.raises(EmptyInputError, match="Is the table of chargers empty"):
        panel_of(rows[rows["code"].notna() | rows["evse_id"].isna()])


def test_a_row_after_the_cutoff_is_refused(rows):
    late = rows[rows["code"].notna()].tail(1)
    late = late.assign(time=rows["time"].max() + pd.Timedelta("15min"))
    with pytest.raises(LeakageError, match="1 rows are later than the cutoff"):
        panel_of(pd.concat([rows, late]))


def test_several_cutoffs_are_refused(rows):
    said = rows[rows["evse_id"].notna() & rows["code"].isna()].head(1)
    said = said.assign(evse_id="other", time=rows["time"].min())
    with pytest.raises(InputError, match="must have one cutoff"):
        panel_of(pd.concat([rows, said]))


def test_two_statuses_at_once_are_refused(rows):
    again = rows[rows["code"].notna()].head(2)
    with pytest.raises(DuplicateObservationError, match="2 rows repeat"):
        panel_of(pd.concat([rows, again]))


def test_a_charger_that_stands_twice_is_refused(rows):
    again = rows[rows["evse_id"].notna() & rows["code"].isna()].head(1)
    with pytest.raises(InputError, match="chargers repeat"):
        panel_of(pd.concat([rows, again]))


def test_a_status_of_a_charger_that_is_not_said_is_refused(rows):
    stray = rows[rows["code"].notna()].head(1).assign(evse_id="stray")
    with pytest.raises(InputError, match="1 chargers are not in the table"):
        panel_of(pd.concat([rows, stray]))


def test_a_time_off_the_grid_is_refused(rows):
    seen = rows["code"].notna()
    off = rows[seen].head(1).assign(time=rows["time"].min() + pd.Timedelta("7min"))
    with pytest.raises(IrregularTimeError, match="1 times are off the grid"):
        panel_of(pd.concat([rows, off]))


def test_a_code_outside_the_scheme_is_refused(rows):
    seen = rows[rows["code"].notna()].head(1)
    bad = rows.drop(seen.index)
    with pytest.raises(InputError, match="codes run from"):
        panel_of(pd.concat([bad, seen.assign(code=9)]))


def test_a_series_with_two_values_at_once_is_refused(context, rows_of):
    rows = rows_of(context, 10, series=["temperature"])
    again = rows[rows["series"].notna()].tail(1)
    with pytest.raises(InputError, match="'temperature'"):
        panel_of(pd.concat([rows, again]))

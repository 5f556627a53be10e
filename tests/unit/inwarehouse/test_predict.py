import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError, TransientError
from evforecast.inwarehouse import ForecastJob, forecast_in_warehouse
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.statements import function_name, merge_forecast
from evforecast.warehouse import SNOWFLAKE, TableName, WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError

NAMES = {"name": "champion", "tz": "Europe/Paris"}
LAW = "p_available, p_charging, p_passive, p_offline, p_down"


def rows(warehouse, where="TRUE"):
    return warehouse.run(
        f"SELECT horizon, evse_id, {LAW} FROM forecast WHERE {where} ORDER BY horizon, evse_id"
    )


@pytest.mark.parametrize("as_file", [False, True], ids=["model", "file"])
def test_the_forecast_is_that_of_the_process(
    warehouse, model, model_file, context, expected_rows, as_file
):
    given = model_file if as_file else model
    done = forecast_in_warehouse(warehouse, given, cutoff=str(context.cutoff), **NAMES)
    assert rows(warehouse) == expected_rows(model, context, "champion")
    assert (done.cutoff, done.chargers, done.rows) == (context.cutoff, 12, 24)
    assert (done.inserted, done.updated) == (24, 0)
    assert warehouse.run("SELECT DISTINCT model, cutoff FROM forecast") == [
        ("champion", context.cutoff.item())
    ]


def test_asked_again_it_changes_nothing(warehouse, model, context):
    forecast_in_warehouse(warehouse, model, cutoff=str(context.cutoff), **NAMES)
    before = rows(warehouse)
    again = forecast_in_warehouse(warehouse, model, cutoff=str(context.cutoff), **NAMES)
    assert (again.inserted, again.updated) == (0, 0)
    assert rows(warehouse) == before


def test_a_status_that_came_late_changes_the_forecast(warehouse, model, context, expected_rows):
    cutoff = str(context.cutoff)
    forecast_in_warehouse(warehouse, model, cutoff=cutoff, **NAMES)
    evse_id = context.evse_ids[0]
    codes = context.codes.copy()
    code = (max(int(codes[-1, 0]), 0) + 1) % 5
    codes[-1, 0] = code
    where = f"time = '{cutoff}' AND evse_id = '{evse_id}'"
    warehouse.run(f"DELETE FROM status_grid WHERE {where}")
    warehouse.run(f"INSERT INTO status_grid VALUES ('{cutoff}', '{evse_id}', {code})")
    done = forecast_in_warehouse(warehouse, model, cutoff=cutoff, **NAMES)
    assert (done.inserted, done.updated) == (0, 2)
    changed = ev.StatusPanel(codes, context.grid, context.evse, tz=context.tz)
    assert rows(warehouse) == expected_rows(model, changed, "champion")


def test_an_earlier_cutoff_knows_nothing_later(warehouse, model, context, expected_rows):
    earlier = context.head(800)
    forecast_in_warehouse(warehouse, model, cutoff=str(earlier.cutoff), **NAMES)
    assert rows(warehouse) == expected_rows(model, earlier, "champion")


def test_the_beginning_of_a_history_is_its_beginning(warehouse, past, context, expected_rows):
    # previous runs and ages are told from fewer rows than the model would look at
    model = ev.DirectForecaster([1], random_state=0, max_rows=1000).fit(past)
    early = context.head(200)
    options = {"exog": "weather", **NAMES}
    forecast_in_warehouse(warehouse, model, cutoff=str(early.cutoff), **options)
    assert rows(warehouse) == expected_rows(model, early, "champion")


def test_horizons_and_several_models_in_one_table(warehouse, model, context, expected_rows):
    cutoff = str(context.cutoff)
    forecast_in_warehouse(warehouse, model, cutoff=cutoff, **NAMES)
    other = {**NAMES, "name": "long"}
    forecast_in_warehouse(warehouse, model, cutoff=cutoff, horizons=[96], **other)
    assert len(rows(warehouse)) == 36
    assert rows(warehouse, "model = 'long'") == expected_rows(model, context, "long", [96])


def test_nothing_observed_is_no_reason_to_tell_averages(warehouse, model):
    with pytest.raises(
        EmptyInputError, match=r"no status in the 193 steps up to 2030.*last one is of 2020"
    ):
        forecast_in_warehouse(warehouse, model, cutoff="2030-01-01", **NAMES)
    warehouse.run("DELETE FROM status_grid")
    with pytest.raises(EmptyInputError, match="the table is empty"):
        forecast_in_warehouse(warehouse, model, cutoff="2030-01-01", **NAMES)
    assert warehouse.columns(TableName(("forecast",))) is None


def test_a_table_of_other_statuses_is_refused(warehouse, model, past, context):
    cutoff = str(context.cutoff)
    forecast_in_warehouse(warehouse, model, cutoff=cutoff, **NAMES)
    free = ev.SemiMarkovForecaster([1], target="free").fit(past)
    with pytest.raises(InputError, match=r"p_not_free.* Keep forecasts of other statuses"):
        forecast_in_warehouse(warehouse, free, cutoff=cutoff, **NAMES)
    done = forecast_in_warehouse(warehouse, free, cutoff=cutoff, into="free", **NAMES)
    assert warehouse.run("SELECT COUNT(p_free) FROM free") == [(done.rows,)]


def test_a_cutoff_off_the_grid_is_told(warehouse, model, context):
    with pytest.raises(InputError, match="off the grid"):
        forecast_in_warehouse(
            warehouse, model, cutoff=str(context.cutoff - np.timedelta64(60, "s")), **NAMES
        )


def test_a_table_that_is_not_there_is_told(warehouse, model, context):
    with pytest.raises(WarehouseError, match="nowhere"):
        forecast_in_warehouse(warehouse, model, cutoff=str(context.cutoff), grid="nowhere", **NAMES)


# ------------------------------------------------------------------------------------------ Snowflake


def test_on_snowflake_the_function_of_the_model_is_called(recorder, model_file, context):
    warehouse = recorder()
    done = forecast_in_warehouse(warehouse, model_file, cutoff=str(context.cutoff), **NAMES)
    job = ForecastJob.of(model_file, **NAMES)
    assert warehouse.asked[-1] == merge_forecast(job, instant(SNOWFLAKE, context.cutoff))
    assert f'TABLE("{function_name(job)}"(' in warehouse.asked[-1]
    assert warehouse.made == ["forecast"]
    assert (done.partitions, done.rows_in, done.chargers, done.rows) == (2, 2317, 12, 24)
    assert (done.inserted, done.updated) == (24, 0)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (SnowflakeError("Snowflake: MERGE: 000606", 606), TransientError, "ALTER WAREHOUSE"),
        (
            TransientError("Snowflake: MERGE: 000604: canceled."),
            TransientError,
            "Nothing was written",
        ),
        (SnowflakeError("Snowflake: MERGE: 003001", 3001), WarehouseError, "Was a grant revoked"),
    ],
    ids=["suspended", "cancelled", "revoked"],
)
def test_what_snowflake_refuses_is_said_clearly(recorder, model_file, context, error, kind, words):
    with pytest.raises(kind, match=words):
        forecast_in_warehouse(
            recorder(MERGE=error), model_file, cutoff=str(context.cutoff), **NAMES
        )

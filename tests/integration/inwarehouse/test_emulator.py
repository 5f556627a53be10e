"""What the emulator of Snowflake truly does: the rows of a forecast, the files in the stage, the tables."""

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.inwarehouse import (
    Deployment,
    ForecastJob,
    check_account,
    forecast_columns,
    store_panel,
)
from evforecast.inwarehouse.deploying import write_files
from evforecast.inwarehouse.handler import INPUT
from evforecast.inwarehouse.predict import make_forecast_table
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.rows import RowsQuery, latest
from evforecast.warehouse import DUCKDB, SNOWFLAKE, TableName
from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def emulated(emulator):
    fakesnow = pytest.importorskip("fakesnow", reason="no Snowflake emulator here")
    with fakesnow.patch(), pytest.MonkeyPatch.context():
        settings = SnowflakeSettings(
            "org-ev", "ann", password="secret", database="EV", schema="RAW", warehouse="WH"
        )
        with SnowflakeWarehouse.connect(settings) as warehouse:
            yield warehouse


@pytest.fixture(scope="module")
def stored(emulated, context):
    """The end of the context in both, which is all that a forecast looks at."""
    recent = context.tail(300)
    store_panel(emulated, recent, exog="weather")
    return recent


def as_rows(warehouse, query, cutoff):
    rows = pd.DataFrame(warehouse.run(query.sql(cutoff)), columns=["partition", *INPUT])
    plain = rows.astype(object).where(rows.notna(), None)
    plain["time"] = [str(pd.Timestamp(time)) for time in plain["time"]]
    plain["partition"] = plain["partition"].astype(int)
    for name in ("code", "lat", "lon", "value"):
        plain[name] = [None if value is None else float(value) for value in plain[name]]
    return sorted(map(repr, plain.itertuples(index=False)))


@pytest.mark.filterwarnings(
    "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
)
@pytest.mark.parametrize("cutoff", ["latest", "named"])
def test_rows_are_those_of_duckdb(emulated, stored, tmp_path, cutoff):
    table = TableName.parse
    options = {
        "lookback": 193,
        "step": np.timedelta64(900, "s"),
        "series": ("temperature",),
        "per_partition": 3,
    }
    found = {}
    with ev.connect(f"duckdb:///{tmp_path}/ev.duckdb") as duck:
        store_panel(duck, stored, exog="weather")
        for warehouse, dialect in ((duck, DUCKDB), (emulated, SNOWFLAKE)):
            query = RowsQuery(
                dialect, table("status_grid"), table("evse"), table("weather"), **options
            )
            at = latest(query.grid) if cutoff == "latest" else instant(dialect, stored.times[-40])
            found[dialect.name] = as_rows(warehouse, query, at)
    assert found["snowflake"] == found["duckdb"]
    assert len({row.split("partition=")[1].split(",")[0] for row in found["duckdb"]}) > 1


@pytest.mark.filterwarnings(
    "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
)
def test_the_files_reach_the_stage(emulated, context, tmp_path):
    ev.Climatology([1]).fit(context).save(tmp_path / "model.evf")
    job = ForecastJob.of(tmp_path / "model.evf", name="champion", tz="Europe/Paris")
    deployment = Deployment(job)
    files = write_files(deployment, tmp_path)
    emulated.put(list(files), deployment.prefix)
    listed = emulated.staged(deployment.prefix)
    assert {file.name for file in listed} == {path.name for path in files}


@pytest.mark.filterwarnings(
    "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
)
def test_the_table_of_forecasts(emulated):
    table = TableName(("forecast_of_a_test",))
    columns = forecast_columns(ev.STATUS)
    make_forecast_table(emulated, table, columns)
    make_forecast_table(emulated, table, columns)
    assert [column.name for column in emulated.columns(table)] == [c.name for c in columns]
    emulated.drop(table)


@pytest.mark.filterwarnings(
    "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
)
def test_the_checks_run_as_far_as_the_emulator_goes(emulated):
    lines = {line.name: line for line in check_account(emulated, only=["stage", "copy", "merge"])}
    assert {name: line.status for name, line in lines.items()} == dict.fromkeys(lines, "works")

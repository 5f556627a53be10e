import dataclasses

import pytest

from evforecast.errors import FileFormatError, InputError
from evforecast.inwarehouse import job as jobs
from evforecast.inwarehouse.driving import drive
from evforecast.inwarehouse.predict import make_forecast_table
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.warehouse import DUCKDB, TableName

COLUMNS = "horizon, evse_id, p_available, p_charging, p_passive, p_offline, p_down"


@pytest.fixture
def driven(warehouse, job, context, tmp_path):
    """Return what drives the job, or another one, and returns what was done."""

    def run(other=job):
        make_forecast_table(warehouse, other.into, other.columns)
        return drive(warehouse, other, instant(DUCKDB, context.cutoff), tmp_path)

    return run


def rows(warehouse):
    return warehouse.run(f"SELECT {COLUMNS} FROM forecast ORDER BY horizon, evse_id")


def test_many_partitions_give_what_one_gives(
    warehouse, driven, model, context, expected_rows, monkeypatch
):
    expected = expected_rows(model, context, "champion")
    one = driven()
    assert rows(warehouse) == expected
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 2 * model.lookback)
    many = driven()
    assert (one.partitions, many.partitions > 2) == (1, True)
    assert rows(warehouse) == expected
    assert (many.merged.inserted, many.merged.updated) == (0, 0)
    assert many.chargers == one.chargers == context.n_evse
    # the first time is told to each
    assert many.rows_in == one.rows_in + many.partitions - 1


def test_a_handler_that_fails_leaves_everything_as_it_was(warehouse, driven, job, tmp_path):
    driven()
    before = rows(warehouse)
    (tmp_path / "damaged.evf").write_bytes(job.path.read_bytes()[:-9])
    with pytest.raises(FileFormatError):
        driven(dataclasses.replace(job, path=tmp_path / "damaged.evf"))
    assert rows(warehouse) == before
    tables = {name for (name,) in warehouse.run("SELECT table_name FROM duckdb_tables()")}
    assert tables == {"status_grid", "evse", "weather", "forecast", "evforecast_load_history"} | (
        tables & {"evforecast_rejected_rows"}
    )
    assert not warehouse.stage.exists()


def test_a_partition_that_fails_after_others_writes_none(
    warehouse, driven, job, monkeypatch, context
):
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", job.lookback)
    last = max(context.evse_ids)
    warehouse.run(
        f"INSERT INTO status_grid VALUES ('{context.cutoff}', '{last}', 0), ('{context.cutoff}', '{last}', 0)"
    )
    with pytest.raises(InputError, match="repeat"):
        driven()
    assert rows(warehouse) == []


def test_any_name_of_the_table_will_do(warehouse, driven, job):
    table = TableName(('a "b" c\'d',))
    done = driven(dataclasses.replace(job, into=table))
    assert warehouse.run(f"SELECT COUNT(*) FROM {table.sql}") == [(done.merged.inserted,)]

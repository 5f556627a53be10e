"""Days of production on the emulated Snowflake: the same tables as on DuckDB, and the same transactions."""

import os
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pytest

from evforecast.errors import InputError, TransientError
from evforecast.scenarios import daily, runner
from evforecast.scenarios.tables import TABLES, commit, make, watermark
from evforecast.warehouse import Column, DuckDBWarehouse, TableName, WarehouseError
from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
START, DAY = np.datetime64("2026-01-05", "s"), np.timedelta64(86_400, "s")
DAYS = 3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.integration,
    pytest.mark.filterwarnings(
        "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
    ),
]


@pytest.fixture
def snowflake(emulator):
    """Return a warehouse of the emulator."""
    import fakesnow

    with fakesnow.patch():
        settings = SnowflakeSettings(
            "fakesnow", "fake", password="snow", database="production", schema="s1"
        )
        with SnowflakeWarehouse.connect(settings) as warehouse:
            yield warehouse


def test_the_same_tables(snowflake, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    from _loop_play import make_project

    monkeypatch.setattr("evforecast.plotting.export._svg", lambda *_, **__: b"<svg/>")
    here = make_project(tmp_path / "here", 6, DAYS, short=True)
    there = make_project(tmp_path / "there", 6, DAYS, short=True)
    for day in range(1, DAYS + 1):
        daily(here, as_of=START + day * DAY)

    @contextmanager
    def opened(_):
        yield snowflake

    monkeypatch.setattr(runner, "opened", opened)
    # The emulator knows no parameters of a session; tags have tests of their own.
    monkeypatch.setattr("evforecast.inwarehouse.credits.tagged", lambda *_, **__: nullcontext())
    for day in range(1, DAYS + 1):
        daily(there, as_of=START + day * DAY)
    with DuckDBWarehouse(here.warehouse.removeprefix("duckdb:///")) as duckdb:
        for name, table in TABLES.items():
            key = ", ".join(f'"{column}"' for column in table.key)
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            sql = f'SELECT {columns} FROM "{name}" ORDER BY {key}'
            one, other = duckdb.run(sql), snowflake.run(sql)
            assert len(one) == len(other), name
            for mine, theirs in zip(one, other, strict=True):
                for value, same in zip(mine, theirs, strict=True):
                    is_number = isinstance(value, float)
                    assert same == (pytest.approx(value, rel=1e-12) if is_number else value), name


def test_a_transaction_is_one_here_too(snowflake):
    make(snowflake, "watermark")
    one, two = START, START + DAY
    commit(snowflake, "features", [], before=None, until=one)
    with pytest.raises(TransientError, match="another process"):
        commit(snowflake, "features", [], before=two, until=two)
    assert watermark(snowflake, "features") == one
    table = TableName(("watermark",))
    with pytest.raises(WarehouseError), snowflake.transaction():  # noqa: PT012 - of two statements
        snowflake.run('DELETE FROM "watermark"')
        snowflake.run('SELECT * FROM "nowhere"')
    assert watermark(snowflake, "features") == one
    refused = [
        lambda: snowflake.create(table, [Column("n", "int4")], transient=True),
        lambda: snowflake.drop(table),
        lambda: snowflake.merge(table, table, [Column("n", "int4")], ["n"]),
        lambda: snowflake.copy_into(table, [Column("n", "int4")], "prefix", {}),
    ]
    for call in refused:
        with snowflake.transaction(), pytest.raises(InputError, match="not inside a transaction"):
            call()
    assert watermark(snowflake, "features") == one

import asyncio

import pytest
from moving import fill, rows_in, rows_of

from evforecast.errors import InputError
from evforecast.migration import JournalError, Migration, MigrationPlan
from evforecast.warehouse import connect

pytestmark = pytest.mark.integration


@pytest.fixture
def warehouse(tmp_path):
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as opened:
        yield opened


@pytest.fixture
def moving(sql, dsn, warehouse, tmp_path):
    fill(sql)
    return lambda **plan: Migration(
        dsn, warehouse, MigrationPlan("status", **plan), tmp_path / "w", progress=False
    )


def test_until_a_phase_and_on_from_there(sql, moving, warehouse):
    one = moving(layout="month")
    with pytest.raises(InputError, match="Did you mean 'stage'"):
        one.run(until="staged")
    with pytest.raises(JournalError, match="nothing was planned"):
        one.report()
    assert one.run(until="stage").phase == "load"
    assert one.interrupted
    assert one.run().complete
    assert not one.interrupted
    assert rows_in(warehouse) == rows_of(sql)


def test_other_options_make_another_plan_once_a_round_is_over(moving):
    assert moving(layout="month").run().complete
    report = moving(layout="halves", format="parquet").run()
    assert report.complete
    assert report.made.plan.layout == "halves"
    assert report.round.number == 2


def test_in_a_running_loop(sql, moving, warehouse):
    async def notebook():
        return moving().run()

    assert asyncio.run(notebook()).complete
    assert rows_in(warehouse) == rows_of(sql)


def test_the_script_names_the_files_that_are_there(moving, sql, warehouse):
    one = moving(layout="month")
    text = one.script()
    assert text.count("read_csv(") == 2
    one.stage()
    warehouse.run(text)
    assert rows_in(warehouse) == rows_of(sql)


def test_no_secret_is_written_down(sql, dsn, warehouse, tmp_path):
    fill(sql)
    secret = dsn.replace("postgres:@", "postgres:hunter2@")
    report = Migration(
        secret, warehouse, MigrationPlan("status"), tmp_path / "w", progress=False
    ).run()
    written = b"".join(path.read_bytes() for path in (tmp_path / "w").rglob("*") if path.is_file())
    assert b"hunter2" not in written
    assert "hunter2" not in str(report) + report.to_markdown() + repr(report)

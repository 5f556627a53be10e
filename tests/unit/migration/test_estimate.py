import pytest

from evforecast.errors import InputError
from evforecast.migration import MigrationPlan, estimate
from evforecast.migration.estimate import choose_slicing, read_sample
from evforecast.migration.profile import fit_columns
from evforecast.migration.source import connected, inspect
from evforecast.migration.waiting import wait

pytestmark = pytest.mark.integration
ROWS = 50_000


@pytest.fixture
def history(sql):
    sql("CREATE TABLE t (at timestamptz, s text, id text)")
    sql(
        "INSERT INTO t SELECT '2020-01-01'::timestamptz + n * interval '1 min', 'S' || n % 7, md5(n::text) "
        f"FROM generate_series(1, {ROWS}) AS n"
    )
    sql("ANALYZE t")


def plan_of(dsn, **options):
    async def work():
        plan = MigrationPlan(**{"table": "t", **options})
        async with connected(dsn) as connection:
            source = await inspect(connection, plan)
            columns = await fit_columns(connection, source, has_float4=True)
            sample = await read_sample(connection, source, columns, plan)
            return sample, await choose_slicing(connection, source, columns, plan, sample)

    return wait(work())


def test_the_sample_tells_rows_and_sizes(history, dsn):
    sample, _ = plan_of(dsn, compression="none")
    assert sample.rows == sample.sampled == ROWS
    assert sample.csv_row == sample.file_row == pytest.approx(58, abs=3)
    assert plan_of(dsn, compression="zstd")[0].file_row < sample.file_row
    assert sample.few == ("s",)
    assert sample.seconds > 0
    assert sample.check_seconds > 0


def test_a_sample_of_a_large_table(history, dsn, monkeypatch):
    monkeypatch.setattr(estimate, "_ROWS", 5_000)
    sample, _ = plan_of(dsn)
    assert 1_000 < sample.sampled < 20_000
    assert sample.rows == pytest.approx(ROWS, rel=0.02)


def test_auto_keeps_files_within_the_range(history, dsn):
    sample, slicing = plan_of(dsn, target_mb=[0.2, 0.5], compression="none")
    files = len(slicing.bounds) + 1
    assert slicing.how == "ranges"
    assert slicing.column.name == "at"
    assert 0.2e6 <= sample.size / files <= 0.5e6


def test_auto_gives_each_worker_a_file_where_that_keeps_them_large_enough(history, dsn):
    assert plan_of(dsn, target_mb=[10, 100])[1].how == "whole"
    assert len(plan_of(dsn, target_mb=[0.1, 100], workers=3)[1].bounds) == 2


def test_halves_are_about_equal(history, sql, dsn):
    _, slicing = plan_of(dsn, layout="halves")
    below = sql(f"SELECT count(*) FROM t WHERE at < '{slicing.bounds[0]}+00'")[0][0]
    assert below == pytest.approx(ROWS / 2, rel=0.05)
    assert slicing.zoned


def test_a_table_without_a_column_to_divide_by(history, dsn):
    assert plan_of(dsn, columns=["s"], layout="halves")[1].how == "blocks"
    query = {"table": None, "query": "SELECT s FROM t", "target": "x"}
    assert plan_of(dsn, **query)[1].how == "whole"
    with pytest.raises(InputError, match="layout='halves': the query has no column"):
        plan_of(dsn, **query, layout="halves")

import pytest
from moving import fill, rows_in, rows_of

from evforecast.errors import InputError
from evforecast.migration import MigrationPlan, migrate
from evforecast.warehouse import connect


def test_a_plan_or_its_options_but_not_both():
    with pytest.raises(InputError, match="say layout there"):
        migrate("postgresql://h/d", "duckdb:///x", MigrationPlan("t"), layout="month")


@pytest.mark.integration
def test_one_call_with_addresses(sql, dsn, tmp_path):
    fill(sql)
    url = f"duckdb:///{tmp_path / 'ev.duckdb'}"
    report = migrate(dsn, url, table="status", workdir=tmp_path / "w", progress=False)
    assert report.complete
    with connect(url) as warehouse:
        assert rows_in(warehouse) == rows_of(sql)

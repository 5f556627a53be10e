import pytest
from moving import fill

from evforecast.migration import Migration, MigrationPlan
from evforecast.warehouse import TableName, connect


@pytest.mark.integration
def test_a_dry_run_says_all_and_does_nothing(sql, dsn, tmp_path):
    fill(sql)
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as warehouse:
        moving = Migration(dsn, warehouse, MigrationPlan("status", layout="day"), tmp_path / "w")
        preview = moving.preview()
        assert warehouse.columns(TableName(("status",))) is None
    assert not (tmp_path / "w" / "journal.jsonl").exists()
    assert preview.to_frame()["rows"].sum() == 900
    assert len(preview.files) == 38
    assert set(preview.seconds) == {"fingerprint", "export", "load, check, merge"}
    assert all(seconds > 0 for seconds in preview.seconds.values())
    text = str(preview)
    assert "2020-01-20.csv.zst" in text
    assert "… and 25 more" in text  # files
    assert "… and 35 more" in text  # statements
    assert "COPY (SELECT" in text
    assert "expected seconds: fingerprint" in text
    assert 'CREATE OR REPLACE TABLE "status__load"' in text

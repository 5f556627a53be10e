from pathlib import Path

from evforecast.warehouse import Column, FileFormat, TableName
from evforecast.warehouse.duckdb_script import load_script


def test_a_script_of_statements():
    columns = [Column("k", "int4"), Column("v", "text")]
    files = {Path("it's.csv"): FileFormat("csv", "none"), Path("b.parquet"): FileFormat("parquet")}
    text = load_script(TableName(("t",)), columns, files, key=["k"])
    assert "read_csv('it''s.csv', columns=" in text
    assert "read_parquet('b.parquet')" in text
    lines = text.splitlines()
    assert lines[0].startswith('CREATE OR REPLACE TABLE "t__load"')
    assert any(line.startswith('UPDATE "t"') for line in lines)
    assert lines[-1] == 'DROP TABLE "t__load";'
    assert all(line.endswith(";") for line in lines)

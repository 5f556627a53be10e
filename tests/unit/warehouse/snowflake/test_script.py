from pathlib import Path

import pytest

from evforecast.errors import InputError
from evforecast.warehouse import Column, FileFormat
from evforecast.warehouse.snowflake import migration_script

COLUMNS = [Column("Id", "int8", nullable=False), Column("state", "text")]
GZIP = FileFormat("csv", "gzip")
FILES = {Path("/data/a.csv.gz"): GZIP, Path("/data/b.csv.gz"): GZIP}


def script(files=FILES, **options):
    return migration_script("ev.status", COLUMNS, files, "run-1", **options)


def statements(text):
    kept = [line for line in text.splitlines() if line and not line.startswith("--")]
    assert all(line.endswith(";") for line in kept)
    return kept


def test_the_whole_run_in_order():
    assert [line.split(" (")[0].split(" '")[0][:60] for line in statements(script(key=["Id"]))] == [
        "ALTER SESSION SET TIMEZONE =",
        "CREATE FILE FORMAT IF NOT EXISTS evforecast_csv_gzip_v1 TYPE",
        "CREATE STAGE IF NOT EXISTS evforecast_stage;",
        'CREATE TABLE IF NOT EXISTS "ev"."status"',
        'CREATE OR REPLACE TRANSIENT TABLE "ev"."status__load"',
        "PUT",
        "PUT",
        "LIST @evforecast_stage/run-1/;",
        'COPY INTO "ev"."status__load"',
        'SELECT COUNT(*) AS "rows loaded" FROM "ev"."status__load";',
        'MERGE INTO "ev"."status" AS t USING',
        "REMOVE @evforecast_stage/run-1/;",
        'DROP TABLE IF EXISTS "ev"."status__load";',
    ]


def test_the_header_says_how_to_run_it():
    text = script()
    assert text.startswith("-- Load 2 file(s) into ev.status.")
    assert "snow sql --connection NAME --filename THIS_FILE" in text
    assert "snowsql --connection NAME" in text


def test_a_name_cannot_end_the_comment():
    text = migration_script('"a\nDROP TABLE b; --"', COLUMNS, FILES, "run-1")
    assert text.splitlines()[0].startswith("-- Load 2 file(s) into")
    assert "DROP TABLE b" in text.splitlines()[0]


def test_without_a_key_rows_are_compared_whole():
    text = script()
    assert "MERGE" not in text
    assert 'INSERT INTO "ev"."status" ("Id", "state") SELECT' in text


def test_a_count_is_compared_and_stops_the_script():
    text = script(rows=7)
    assert 'COUNT(*) = 7 AS "all there"' in text
    assert "1 / IFF(COUNT(*) = 7, 1, 0)" in text
    assert "IFF" not in script(rows=7, on_error="continue")


def test_rejected_rows_are_shown():
    text = script(on_error="skip_file")
    assert "ON_ERROR = SKIP_FILE" in text
    assert "JOB_ID => '_last'" in text
    assert "VALIDATE" not in script()
    parquet = {Path("/data/a.parquet"): FileFormat("parquet")}
    assert "VALIDATE" not in script(parquet, on_error="skip_file")


def test_many_files_are_several_copies():
    files = {Path(f"/data/{n}.csv.gz"): GZIP for n in range(1500)}
    assert script(files).count("COPY INTO") == 2


def test_each_format_is_made_once():
    files = {**FILES, Path("/data/a.parquet"): FileFormat("parquet")}
    text = script(files)
    assert text.count("CREATE FILE FORMAT") == 2
    assert text.count("COPY INTO") == 2


def test_an_external_stage_is_not_put_to():
    text = script(stage="external:lake/in")
    assert not any(line.startswith(("PUT", "REMOVE", "CREATE STAGE")) for line in text.splitlines())
    assert "--     /data/a.csv.gz" in text
    assert "LIST @lake/in/run-1/;" in text


def test_the_users_stage_is_there_already():
    text = script(stage="user")
    assert "CREATE STAGE" not in text
    assert "REMOVE @~/run-1/;" in text


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"files": {}}, "no files"),
        ({"key": ["id"]}, r"the key has \['id'\]"),
        ({"on_error": "stop"}, "on_error"),
        ({"stage": "s3"}, "names no stage"),
        ({"files": {Path("/data/it's.csv"): GZIP}}, "Rename it"),
    ],
)
def test_what_cannot_be_written_is_refused(options, match):
    with pytest.raises(InputError, match=match):
        script(**options)

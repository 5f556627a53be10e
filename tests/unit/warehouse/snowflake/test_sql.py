from pathlib import Path, PureWindowsPath

import pytest

from evforecast.errors import InputError
from evforecast.warehouse import Column, FileFormat, TableName, statements
from evforecast.warehouse.snowflake import sql
from evforecast.warehouse.snowflake.stages import Stage

TABLE = TableName(("ev", "Status"))
COLUMNS = [
    Column("Id", "int8"),
    Column("select", "text"),
    Column("raw", "bytes"),
    Column("at", "timestamp"),
    Column("price", "decimal", precision=8, scale=2),
]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_a_csv_format_writes_out_what_matters(compression):
    text = sql.create_file_format(FileFormat("csv", compression))
    assert text == (
        f"CREATE FILE FORMAT IF NOT EXISTS evforecast_csv_{compression}_v1 TYPE = CSV "
        f"COMPRESSION = {compression.upper()} FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' SKIP_HEADER = 0 "
        "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () "
        "EMPTY_FIELD_AS_NULL = TRUE TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE "
        "ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE REPLACE_INVALID_CHARACTERS = FALSE ENCODING = 'UTF8' "
        "BINARY_FORMAT = HEX DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO"
    )


def test_one_parquet_format_for_all_compressions():
    texts = {sql.create_file_format(FileFormat("parquet", c)) for c in ("gzip", "zstd", "none")}
    assert texts == {
        (
            "CREATE FILE FORMAT IF NOT EXISTS evforecast_parquet_v1 TYPE = PARQUET COMPRESSION = AUTO "
            "USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE NULL_IF = ()"
        )
    }


def test_places():
    assert sql.create_stage(Stage.parse("named")) == "CREATE STAGE IF NOT EXISTS evforecast_stage"
    assert sql.create_schema(TABLE) == 'CREATE SCHEMA IF NOT EXISTS "ev"'
    assert sql.list_files("@s/run-1/") == "LIST @s/run-1/"
    assert sql.remove("@s/run-1/") == "REMOVE @s/run-1/"
    assert sql.describe(TABLE) == 'DESCRIBE TABLE "ev"."Status"'


@pytest.mark.parametrize(
    ("name", "compression"),
    [("a.csv.gz", "GZIP"), ("a.csv.zst", "ZSTD"), ("a.csv", "NONE"), ("a.parquet", "NONE")],
)
def test_a_file_is_uploaded_as_it_is(name, compression):
    assert sql.put(Path("/data/a folder") / name, "@s/run-1/") == (
        f"PUT 'file:///data/a folder/{name}' @s/run-1/ AUTO_COMPRESS = FALSE "
        f"SOURCE_COMPRESSION = {compression} PARALLEL = 4 OVERWRITE = TRUE"
    )


def test_a_path_of_windows_has_forward_slashes():
    class WindowsPath(PureWindowsPath):
        def absolute(self):
            return self

    text = sql.put(WindowsPath("C:\\data\\a.csv"), "@s/run-1/")
    assert text.startswith("PUT 'file:///C:/data/a.csv' @s/run-1/")


@pytest.mark.parametrize("folder", ["a*", "a?", "a[1]", "it's", 'a"b', "a\nb", "a\\b"])
def test_a_folder_that_reads_as_a_pattern_is_refused(folder):
    with pytest.raises(InputError, match="another folder"):
        sql.put(Path("/work") / folder / "a.csv", "@s/run-1/")


def test_a_file_that_needs_quoting_is_refused():
    with pytest.raises(InputError, match="Rename it"):
        sql.put(Path("/data/it's.csv"), "@s/run-1/")
    with pytest.raises(InputError, match="Rename it"):
        sql.copy_into(TABLE, COLUMNS, "@s/run-1/", ["it's.csv"], FileFormat())


@pytest.mark.parametrize(
    ("on_error", "word"),
    [("abort", "ABORT_STATEMENT"), ("skip_file", "SKIP_FILE"), ("continue", "CONTINUE")],
)
def test_copy_of_csv(on_error, word):
    text = sql.copy_into(
        TABLE, COLUMNS, "@s/run-1/", ["a.csv.zst", "b.csv.zst"], FileFormat(), on_error=on_error
    )
    assert text == (
        'COPY INTO "ev"."Status" ("Id", "select", "raw", "at", "price") FROM @s/run-1/ '
        "FILES = ('a.csv.zst', 'b.csv.zst') FILE_FORMAT = (FORMAT_NAME = 'evforecast_csv_zstd_v1') "
        f"ON_ERROR = {word}"
    )


def test_copy_of_parquet_casts_each_column():
    text = sql.copy_into(TABLE, COLUMNS, "@s/run-1/", ["a.parquet"], FileFormat("parquet"))
    assert text == (
        'COPY INTO "ev"."Status" ("Id", "select", "raw", "at", "price") FROM (SELECT '
        '$1:"Id"::NUMBER(19,0), $1:"select"::VARCHAR, TO_BINARY($1:"raw"::VARCHAR, \'HEX\'), '
        '$1:"at"::TIMESTAMP_NTZ(6), $1:"price"::NUMBER(8,2) FROM @s/run-1/) '
        "FILES = ('a.parquet') FILE_FORMAT = (FORMAT_NAME = 'evforecast_parquet_v1') "
        "ON_ERROR = ABORT_STATEMENT"
    )


@pytest.mark.parametrize("stage", ["table:t", "table:ev.t"])
def test_no_parquet_from_the_stage_of_a_table(stage):
    location = Stage.parse(stage).location("run-1")
    with pytest.raises(InputError, match="named stage or CSV"):
        sql.copy_into(TABLE, COLUMNS, location, ["a.parquet"], FileFormat("parquet"))
    assert location in sql.copy_into(TABLE, COLUMNS, location, ["a.csv"], FileFormat())


@pytest.mark.parametrize("count", [0, 1001])
def test_one_copy_names_at_most_a_thousand_files(count):
    with pytest.raises(InputError, match="1 to 1,000 files"):
        sql.copy_into(TABLE, COLUMNS, "@s/r/", [f"{n}.csv" for n in range(count)], FileFormat())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_copy_neither_forces_nor_purges(kind):
    text = sql.copy_into(TABLE, COLUMNS, "@s/run-1/", ["a"], FileFormat(kind))
    assert "FORCE" not in text
    assert "PURGE" not in text


def test_rejected_rows():
    assert sql.rejected_rows(TABLE, "01b2-7") == (
        "SELECT FILE, LINE, COLUMN_NAME, ERROR, REJECTED_RECORD FROM "
        'TABLE(VALIDATE("ev"."Status", JOB_ID => \'01b2-7\')) ORDER BY FILE, LINE'
    )


@pytest.mark.parametrize(
    ("parts", "view", "schema"),
    [
        (("t",), "INFORMATION_SCHEMA", "CURRENT_SCHEMA()"),
        (("s", "t"), "INFORMATION_SCHEMA", "?"),
        (("d", "s", "t"), '"d".INFORMATION_SCHEMA', "?"),
    ],
)
def test_load_history_of_the_tables_own_database(parts, view, schema):
    assert sql.load_history(TableName(parts)) == (
        f"SELECT FILE_NAME, ROW_COUNT FROM {view}.LOAD_HISTORY WHERE SCHEMA_NAME = {schema} "
        "AND TABLE_NAME = ? AND CONTAINS(FILE_NAME, ?) ORDER BY LAST_LOAD_TIME"
    )


def test_merge_with_a_key():
    text = sql.merge(TableName(("load",)), TABLE, COLUMNS[:3], ["Id"])
    assert text == (
        'MERGE INTO "ev"."Status" AS t USING (SELECT "Id", "select", "raw" FROM "load" '
        'QUALIFY ROW_NUMBER() OVER (PARTITION BY "Id" ORDER BY "Id") = 1) AS s ON t."Id" = s."Id" '
        'WHEN MATCHED AND (t."select" IS DISTINCT FROM s."select" OR t."raw" IS DISTINCT FROM s."raw") '
        'THEN UPDATE SET "select" = s."select", "raw" = s."raw" '
        'WHEN NOT MATCHED THEN INSERT ("Id", "select", "raw") VALUES (s."Id", s."select", s."raw")'
    )


def test_merge_where_all_is_key_only_inserts():
    text = sql.merge(TableName(("load",)), TABLE, COLUMNS[:2], ["Id", "select"])
    assert "UPDATE" not in text
    assert 'ON t."Id" = s."Id" AND t."select" = s."select" WHEN NOT MATCHED' in text


def test_insert_more_numbers_equal_rows_apart():
    columns = [Column("occurrence", "int8")]
    assert statements.insert_more(TableName(("load",)), TableName(("t",)), columns) == (
        'INSERT INTO "t" ("occurrence") SELECT "occurrence" FROM (SELECT "occurrence", '
        'ROW_NUMBER() OVER (PARTITION BY "occurrence" ORDER BY 1) AS "occurrence_" FROM "load" EXCEPT '
        'SELECT "occurrence", ROW_NUMBER() OVER (PARTITION BY "occurrence" ORDER BY 1) AS "occurrence_" '
        'FROM "t") AS s'
    )


def test_distinct_by_slice():
    assert statements.distinct(TABLE, ["Id"], 'YEAR("at")') == (
        'SELECT slice, COUNT(*) FROM (SELECT DISTINCT YEAR("at") AS slice, "Id" FROM "ev"."Status") AS d '
        "GROUP BY slice"
    )

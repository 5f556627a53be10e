import pytest

from evforecast.warehouse import Column, LoadedFile, TableName, WarehouseError
from evforecast.warehouse.snowflake.results import (
    base_name,
    plain_key,
    read_columns,
    read_copied,
    with_rejected,
)

TABLE = TableName(("t",))


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("NUMBER(5,0)", Column("c", "int2")),
        ("NUMBER(10,0)", Column("c", "int4")),
        ("NUMBER(19,0)", Column("c", "int8")),
        ("NUMBER(4,0)", Column("c", "decimal", precision=4, scale=0)),
        ("NUMBER(38,0)", Column("c", "decimal", precision=38, scale=0)),
        ("NUMBER(8,2)", Column("c", "decimal", precision=8, scale=2)),
        ("FLOAT", Column("c", "float8")),
        ("VARCHAR(16777216)", Column("c", "text")),
        ("BINARY(8388608)", Column("c", "bytes")),
        ("DATE", Column("c", "date")),
        ("TIME(6)", Column("c", "time")),
        ("TIMESTAMP_NTZ(6)", Column("c", "timestamp")),
        ("BOOLEAN", Column("c", "bool")),
    ],
)
def test_each_type_is_a_kind(kind, column):
    assert read_columns(TABLE, [("c", kind, "COLUMN", "Y", None)]) == [column]


@pytest.mark.parametrize(
    "kind", ["VARIANT", "TIMESTAMP_LTZ(9)", "TIMESTAMP_TZ(9)", "GEOGRAPHY", "ARRAY"]
)
def test_other_types_are_refused_by_name(kind):
    with pytest.raises(WarehouseError, match=r"table t: column 'c' is of type"):
        read_columns(TABLE, [("c", kind, "COLUMN", "Y")])


def copied(status, rows, errors=0, reason=None, file="evforecast_stage/run-1/a.csv"):
    return (
        file,
        status,
        9,
        rows,
        1,
        errors,
        reason,
        3 if errors else None,
        5,
        "N" if errors else None,
    )


def test_what_became_of_a_file():
    first = [{"line": 3, "column": "N", "reason": "odd", "text": None}]
    cases = {
        copied("LOADED", 9): LoadedFile("a.csv", "loaded", 9),
        copied("PARTIALLY_LOADED", 8, 1, "odd"): LoadedFile("a.csv", "partly loaded", 8, first),
        copied("PARTIALLY LOADED", "8", "1", "odd"): LoadedFile("a.csv", "partly loaded", 8, first),
        copied("LOAD_FAILED", 0, 1, "odd"): LoadedFile("a.csv", "skipped", 0, first),
        copied("LOAD_SKIPPED", 0, 1, "File was loaded before."): LoadedFile(
            "a.csv", "loaded before", -1
        ),
    }
    for row, expected in cases.items():
        assert read_copied([row]) == {"a.csv": expected}


def test_nothing_to_do_is_a_sentence():
    assert read_copied([("Copy executed with 0 files processed.",)]) == {}


def test_all_rejected_rows_replace_the_first():
    files = read_copied(
        [
            copied("PARTIALLY_LOADED", 7, 2, "odd"),
            copied("LOAD_FAILED", 0, 1, "bad", file="run-1/b.csv"),
        ]
    )
    rows = [("run-1/a.csv", 3, "N", "odd", "x,1"), ("run-1/a.csv", None, None, "odd too", None)]
    files = with_rejected(files, rows)
    assert files["a.csv"].rejected == [
        {"line": 3, "column": "N", "reason": "odd", "text": "x,1"},
        {"line": None, "column": None, "reason": "odd too", "text": None},
    ]
    assert [row["reason"] for row in files["b.csv"].rejected] == ["bad"]


def test_names_without_folders():
    assert base_name("s3://bucket/x/run-1/a.csv") == base_name("a.csv") == "a.csv"


def test_a_slice_has_one_form():
    assert plain_key("x") == "x"
    assert plain_key(None) is None

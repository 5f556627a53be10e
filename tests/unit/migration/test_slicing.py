import datetime as dt

import duckdb
import pytest

from evforecast.errors import InputError
from evforecast.migration.slicing import Slicing
from evforecast.warehouse import DUCKDB, POSTGRES, Column

AT = Column("at", "timestamp")
RANGES = Slicing("ranges", Column("n", "int4"), bounds=["10", "20"])
MICROSECONDS = int(dt.datetime(2020, 2, 1, tzinfo=dt.UTC).timestamp()) * 10**6


@pytest.mark.parametrize("how", ["whole", "blocks"])
def test_one_slice_of_all_rows(how):
    slicing = Slicing(how, parts=3)
    assert slicing.key(POSTGRES) is None
    assert slicing.condition(0) == "TRUE"
    assert slicing.label(0) == "all rows"


def test_months_and_days():
    month, day = Slicing("month", AT), Slicing("day", AT, zoned=True)
    assert month.label(MICROSECONDS) == month.file_stem(MICROSECONDS) == "2020-02"
    assert day.label(MICROSECONDS) == "2020-02-01"
    assert "'2020-02-02+00'::timestamptz" in day.condition(MICROSECONDS)
    assert month.condition(None) == '"at" IS NULL'
    assert month.label(None) == "no at"
    december = int(dt.datetime(9999, 12, 1, tzinfo=dt.UTC).timestamp()) * 10**6
    assert month.condition(december) == "\"at\" >= '9999-12-01'::timestamp"


def test_ranges_have_open_ends_and_leave_nothing_out():
    assert RANGES.condition(0) == "\"n\" < '10'::int8"
    assert RANGES.condition(1) == "\"n\" >= '10'::int8 AND \"n\" < '20'::int8"
    assert RANGES.condition(2) == "\"n\" >= '20'::int8"
    assert RANGES.label(1) == "part 2 of 3"
    with duckdb.connect() as connection:
        values = connection.execute("SELECT unnest([-5, 9, 10, 19, 20, NULL]) AS n")
        assert values is not None
        found = connection.execute(
            f"SELECT {RANGES.full_key(DUCKDB)} FROM (SELECT unnest([-5, 9, 10, 19, 20, NULL]) AS n)"
        ).fetchall()
    assert [key for (key,) in found] == [0, 0, 1, 1, 2, None]


def test_values_of_a_column_are_bound_as_text_and_named_apart():
    by = Slicing("column", Column("s", "text"))
    assert by.condition("it's") == "\"s\" = 'it''s'"
    assert by.label("a/b") == "s=a/b"
    stems = {by.file_stem("a/b"), by.file_stem("a-b"), by.file_stem("été"), by.file_stem("../x")}
    assert len(stems) == 4
    assert all(stem.replace("-", "").isascii() and "/" not in stem for stem in stems)
    assert Slicing("column", Column("d", "date")).condition(18_262) == "\"d\" = '2020-01-01'::date"


@pytest.mark.parametrize("slicing", [Slicing("whole"), Slicing("month", AT, zoned=True), RANGES])
def test_a_slicing_survives_json(slicing):
    assert Slicing.from_dict(slicing.to_dict()) == slicing


@pytest.mark.parametrize(
    ("how", "column", "words"),
    [
        ("month", None, "need a column to divide by"),
        ("month", Column("s", "text"), "slices by month need one of date, timestamp"),
        ("ranges", Column("s", "text"), "slices by ranges need one of"),
        ("column", Column("x", "bytes"), "column of kind bytes"),
    ],
)
def test_columns_that_rows_are_not_divided_by(how, column, words):
    with pytest.raises(InputError, match=words):
        Slicing(how, column)

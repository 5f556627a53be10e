import pytest

from evforecast.migration.types import SourceColumn, as_column, unfit_range, unfit_type
from evforecast.warehouse import Column


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("int2", "int2"),
        ("bool", "bool"),
        ("timestamptz", "timestamp"),
        ("bpchar", "text"),
        ("jsonb", "text"),
        ("_int4", "text"),
        ("uuid", "text"),
        ("bytea", "bytes"),
        ("interval", "text"),
    ],
)
def test_what_a_type_becomes(kind, becomes):
    assert as_column(SourceColumn("c", kind), has_float4=True).kind == becomes


def test_anything_can_become_text():
    assert SourceColumn("c", "numeric", as_text=True).kind == "text"
    assert SourceColumn("c", "numeric", as_text=True).value(Column("c", "text")) == '"c"::text'


def test_a_warehouse_without_short_floats_gets_long_ones():
    source = SourceColumn("c", "float4")
    assert as_column(source, has_float4=True).kind == "float4"
    column = as_column(source, has_float4=False)
    assert column.kind == "float8"
    assert source.value(column) == '"c"::float8'


def test_a_numeric_without_digits_gets_those_that_were_measured():
    column = as_column(SourceColumn("c", "numeric"), has_float4=True, digits=(5, 12))
    assert (column.precision, column.scale) == (38, 12)
    assert as_column(SourceColumn("c", "numeric"), has_float4=True).scale == 9


def test_the_written_form_of_floats_is_one_that_every_warehouse_reads():
    written = SourceColumn("c", "float8").written(Column("c", "float8"))
    assert written == (
        "CASE \"c\" WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' ELSE (\"c\")::text END"
    )


@pytest.mark.parametrize(
    ("column", "digits", "reason"),
    [
        (SourceColumn("c", "numeric", precision=38, scale=0), None, None),
        (SourceColumn("c", "numeric", precision=39, scale=0), None, "more than 38 digits"),
        (SourceColumn("c", "numeric", precision=2, scale=5), None, "no digits on one side"),
        (SourceColumn("c", "numeric"), (30, 8), None),
        (SourceColumn("c", "numeric"), (30, 9), "30 digits before the point and 9 after"),
        (SourceColumn("c", "numeric", as_text=True), (90, 9), None),
        (SourceColumn("c", "xml"), None, None),
    ],
)
def test_types_that_cannot_be_held(column, digits, reason):
    found = unfit_type(column, digits)
    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(
    ("column", "low", "high", "reason"),
    [
        (Column("c", "date"), -719_162, 2_932_896, None),
        (Column("c", "date"), -719_163, 0, "before the year 1"),
        (Column("c", "date"), 0, 2_932_897, "after 9999"),
        (Column("c", "timestamp"), 0, 2**61, "infinite"),
        (Column("c", "timestamp"), -(2**61), 0, "infinite"),
        (Column("c", "time"), 0, 86_399_999_999, None),
        (Column("c", "decimal", precision=5, scale=2), "1.00", "NaN", "NaN"),
        (Column("c", "decimal", precision=5, scale=2), "1.00", "2.00", None),
        (Column("c", "int8"), -(2**63), 2**63 - 1, None),
        (Column("c", "text"), "a", "b", None),
        (Column("c", "date"), None, None, None),
    ],
)
def test_values_that_cannot_be_held(column, low, high, reason):
    found = unfit_range(column, low, high)
    assert found is None if reason is None else reason in found

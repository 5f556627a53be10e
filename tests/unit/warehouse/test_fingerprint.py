import datetime as dt
import hashlib
import math
import random
import struct
from decimal import Decimal
from fractions import Fraction

import pytest

from evforecast.warehouse import Column, Fingerprint, TableName
from evforecast.warehouse.fingerprint import add

P = 2**31 - 1
Q, SHIFT, NULL = 2**31 - 19, 715_827_883, 1_234_567_891
COLUMNS = [
    Column("b", "bool"),
    Column("i2", "int2"),
    Column("i4", "int4"),
    Column("i8", "int8"),
    Column("d", "decimal", precision=30, scale=4),
    Column("f4", "float4"),
    Column("f8", "float8"),
    Column("t", "text"),
    Column("raw", "bytes"),
    Column("day", "date"),
    Column("clock", "time"),
    Column("at", "timestamp"),
]
TABLE = TableName(("t",))
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without zone


def whole(value, kind):
    """Return the number that a value is."""
    if kind == "date":
        return (value - EPOCH.date()).days
    if kind == "time":
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
    if kind == "timestamp":
        return (value - EPOCH) // dt.timedelta(microseconds=1)
    return int(value)


def weight(value, column):
    """Return the weight of a value, as the module's docstring says it: slow, and without SQL."""
    if value is None:
        return NULL
    if column.kind in {"text", "bytes", "decimal"}:
        text = {
            "text": lambda: value,
            "bytes": lambda: value.hex(),  # noqa: PLW0108 - only bytes have it
            "decimal": lambda: f"{value:.4f}",
        }[column.kind]()
        return 1 + int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:7], 16)
    if column.kind.startswith("float"):
        if math.isnan(value):
            u = 1_111_111_111
        elif math.isinf(value):
            u = 1_222_222_223 if value > 0 else P - 1_222_222_223
        else:
            fraction = Fraction(value)
            u = abs(fraction.numerator) * pow(fraction.denominator, -1, P) % P
            u = P - u if fraction < 0 else u
        u += SHIFT
        return u % P * (u % P) % P
    u = (whole(value, column.kind) + SHIFT) % Q
    return u * u % P


def slow(rows):
    """Return the sums of the columns and of the rows."""
    totals, total = [0] * len(COLUMNS), 0
    for row in rows:
        product = 1
        for place, (value, column) in enumerate(zip(row, COLUMNS, strict=True)):
            w = weight(value, column)
            totals[place] = (totals[place] + w) % P
            product = product * w % P
        total = (total + product) % P
    return totals, total


def draw(rng, kind):
    if rng.random() < 0.1:
        return None
    pick = rng.choice
    if kind == "float4":
        value = pick([0.0, 0.1, 1e-40, 3e38, -2.5, math.nan, math.inf, -math.inf, rng.gauss(0, 9)])
        return struct.unpack("f", struct.pack("f", value))[0]
    return {
        "bool": lambda: rng.random() < 0.5,
        "int2": lambda: pick([0, 1, -1, 32767, -32768, rng.randrange(-32768, 32767)]),
        "int4": lambda: pick([0, -(2**31), 2**31 - 1, rng.randrange(-(2**31), 2**31)]),
        "int8": lambda: pick([0, -(2**63), 2**63 - 1, rng.randrange(-(2**63), 2**63)]),
        "decimal": lambda: Decimal(
            pick([0, 5, -5, 10**25, rng.randrange(-(10**20), 10**20)])
        ).scaleb(-4),
        "float8": lambda: pick(
            [
                *(0.0, -0.0, 0.1, 5e-324, 2.2e-308, 1.7976931348623157e308, 1 / 3, math.nan),
                *(math.inf, -math.inf, 2.0**62, 2.0**-62, 2.0**186),
                rng.gauss(0, 1) * 10.0 ** rng.randrange(-300, 300),
            ]
        ),
        "text": lambda: pick(["", "a", "é😀", "x'y\"\n\\", "available"]),
        "bytes": lambda: pick([b"", b"\0\xff", b"abc"]),
        "date": lambda: dt.date(pick([1, 1969, 1970, 2020, 9999]), rng.randrange(1, 13), 3),
        "time": lambda: dt.time(rng.randrange(24), 5, 6, rng.randrange(10**6)),
        "timestamp": lambda: dt.datetime(  # noqa: DTZ001
            pick([1, 1899, 1970, 2020, 2300, 9999]), 2, 3, 4, 5, 6, rng.randrange(10**6)
        ),
    }[kind]()


@pytest.fixture(scope="module")
def rows():
    rng = random.Random(0)
    return [tuple(draw(rng, column.kind) for column in COLUMNS) for _ in range(600)]


@pytest.fixture
def print_of(duck):
    def taken(values, **options):
        duck.create(TABLE, COLUMNS, transient=True)
        marks = ", ".join("?" * len(COLUMNS))
        if values:
            duck._connection.executemany(f"INSERT INTO t VALUES ({marks})", values)
        return duck.fingerprint(TABLE, COLUMNS, **options)

    return taken


def test_it_is_what_its_definition_says(rows, print_of):
    found = print_of(rows)[0]
    totals, total = slow(rows)
    assert found.rows == 600
    assert {name: c.total for name, c in found.columns.items()} == dict(
        zip([c.name for c in COLUMNS], totals, strict=True)
    )
    assert found.total == total
    for place, column in enumerate(COLUMNS):
        assert found.columns[column.name].nulls == sum(row[place] is None for row in rows)


def test_order_and_grouping_do_not_matter(rows, print_of):
    found = print_of(rows)
    mixed = rows.copy()
    random.Random(1).shuffle(mixed)
    assert print_of(mixed) == found
    assert print_of(mixed, few=["t", "raw"]) == found
    assert print_of(mixed, few=["t", "raw", "d"]) == found


def test_smallest_and_largest(print_of):
    row = (None,) * 4 + (Decimal("-2.5"), None, math.nan, "b", b"\xff", None, None, EPOCH)
    columns = print_of([row, (*row[:4], Decimal(10), *row[5:7], "é", *row[8:])])[0].columns
    assert (columns["d"].low, columns["d"].high) == ("-2.5000", "10.0000")
    assert (columns["t"].low, columns["t"].high) == ("b", "é")
    assert (columns["raw"].low, columns["at"].low, columns["f8"].low) == ("ff", 0, "nan")
    assert (columns["i4"].low, columns["i4"].high) == (None, None)


@pytest.mark.parametrize("place", range(len(COLUMNS)), ids=[c.name for c in COLUMNS])
def test_one_changed_value_shows_in_its_column(rows, print_of, place):
    before = print_of(rows)[0]
    changed = [list(row) for row in rows]
    kind, at = COLUMNS[place].kind, 17
    rng = random.Random(2)
    while (
        repr(changed[at][place]) == repr(rows[at][place]) or changed[at][place] == rows[at][place]
    ):
        changed[at][place] = draw(rng, kind)
    after = print_of(changed)[0]
    assert after.total != before.total
    differing = [c.name for c in COLUMNS if after.columns[c.name] != before.columns[c.name]]
    assert differing == [COLUMNS[place].name]
    assert COLUMNS[place].name in after.differences(before)[0]


def test_values_that_changed_places_leave_the_columns_and_not_the_rows(rows, print_of):
    before = print_of(rows)[0]
    swapped = [list(row) for row in rows]
    one, other = 3, next(n for n, row in enumerate(rows) if row[7] not in {None, rows[3][7]})
    swapped[one][7], swapped[other][7] = rows[other][7], rows[one][7]
    after = print_of(swapped)[0]
    assert after.columns == before.columns
    assert after.differences(before) == ["values stand in other rows than they should"]


def test_rows_that_are_missing_or_stand_twice(rows, print_of):
    before = print_of(rows)[0]
    assert print_of(rows[:-1])[0].differences(before)[0] == "599 rows against 600"
    twice = print_of([*rows[:-1], rows[0]])[0]
    assert twice.rows == before.rows
    assert twice.total != before.total


def test_null_nothing_and_zero_are_three_things(print_of):
    def one(place, value):
        row = [None] * len(COLUMNS)
        row[place] = value
        return print_of([row])[0].total

    assert one(7, None) != one(7, "")
    assert one(2, None) != one(2, 0) != one(2, 1)


def test_slices_add_up(rows, print_of):
    whole_table = print_of(rows)[0]
    slices = print_of(rows, slice_by='"b"::INT')
    assert set(slices) == {0, 1, None}
    assert add(slices.values(), COLUMNS) == whole_table


def test_it_survives_json_and_an_empty_table(rows, print_of):
    import json

    found = print_of(rows)[0]
    assert Fingerprint.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert print_of([]) == {}
    assert add([], COLUMNS).rows == 0

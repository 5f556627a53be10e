import sys
from fractions import Fraction

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evforecast.warehouse import DUCKDB
from evforecast.warehouse.residues import P, residue, scaled

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SQL = (
    f"SELECT f, {residue(DUCKDB, 'x', 'f')} FROM (SELECT x, {scaled(DUCKDB, 'x')} AS f "
    "FROM (SELECT ?::DOUBLE AS x))"
)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as opened:
        yield opened


@given(FLOATS)
@example(5e-324)
@example(-sys.float_info.max)
@example(sys.float_info.min)
@example(2.0**62)
@example(2.0**-62)
@example(0.0)
def test_it_is_the_remainder_of_the_fraction(connection, value):
    size, found = connection.execute(SQL, [value]).fetchone()
    fraction = Fraction(value)
    remainder = fraction.numerator * pow(fraction.denominator, -1, P) % P
    assert found % P == remainder
    least = 2.0**-62 if abs(value) >= sys.float_info.min else 2.0**-82
    assert size == 0 or least <= size < 2.0**62


def test_what_is_no_number_has_a_number_of_its_own(connection):
    found = [
        connection.execute(SQL, [value]).fetchone()[1]
        for value in (float("nan"), float("inf"), float("-inf"), 0.0)
    ]
    assert len(set(found)) == 4

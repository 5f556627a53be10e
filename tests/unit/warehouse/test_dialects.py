from typing import get_args

import pytest

from evforecast.warehouse import DUCKDB, POSTGRES, SNOWFLAKE, Column, Kind

DIALECTS = [POSTGRES, DUCKDB, SNOWFLAKE]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_every_kind_has_a_type_and_a_way_to_a_number(dialect):
    kinds = set(get_args(Kind))
    assert set(dialect.types) == kinds
    ways = [set(dialect.integers), set(dialect.texts), {"float4", "float8"}]
    assert set.union(*ways) == kinds
    assert sum(map(len, ways)) == len(kinds)


def test_types_with_digits():
    price = Column("p", "decimal", precision=9, scale=2)
    assert [d.type_of(price) for d in DIALECTS] == ["numeric(9,2)", "DECIMAL(9,2)", "NUMBER(9,2)"]
    assert SNOWFLAKE.type_of(Column("n", "int8")) == "NUMBER(19,0)"

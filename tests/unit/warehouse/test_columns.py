import pytest

from evforecast.errors import InputError
from evforecast.warehouse import Column


@pytest.mark.parametrize(
    "column", [Column("a", "int4", nullable=False), Column("b", "decimal", precision=38, scale=0)]
)
def test_a_column_survives_json(column):
    assert Column(**column.to_dict()) == column


@pytest.mark.parametrize(
    ("precision", "scale"), [(None, None), (39, 0), (0, 0), (5, 6), (5, None), (5, -1)]
)
def test_digits_that_no_warehouse_has(precision, scale):
    with pytest.raises(InputError, match="column 'd': a decimal has 1 to 38 digits"):
        Column("d", "decimal", precision=precision, scale=scale)


def test_a_kind_that_is_none():
    with pytest.raises(InputError, match="Did you mean 'int"):
        Column("a", "int")

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.inwarehouse.credits.amounts import (
    HOUR,
    UNIT,
    as_decimal,
    as_units,
    in_hours,
    rounded,
    share_out,
)


@pytest.mark.parametrize(
    ("value", "units"),
    [
        (0.1, 100_000_000_000),
        (np.float64(0.3), 300_000_000_000),
        (Decimal("0.123456789012"), 123_456_789_012),
        (Decimal("1.0000000000005"), UNIT),  # a half goes to the even one
        (Decimal("1.0000000000015"), UNIT + 2),
        (7, 7 * UNIT),
        (None, 0),
        (np.nan, 0),
        (pd.NA, 0),
        (-0.25, -UNIT // 4),
    ],
    ids=str,
)
def test_units(value, units):
    assert as_units(value) == units


def test_there_and_back_keeps_every_digit():
    assert as_decimal(as_units(Decimal("12345.678901234567"))) == Decimal("12345.678901234567")


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**12))
def test_a_quotient_is_rounded_as_python_rounds(numerator, denominator):
    assert rounded(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_shares_add_up_and_each_is_less_than_one_off(total, weights):
    shares = share_out(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        if sum(weights):
            assert abs(share - Fraction(total * weight, sum(weights))) < 1


@given(st.integers(0, 10**16), st.integers(0, 20 * HOUR))
def test_the_hours_of_a_stretch_add_up_and_touch(start, length):
    parts = in_hours(start, start + length)
    assert sum(parts.values()) == length
    assert list(parts) == list(range(start - start % HOUR, max(start + length, start + 1), HOUR))
    assert all(0 <= part <= HOUR for part in parts.values())


def test_an_end_on_the_hour_does_not_touch_the_next():
    assert in_hours(HOUR - 1, HOUR) == {0: 1}
    assert in_hours(HOUR, HOUR) == {HOUR: 0}

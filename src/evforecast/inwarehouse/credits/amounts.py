"""Credits as whole numbers of 10⁻¹² credits: parts add up to what they are parts of, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import pandas as pd

from evforecast.errors import InputError

__all__ = [
    "DAY",
    "DIGITS",
    "HOUR",
    "UNIT",
    "as_decimal",
    "as_number",
    "as_units",
    "in_hours",
    "rounded",
    "share_out",
]

DIGITS = 12
"""Digits after the point; the views have nine, and the shares of a query have more."""

UNIT = 10**DIGITS
"""So many units are one credit."""

HOUR = 3_600_000_000
"""Microseconds."""

DAY = 24 * HOUR


def as_units(value: Any) -> int:
    """Return credits, as a view has them, in units; a missing number is none.

    Parameters
    ----------
    value : number, Decimal or None
        A float is the shortest decimal number that it is written as.

    Examples
    --------
    >>> as_units(0.1), as_units(Decimal("1.5")), as_units(None)
    (100000000000, 1500000000000, 0)
    """
    if pd.isna(value):
        return 0
    return int((Decimal(str(value)) * UNIT).to_integral_value(ROUND_HALF_EVEN))


def as_decimal(units: int) -> Decimal:
    """Return units in credits, all the digits.

    Examples
    --------
    >>> as_decimal(1_500_000_000_000)
    Decimal('1.500000000000')
    """
    return Decimal(units).scaleb(-DIGITS)


def as_number(value: Any, where: str) -> Decimal:
    """Return what a user gave as a number, all its digits.

    Raises
    ------
    InputError
        If it is none, or not a finite one.

    Examples
    --------
    >>> as_number("3.90", "price")
    Decimal('3.90')
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        msg = f"{where}: {value!r} is no number."
        raise InputError(msg)
    return number


def rounded(numerator: int, denominator: int) -> int:
    """Return a quotient of whole numbers (the lower one positive) as a whole number, halves to the even one.

    Examples
    --------
    >>> rounded(7, 2), rounded(5, 2), rounded(-1, 3)
    (4, 2, 0)
    """
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Share out a whole number by weights; the shares add up to it.

    Each gets the whole part of its share, and what is left over goes, one by one, to the largest fractions,
    the first of equal ones first (the method of largest remainders). Where all weights are zero, the first
    gets everything.

    Parameters
    ----------
    total : int
        Zero or more.
    weights : sequence of int
        At least one; none negative.

    Examples
    --------
    >>> share_out(100, [1, 1, 1]), share_out(7, [0, 0])
    ([34, 33, 33], [7, 0])
    """
    whole = sum(weights)
    if not whole:
        return [total, *[0] * (len(weights) - 1)]
    pairs = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in pairs]
    left = total - sum(shares)
    for place in sorted(range(len(pairs)), key=lambda place: (-pairs[place][1], place))[:left]:
        shares[place] += 1
    return shares


def in_hours(start: int, end: int) -> dict[int, int]:
    """Return how much of a stretch of time lies in each hour, none left out.

    Parameters
    ----------
    start, end : int
        Microseconds since 1970, UTC; `end` is not before `start`, and may be the same.

    Returns
    -------
    dict of int to int
        By the beginning of the hour, in microseconds since 1970: microseconds.

    Examples
    --------
    >>> in_hours(HOUR - 5, HOUR + 7)
    {0: 5, 3600000000: 7}
    """
    first = start - start % HOUR
    parts = {}
    for hour in range(first, max(end, start + 1), HOUR):
        parts[hour] = min(end, hour + HOUR) - max(start, hour)
    return parts

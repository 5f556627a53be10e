"""Floating point numbers modulo a prime, in SQL: exact in every database, whatever it writes them like.

A floating point number is a fraction, and modulo the prime p = 2**31 - 1 every fraction with a power of two
below its line is a whole number, as in Python's own ``hash``. 2**31 is 1 there: so a number may be scaled by
it, and its digits to the base 2**31 may be added up. Every step multiplies by a power of two, cuts off a
fraction or subtracts what is exactly representable: none of them rounds.
"""

from __future__ import annotations

from evforecast.warehouse.dialects import Dialect

__all__ = ["P", "residue", "scaled"]

P = 2**31 - 1
_NAN, _INFINITY = 1_111_111_111, 1_222_222_223


def _power(dialect: Dialect, exponent: int) -> str:
    return f"POWER(2::{dialect.float_type}, {exponent})"


def scaled(dialect: Dialect, c: str) -> str:
    """Return |c| times a power of 2**31, which is 1 modulo p, so that it lies between 2**-62 and 2**62.

    The smallest numbers, which have fewer digits, come to lie above 2**-82.

    -1 stands for NaN and -2 for infinity.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> scaled(DUCKDB, "x").startswith("CASE WHEN x::DOUBLE = 'NaN'::DOUBLE THEN -1::DOUBLE")
    True
    """
    real = dialect.float_type
    size = f"ABS({c}::{real})"
    cases = [
        f"WHEN {c}::{real} = 'NaN'::{real} THEN -1::{real}",
        f"WHEN {size} = '{'Infinity' if dialect.name == 'postgres' else 'inf'}'::{real} THEN -2::{real}",
        f"WHEN {size} = 0 THEN 0::{real}",
    ]
    cases += [
        f"WHEN {size} >= {_power(dialect, 124 * band - 62)} THEN {_shifted(dialect, size, -band)}"
        for band in range(8, 0, -1)  # each 2**124 wide
    ]
    cases += [
        f"WHEN {size} < {_power(dialect, 62 - 124 * band)} THEN {_shifted(dialect, size, band)}"
        for band in range(8, 0, -1)
    ]
    return f"CASE {' '.join(cases)} WHEN {size} > 0 THEN {size} END"


def _shifted(dialect: Dialect, size: str, band: int) -> str:
    # in two steps: 2**992 is a number of 64 bits, and so are all the products
    half = _power(dialect, 62 * band)
    return f"{size} * {half} * {half}"


def residue(dialect: Dialect, value: str, size: str) -> str:
    """Return the digits of `size` to the base 2**31 added up, which is its remainder modulo p.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> residue(DUCKDB, "x", "f").startswith("CASE WHEN f = -1 THEN 1111111111")
    True
    """
    whole = f"::{'bigint' if dialect.name != 'snowflake' else 'NUMBER(38,0)'}"
    base = _power(dialect, 31)
    digits = [f"FLOOR({size} * {_power(dialect, -31)}){whole}"]
    for place in range(5):
        above = f"FLOOR({size} * {_power(dialect, 31 * (place - 1))})"
        digits.append(f"(FLOOR({size} * {_power(dialect, 31 * place)}) - {above} * {base}){whole}")
    total = f"(({' + '.join(digits)}) % {P})"
    return (
        f"CASE WHEN {size} = -1 THEN {_NAN} WHEN {size} = -2 AND {value} > 0 THEN {_INFINITY} "
        f"WHEN {size} = -2 THEN {P - _INFINITY} WHEN {value} < 0 THEN {P} - {total} ELSE {total} END"
    )

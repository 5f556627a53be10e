"""Sizes of a Snowflake warehouse, by all the names that they have, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from evforecast.errors import InputError, require_choice
from evforecast.inwarehouse.credits.amounts import as_number

__all__ = ["GEN1", "Rates", "hourly_rate", "keyword", "size_name"]

GEN1: Mapping[str, int] = {
    "X-Small": 1,
    "Small": 2,
    "Medium": 4,
    "Large": 8,
    "X-Large": 16,
    "2X-Large": 32,
    "3X-Large": 64,
    "4X-Large": 128,
    "5X-Large": 256,
    "6X-Large": 512,
}
"""Credits that one cluster of a standard warehouse of the first generation costs an hour, by size."""

Rates = Mapping[str, Mapping[str, float | Decimal]]
"""Credits an hour by size, for each warehouse, by its name, that is not of the first generation."""

_KEYWORDS = {
    "X-Small": "XSMALL",
    "X-Large": "XLARGE",
    "2X-Large": "XXLARGE",
    "3X-Large": "XXXLARGE",
    **{f"{n}X-Large": f"X{n}LARGE" for n in (4, 5, 6)},
}
_OTHERS = {"X2LARGE": "2X-Large", "X3LARGE": "3X-Large"}
_KNOWN = (
    {name.upper(): name for name in GEN1}
    | {word: name for name, word in _KEYWORDS.items()}
    | _OTHERS
)
_KNOWN |= {name.upper().replace("-", ""): name for name in GEN1}


def size_name(size: str) -> str:
    """Return the name of a size as Snowflake's views write it.

    Parameters
    ----------
    size : str
        ``Medium``, ``XLARGE``, ``2X-Large``, ``X2LARGE`` and so on, in any case.

    Raises
    ------
    InputError
        If there is no such size.

    Examples
    --------
    >>> size_name("xxlarge"), size_name("X-Small")
    ('2X-Large', 'X-Small')
    """
    word = str(size).strip().upper()
    if word not in _KNOWN:
        require_choice(size, GEN1, "size of a warehouse")
    return _KNOWN[word]


def keyword(size: str) -> str:
    """Return a size as ALTER WAREHOUSE takes it.

    Examples
    --------
    >>> keyword("2X-Large"), keyword("medium")
    ('XXLARGE', 'MEDIUM')
    """
    name = size_name(size)
    return _KEYWORDS.get(name, name.upper())


def hourly_rate(
    warehouse: str, size: object, kind: object, rates: Rates | None = None
) -> Decimal | None:
    """Return what one cluster of a warehouse costs an hour, None where that is not known.

    Parameters
    ----------
    warehouse : str
        Its name.
    size, kind : object
        As QUERY_HISTORY has them, WAREHOUSE_SIZE and WAREHOUSE_TYPE; either may be missing.
    rates : mapping, optional
        By warehouse and size. Those of the second generation and of Snowpark-optimized warehouses stand in
        Snowflake's Service Consumption Table and depend on the cloud: none are assumed here.

    Returns
    -------
    decimal.Decimal or None
        Credits an hour.

    Raises
    ------
    InputError
        If a size among the `rates` is none, or a rate is not a positive number.

    Examples
    --------
    >>> hourly_rate("EV", "Medium", "STANDARD"), hourly_rate("EV", "Medium", "SNOWPARK-OPTIMIZED")
    (Decimal('4'), None)
    >>> hourly_rate("EV", "Medium", "STANDARD", {"EV": {"MEDIUM": 5.4}})
    Decimal('5.4')
    """
    name = _KNOWN.get(str(size).upper())
    if name is None:
        return None
    given = (rates or {}).get(warehouse)
    if given is not None:
        where = f"rates of the warehouse {warehouse!r}"
        known = {size_name(word): as_number(rate, where) for word, rate in given.items()}
        for of_size, rate in known.items():
            if not rate > 0:
                msg = f"{where}: {of_size} is {rate}; credits an hour are positive."
                raise InputError(msg)
        return known.get(name)
    standard = pd.isna(kind) or str(kind).upper() == "STANDARD"  # type: ignore[call-overload]
    return Decimal(GEN1[name]) if standard else None

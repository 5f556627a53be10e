"""Rows that came twice: of those with one key, the last; as SQL."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.errors import InputError
from evforecast.warehouse import TableName, quote
from evforecast.warehouse.statements import names

__all__ = ["latest_query"]


def latest_query(table: TableName | str, key: Sequence[str], order: Sequence[str]) -> str:
    """Return the query of the last row of each key: what `evforecast.collect.frames.latest` does of a frame.

    Parameters
    ----------
    table : TableName or str
    key : sequence of str
        The columns that tell rows apart: ``evse_id, collected_at`` of the log of a feed.
    order : sequence of str
        The columns that tell which row is the last. A table has no order of its own; where these leave two
        rows level, either is taken.

    Returns
    -------
    str
        For DuckDB and Snowflake alike.

    Raises
    ------
    InputError
        If there is no key or no order.

    Examples
    --------
    >>> print(latest_query("status", ["evse_id"], ["loaded_at"])[23:])
    QUALIFY ROW_NUMBER() OVER (PARTITION BY "evse_id" ORDER BY "loaded_at" DESC) = 1
    """
    if not key or not order:
        msg = f"latest_query: {table}: name columns of a key and of an order, found {key!r}, {order!r}."
        raise InputError(msg)
    newest = ", ".join(f"{quote(name)} DESC" for name in order)
    return (
        f"SELECT * FROM {TableName.parse(table).sql} "
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {names(key)} ORDER BY {newest}) = 1"
    )

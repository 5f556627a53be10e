"""What a source holds, read in one snapshot: its fingerprint by slice, the digits of its numbers, its key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evforecast.errors import InputError, first_few
from evforecast.migration.errors import MigrationError, UnfitColumnError
from evforecast.migration.slicing import MOST_SLICES, Slicing
from evforecast.migration.source import SourceTable
from evforecast.migration.types import as_column, unfit_range, unfit_type
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import POSTGRES
from evforecast.warehouse.fingerprint import Fingerprint, add, fingerprint_sql, read_fingerprints
from evforecast.warehouse.naming import quote
from evforecast.warehouse.statements import names

__all__ = ["SourceSlice", "fit_columns", "read_slices", "require_key"]


_LARGE = 2_000  # blocks


@dataclass(frozen=True)
class SourceSlice:
    """A slice of the source.

    Attributes
    ----------
    key : int, str or None
        The value that its rows share.
    label : str
        What it is called.
    print : Fingerprint
        Of its rows.
    """

    key: Any
    label: str
    print: Fingerprint


async def fit_columns(connection: Any, source: SourceTable, *, has_float4: bool) -> list[Column]:
    """Return the columns that the warehouse is to have.

    Raises
    ------
    UnfitColumnError
        If a type cannot be held exactly.
    """
    loose = [column for column in source.columns if column.is_loose]
    digits: dict[str, tuple[int, int]] = {}
    if loose:
        asked = ", ".join(
            f"max(CASE WHEN abs({quote(c.name)}) >= 1 AND {quote(c.name)} < 'Infinity' "
            f"THEN ceil(log(trunc(abs({quote(c.name)})) + 1)) ELSE 0 END)::int, max(scale({quote(c.name)}))"
            for c in loose
        )
        row = await connection.fetchrow(f"SELECT {asked} FROM {source.relation}")
        for place, column in enumerate(loose):
            if row[2 * place] is not None:
                digits[column.name] = row[2 * place], row[2 * place + 1] or 0
    reasons = {c.name: unfit_type(c, digits.get(c.name)) for c in source.columns}
    if unfit := {name: reason for name, reason in reasons.items() if reason}:
        raise UnfitColumnError(source.name, unfit)
    return [
        as_column(column, has_float4=has_float4, digits=digits.get(column.name))
        for column in source.columns
    ]


async def read_slices(
    connections: Sequence[Any],
    source: SourceTable,
    columns: Sequence[Column],
    slicing: Slicing,
    few: Sequence[str],
) -> list[SourceSlice]:
    """Return the slices of the source with their fingerprints, by key.

    Fingerprints add up, so a large table is read in as many ranges of its blocks as there are connections,
    side by side.

    Raises
    ------
    UnfitColumnError
        If a value cannot be held exactly.
    InputError
        If there are more slices than files are sensible.
    """

    async def read(connection: Any, where: str) -> dict[Any, Fingerprint]:
        sql = fingerprint_sql(
            POSTGRES,
            f"({source.select(columns, written=False, where=where)})",
            columns,
            slice_by=slicing.key(POSTGRES),
            slice_as=slicing.key_label(POSTGRES),
            few=few,
        )
        return read_fingerprints(map(tuple, await connection.fetch(sql)), columns)

    ranges = source.block_ranges(len(connections)) if source.blocks > _LARGE else ["TRUE"]
    found = await asyncio.gather(*map(read, connections, ranges))
    keys = sorted({key for one in found for key in one}, key=lambda key: (key is None, key))
    if len(keys) > MOST_SLICES:
        msg = (
            f"{source.name}: {len(keys):,} slices by {slicing.by.name!r} would make as many files; at most "
            f"{MOST_SLICES:,} are made. Choose another layout or column."
        )
        raise InputError(msg)
    slices = [
        SourceSlice(
            key, slicing.label(key), add((one[key] for one in found if key in one), columns)
        )
        for key in keys
    ]
    whole = add((one.print for one in slices), columns)
    reasons = {
        name: unfit_range(column, whole.columns[name].low, whole.columns[name].high)
        for name, column in ((column.name, column) for column in columns)
    }
    if unfit := {name: reason for name, reason in reasons.items() if reason}:
        raise UnfitColumnError(source.name, unfit)
    return slices


async def require_key(
    connection: Any,
    source: SourceTable,
    slices: Sequence[SourceSlice],
) -> None:
    """Raise MigrationError unless the key tells all rows apart."""
    if not source.key:
        return
    for name in source.key:
        if nulls := sum(one.print.columns[name].nulls for one in slices):
            msg = (
                f"{source.name}: the key column {name!r} is NULL in {nulls:,} rows. Choose another key, or "
                "none (key=(), --no-key): rows are then compared whole."
            )
            raise MigrationError(msg)
    if source.key_is_sure:
        return
    listed = names(source.key)
    twice = await connection.fetch(
        f"SELECT {listed}, count(*) AS n FROM {source.relation} GROUP BY {listed} "
        "HAVING count(*) > 1 LIMIT 100"
    )
    if twice:
        some = first_few(tuple(str(value) for value in list(row)[:-1]) for row in twice)
        msg = (
            f"{source.name}: the key ({', '.join(source.key)}) is not unique: {some} stand more than once. "
            "Choose another key, or none (key=(), --no-key): rows are then compared whole."
        )
        raise MigrationError(msg)

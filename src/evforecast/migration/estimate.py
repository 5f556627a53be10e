"""From a sample of rows to a plan: how well they compress, how many files to make, how long it will take."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evforecast.errors import InputError
from evforecast.migration.parts import PartWriter
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.slicing import DIVISIBLE, Slicing
from evforecast.migration.source import SourceTable, copy_rows
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import POSTGRES
from evforecast.warehouse.fingerprint import fingerprint_sql
from evforecast.warehouse.naming import quote

__all__ = ["Sample", "choose_slicing", "read_sample"]

_ROWS = 100_000
_GROUPS = 20  # a column is worth grouping by where each of its values stands that often


@dataclass(frozen=True)
class Sample:
    """What a sample of rows tells of all of them.

    Attributes
    ----------
    rows : int
        In the whole source, as PostgreSQL estimates it.
    sampled : int
        Rows looked at.
    csv_row, file_row : float
        Bytes of a row as CSV, and in a file of the plan's format.
    seconds : float
        To export all rows on one connection, at the speed of the sample.
    check_seconds : float
        To take their fingerprint, likewise.
    few : tuple of str
        Columns of text that have few values.
    """

    rows: int
    sampled: int
    csv_row: float
    file_row: float
    seconds: float
    check_seconds: float
    few: tuple[str, ...]

    @property
    def size(self) -> float:
        """Bytes of all files together."""
        return self.rows * self.file_row

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def _sampled(source: SourceTable) -> SourceTable:
    """Return the source cut to some rows, from all over the table where it is one."""
    sampled = replace(source, relation=f"(SELECT * FROM {source.relation} LIMIT {_ROWS}) AS s")
    if source.blocks and source.rows and source.rows > 2 * _ROWS:
        percent = min(100.0, 100.0 * _ROWS / source.rows)
        sampled = replace(
            source,
            relation=f"{source.relation} TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (0)",
        )
    return sampled


async def read_sample(
    connection: Any, source: SourceTable, columns: Sequence[Column], plan: MigrationPlan
) -> Sample:
    """Export a sample of the rows to a file that is thrown away, and measure."""
    sampled = _sampled(source)
    with tempfile.TemporaryDirectory() as folder:
        writer = PartWriter(
            Path(folder) / f"sample{plan.file_format.suffix}", columns, plan.file_format
        )

        async def take(data: bytes) -> None:
            writer.write(data)

        start = time.perf_counter()
        rows = await copy_rows(connection, sampled.select(columns, written=True), take)
        part = writer.close(rows=rows, seconds=time.perf_counter() - start)
    total = await _estimated_rows(connection, source)
    if rows < _ROWS and not source.blocks:
        total = rows  # all of them were read
    few = await _few(connection, sampled, columns, rows)
    start = time.perf_counter()
    relation = f"({sampled.select(columns, written=False)})"
    await connection.fetch(fingerprint_sql(POSTGRES, relation, columns, few=few))
    check_seconds = time.perf_counter() - start
    each, total = max(rows, 1), max(total, rows)
    return Sample(
        rows=total,
        sampled=rows,
        csv_row=part.csv_size / each,
        file_row=part.size / each,
        seconds=part.seconds / each * total,
        check_seconds=check_seconds / each * total,
        few=few,
    )


async def _estimated_rows(connection: Any, source: SourceTable) -> int:
    if source.rows is not None and source.blocks:
        return round(source.rows)
    import json

    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) SELECT * FROM {source.relation}")
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


async def _few(
    connection: Any, sampled: SourceTable, columns: Sequence[Column], rows: int
) -> tuple[str, ...]:
    """Return the columns of text to group by: those of fewest values, as long as combinations are few."""
    texts = [column for column in columns if column.kind in {"text", "decimal", "bytes"}]
    if not texts or not rows:
        return ()
    counts = ", ".join(f"count(DISTINCT {quote(column.name)})" for column in texts)
    query = sampled.select(texts, written=False)
    found = await connection.fetchrow(f"SELECT {counts} FROM ({query}) AS t")
    chosen, groups = [], 1
    for n, name in sorted(zip(found, (c.name for c in texts), strict=True)):
        groups *= n + 1
        if groups * _GROUPS > rows:
            break
        chosen.append(name)
    return tuple(chosen)


async def choose_slicing(
    connection: Any,
    source: SourceTable,
    columns: Sequence[Column],
    plan: MigrationPlan,
    sample: Sample,
) -> Slicing:
    """Return how the rows are to be divided.

    Raises
    ------
    InputError
        If the layout needs a column and there is none.
    """
    by = _column_to_divide_by(source, columns, plan)
    zoned = by is not None and any(
        c.name == by.name and c.type == "timestamptz" for c in source.columns
    )
    if plan.layout in {"month", "day", "column"}:
        if by is None or (plan.layout == "column" and plan.slice_by is None):
            msg = (
                f"layout={plan.layout!r}: name the column to divide {source.name} by with slice_by."
            )
            raise InputError(msg)
        return Slicing(plan.layout, by, zoned)
    parts = {"complete": 1, "halves": 2}.get(plan.layout) or _parts(plan, sample)
    if parts == 1:
        return Slicing("whole")
    if by is not None and by.kind in DIVISIBLE["ranges"]:
        bounds = await _quantiles(connection, source, by, parts)
        if bounds:
            return Slicing("ranges", by, zoned, bounds)
    if source.blocks:
        return Slicing("blocks", parts=parts)
    if plan.layout == "halves":
        msg = (
            f"layout='halves': {source.name} has no column to divide it by. Name one with slice_by, or "
            "take layout='complete'."
        )
        raise InputError(msg)
    return Slicing("whole")


def _column_to_divide_by(
    source: SourceTable, columns: Sequence[Column], plan: MigrationPlan
) -> Column | None:
    if plan.slice_by is not None:
        return next(column for column in columns if column.name == plan.slice_by)
    times = [column for column in columns if column.kind in {"date", "timestamp"}]
    in_key = [column for column in times if column.name in source.key]
    return next(iter(in_key or times), None)


def _parts(plan: MigrationPlan, sample: Sample) -> int:
    """Return how many files keep each within the plan's range, at least one a worker where that allows it."""
    low, high = (size * 1e6 for size in plan.target_mb)
    least = math.ceil(sample.size / high)
    most = max(1, int(sample.size / low))
    return max(1, min(most, max(least, plan.workers)))


async def _quantiles(
    connection: Any, source: SourceTable, by: Column, parts: int
) -> tuple[str, ...]:
    shares = ",".join(f"{place / parts:.6f}" for place in range(1, parts))
    query = _sampled(source).select([by], written=False)
    name = quote(by.name)
    found = await connection.fetchval(
        f"SELECT percentile_disc(ARRAY[{shares}]::float8[]) WITHIN GROUP (ORDER BY {name})::text[] "
        f"FROM ({query}) AS t WHERE {name} IS NOT NULL"
    )
    return tuple(dict.fromkeys(found or ()))

"""The phases on PostgreSQL's side: the plan, and the export of what the target lacks."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from typing import Any

from evforecast.migration.compare import compare_target, require_same_columns
from evforecast.migration.errors import MigrationError
from evforecast.migration.estimate import choose_slicing, read_sample
from evforecast.migration.export import Exporter, Task
from evforecast.migration.ledger import Ledger
from evforecast.migration.parts import Part
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.profile import SourceSlice, fit_columns, read_slices, require_key
from evforecast.migration.progress import Progress
from evforecast.migration.source import SourceTable, connected, inspect, snapshot, without_password
from evforecast.migration.state import MadePlan, Round, slices_to_json
from evforecast.warehouse.base import Warehouse

__all__ = ["export", "make_plan", "tasks_of"]


async def make_plan(dsn: str, plan: MigrationPlan, warehouse: Warehouse) -> MadePlan:
    """Look at the source, and decide columns, key and slices.

    Raises
    ------
    UnfitColumnError
        If a column's type cannot be held exactly.
    InputError
        If the plan does not fit the table.
    """
    async with connected(dsn) as connection, snapshot(connection):
        source = await inspect(connection, plan)
        columns = await fit_columns(connection, source, has_float4=warehouse.dialect.has_float4)
        sample = await read_sample(connection, source, columns, plan)
        slicing = await choose_slicing(connection, source, columns, plan, sample)
    return MadePlan(
        plan=plan,
        source=without_password(dsn),
        warehouse=warehouse.url,
        columns=tuple(columns),
        key=source.key,
        slicing=slicing,
        few=sample.few,
        sample=sample.to_dict(),
    )


async def export(dsn: str, warehouse: Warehouse, ledger: Ledger, progress: Progress) -> None:
    """Take a snapshot, see what the target lacks, and write that to files.

    Raises
    ------
    MigrationError
        If the source is not what the plan was made for, or its values cannot be held exactly.
    LostConnectionError
        If the server went away.
    """
    began = time.perf_counter()
    made, plan = ledger.made, ledger.made.plan
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(connected(dsn))
        name = await stack.enter_async_context(snapshot(connection))
        source = await inspect(connection, plan)
        columns = await fit_columns(connection, source, has_float4=warehouse.dialect.has_float4)
        require_same_columns(columns, made.columns, f"{source.name}, since the plan was made")
        slices = await _slices(dsn, connection, name, source, made)
        await require_key(connection, source, slices)
        differences = compare_target(warehouse, made, slices)
        todo = [one.label for one in slices if one.label in differences]
        extra = {label: found for label, found in differences.items() if label not in todo}
        kept = _still_good(ledger, slices, todo)
        ledger.record(
            "source", slices=slices_to_json(slices), todo=todo, extra=extra, kept=sorted(kept)
        )
        ledger.parts_folder.mkdir(parents=True, exist_ok=True)
        wanted = [(one.key, one.label) for one in slices if one.label in todo]
        tasks = [task for task in tasks_of(made, source, wanted) if task.name not in kept]
        rows = sum(one.print.rows for one in slices if one.label in todo)
        with progress.phase("export", total=rows * made.sample["csv_row"], unit="B") as bar:

            def done(task: Task, part: Part) -> None:
                ledger.record("part", slice=task.slice_label, part=part.to_dict())
                bar.rows(part.rows, part.name)

            exporter = Exporter(
                dsn, source, made.columns, plan.file_format, ledger.parts_folder, bar.add
            )
            await exporter.export(tasks, snapshot_name=name, workers=plan.workers, done=done)
    _require_rows(source.name, ledger.current)
    ledger.record("exported", phase="export", seconds=round(time.perf_counter() - began, 4))


async def _slices(
    dsn: str, connection: Any, name: str, source: SourceTable, made: MadePlan
) -> list[SourceSlice]:
    """Read the fingerprints on as many connections as the plan has workers."""
    async with AsyncExitStack() as stack:
        connections = [connection]
        while len(connections) < made.plan.workers:
            other = await stack.enter_async_context(connected(dsn))
            await stack.enter_async_context(snapshot(other, name))
            connections.append(other)
        return await read_slices(connections, source, made.columns, made.slicing, made.few)


def _still_good(ledger: Ledger, slices: Sequence[SourceSlice], todo: Collection[str]) -> set[str]:
    """Return the files of an earlier, interrupted export that hold what this snapshot holds."""
    if ledger.made.slicing.how == "blocks":  # rows may lie in other blocks by now
        return set()
    before = {one.label: one.print for one in ledger.current.slices}
    same = {one.label for one in slices if before.get(one.label) == one.print}
    return {
        name
        for name, (label, part) in ledger.current.parts.items()
        if label in same and label in todo and ledger.damage(part) is None
    }


def tasks_of(made: MadePlan, source: SourceTable, wanted: Sequence[tuple[Any, str]]) -> list[Task]:
    """Return the files to export.

    Parameters
    ----------
    made : MadePlan
    source : SourceTable
    wanted : sequence of (object, str)
        Keys and labels of the slices that are to be moved.
    """
    slicing, suffix = made.slicing, made.plan.file_format.suffix
    if slicing.how == "blocks":
        return [
            Task(label, slicing.file_stem(None, place) + suffix, where)
            for _, label in wanted
            for place, where in enumerate(source.block_ranges(slicing.parts))
        ]
    return [
        Task(label, slicing.file_stem(key) + suffix, slicing.condition(key))
        for key, label in wanted
    ]


def _require_rows(where: str, current: Round) -> None:
    """Raise MigrationError unless the files hold as many rows as the snapshot."""
    rows: dict[str, int] = {}
    for label, part in current.parts.values():
        rows[label] = rows.get(label, 0) + part.rows
    for one in current.slices:
        if one.label in current.todo and rows.get(one.label, 0) != one.print.rows:
            msg = (
                f"{where}: {one.label}: {rows.get(one.label, 0):,} rows were exported of "
                f"{one.print.rows:,}. Nothing was loaded. Please report this."
            )
            raise MigrationError(msg)

"""The phases on the warehouse's side: stage, load, check and merge."""

from __future__ import annotations

import logging
import re
import threading
import time

from evforecast.migration.compare import check_transient, compare_target
from evforecast.migration.errors import MigrationError, PartError
from evforecast.migration.ledger import Ledger
from evforecast.migration.progress import Progress
from evforecast.migration.rejected import keep_rejected
from evforecast.warehouse.base import StagedFile, Warehouse

__all__ = ["check", "load", "merge", "prefix_of", "stage"]

_logger = logging.getLogger(__name__)


def prefix_of(ledger: Ledger) -> str:
    """Return the folder of the stage that this round has for itself."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", ledger.made.plan.target_table.name)
    return f"{plain}/{ledger.current.run}"


def stage(ledger: Ledger, warehouse: Warehouse, progress: Progress) -> None:
    """Copy the files to the stage.

    Raises
    ------
    PartError
        If a file is missing or damaged; it will be exported anew.
    """
    current = ledger.current
    todo = [part for name, (_, part) in current.parts.items() if name not in current.staged]
    damaged = {part.name: reason for part in todo if (reason := ledger.damage(part))}
    if damaged:
        ledger.record("again", parts=sorted(damaged))
        name, reason = next(iter(damaged.items()))
        msg = (
            f"{len(damaged)} exported file(s) cannot be staged; {name}: {reason}. Run it again with "
            "resume: they are exported anew."
        )
        raise PartError(msg, name)
    began = time.perf_counter()
    with progress.phase("stage", total=sum(part.size for part in todo), unit="B") as bar:
        lock = threading.Lock()  # a warehouse may stage side by side

        def done(file: StagedFile, seconds: float) -> None:
            with lock:
                ledger.record("staged", name=file.name, seconds=round(seconds, 6))
                bar.add(file.size)

        paths = [ledger.parts_folder / part.name for part in todo]
        if paths:
            warehouse.put(paths, prefix_of(ledger), done=done)
    ledger.record("time", phase="stage", seconds=round(time.perf_counter() - began, 4))


def load(ledger: Ledger, warehouse: Warehouse, progress: Progress) -> None:
    """Load the staged files to a transient table, each once.

    Raises
    ------
    PartError
        If the stage does not hold a file as it was exported; it will be exported anew.
    CopyError
        If a file cannot be loaded.
    """
    current, made = ledger.current, ledger.made
    began = time.perf_counter()
    _require_staged(ledger, warehouse)
    if current.transient is None:
        table = made.plan.target_table.renamed(f"{made.plan.target_table.name}__{current.run}")
        warehouse.create(table, made.columns, transient=True)
        ledger.record("transient", table=str(table))
    todo = [name for name in current.parts if name not in current.loaded]
    size = sum(current.parts[name][1].size for name in todo)
    with progress.phase("load", total=size, unit="B") as bar:
        files = dict.fromkeys(todo, made.plan.file_format)
        for file in warehouse.copy_into(
            current.table, made.columns, prefix_of(ledger), files, on_error=made.plan.on_error
        ):
            keep_rejected(ledger.folder, file)
            exported = current.parts[file.name][1].rows
            # a warehouse may have forgotten how many rows it loaded before: the check that follows counts
            rows = exported if file.rows < 0 else file.rows
            ledger.record(
                "loaded",
                name=file.name,
                rows=rows,
                status=file.status,
                rejected=exported - rows if file.rejected else 0,
            )
            bar.add(current.parts[file.name][1].size)
            bar.rows(rows, file.name)
    ledger.record("time", phase="load", seconds=round(time.perf_counter() - began, 4))


def _require_staged(ledger: Ledger, warehouse: Warehouse) -> None:
    """Raise PartError unless the stage holds the files as they were exported."""
    staged = {file.name: file for file in warehouse.staged(prefix_of(ledger))}
    for name, (_, part) in ledger.current.parts.items():
        file = staged.pop(name, None)
        if name in ledger.current.loaded:
            continue
        if file is None:
            reason = "it is not in the stage"
        elif file.size not in {part.size, _padded(part.size)}:
            reason = f"it has {file.size:,} bytes in the stage instead of {part.size:,}"
        elif file.sha256 is not None and file.sha256 != part.sha256:
            reason = "its contents in the stage are not what was exported (SHA-256)"
        else:
            continue
        ledger.record("again", parts=[name])
        msg = f"{name}: {reason}. Run it again with resume: it is exported and staged anew."
        raise PartError(msg, name)
    for name in sorted(staged):
        _logger.warning("%s: a staged file that is not of this run; it is not loaded", name)


def _padded(size: int) -> int:
    """Return the size of a file once Snowflake's client has encrypted it, in blocks of 16 bytes."""
    return (size // 16 + 1) * 16


def check(ledger: Ledger, warehouse: Warehouse) -> None:
    """Compare the transient table with the snapshot.

    Raises
    ------
    MigrationError
        If they differ; the round is over then, and the next begins from the source.
    """
    current = ledger.current
    began = time.perf_counter()
    keys, differences = check_transient(warehouse, ledger.made, current)
    seconds = round(time.perf_counter() - began, 4)
    if differences:
        label, found = next(iter(differences.items()))
        files = ", ".join(name for name, (of, _) in current.parts.items() if of == label)
        # told first: a run that is killed here and resumed would look for a table that is gone
        ledger.record(
            "ended", phase="check", seconds=seconds, complete=False, differences=differences
        )
        warehouse.drop(current.table)
        msg = (
            f"{len(differences)} slice(s) were not loaded as they are in the source; {label} ({files}): "
            f"{'; '.join(found)}. Nothing was merged. Run it again: they are exported and loaded anew."
        )
        raise MigrationError(msg)
    ledger.record("checked", phase="check", seconds=seconds, keys=keys)


def merge(ledger: Ledger, warehouse: Warehouse) -> None:
    """Merge the transient table into the target, compare that with the snapshot, and tidy up."""
    current, made = ledger.current, ledger.made
    target, transient = made.plan.target_table, current.table
    if current.merged is None:
        began = time.perf_counter()
        warehouse.create(target, made.columns, transient=False)
        merged = warehouse.merge(transient, target, made.columns, made.key)
        ledger.record(
            "merged",
            phase="merge",
            seconds=round(time.perf_counter() - began, 4),
            inserted=merged.inserted,
            updated=merged.updated,
        )
    began = time.perf_counter()
    differences = compare_target(warehouse, made, current.slices)
    ledger.record("time", phase="compare", seconds=round(time.perf_counter() - began, 4))
    warehouse.drop(transient)
    if made.plan.purge and not differences:
        warehouse.purge(prefix_of(ledger))
        ledger.remove_parts()
    ledger.record("ended", complete=not differences, differences=differences)

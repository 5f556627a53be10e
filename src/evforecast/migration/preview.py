"""The dry run: which files a migration would write, with which statements, in about how many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.migration.plan import MigrationPlan
from evforecast.migration.reading import make_plan, tasks_of
from evforecast.migration.source import connected, inspect, snapshot
from evforecast.migration.state import MadePlan
from evforecast.warehouse.base import Warehouse
from evforecast.warehouse.dialects import POSTGRES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Preview", "look_ahead"]

_SHOWN = 3  # files whose statements are shown
_LOADED_PER_SECOND = 100e6
"""Bytes of CSV that the embedded warehouse loads, checks and merges in a second (`docs/benchmarks.md`)."""


@dataclass(frozen=True)
class Preview:
    """What a migration would do; nothing was moved.

    Attributes
    ----------
    made : MadePlan
    files : list of dict
        ``file``, ``slice``, ``rows`` and ``mb``; sizes are estimated from a sample.
    exports : list of str
        The statement for PostgreSQL of each file.
    loads : str
        The statements for the warehouse.
    """

    made: MadePlan
    files: list[dict[str, Any]]
    exports: list[str]
    loads: str

    @property
    def seconds(self) -> dict[str, float]:
        """Expected seconds by phase: those of the source at the speed of the sample."""
        sample, workers = self.made.sample, self.made.plan.workers
        side_by_side = max(1, min(workers, len(self.files)))
        rows = sum(file["rows"] for file in self.files)
        share = rows / max(sample["rows"], 1)
        return {
            "fingerprint": share * sample["check_seconds"] / workers,
            "export": share * sample["seconds"] / side_by_side,
            "load, check, merge": rows * sample["csv_row"] / _LOADED_PER_SECOND,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a row a file."""
        import pandas as pd

        return pd.DataFrame(self.files, columns=["file", "slice", "rows", "mb"])

    def __str__(self) -> str:
        """Return files, seconds and statements, long lists cut."""
        made = self.made
        size = sum(file["mb"] for file in self.files)
        lines = [
            f"{made.source} ({made.plan.source_name}) to {made.warehouse} ({made.plan.target_table})",
            f"key: {', '.join(made.key) or 'none, rows are compared whole'}",
            f"{len(self.files)} file(s), about {size:,.1f} MB:",
        ]
        lines += _cut(
            [f"  {f['file']:32} {f['rows']:>12,} rows {f['mb']:>9,.2f} MB" for f in self.files]
        )
        expected = ", ".join(f"{phase} {s:,.1f}" for phase, s in self.seconds.items())
        lines += [f"expected seconds: {expected}", "", "-- PostgreSQL"]
        lines += _cut([f"{statement};" for statement in self.exports], most=_SHOWN)
        lines += ["", "-- the warehouse", self.loads]
        return "\n".join(lines)


def _cut(lines: list[str], most: int = 13) -> list[str]:
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"  … and {more:,} more"]


async def look_ahead(dsn: str, warehouse: Warehouse, plan: MigrationPlan) -> Preview:
    """Return what a migration would do if the target were empty.

    Parameters
    ----------
    dsn : str
        PostgreSQL's address.
    warehouse : Warehouse
    plan : MigrationPlan
    """
    made = await make_plan(dsn, plan, warehouse)
    slicing, sample = made.slicing, made.sample
    async with connected(dsn) as connection, snapshot(connection):
        source = await inspect(connection, made.plan)
        relation = f"({source.select(made.columns, written=False)}) AS t"
        label = slicing.key_label(POSTGRES).format(c="slice")
        counted = await connection.fetch(
            f"SELECT {label} AS key, n FROM (SELECT {slicing.key(POSTGRES) or '0'} AS slice, count(*) AS n "
            f"FROM {relation} GROUP BY 1) AS g ORDER BY slice"
        )
    labels = {slicing.label(row["key"]): row for row in counted}
    wanted = [(row["key"], label) for label, row in labels.items()]
    tasks = tasks_of(made, source, wanted)
    per_slice = len(tasks) / max(len(wanted), 1)
    files = []
    for task in tasks:
        rows = round(labels[task.slice_label]["n"] / per_slice)
        mb = rows * sample["file_row"] / 1e6
        files.append({"file": task.name, "slice": task.slice_label, "rows": rows, "mb": mb})
    exports = [
        f"COPY ({source.select(made.columns, written=True, where=task.where)}) TO STDOUT (FORMAT csv)"
        for task in tasks
    ]
    loads = warehouse.script(
        made.plan.target_table,
        made.columns,
        {Path(task.name): made.plan.file_format for task in tasks[:_SHOWN]},
        "RUN",
        key=made.key,
        on_error=made.plan.on_error,
    )
    return Preview(made, files, exports, loads)

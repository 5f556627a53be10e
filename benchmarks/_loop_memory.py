"""The reference year through every step, each in a process of its own, and what each held at its peak."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _loop_play import DAY, START, child, ended

from evforecast.scenarios import STEPS, Project, SimulatedCity, run, runs, write_project
from evforecast.scenarios.gathering import _grid_changes
from evforecast.scenarios.tables import commit, make
from evforecast.scenarios.work import Work, opened

if TYPE_CHECKING:
    import numpy as np

FRESH = (
    15  # days that are collected, forecast and judged; the year before them stands in the warehouse
)


class LastDays(SimulatedCity):
    """A city of which only the last days are collected."""

    @property
    def since(self) -> np.datetime64:
        """The first of them."""
        return self.panel.grid.last - FRESH * DAY


def measure(folder: Path, chargers: int, days: int) -> dict[str, Any]:
    """Do every step beside a year of data; return seconds, rows and peak memory of each."""
    project = _project(folder, chargers, days)
    begun = time.perf_counter()
    if ended(child(lambda: _fill(project))):
        msg = "the year could not be put into the warehouse"
        raise RuntimeError(msg)
    print(
        f"a year of {chargers} chargers put into the warehouse in {time.perf_counter() - begun:.0f} s"
    )
    last = START + days * DAY
    # The first training ends where the year stood; a day before the end everything is done once, and again.
    before = last - (FRESH - 1) * DAY
    plan = [(step, before) for step in ("collect", "load", "features", "train")]
    plan += [(step, last - DAY) for step in STEPS]
    for step, as_of in plan:
        if ended(child(lambda step=step, as_of=as_of: run(step, project, as_of=as_of))):
            msg = f"{step} failed"
            raise RuntimeError(msg)
    records = runs(project.runs)
    out: dict[str, Any] = {"chargers": chargers, "days": days, "different": [], "steps": {}}
    for step in STEPS:
        mine = records[records["step"] == step]
        found = {
            "seconds": round(float(mine["seconds"].sum()), 1),
            "rows": int(mine["rows"].sum()),
            "peak_mb": round(int(mine["peak_memory"].max()) / 1e6),
        }
        out["steps"][step] = found
        print(
            f"  {step:<11}{found['seconds']:>8.1f} s {found['rows']:>10,} rows {found['peak_mb']:>6} MB"
        )
    out["peak_mb"] = max(found["peak_mb"] for found in out["steps"].values())
    print(f"the most: {out['peak_mb']} MB")
    return out


def _project(folder: Path, chargers: int, days: int) -> Project:
    path = write_project(folder, chargers=chargers, days=days)
    text = path.read_text(encoding="utf-8")
    for old, new in {
        "evforecast.scenarios.SimulatedCity": "_loop_memory.LastDays",
        'history = "14D"': 'history = "365D"',
        'max_age = "28D"': 'max_age = "1D"',
        'change_at = "2026-01-15"': f'change_at = "{START + (days - FRESH) * DAY}"',
    }.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return Project.read(path)


def _fill(project: Project) -> None:
    """Put the days before the fresh ones into the warehouse, on the grid and as a log."""
    with opened(project) as warehouse:
        work = Work(project, START, warehouse)
        feed: Any = work.network.feed
        make(warehouse, "watermark", "status_grid", "evse")
        before, begin = None, START - project.step
        while begin < feed.since:
            end = min(begin + 7 * DAY, feed.since)
            panel = feed.panel.between(begin + project.step, end + project.step)
            commit(
                warehouse,
                "features",
                _grid_changes(work, panel, begin, end),
                before=before,
                until=end,
            )
            before = begin = end
        words = " ".join(
            f"WHEN {code} THEN '{w}'" for code, w in enumerate(feed.panel.scheme.names)
        )
        warehouse.run(
            'CREATE TABLE "status" AS SELECT "evse_id", '  # noqa: S608
            f'CASE "code" {words} END AS "status", "time" AS "collected_at" FROM "status_grid"'
        )

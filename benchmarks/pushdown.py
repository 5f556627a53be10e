"""The log of a year to a grid, and features from it, in DuckDB and in this library: seconds and memory.

A simulated city is observed once a step and charger, a few minutes late, out of order, with gaps: as many
rows as the reference year has observed cells. It is put on the grid in the warehouse, as a
first load, as a quarter of an hour more, and again with nothing new; and by `StatusLog.to_panel` from a frame
of the same rows. Then the features of one cutoff and of a day of them. Each part runs in a process of its
own, whose peak memory it is.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import evforecast as ev
from evforecast.features import FeatureTable, lookback_steps
from evforecast.inwarehouse.pushdown import (
    GROUPS_IN_SQL,
    LogTable,
    PanelTable,
    Resampling,
    feature_query,
    to_grid,
    write_features,
)
from evforecast.panel import STATUS, StatusLog, StatusPanel
from evforecast.timegrid import TimeGrid
from evforecast.warehouse import DuckDBWarehouse, quote

STEP = np.timedelta64(900, "s")
START = np.datetime64("2019-11-25", "s")
HORIZON, DAY = 4, 96
PEAK_UNIT = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
TZ = "Europe/Paris"


def make_city(folder: Path, n_evse: int, n_time: int, seed: int) -> None:
    """Write the log and the chargers."""
    rng = np.random.default_rng(seed)
    panel = ev.simulate(n_evse=n_evse, days=-(-n_time // DAY), random_state=seed)
    codes = panel.codes[:n_time]
    row, unit = np.nonzero(codes >= 0)
    times = START + row * STEP
    observed = times - rng.integers(0, 890, len(row)).astype("timedelta64[s]")
    ids = panel.evse.index.to_list()
    columns = {
        "evse_id": pa.DictionaryArray.from_arrays(unit.astype(np.int32), ids).cast(pa.string()),
        "collected_at": pa.array(times.astype("datetime64[us]")),
        "observed_at": pa.array(observed.astype("datetime64[us]")),
        "status": pa.DictionaryArray.from_arrays(codes[row, unit], list(STATUS.names)).cast(
            pa.string()
        ),
    }
    order = rng.permutation(len(row))
    pq.write_table(pa.table(columns).take(order), folder / "log.parquet")
    chargers = panel.evse.reset_index()[["evse_id", "location_id"]]
    pq.write_table(pa.Table.from_pandas(chargers, preserve_index=False), folder / "evse.parquet")


def load(folder: Path) -> dict[str, Any]:
    """Load the log and the chargers into a warehouse."""
    with DuckDBWarehouse(folder / "ev.duckdb") as warehouse:
        for name, file in (("status", "log"), ("evse", "evse")):
            path = (folder / f"{file}.parquet").as_posix()
            source = f"read_parquet('{path}')"
            warehouse.run(f"CREATE TABLE {name} AS FROM {source}")
        return {"rows": warehouse.run("SELECT COUNT(*) FROM status")[0][0]}


def grid_in_sql(folder: Path, max_age: str) -> dict[str, Any]:
    """Put the log on a grid in the warehouse: all of it, a step more, and once more."""
    plan = Resampling(LogTable("status"), "15min", max_age, into=f"grid_{max_age}")
    found: dict[str, Any] = {}
    with DuckDBWarehouse(folder / "ev.duckdb") as warehouse:
        last = np.datetime64(warehouse.run("SELECT MAX(collected_at) FROM status")[0][0], "s")
        before = last - STEP
        for name, times in (
            ("all", {"as_of": before}),
            ("a step more", {"collected_after": before}),
            ("nothing new", {"collected_after": last}),
        ):
            start = time.perf_counter()
            done = to_grid(warehouse, plan, **times)
            found[name] = {"seconds": time.perf_counter() - start, "written": done.written}
        # an order of the rows does not matter to a sum, and a wrong cell changes it
        cells = 'SELECT COUNT(*), SUM(epoch("time") // 900 * ("code" + 1)) FROM '
        sums = cells + quote(f"grid_{max_age}")
        found["cells"], found["sum"] = map(int, warehouse.run(sums)[0])
    return found


def grid_in_memory(folder: Path, max_age: str) -> dict[str, Any]:
    """Do the same with a frame; the panel is kept for the features."""
    frame = pq.read_table(folder / "log.parquet").to_pandas()
    start = time.perf_counter()
    log = StatusLog(frame, tz="UTC")
    made = time.perf_counter()
    panel = log.to_panel("15min", max_age=max_age)
    seconds = {"log": made - start, "to_panel": time.perf_counter() - made}
    row, unit = np.nonzero(panel.codes >= 0)
    steps = panel.grid.times[row].astype(np.int64) // 900
    cells = {
        "cells": len(row),
        "sum": int((steps * (panel.codes[row, unit].astype(int) + 1)).sum()),
    }
    chargers = pq.read_table(folder / "evse.parquet").to_pandas()
    np.savez(folder / "panel.npz", codes=panel.codes, start=panel.grid.start)
    panel.evse.reset_index()[["evse_id"]].merge(chargers).to_parquet(folder / "chargers.parquet")
    return {"all": {"seconds": sum(seconds.values())}, **seconds, **cells}


def cutoffs(folder: Path, days: int) -> TimeGrid:
    """Return the rows that the features of some last cutoffs are computed from."""
    with np.load(folder / "panel.npz") as kept:
        start, n = kept["start"], len(kept["codes"])
    first = max(n - lookback_steps(STEP) - days * DAY, 0)
    return TimeGrid(start + first * STEP, STEP, n - first)


def features_in_sql(folder: Path, days: int) -> dict[str, Any]:
    """Compute features in the warehouse and write them there."""
    rows = cutoffs(folder, days)
    table = PanelTable(rows, TZ, "grid_15min")
    first = rows.n - 1 - days * DAY
    with DuckDBWarehouse(folder / "ev.duckdb") as warehouse:
        start = time.perf_counter()
        written = write_features(warehouse, table, [HORIZON], first=first, into=f"features_{days}")
        seconds = time.perf_counter() - start
        query = feature_query(warehouse.dialect, table, HORIZON, first=first)
        sums = 'SELECT SUM("age" + "previous_age" + "changes_168h" + "target_minute") FROM '
        return {
            "seconds": seconds,
            "rows": written,
            "sum": float(warehouse.run(f"{sums}({query})")[0][0]),
        }


def features_in_memory(folder: Path, days: int) -> dict[str, Any]:
    """Compute the same features from the panel."""
    rows = cutoffs(folder, days)
    with np.load(folder / "panel.npz") as kept:
        codes = kept["codes"][-rows.n :]
    panel = StatusPanel(codes, rows, pq.read_table(folder / "chargers.parquet").to_pandas(), tz=TZ)
    start = time.perf_counter()
    asked = np.arange(rows.n - 1 - days * DAY, rows.n)
    cases = np.repeat(asked, panel.n_evse), np.tile(np.arange(panel.n_evse), len(asked))
    table = FeatureTable(panel, groups=GROUPS_IN_SQL).at(*cases, HORIZON)
    seconds = time.perf_counter() - start
    names = ev.features.feature_names(panel.scheme.names, GROUPS_IN_SQL)
    listed = [
        names.index(name) for name in ("age", "previous_age", "changes_168h", "target_minute")
    ]
    return {"seconds": seconds, "rows": len(table), "sum": float(table[:, listed].sum(dtype=float))}


def alone(job: Callable[..., dict[str, Any]], *args: object) -> dict[str, Any]:
    """Run a job in a process of its own; add its peak memory."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (job, args))


def _measured(job: Callable[..., dict[str, Any]], args: tuple[object, ...]) -> dict[str, Any]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PEAK_UNIT
    found = job(*args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PEAK_UNIT
    return {**found, "peak_mb": round(peak), "peak_before_mb": round(before)}


def main(argv: list[str] | None = None) -> int:
    """Run it, print and write what came of it; 1 if the two ways differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chargers", type=int, default=273)
    parser.add_argument("--steps", type=int, default=33_504, help="quarters of an hour")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    out: dict[str, Any] = {"chargers": args.chargers, "steps": args.steps}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone(_made, folder, args.chargers, args.steps, args.seed)
        out.update(alone(load, folder))
        for age in ("1h", "15min"):
            out[f"grid {age}"] = {
                "sql": alone(grid_in_sql, folder, age),
                "memory": alone(grid_in_memory, folder, age),
            }
        for days, what in ((0, "features of a cutoff"), (1, "features of a day")):
            out[what] = {
                "sql": alone(features_in_sql, folder, days),
                "memory": alone(features_in_memory, folder, days),
            }
    wrong = show(out)
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return wrong


def _made(folder: Path, n_evse: int, n_time: int, seed: int) -> dict[str, Any]:
    make_city(folder, n_evse, n_time, seed)
    return {}


def show(out: dict[str, Any]) -> int:
    """Print a table; return how many parts came out differently."""
    print(f"{out['chargers']:,} chargers, {out['steps']:,} steps, a log of {out['rows']:,} rows")
    print(f"{'':22}{'SQL, s':>9}{'MB':>7}{'memory, s':>11}{'MB':>7}{'ratio':>8}  the same")
    wrong = 0
    for what, ways in out.items():
        if not isinstance(ways, dict):
            continue
        sql, memory = ways["sql"], ways["memory"]
        seconds = [
            way["all"]["seconds"] if "all" in way else way["seconds"] for way in (sql, memory)
        ]
        same = (sql["sum"], sql.get("cells")) == (memory["sum"], memory.get("cells"))
        wrong += not same
        print(
            f"{what:22}{seconds[0]:9.2f}{sql['peak_mb']:7,}{seconds[1]:11.2f}{memory['peak_mb']:7,}"
            f"{seconds[0] / seconds[1]:8.2f}  {'yes' if same else 'NO'}"
        )
        if "all" in sql:
            more, none = sql["a step more"], sql["nothing new"]
            print(
                f"{'':22}a step more {more['seconds']:.2f} s ({more['written']:,} cells), nothing new "
                f"{none['seconds']:.2f} s; of the memory's, to_panel alone {memory['to_panel']:.2f} s"
            )
    return wrong


if __name__ == "__main__":
    sys.exit(main())

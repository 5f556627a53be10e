"""The handler of Snowflake's table function: the same probabilities everywhere; speed, memory, zip.

The parity table holds what the handler gives against `predict_proba` in this process, for every public
forecaster: on DuckDB, where it is given the rows partition by partition, and in a process that has the zip
of the package, numpy, pandas, scipy and scikit-learn only.

The speed is that of the handler alone, in rows that it is given a second, on one thread, and beside it the
seconds of the whole (rows read by SQL, forecasts merged). Each network is stored by one process and forecast
by another, whose peak memory is told. The large one is made of copies of 1,200 chargers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pickle
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import evforecast as ev
from evforecast.inwarehouse import (
    ForecastJob,
    ForecastPartition,
    can_push_down,
    forecast_in_warehouse,
    make_bundle,
    store_panel,
)
from evforecast.inwarehouse.handler import INPUT, probability_names
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.panel import evse_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from evforecast.forecasting import StatusForecaster

TZ = "Europe/Paris"
H = [1, 4, 96]
FEW: dict[str, Any] = {"random_state": 0, "max_rows": 3000}
NEAR = ["state", "changes", "neighbours", "shares", "same_time", "calendar"]
MODELS: dict[str, Callable[[], StatusForecaster]] = {
    "Persistence": lambda: ev.Persistence(H),
    "Climatology": lambda: ev.Climatology(H),
    "MarkovForecaster": lambda: ev.MarkovForecaster(H),
    "SemiMarkovForecaster": lambda: ev.SemiMarkovForecaster(H),
    "FailureRate": lambda: ev.FailureRate(H),
    "DirectForecaster": lambda: ev.DirectForecaster(H, **FEW),
    "DirectForecaster, near": lambda: ev.DirectForecaster(H, groups=NEAR, **FEW),
    "RecursiveForecaster": lambda: ev.RecursiveForecaster(H[:2], n_paths=20, **FEW),
    "Blend": lambda: ev.Blend({"a": ev.Climatology(H), "b": ev.DirectForecaster(H, **FEW)}),
    "Calibrated": lambda: ev.Calibrated(ev.SemiMarkovForecaster(H)),
    "OccupiedFeed": lambda: ev.OccupiedFeed(ev.SemiMarkovForecaster(H)),
}
SPEEDS = {
    "semi-markov": lambda: ev.SemiMarkovForecaster([4]),
    "direct": lambda: ev.DirectForecaster([4], random_state=0, max_rows=30_000),
}
ZIP_PROCESS = Path(__file__).parents[1] / "tests/integration/inwarehouse/zip_process.py"


def parity(folder: Path, n_evse: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a row a forecaster, and what is told of the zip."""
    city = ev.simulate(n_evse=n_evse, days=31, random_state=1)
    context = city.head(31 * 96 - 50)
    fitted = {name: make().fit(city.head(28 * 96)) for name, make in MODELS.items()}
    rows, jobs = [], []
    with ev.connect(f"duckdb:///{folder}/parity.duckdb") as warehouse:
        store_panel(warehouse, context, exog="weather")
        for place, (name, model) in enumerate(fitted.items()):
            reason = can_push_down(model)
            rows.append({"model": name, "reason": reason})
            if reason:
                continue
            path = folder / f"{place}.evf"
            model.save(path)
            names: dict[str, Any] = {"name": name, "tz": TZ, "exog": "weather", "into": f"f{place}"}
            done = forecast_in_warehouse(warehouse, path, cutoff=str(context.cutoff), **names)
            job = ForecastJob.of(path, **names)
            expected = model.predict_proba(context).select(sorted(context.evse_ids)).proba
            listed = ", ".join(probability_names(model.target_scheme_))
            query = f"SELECT {listed} FROM {job.into.sql} ORDER BY horizon, evse_id"  # noqa: S608 - ours
            law = warehouse.run(query)
            rows[-1] |= {"reach": job.reach, "lookback": job.lookback, "rows in": done.rows_in}
            rows[-1]["duckdb"] = difference(np.array(law, float), expected)
            sql = job.query(warehouse.dialect).sql(instant(warehouse.dialect, context.cutoff))
            frame = pd.DataFrame(warehouse.run(sql), columns=["partition", *INPUT])
            plain = frame.astype(object).where(frame.notna(), None)
            parts = [{c: part[c].tolist() for c in INPUT} for _, part in plain.groupby("partition")]
            (folder / f"{place}.rows").write_bytes(pickle.dumps(parts))
            facts = {"model_file": path.name, "name": name, "tz": TZ, "horizons": job.horizons}
            jobs.append({"facts": facts, "rows": f"{place}.rows", "out": f"{place}.out"})
            rows[-1]["expected"] = expected
    (folder / "jobs.json").write_text(json.dumps(jobs))
    bundle = make_bundle(folder)
    command = [sys.executable, "-P", str(ZIP_PROCESS), str(bundle.path), str(folder)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for place, row in enumerate(rows):
        if row["reason"] is None:
            data = (folder / f"{place}.out").read_bytes()
            found = pd.DataFrame(pickle.loads(data))  # noqa: S301 - our own
            row["zip"] = difference(found.iloc[:, 4:].to_numpy(float), row.pop("expected"))
    return rows, {
        "bytes": bundle.size,
        "modules": len(bundle.modules),
        "import_seconds": told["ours"],
        "import_seconds_of_the_others": told["others"],
    }


def difference(law: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference of two laws."""
    return float(np.abs(law.reshape(expected.shape) - expected).max())


def store(path: str, model: str, kind: str, n_evse: int) -> str:
    """Fit a model, store the end of a network of so many chargers; return the cutoff."""
    base = ev.simulate(n_evse=min(n_evse, 1200), days=12, random_state=0)
    fitted = SPEEDS[kind]().fit(base.head(base.n_time - 96))
    fitted.save(model)
    recent = base.tail(fitted.lookback)
    copies = -(-n_evse // base.n_evse)
    if copies > 1:
        known = base.evse.reset_index()
        every = pd.concat(
            [
                known.assign(
                    evse_id=f"{copy}-" + known["evse_id"].astype(str),
                    location_id=f"{copy}-" + known["location_id"].astype(str),
                )
                for copy in range(copies)
            ]
        ).head(n_evse)
        codes = np.tile(recent.codes, (1, copies))[:, :n_evse]
        table = evse_table(list(every["evse_id"]), every)
        recent = ev.StatusPanel(codes, recent.grid, table, exog=recent.exog, tz=base.tz)
    with ev.connect(f"duckdb:///{path}") as warehouse:
        store_panel(warehouse, recent, exog="weather")
    return str(recent.cutoff)


def forecast(path: str, model: str, cutoff: str) -> dict[str, Any]:
    """Forecast what `store` stored; return the figures."""
    seconds: list[float] = []
    real = ForecastPartition.end_partition

    def timed(self: ForecastPartition, df: pd.DataFrame) -> Any:
        start = time.perf_counter()
        frames = list(real(self, df))
        seconds.append(time.perf_counter() - start)
        return iter(frames)

    ForecastPartition.end_partition = timed  # type: ignore[method-assign]
    before = peak_mb()
    with ev.connect(f"duckdb:///{path}") as warehouse:
        done = forecast_in_warehouse(
            warehouse, model, cutoff=cutoff, name="m", tz=TZ, exog="weather"
        )
    return {
        "chargers": done.chargers,
        "partitions": done.partitions,
        "rows_in": done.rows_in,
        "handler_seconds": sum(seconds),
        "longest_partition_seconds": max(seconds),
        "rows_per_second": done.rows_in / sum(seconds),
        "seconds": done.seconds,
        "peak_mb": peak_mb(),
        "mb_before": before,
    }


def peak_mb() -> float:
    """Return the most memory that this process held, in MB; what its parent held does not count."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def apart(job: Callable[..., Any], *arguments: Any) -> Any:
    """Run a job in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(job, *arguments).result()


def main(argv: list[str] | None = None) -> int:
    """Run it, print and write what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chargers", type=int, nargs="*", default=[273, 1_200, 100_000])
    parser.add_argument("--direct-up-to", type=int, default=1_200, help="chargers")
    parser.add_argument("--parity", type=int, default=30, help="chargers; 0: no table")
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    out: dict[str, Any] = {"parity": [], "zip": {}, "speed": []}
    with tempfile.TemporaryDirectory() as folder:
        if args.parity:
            out["parity"], out["zip"] = parity(Path(folder), args.parity)
            show_parity(out)
        print(
            f"\n{'model':<12}{'chargers':>9}{'parts':>6}{'rows in':>12}{'handler s':>10}"
            f"{'rows/s':>10}{'longest s':>10}{'whole s':>9}{'peak MB':>9}"
        )
        for kind in SPEEDS:
            for n_evse in args.chargers:
                if kind == "direct" and n_evse > args.direct_up_to:
                    continue
                names = (f"{folder}/{kind}-{n_evse}.duckdb", f"{folder}/{kind}-{n_evse}.evf")
                cutoff = apart(store, *names, kind, n_evse)
                row = {"model": kind, **apart(forecast, *names, cutoff)}
                out["speed"].append(row)
                print(
                    f"{kind:<12}{row['chargers']:>9,}{row['partitions']:>6}{row['rows_in']:>12,}"
                    f"{row['handler_seconds']:>10.2f}{row['rows_per_second']:>10,.0f}"
                    f"{row['longest_partition_seconds']:>10.2f}{row['seconds']:>9.1f}"
                    f"{row['peak_mb']:>9,.0f}",
                    flush=True,
                )
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return (
        0 if all(row.get("zip", 0) <= 1e-6 >= row.get("duckdb", 0) for row in out["parity"]) else 1
    )


def show_parity(out: dict[str, Any]) -> None:
    """Print the table, and the zip."""
    print(f"{'model':<24}{'reach':<10}{'rows':>5}{'duckdb':>10}{'zip':>10}")
    for row in out["parity"]:
        if row["reason"]:
            print(f"{row['model']:<24}{row['reason']}")
        else:
            print(
                f"{row['model']:<24}{row['reach']:<10}{row['lookback']:>5}{row['duckdb']:>10.1e}"
                f"{row['zip']:>10.1e}"
            )
    made = out["zip"]
    print(
        f"zip: {made['bytes']:,} bytes, {made['modules']} modules, imported in "
        f"{made['import_seconds']:.2f} s after {made['import_seconds_of_the_others']:.2f} s of numpy, "
        "pandas, scipy and scikit-learn"
    )


if __name__ == "__main__":
    sys.exit(main())

"""Conversions, readers and memory at the reference size: 273 chargers, 33,504 quarter-hours.

Each job runs in a process of its own, which reports its seconds (the least of the rounds, since other
programs only ever add to them) and its peak memory. Where there is a plain pandas way to do the same, it
is timed in the same process, as the peer, and the ratio says how many times longer it takes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DAYS = 349
EVSE = 273


def city() -> Any:
    """Return the reference panel."""
    import evforecast as ev

    return ev.simulate(n_evse=EVSE, days=DAYS, start="2019-11-25", random_state=0)


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the least seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def simulate(rounds: int, _folder: Path) -> dict[str, float]:
    """Simulate the reference city."""
    return {"seconds": best(city, rounds)}


def panel_memory(_rounds: int, _folder: Path) -> dict[str, float]:
    """Bytes of the statuses as codes, and as a long frame of text."""
    panel = city()
    day = panel.head(96).to_long().astype({"evse_id": object, "status": object})
    text = day.memory_usage(deep=True).sum() * panel.n_time / 96
    return {
        "mb": panel.nbytes / 1e6,
        "peer_mb": float(text) / 1e6,
        "ratio": float(text) / panel.nbytes,
    }


def to_long(rounds: int, _folder: Path) -> dict[str, float]:
    """To a long frame of categoricals; the peer melts the wide frame."""
    panel = city()
    wide = panel.to_wide().reset_index()
    return with_peer(panel.to_long, lambda: wide.melt("time", var_name="evse_id"), rounds)


def from_long(rounds: int, _folder: Path) -> dict[str, float]:
    """From a long frame of categoricals; the peer pivots codes."""
    import evforecast as ev

    panel = city()
    long = panel.to_long()
    codes = long.assign(status=long["status"].cat.codes)

    def pivot() -> object:
        return codes.pivot_table(
            index="time", columns="evse_id", values="status", aggfunc="first", observed=True
        )

    return with_peer(lambda: ev.StatusPanel.from_long(long), pivot, rounds)


def to_multiindex(rounds: int, _folder: Path) -> dict[str, float]:
    """To sktime's multiindex; the peer sets and sorts the index of the long frame."""
    panel = city()
    long = panel.to_long()
    return with_peer(
        panel.to_multiindex, lambda: long.set_index(["evse_id", "time"]).sort_index(), rounds
    )


def from_multiindex(rounds: int, _folder: Path) -> dict[str, float]:
    """From sktime's multiindex; the peer unstacks it."""
    import evforecast as ev

    y = city().to_multiindex()
    return with_peer(
        lambda: ev.StatusPanel.from_multiindex(y),
        lambda: y["status"].unstack("evse_id"),  # noqa: PD010 - what most people write
        rounds,
    )


def save(rounds: int, folder: Path) -> dict[str, float]:
    """Save to Parquet."""
    panel = city()
    path = folder / "panel.parquet"
    seconds = best(lambda: panel.save(path), rounds)
    return {"seconds": seconds, "mb": path.stat().st_size / 1e6}


def load(rounds: int, folder: Path) -> dict[str, float]:
    """Load from Parquet."""
    import evforecast as ev

    city().save(folder / "panel.parquet")
    return {"seconds": best(lambda: ev.StatusPanel.load(folder / "panel.parquet"), rounds)}


def read_challenge(rounds: int, folder: Path) -> dict[str, float]:
    """Read the wide challenge file; the peer is pandas' own reader of the same file, as text."""
    import pandas as pd

    import evforecast as ev

    path = folder / "wide.csv"
    command = [sys.executable, __file__, "--write-challenge", str(path)]
    subprocess.run(command, check=True)  # so that writing it does not count into the peak
    seconds = best(lambda: ev.sources.challenge.read(path, tz="UTC"), rounds)
    peak = peak_mb()
    peer = best(lambda: pd.read_csv(path, dtype=str), 1)
    return {
        "seconds": seconds,
        "peak_mb": peak,
        "mb": path.stat().st_size / 1e6,
        **ratio(seconds, peer),
    }


def write_challenge(path: Path) -> None:
    """Write the reference city as the challenge's wide file."""
    wide = city().to_wide()
    wide.columns = list(wide.columns)
    wide.index.name = "timestamp"
    for name in wide:
        wide[name] = wide[name].cat.rename_categories(str.capitalize)
    wide.to_csv(path, date_format="%Y-%m-%d %H:%M:%S")


def fit_semi_markov(rounds: int, _folder: Path) -> dict[str, float]:
    """Fit the semi-Markov forecaster on the whole year."""
    import evforecast as ev

    panel = city()
    return {"seconds": best(lambda: ev.SemiMarkovForecaster().fit(panel), rounds)}


def import_library(rounds: int, _folder: Path) -> dict[str, float]:
    """Import the library after pandas and scikit-learn, then use its first name; in fresh processes."""
    code = """
import time, pandas, sklearn.ensemble
start = time.perf_counter(); import evforecast; imported = time.perf_counter()
evforecast.StatusPanel; print(imported - start, time.perf_counter() - start)"""
    runs = []
    for _ in range(max(rounds, 3)):
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        runs.append([float(word) for word in done.stdout.split()])
    return {"seconds": min(r[0] for r in runs), "first_use_seconds": min(r[1] for r in runs)}


def with_peer(
    ours: Callable[[], object], peer: Callable[[], object], rounds: int
) -> dict[str, float]:
    """Return our seconds and peak memory, then the peer's."""
    seconds = best(ours, rounds)
    peak = peak_mb()
    return {"seconds": seconds, "peak_mb": peak, **ratio(seconds, best(peer, 1))}


def ratio(seconds: float, peer: float) -> dict[str, float]:
    """Return the peer's seconds and how many times ours they are."""
    return {"peer_seconds": peer, "ratio": peer / seconds}


def peak_mb() -> float:
    """Return the largest resident memory of this process so far."""
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


JOBS: dict[str, Callable[[int, Path], dict[str, float]]] = {
    "simulate": simulate,
    "panel": panel_memory,
    "to_long": to_long,
    "from_long": from_long,
    "to_multiindex": to_multiindex,
    "from_multiindex": from_multiindex,
    "save": save,
    "load": load,
    "read_challenge": read_challenge,
    "fit_semi_markov": fit_semi_markov,
    "import": import_library,
}


def main(argv: list[str] | None = None) -> int:
    """Run the jobs, print the table, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="write the results there")
    parser.add_argument("--job", choices=JOBS, help="run one, in this process, and print its JSON")
    parser.add_argument("--write-challenge", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.write_challenge:
        write_challenge(args.write_challenge)
        return 0
    if args.job:
        with tempfile.TemporaryDirectory() as folder:
            result = JOBS[args.job](args.rounds, Path(folder))
        print(json.dumps({"peak_mb": peak_mb()} | result))
        return 0
    out = {}
    keys = ("seconds", "peer_seconds", "ratio", "mb", "peer_mb", "peak_mb")
    print(f"{'job':18}", *(f"{key:>13}" for key in keys))
    for name in JOBS:
        command = [sys.executable, __file__, "--job", name, "--rounds", str(args.rounds)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        out[name] = json.loads(done.stdout.splitlines()[-1])
        cells = [f"{out[name].get(key, np.nan):13.2f}".replace("nan", "   ") for key in keys]
        print(f"{name:18}", *cells, flush=True)
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

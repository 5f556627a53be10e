"""Speed and memory of features, fits and forecasts: against a floor in the same run, and against peers.

A simulated city is written once; each job then reads it in a process of its own and says what it took over
that: seconds, processor time (all threads) and peak memory. Long jobs run once, short ones until a second
is over, the least time counting. Ratios are of processor time, taken within a round, and the order changes
from round to round. Peers run where `--peers` finds them (see `_peers.py` for what to install there); what
they are too slow for they are given a sample of, and their times are multiplied.

The sizes that count: ``--job features --evse 273 --days 349`` and ``--evse 20000 --days 30``; ``--job fit
--evse 273 --days 349``; the other jobs ``--evse 273 --days 30`` and ``--evse 1200``. The defaults only show
that everything runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _peers import City, reason, versions
from _speed_growth import growth, measure, sizes
from _speed_jobs import ALL_ROWS, BOOSTED, DAY, JOBS, run
from _speed_peers import PEERS
from _speed_table import growth_table, jobs_table, ratios, ratios_table

if TYPE_CHECKING:
    from _speed_measure import Records

_HERE = Path(__file__).parent
GROUPS = [*JOBS, "growth"]
LAST_DAYS = 3
"""Of which the jobs ask for forecasts."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
"""For peers: threads that wait for each other would count as processor time. Ours see to that themselves."""
SAME = 1e-3
"""How far sums of features may differ, relatively: the peers add in float32."""


def prepare(s: Mapping[str, Any]) -> Records:
    """Write the city as a panel and as the arrays that peers read."""
    import evforecast as ev

    panel = next(filter(calm, (ev.simulate(s["evse"], s["days"], random_state=n) for n in count())))
    panel.save(s["panel"])
    City(
        np.ascontiguousarray(panel.codes), np.array(panel.evse_ids), panel.times, panel.scheme.names
    ).save(s["arrays"])
    missing = float((panel.codes < 0).mean())
    return {"city": {"rows": panel.n_time, "evse": panel.n_evse, "missing": missing}}


def calm(panel: Any) -> bool:
    """Tell whether most chargers are seen, and are not offline, at every time of the last days.

    An outage of the whole network cannot be foreseen, and its losses would drown all others.
    """
    last = panel.codes[-LAST_DAYS * DAY :]
    lost = (last < 0) | (last == panel.scheme.code("offline"))
    return bool((lost.mean(axis=1) < 0.5).all())


def process(
    command: Sequence[str], timeout: float, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a job in a process of its own and return what it printed; ``skipped`` says why nothing."""
    started = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
        start_new_session=True,  # so that what it started can be ended with it
    )
    try:
        out, err = started.communicate(timeout=timeout)
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        return {"skipped": f"it took longer than {timeout:g} s"}
    if started.returncode:
        last = (err.strip().splitlines() or [f"it ended with {started.returncode}"])[-1]
        return {"skipped": reason(RuntimeError(last))}
    return dict(json.loads(out.splitlines()[-1]))


def run_job(group: str, name: str, args: argparse.Namespace, s: Mapping[str, Any]) -> Records:
    """Run one job of ours, with the peers' interpreter where it needs their model."""
    python, environment = sys.executable, {}
    if name in BOOSTED:
        if not args.peers:
            return {name: {"skipped": "LightGBM is in the peers' interpreter: give --peers"}}
        python, environment = args.peers, {"PYTHONPATH": str(_HERE.parent / "src")}
    command = [python, str(_HERE / "speed.py"), "--run", group, name, json.dumps(s)]
    found = process(command, args.timeout, environment)
    return {name: found} if "skipped" in found else found


def run_peer(group: str, name: str, args: argparse.Namespace, s: Mapping[str, Any]) -> Records:
    """Run one peer."""
    if not args.peers:
        return {name: {"skipped": "no interpreter with peers: give --peers"}}
    command = [args.peers, str(_HERE / "_speed_peers.py"), group, name, json.dumps(s)]
    found = process(command, args.timeout, ONE_THREAD)
    return {name: found} if "skipped" in found else found


def run_rounds(
    group: str, args: argparse.Namespace, s: Mapping[str, Any]
) -> tuple[list[Records], dict[str, str]]:
    """Run the jobs and peers of a group once a round; return figures, and what was left out and why."""
    parts = args.only.split(",")
    ours = [*JOBS[group], *(ALL_ROWS if group == "fit" and args.all_rows else {})]
    ours = [name for name in ours if any(part in name for part in parts)]
    peers = [name for name in PEERS.get(group, {}) if any(part in name for part in parts)]
    rounds: list[Records] = []
    skipped: dict[str, str] = {}
    for number in range(args.rounds):
        found: Records = {}
        todo = [(run_job, name) for name in ours] + [(run_peer, name) for name in peers]
        random.Random(number).shuffle(todo)  # noqa: S311 - a seed, no secret
        for how, name in todo:
            if name in skipped:
                continue
            for record, figures in how(group, name, args, s).items():
                if "skipped" in figures:
                    skipped[record] = figures["skipped"]
                    print(f"  {record}: left out, {figures['skipped']}", file=sys.stderr)
                else:
                    found[record] = figures
                    print(f"  {record}: {figures['cpu']:.3f} s CPU", file=sys.stderr, flush=True)
        rounds.append(dict(sorted(found.items())))
    return rounds, skipped


def same_sums(rounds: Sequence[Records]) -> dict[str, bool]:
    """Tell which peers computed the same features as we, by their sums."""
    found = {name: one["sums"] for name, one in rounds[0].items() if "sums" in one}
    ours = found.pop("evforecast, float32", None)
    if ours is None:
        return {}
    return {name: bool(np.allclose(sums, ours, rtol=SAME)) for name, sums in found.items()}


def run_growth(args: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Measure our jobs in cities of three sizes each of chargers, days and horizons."""
    found: dict[str, list[tuple[dict[str, Any], Records]]] = {}
    for what, cities in sizes(args.evse, args.days).items():
        found[what] = []
        for city in cities:
            s = city | _paths(folder)
            prepare(s)
            command = [sys.executable, str(_HERE / "speed.py"), "--run", "growth", "-"]
            records = process([*command, json.dumps(s)], args.timeout)
            if "skipped" in records:
                sys.exit(f"growth with {what}, {city}: {records['skipped']}")
            found[what].append((city, records))
            print(f"  {what}: {city}", file=sys.stderr, flush=True)
    return growth(found)


def _paths(folder: Path) -> dict[str, str]:
    return {"panel": str(folder / "city.parquet"), "arrays": str(folder / "city.npz")}


def peer_versions(python: str | None) -> dict[str, str]:
    """Return the versions of the peers."""
    if not python:
        return {}
    command = [python, str(_HERE / "_speed_peers.py"), "versions", "-", "{}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def whole(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure the groups asked for and print them."""
    s = {"evse": args.evse, "days": args.days} | _paths(folder)
    out: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "system": platform.system()},
        "versions": {"python": platform.python_version()} | versions(),
        "peers": peer_versions(args.peers),
        "settings": {"evse": args.evse, "days": args.days, "rounds": args.rounds},
    }
    groups = [group for group in args.job if group != "growth"]
    if groups:
        # in a process of its own too: a parent's memory is not that of its children
        command = [sys.executable, str(_HERE / "speed.py"), "--run", "prepare", "-", json.dumps(s)]
        prepared = process(command, args.timeout)
        if "skipped" in prepared:
            sys.exit(f"no city: {prepared['skipped']}")
        out["city"] = prepared["city"]
        print(f"{out['city']['rows']:,} rows x {args.evse:,} chargers, {os.cpu_count()} cores")
    for group in groups:
        rounds, skipped = run_rounds(group, args, s)
        rows = ratios(group, args.evse, rounds)
        out[group] = {"rounds": rounds, "skipped": skipped, "ratios": rows}
        if same := same_sums(rounds):
            out[group]["same_features"] = same
            print(f"the same features as ours: {same}")
        show(group, out[group], table=args.table)
    if "growth" in args.job:
        out["growth"] = run_growth(args, folder)
        print(f"\n## growth\n\n{growth_table(out['growth'])}")
    return out


def show(group: str, found: Mapping[str, Any], *, table: bool) -> None:
    """Print the jobs and the bars; with `table` under a heading, as the documentation has it."""
    print(f"\n## {group}\n" if table else f"\n{group}")
    print(jobs_table(found["rounds"], found["skipped"]))
    if found["ratios"]:
        print(f"\n{ratios_table(found['ratios'])}")


def main(argv: list[str] | None = None) -> int:
    """Run the jobs, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--job", default="features,recursive,direct,backtest", help=f"of {', '.join(GROUPS)}"
    )
    parser.add_argument("--evse", type=int, default=12)
    parser.add_argument("--days", type=int, default=26)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", help="write the results there")
    parser.add_argument("--table", action="store_true", help="print headings of Markdown too")
    parser.add_argument("--peers", help="the interpreter that has the peers")
    parser.add_argument("--only", default="", help="jobs and peers with one of these in their name")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that a job gets")
    parser.add_argument(
        "--all-rows",
        action="store_true",
        help="fit on all rows too, which takes some 25 times as long: choose fewer --days",
    )
    parser.add_argument(
        "--run", nargs=3, metavar=("GROUP", "NAME", "SETTINGS"), help=argparse.SUPPRESS
    )
    args = parser.parse_args(argv)
    if args.run:
        group, name, settings = args.run
        s = json.loads(settings)
        alone = {"prepare": prepare, "growth": measure}
        print(json.dumps(alone[group](s) if group in alone else run(group, name, s)))
        return 0
    # ended from outside, it ends the job that it started too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    args.job = args.job.split(",")
    if unknown := set(args.job) - set(GROUPS):
        parser.error(f"unknown jobs {sorted(unknown)}; choose among {', '.join(GROUPS)}")
    with tempfile.TemporaryDirectory() as folder:
        out = whole(args, Path(folder))
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

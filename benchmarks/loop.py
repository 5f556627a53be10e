"""The whole of production on a simulated city, day by day: what it takes, and what is left of it after kills.

A city reports every quarter of an hour. Each day brings the data of 96 cycles, forecasts from each of them
by the champion, the challenger and the baseline, their truth, a look, a report, and what is decided. In the
middle the feed gives up a status. The same days are played again by processes that get SIGKILL at random
(and, with ``--points``, before and after each commit), each followed by another one that does the same day.
In the end tables, models and reports are held against those of the play without kills, byte for byte.

With ``--memory`` the reference year goes through every step, each in a process of its own, and what it held
at its peak is told. A kill does not take what the system holds in memory, so nothing is flushed to the disk
here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _loop_memory import measure
from _loop_play import (
    Kills,
    child,
    counter,
    ended,
    in_the_end,
    make_project,
    play,
    play_killed,
    warm_up,
)

from evforecast.scenarios import STEPS, runs


def run(root: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Play it without kills and with kills; return what came of it."""
    warm_up(pictures=not args.short)
    size = (args.chargers, args.days)
    whole = make_project(root / "whole", *size, short=args.short)
    done, begun = counter(), time.perf_counter()
    if ended(child(lambda: play(whole, args.days, done))):
        msg = "the play without kills failed"
        raise RuntimeError(msg)
    seconds = time.perf_counter() - begun
    records = runs(whole.runs)
    out: dict[str, Any] = {
        "chargers": args.chargers,
        "days": args.days,
        "seconds": round(seconds, 1),
        "peak_mb": round(int(records["peak_memory"].max()) / 1e6),
        "steps": {
            step: {
                "seconds": round(float(records["seconds"][records["step"] == step].sum()), 1),
                "rows": int(records["rows"][records["step"] == step].sum()),
                "peak_mb": round(int(records["peak_memory"][records["step"] == step].max()) / 1e6),
            }
            for step in STEPS
        },
        "decided": decided(whole),
    }
    one = in_the_end(whole)
    out["rows"] = {name: rows for name, (rows, _) in one.items() if name.startswith("table ")}
    out["different"] = []
    if args.kills or args.points:
        torn = make_project(root / "torn", *size, short=args.short)
        begun = time.perf_counter()
        out |= play_killed(torn, args.days, Kills(args.kills, args.points), seconds)
        out["killed_seconds"] = round(time.perf_counter() - begun, 1)
        other = in_the_end(torn)
        out["compared"] = len(one)
        out["different"] = sorted(n for n in {*one, *other} if one.get(n) != other.get(n))
    return out


def decided(project: Any) -> list[str]:
    """Return who was trained and promoted, and when."""
    from evforecast.registry import Registry

    name = project.models[0].name
    events = Registry(project.registry).events(name)
    return [f"{str(event.at)[:10]} {event.alias} -> {event.version}" for event in events]


def show(out: dict[str, Any]) -> None:
    """Print what came of a play."""
    print(
        f"{out['chargers']} chargers, {out['days']} days: {out['seconds']:.0f} s, peak {out['peak_mb']} MB"
    )
    for step, found in out["steps"].items():
        print(
            f"  {step:<11}{found['seconds']:>8.1f} s {found['rows']:>10,} rows {found['peak_mb']:>6} MB"
        )
    print("  tables: " + ", ".join(f"{n[6:]} {rows:,}" for n, rows in out["rows"].items()))
    print("  " + "; ".join(out["decided"]))
    if "kills" in out:
        print(
            f"killed {out['kills']} times ({len(out['points'])} at points), {out['killed_seconds']:.0f} s: "
            f"{len(out['different'])} of {out['compared']} tables and files differ"
        )
        print(*out["different"], sep="\n")


def main(argv: list[str] | None = None) -> int:
    """Run it, print and write what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chargers", type=int, default=273)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--kills", type=int, default=20, help="at random")
    parser.add_argument("--points", action="store_true", help="and at each point of commit")
    parser.add_argument("--short", action="store_true", help="by the hour, decided within days")
    parser.add_argument("--memory", action="store_true", help="the reference year instead")
    parser.add_argument("--year", type=int, default=349, help="its days")
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        if args.memory:
            out = measure(Path(folder), args.chargers, args.year)
        else:
            out = run(Path(folder), args)
            show(out)
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return 1 if out["different"] else 0


if __name__ == "__main__":
    sys.exit(main())

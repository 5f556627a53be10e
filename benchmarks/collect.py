"""A year of quarter-hourly collection on an accelerated clock, with faults and kills, and what of it is lost.

A fork of this process collects a small network whose server misbehaves on a fifth of the requests: time-outs
and refusals, and pages of HTML and bodies cut short with the status 200. Every now and then the fork gets
SIGKILL, wherever it is; another one takes its place at once, or some cycles later. In the end the store is
held against what the server answered, cycle by cycle, and against what the chargers truly were. With
``--kills 0`` one process goes on all the time, and shows whether its memory grows.

A kill does not take what the system holds in memory, so nothing is flushed to the disk here: a power cut is
not played. The cycle of a large network is measured with all flushes, by the reader of the live feed of
Paris: on one of its real answers, of which a tenth of the statuses changes each cycle, where
EVFORECAST_DATA names the folder of real data; else on made ones.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _collect_check import check
from _collect_city import START, STEP, City, Server, shared
from _collect_size import measure

from evforecast.collect import Store, collect_loop

if TYPE_CHECKING:
    import numpy as np

PARTS = 12
DOWN_FOR_LONGER = 0.3  # the share of kills after which some cycles pass
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident() -> int:
    """Return the memory of this process in bytes, 0 where the system does not say."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * PAGE if path.exists() else 0


def collector(store: Store, server: Server, n_cycles: int, memory: np.ndarray) -> int:
    """Fork a process that collects to the end; return its id."""
    pid = os.fork()
    if not pid:
        try:
            os.fsync = lambda _: None  # type: ignore[assignment]

            def tell(_: object) -> None:
                part = min(int(server.now[0]) * PARTS // (n_cycles * 900), PARTS - 1)
                memory[part] = max(memory[part], resident())

            until = START + n_cycles * STEP
            collect_loop(
                [store], server, clock=server.clock, sleep=server.sleep, until=until, tell=tell
            )
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def run(root: Path, n_cycles: int, n_kills: int, n_evse: int, seed: int) -> dict[str, Any]:
    """Collect and kill; return what came of it."""
    rng = random.Random(seed)  # noqa: S311 - a seed, no secret
    city = City(n_cycles, n_evse, seed)
    pauses = random.Random(seed + 1)  # noqa: S311 - the same whatever the time of the kills
    server, memory = Server(city, 0.2, seed), shared((PARTS,), "int64")
    start, kills, down = time.perf_counter(), [], 0
    # Kills come where the simulated clock has got so far, whatever is being done there; the end is left to
    # those that come late on a busy machine.
    at = sorted(rng.uniform(0, n_cycles * 810) for _ in range(n_kills))
    pid = collector(Store(root, city), server, n_cycles, memory)
    while True:
        time.sleep(0.001 + rng.random() * 0.004)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done and os.waitstatus_to_exitcode(status) == 0:
            break
        if done:
            msg = f"the collector ended by itself with {status}"
            raise RuntimeError(msg)
        if len(kills) < n_kills and server.now[0] >= at[len(kills)]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            kills.append(int(server.now[0]) // 900)
            if pauses.random() < DOWN_FOR_LONGER:
                down += 1
                server.sleep(900 * pauses.randint(1, 20))
            pid = collector(Store(root, city), server, n_cycles, memory)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    found = check(Store(root, city), server, kills, n_cycles)
    return {
        "cycles": n_cycles,
        "chargers": n_evse,
        "kills": len(kills),
        "kills_followed_by_a_pause": down,
        **found,
        "memory_mb": [round(int(most) / 1e6, 1) for most in memory],
        "seconds": round(seconds, 1),
        "check_seconds": round(time.perf_counter() - start, 1),
    }


def main(argv: list[str] | None = None) -> int:
    """Run it, print and write what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cycles", type=int, default=35_040)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--chargers", type=int, default=60, help="of the small network")
    parser.add_argument(
        "--large", type=int, default=2_100, help="chargers of the large one; 0: none"
    )
    parser.add_argument("--days", type=int, default=365, help="of the large one's panel")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        out = run(Path(folder), args.cycles, args.kills, args.chargers, args.seed)
        if args.large:
            out["large"] = measure(Path(folder), args.large, args.days)
    print(
        f"{out['cycles']:,} cycles and {out['kills']} kills in {out['seconds']:.0f} s: "
        f"{len(out['wrong'])} wrong\n"
        f"  answered {out['answered']:,}, held {out['held']:,}, in flight when killed "
        f"{out['in flight when killed']}; {out['adopted']} entered after a kill from the archive\n"
        f"  outcomes {out['outcomes']}\n"
        f"  gaps {out['gaps']:,}, of them never asked {out['never asked']:,}\n"
        f"  memory by month, MB: {out['memory_mb']}; checked in {out['check_seconds']:.0f} s"
    )
    if args.large:
        large = out["large"]
        day = ", ".join(f"{name} {size:.2f}" for name, size in large["day_mb"].items())
        print(
            f"{large['chargers']:,} {large['kind']} chargers, a body of {large['body_mb']:.2f} MB:\n"
            f"  a cycle {large['cycle_seconds']:.2f} s, the longest {large['cycle_seconds_longest']:.2f} s, "
            f"the first of a day {large['first_cycle_of_a_day_seconds']:.2f} s\n"
            f"  a day, MB: {day}\n"
            f"  a panel of {large['panel_of_days']} days {large['panel_shape']} in "
            f"{large['panel_seconds']:.1f} s"
        )
    print(*out["wrong"][:5], sep="\n")
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return 1 if out["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())

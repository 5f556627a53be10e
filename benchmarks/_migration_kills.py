"""Migrations that are killed and resumed: whether a row gets lost, or comes twice."""

from __future__ import annotations

import asyncio
import json
import multiprocessing as mp
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from _migration_measure import without_paths

ROWS = 5_000
_KEY = ("observed_at", "evse_id")
_AGAIN = 0.3  # how often a resumed migration is killed too
_FAILURES = 3  # an attempt may fail by itself that often before a run is given up
_PRELOAD = ["evforecast.migration", "evforecast.warehouse.duckdb", "asyncpg", "duckdb", "pyarrow"]


def attempt(pipe: Connection, dsn: str, folder: str, key: tuple[str, ...]) -> None:
    """Migrate, or go on with it; run in a process of its own. Says when it begins, and how it ended."""
    from evforecast.errors import EvForecastError
    from evforecast.migration import migrate

    pipe.send("ready")
    try:
        report = migrate(
            dsn,
            f"duckdb:///{folder}/kill.duckdb",
            table="kill_me",
            layout="month",
            key=key,
            workdir=f"{folder}/work",
            resume=True,
            progress=False,
        )
    except EvForecastError as error:
        pipe.send(f"{type(error).__name__}: {error}")
    else:
        pipe.send("complete" if report.complete else report.verdict)


def kill_runs(s: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Run seeded migrations of a small table that are killed at random moments, until each is complete."""
    from evforecast.migration import Migration, MigrationPlan
    from evforecast.warehouse import connect

    context = mp.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    source = asyncio.run(make_table(s["uri"]))
    rng = random.Random(0)  # noqa: S311 - a seed, no secret
    found: Counter[str] = Counter()
    when: Counter[str] = Counter()
    words: Counter[str] = Counter()
    usual = {}
    for key in (_KEY, ()):
        took = [go(context, s["uri"], fresh(folder, f"usual{len(key)}{n}"), key) for n in "abc"]
        if {ended for ended, _ in took} != {"complete"}:
            raise RuntimeError(f"without any kill: {took}")
        usual[key] = min(seconds for _, seconds in took)
    for number in range(s["kills"]):
        place = fresh(folder, f"run{number}")
        key = _KEY if number % 2 else ()
        ended, kill, failed = "", True, 0
        while ended != "complete" and failed < _FAILURES:
            after = rng.random() * usual[key] if kill else None
            ended, _ = go(context, s["uri"], place, key, after)
            words[without_paths(ended)] += 1
            if ended == "killed":
                found["kills"] += 1
                when[phase(place / "work")] += 1
            elif ended != "complete":
                failed += 1
            kill = rng.random() < _AGAIN
        found["runs"] += 1
        found["completed"] += ended == "complete"
        with connect(f"duckdb:///{place}/kill.duckdb") as warehouse:
            has = Migration(s["uri"], warehouse, MigrationPlan("kill_me"), place / "work")
            found["interrupted_after"] += has.interrupted
            tables = [name for (name,) in warehouse.run("SELECT table_name FROM duckdb_tables()")]
            target = Counter(warehouse.run("SELECT * FROM kill_me") if "kill_me" in tables else [])
        found["lost"] += (source - target).total()
        found["doubled"] += (target - source).total()
        found["left_tables"] += sum(name.startswith("kill_me_") for name in tables)
        left = [*place.glob("kill.duckdb.stage/**/*"), *place.glob("work/parts/**/*")]
        found["left_files"] += sum(path.is_file() for path in left)
    names = ("runs", "kills", "completed", "lost", "doubled", "left_tables", "left_files")
    return {
        **{name: found[name] for name in names},
        "interrupted_after": found["interrupted_after"],
        "rows": source.total(),
        "usual_seconds": list(usual.values()),
        "killed_before": dict(when),
        "attempts_ended": dict(words),
    }


def fresh(folder: Path, name: str) -> Path:
    """Return a new folder."""
    path = folder / "kills" / name
    path.mkdir(parents=True)
    return path


def go(
    context: Any, dsn: str, place: Path, key: tuple[str, ...], after: float | None = None
) -> tuple[str, float]:
    """Run one attempt, killed `after` so many seconds; return how it ended, and its seconds."""
    here, there = context.Pipe()
    process = context.Process(target=attempt, args=(there, dsn, str(place), key))
    process.start()
    there.close()
    here.recv()
    start = time.perf_counter()
    try:
        if after is not None and not here.poll(after):
            process.kill()
        ended = here.recv()
    except EOFError:
        ended = ""
    seconds = time.perf_counter() - start
    process.join()
    if not ended:
        killed = process.exitcode == -signal.SIGKILL
        ended = "killed" if killed else f"exit code {process.exitcode}"
    return ended, seconds


def phase(work: Path) -> str:
    """Return the phase that the journal of a killed migration was in."""
    from evforecast.migration.ledger import Ledger

    ledger = Ledger(work)
    if not ledger.is_planned:
        return "plan"
    if ledger.round is None:
        return "export"
    if ledger.round.merged is not None and ledger.round.ended is None:
        return "merged, not ended"
    return ledger.round.phase


async def make_table(dsn: str) -> Counter[tuple[Any, ...]]:
    """Make the small table, over a year; return its rows."""
    import asyncpg

    connection = await asyncpg.connect(dsn)
    await connection.execute(f"""
        CREATE TABLE kill_me AS
        SELECT timestamp '2019-11-25' + (i / 10) * interval '17 hours' AS observed_at,
               'FR*S10*E' || i % 10 AS evse_id,
               (ARRAY['available', 'charging', 'passive', 'offline', NULL])[1 + i * i % 5] AS status
        FROM generate_series(0, {ROWS - 1}) AS i
    """)  # noqa: S608 - a number of our own
    await connection.execute("VACUUM ANALYZE kill_me")
    rows = await connection.fetch("SELECT * FROM kill_me")
    await connection.close()
    return Counter(map(tuple, rows))


def say(found: Mapping[str, Any]) -> str:
    """Return what came of the kills, in two lines."""
    return (
        f"{found['runs']} runs, {found['kills']} kills, {found['completed']} completed, "
        f"{found['lost']} lost, {found['doubled']} doubled\n"
        f"  killed before or in: {json.dumps(found['killed_before'])}; "
        f"left behind: {found['left_tables']} tables, {found['left_files']} files"
    )

"""The jobs of the migration benchmark that need this library: set-up, the floor, and ours.

Each is run in a process of its own. The seconds are those of the work, once what it needs is imported.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from _migration_measure import measured, peak_mb, timed

Settings = Mapping[str, Any]
EVSE = 273
A_DAY = EVSE * 96
_COLUMNS = "{'observed_at': 'TIMESTAMP', 'evse_id': 'VARCHAR', 'status': 'VARCHAR'}"
_READ = (
    f"read_csv(?, columns={_COLUMNS}, header=false, auto_detect=false, delim=',', quote='\"', "
    "escape='\"', nullstr='', allow_quoted_nulls=false)"
)


def chunks(rows: int) -> Iterator[bytes]:
    """Yield the simulated city's statuses as CSV, time by time, cut to a number of rows."""
    import numpy as np

    import evforecast as ev

    days = -(-rows // A_DAY)
    panel = ev.simulate(n_evse=EVSE, days=days, start="2019-11-25", random_state=0)
    names = [*panel.scheme.names, ""]  # code -1 is NULL
    left = rows
    for when, codes in zip(np.asarray(panel.times), panel.codes.tolist(), strict=True):
        at = str(when).replace("T", " ")
        pairs = list(zip(panel.evse_ids, codes, strict=True))[:left]
        yield "".join(f"{at},{evse},{names[code]}\n" for evse, code in pairs).encode()
        left -= len(pairs)
        if not left:
            return


def prepare(s: Settings, folder: Path) -> dict[str, Any]:
    """Fill the table; hold its rows as a CSV and as a Parquet file."""
    import asyncpg
    import duckdb

    async def fill() -> tuple[str, float]:
        async def source() -> AsyncIterator[bytes]:
            for chunk in chunks(s["rows"]):
                yield chunk

        connection = await asyncpg.connect(s["uri"])
        await connection.execute("ALTER SYSTEM SET autovacuum = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(
            "CREATE TABLE status (observed_at timestamp NOT NULL, evse_id text NOT NULL, status text)"
        )
        await connection.copy_to_table("status", source=source(), format="csv")
        if s["key"]:
            await connection.execute("ALTER TABLE status ADD PRIMARY KEY (observed_at, evse_id)")
        if s["peer_rows"] < s["rows"]:
            sample = f"CREATE TABLE status_sample AS SELECT * FROM status LIMIT {s['peer_rows']:d}"  # noqa: S608
            await connection.execute(sample)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        await connection.copy_from_query(
            "SELECT * FROM status", output=folder / "status.csv", format="csv"
        )
        version = await connection.fetchval("SHOW server_version")
        heap = await connection.fetchval("SELECT pg_relation_size('status') / 1e6")
        await connection.close()
        return version, float(heap)

    version, heap = asyncio.run(fill())
    path = str(folder / "status.parquet")
    copy = f"COPY (SELECT * FROM {_READ}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
    duckdb.execute(copy, [str(folder / "status.csv")])
    csv = (folder / "status.csv").stat().st_size / 1e6
    return {"postgresql": version, "heap_mb": heap, "csv_mb": csv}


async def _drop(_data: bytes) -> None:
    """Take what comes, and do nothing with it."""


def floor(output: Any) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job of ``COPY … TO STDOUT (FORMAT csv)``, thrown away.

    asyncpg writes to a file in a thread, a step for every message, ``/dev/null`` among them; a coroutine
    that drops what comes costs less, and is the lower floor.
    """

    def work(s: Settings, _folder: Path) -> dict[str, Any]:
        import asyncpg

        async def copy() -> dict[str, Any]:
            connection = await asyncpg.connect(s["uri"])
            query = "SELECT * FROM status"
            with measured(s["pid"]) as found:
                said = await connection.copy_from_query(query, output=output, format="csv")
            await connection.close()
            if said != f"COPY {s['rows']}":
                raise RuntimeError(said)
            return found

        return asyncio.run(copy())

    return work


def compress(kind: str) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job that compresses the CSV file, at the level that our exports have."""

    def work(s: Settings, folder: Path) -> dict[str, Any]:
        import pyarrow as pa

        path = folder / f"status.csv.{kind}"
        with measured(s["pid"]) as found, (folder / "status.csv").open("rb") as file:
            if kind == "zst":  # level 1 is pyarrow's own
                with pa.CompressedOutputStream(str(path), "zstd") as out:
                    while data := file.read(2**20):
                        out.write(data)
            else:
                packer = zlib.compressobj(6, zlib.DEFLATED, 31)
                with path.open("wb") as out:
                    while data := file.read(2**20):
                        out.write(packer.compress(data))
                    out.write(packer.flush())
        return found | {"mb": path.stat().st_size / 1e6}

    return work


def duckdb_load(name: str, reader: str) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job in which DuckDB, as it comes, loads a file into a fresh database."""

    def work(s: Settings, folder: Path) -> dict[str, Any]:
        import duckdb

        path = folder / "own.duckdb"
        remove(path)
        with measured(s["pid"]) as found:
            connection = duckdb.connect(str(path))
            connection.execute(
                "CREATE TABLE status (observed_at TIMESTAMP NOT NULL, evse_id VARCHAR NOT NULL, "
                "status VARCHAR)"
            )
            connection.execute(f"INSERT INTO status SELECT * FROM {reader}", [str(folder / name)])  # noqa: S608
            connection.close()
        found["mb"] = path.stat().st_size / 1e6
        remove(path)
        return found

    return work


def remove(*paths: Path) -> None:
    """Remove files and folders that may be there; of a DuckDB file also its log and its stage."""
    for path in paths:
        for one in (path, path.with_name(path.name + ".wal"), path.with_name(path.name + ".stage")):
            if one.is_dir():
                shutil.rmtree(one)
            else:
                one.unlink(missing_ok=True)


def export(**options: Any) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job that exports only; what the fingerprint takes is told apart."""

    def work(s: Settings, folder: Path) -> dict[str, Any]:
        import duckdb  # noqa: F401 - so that importing it is not timed
        import pyarrow as pa  # noqa: F401

        if options.get("format") == "parquet":
            import pyarrow.csv
            import pyarrow.parquet  # noqa: F401

        from evforecast.migration import Migration, MigrationPlan
        from evforecast.migration.export import Exporter
        from evforecast.warehouse import connect

        proper: dict[str, Any] = {}
        whole = Exporter.export

        async def watched(self: Exporter, *args: Any, **kwargs: Any) -> None:
            with measured(s["pid"]) as found:
                await whole(self, *args, **kwargs)
            proper.update(found)

        Exporter.export = watched
        workdir, path = folder / "export", folder / "export.duckdb"
        remove(workdir, path)
        plan = MigrationPlan("status", **options)
        with connect(f"duckdb:///{path}") as warehouse:
            moving = Migration(s["uri"], warehouse, plan, workdir, progress=False)
            before = peak_mb()
            whole_run = timed(lambda: moving.run(until="export"), s["pid"])
            report = moving.report()
        parts = report.parts
        if sum(part.rows for part in parts) != s["rows"]:
            raise RuntimeError(str(report))
        remove(workdir, path)
        return proper | {
            "files": len(parts),
            "mb": sum(part.size for part in parts) / 1e6,
            "part_seconds": [part.seconds for part in parts],
            "phase_seconds": report.seconds["export"],
            "with_plan_and_check": whole_run,
            "peak_before_mb": before,
            "peak_mb": peak_mb(),
        }

    return work


def fingerprint_source(connections: int) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job that takes the source's fingerprint, as the migration does."""

    def work(s: Settings, folder: Path) -> dict[str, Any]:
        from contextlib import AsyncExitStack

        from evforecast.migration import MigrationPlan
        from evforecast.migration.profile import read_slices
        from evforecast.migration.reading import make_plan
        from evforecast.migration.source import connected, inspect, snapshot
        from evforecast.warehouse import connect

        async def take(warehouse: Any) -> dict[str, Any]:
            made = await make_plan(s["uri"], MigrationPlan("status"), warehouse)
            async with AsyncExitStack() as stack:
                open_, name = [], None
                for _ in range(connections):
                    open_.append(await stack.enter_async_context(connected(s["uri"])))
                    joined = await stack.enter_async_context(snapshot(open_[-1], name))
                    name = name or joined
                source = await inspect(open_[0], made.plan)
                with measured(s["pid"]) as found:
                    slices = await read_slices(open_, source, made.columns, made.slicing, made.few)
            return found | {"slices": len(slices)}

        path = folder / "plan.duckdb"
        remove(path)
        with connect(f"duckdb:///{path}") as warehouse:
            found = asyncio.run(take(warehouse))
        remove(path)
        return found

    return work


def moved(s: Settings, folder: Path, name: str, **options: Any) -> dict[str, Any]:
    """Migrate into a DuckDB file that is kept, and say what it took."""
    import asyncpg  # noqa: F401 - so that importing them is not timed
    import duckdb  # noqa: F401
    import pyarrow as pa  # noqa: F401

    if options.get("format") == "parquet":
        import pyarrow.csv
        import pyarrow.parquet  # noqa: F401

    from evforecast.migration import migrate

    before = peak_mb()
    with measured(s["pid"]) as found:
        report = migrate(
            s["uri"],
            f"duckdb:///{folder / name}.duckdb",
            table="status",
            workdir=folder / f"{name}.work",
            progress=False,
            **options,
        )
    if not report.complete or report.rows != s["rows"]:
        raise RuntimeError(str(report))
    frame = report.to_frame()
    seconds = report.seconds
    return found | {
        "mb": sum(part.size for part in report.parts) / 1e6,
        "files": len(report.parts),
        "slices": len(frame),
        "slices_moved": int(frame["moved"].sum()),
        "phases": {"plan": found["seconds"] - sum(seconds.values())} | seconds,
        "peak_before_mb": before,
        "peak_mb": peak_mb(),
    }


def migrate_fresh(s: Settings, folder: Path) -> dict[str, Any]:
    """Migrate into a fresh file, with the options that it has by itself."""
    remove(folder / "ours.duckdb", folder / "ours.work")
    return moved(s, folder, "ours")


def migrate_parquet(s: Settings, folder: Path) -> dict[str, Any]:
    """Migrate into a fresh file, in Parquet files."""
    remove(folder / "parquet.duckdb", folder / "parquet.work")
    found = moved(s, folder, "parquet", format="parquet")
    remove(folder / "parquet.duckdb", folder / "parquet.work")
    return found


def fingerprint_duckdb(s: Settings, folder: Path) -> dict[str, Any]:
    """Take the fingerprint of what was just migrated."""
    from evforecast.migration import Migration, MigrationPlan
    from evforecast.warehouse import connect

    with connect(f"duckdb:///{folder / 'ours.duckdb'}") as warehouse:
        plan = MigrationPlan("status")
        made = Migration(s["uri"], warehouse, plan, folder / "ours.work").report().made
        by = made.slicing.full_key(warehouse.dialect)
        return timed(
            lambda: warehouse.fingerprint(
                plan.target_table, made.columns, slice_by=by, few=made.few
            ),
            s["pid"],
        )


def rerun(s: Settings, folder: Path) -> dict[str, Any]:
    """Migrate once more, with nothing changed."""
    return moved(s, folder, "ours")


def rerun_after_loss(s: Settings, folder: Path) -> dict[str, Any]:
    """Migrate once more, after the newest hundredth of the rows went from the target."""
    import duckdb

    with duckdb.connect(str(folder / "ours.duckdb")) as connection:
        gone = connection.execute(
            "DELETE FROM status WHERE rowid IN (SELECT rowid FROM status ORDER BY observed_at DESC LIMIT ?)",
            [s["rows"] // 100],
        ).fetchall()[0][0]
    return moved(s, folder, "ours") | {"rows_deleted": gone}


def layouts(s: Settings, folder: Path) -> dict[str, Any]:
    """Compare the layouts; the table as Markdown and its figures."""
    from evforecast.migration import MigrationPlan, compare_layouts, layouts_markdown
    from evforecast.warehouse import connect

    path = folder / "layouts.duckdb"
    remove(path)
    with connect(f"duckdb:///{path}") as warehouse:
        frame = compare_layouts(
            s["uri"], warehouse, MigrationPlan("status"), workdir=folder / "layouts", progress=False
        )
    remove(path)
    return {
        "markdown": layouts_markdown(frame),
        "figures": json.loads(frame.to_json(orient="records")),
    }


JOBS: dict[str, Callable[[Settings, Path], dict[str, Any]]] = {
    "floor: COPY to /dev/null": floor("/dev/null"),
    "lower floor: rows dropped": floor(_drop),
    "zstd-1 of the CSV": compress("zst"),
    "gzip-6 of the CSV": compress("gz"),
    "DuckDB's own load, CSV": duckdb_load("status.csv.zst", _READ),
    "DuckDB's own load, Parquet": duckdb_load("status.parquet", "read_parquet(?)"),
    "export CSV zstd": export(layout="complete", workers=1),
    "export CSV zstd, 2 workers": export(layout="halves", workers=2),
    "export CSV gzip": export(layout="complete", workers=1, compression="gzip"),
    "export Parquet": export(layout="complete", workers=1, format="parquet"),
    "fingerprint, source": fingerprint_source(1),
    "fingerprint, source, 2 con.": fingerprint_source(2),
    "migrate": migrate_fresh,
    "fingerprint, DuckDB": fingerprint_duckdb,
    "migrate again": rerun,
    "migrate again, 1 % lost": rerun_after_loss,
    "migrate, Parquet": migrate_parquet,
}

TOGETHER = (
    ("zstd-1 of the CSV", "DuckDB's own load, CSV"),
    ("migrate", "fingerprint, DuckDB", "migrate again", "migrate again, 1 % lost"),
)
"""Jobs that need what the first of them leaves, and so keep their order."""

SETUP: dict[str, Callable[[Settings, Path], dict[str, Any]]] = {
    "prepare": prepare,
    "layouts": layouts,
}

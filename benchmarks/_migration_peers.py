"""What others do with the same table. Run by an interpreter that has them; each is left out without.

``python _migration_peers.py NAME SETTINGS`` prints what it took as JSON, or why it was left out.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from _migration_measure import measured, peak_mb

Settings = Mapping[str, Any]


def psql_gzip(s: Settings, folder: Path) -> dict[str, Any]:
    """``psql -c 'COPY … TO STDOUT' | gzip``; the peak is the larger of the two programs'."""
    psql, packer = s["psql"], shutil.which("gzip")
    if psql is None or packer is None:
        raise ImportError("psql or gzip is not on the PATH")
    path = folder / "status.csv.gz"
    copy = f"COPY {s['table']} TO STDOUT (FORMAT csv)"
    with measured(s["pid"]) as found, path.open("wb") as out:
        reader = subprocess.Popen([psql, s["uri"], "-qc", copy], stdout=subprocess.PIPE)
        packing = subprocess.Popen([packer], stdin=reader.stdout, stdout=out)
        reader.stdout.close()
        if reader.wait() or packing.wait():
            raise RuntimeError("psql or gzip failed")
    peak = peak_mb(resource.RUSAGE_CHILDREN)
    rows = lines(path)
    return found | {"mb": path.stat().st_size / 1e6, "rows": rows, "peak_mb": peak}


def pandas_loop(s: Settings, folder: Path) -> dict[str, Any]:
    """Run the loop that most people write: ``read_sql`` in chunks, each added to a gzip file."""
    import pandas as pd
    import psycopg  # noqa: F401 - what SQLAlchemy connects with
    import sqlalchemy

    path = folder / "status.csv.gz"
    engine = sqlalchemy.create_engine(address(s, "postgresql+psycopg"))
    query = f"SELECT * FROM {s['table']}"  # noqa: S608 - a name of our own
    with measured(s["pid"]) as found:
        for place, chunk in enumerate(pd.read_sql(query, engine, chunksize=100_000)):
            chunk.to_csv(path, mode="a", header=not place, index=False, compression="gzip")
    peak = peak_mb()
    rows = lines(path) - 1
    return found | {"mb": path.stat().st_size / 1e6, "rows": rows, "peak_mb": peak}


def dlt_with(backend: str, destination: str) -> Callable[[Settings, Path], dict[str, Any]]:
    """Return the job that runs dlt with one of its backends: to Parquet files, or into DuckDB."""

    def work(s: Settings, folder: Path) -> dict[str, Any]:
        os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
        import dlt
        import sqlalchemy  # noqa: F401 - what dlt reads the table's columns with
        from dlt.sources.sql_database import sql_table

        options = {}
        if backend == "connectorx":
            import connectorx  # noqa: F401

            options = {"backend_kwargs": {"conn": address(s, "postgresql", encoded=True)}}
        if destination == "duckdb":
            import duckdb

            target = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
        else:
            target = dlt.destinations.filesystem(bucket_url=(folder / "files").as_uri())
        with measured(s["pid"]) as found:
            pipeline = dlt.pipeline(
                "peer",
                destination=target,
                dataset_name="moved",
                pipelines_dir=str(folder / "pipelines"),
            )
            table = sql_table(
                address(s, "postgresql+psycopg"), table=s["table"], backend=backend, **options
            )
            form = {} if destination == "duckdb" else {"loader_file_format": "parquet"}
            pipeline.run(table, write_disposition="replace", **form)
        found["peak_mb"] = peak_mb()
        if destination == "duckdb":
            with duckdb.connect(str(folder / "dlt.duckdb")) as connection:
                count = connection.table(f"moved.{s['table']}").count("*").fetchall()
            return found | {"rows": count[0][0]}
        import pyarrow.parquet as pq

        files = list((folder / "files" / "moved" / s["table"]).glob("*.parquet"))
        rows = sum(pq.read_metadata(path).num_rows for path in files)
        return found | {"mb": sum(path.stat().st_size for path in files) / 1e6, "rows": rows}

    return work


def lines(path: Path) -> int:
    """Return how many lines a gzip file holds."""
    with gzip.open(path) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))


def address(s: Settings, driver: str, *, encoded: bool = False) -> str:
    """Return PostgreSQL's address as a driver reads it; `encoded`, with the folder of its socket as host."""
    from urllib.parse import parse_qs, quote, urlsplit

    parts = urlsplit(s["uri"])
    host = parse_qs(parts.query)["host"][0]
    if encoded:
        return f"{driver}://{parts.username}@{quote(host, safe='')}{parts.path}"
    return f"{driver}://{parts.username}@{parts.path}?host={quote(host, safe='')}"


PEERS: dict[str, Callable[[Settings, Path], dict[str, Any]]] = {
    "psql | gzip": psql_gzip,
    "pandas loop": pandas_loop,
    "dlt connectorx": dlt_with("connectorx", "filesystem"),
    "dlt pyarrow": dlt_with("pyarrow", "filesystem"),
    "dlt connectorx, DuckDB": dlt_with("connectorx", "duckdb"),
}

SLOW = ("pandas loop", "dlt pyarrow")
"""Those that `--peer-rows` gives only some of the rows."""


def main(name: str, settings: str) -> int:
    """Run one peer in a folder of its own and print what it took."""
    s = json.loads(settings)
    folder = Path(s["folder"]) / "peer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        found = PEERS[name](s, folder)
        if found["rows"] != s["rows"]:
            found = {"skipped": f"it moved {found['rows']:,} of {s['rows']:,} rows"}
    except ImportError as error:
        found = {"skipped": f"not installed: {error}"}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

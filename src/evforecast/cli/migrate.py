"""``evforecast migrate``: a table from PostgreSQL to a warehouse, and where such a run stands."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.cli.options import whole
from evforecast.errors import InputError

if TYPE_CHECKING:
    from evforecast.migration import Migration, MigrationPlan, MigrationReport
    from evforecast.warehouse import Warehouse

__all__ = ["add_parser", "finish", "plan_of", "run"]

# The words of the library, again: `--help` does not load it. A test holds the two together.
_LAYOUTS = ("auto", "complete", "halves", "month", "day", "column")
_PHASES = ("plan", "export", "stage", "load", "check", "merge")

_EPILOG = """\
  evforecast migrate postgresql://localhost/ev duckdb:///ev.duckdb --table status --dry-run
  evforecast migrate postgresql://localhost/ev duckdb:///ev.duckdb --table status
  evforecast migrate status                 where the run in ./migration stands
  evforecast migrate --demo                 starts a PostgreSQL, fills it, moves it, shows every phase

Passwords belong in PGPASSWORD or ~/.pgpass, and Snowflake's in its connections.toml or the environment.
Exit codes: 0 the tables are equal; 1 they are not, or a row was rejected; 2 the run cannot go on;
75 it may go on later (lost connection, full disk): the same command with --resume.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["migrate", "status"]).source
    'status'
    """
    parser = commands.add_parser(
        "migrate",
        help="move a table from PostgreSQL to a warehouse, proved whole",
        description="Moves a table from PostgreSQL to DuckDB or Snowflake, and proves that it is whole.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", nargs="?", help="postgresql://user@host:5432/database; or: status"
    )
    parser.add_argument(
        "warehouse", nargs="?", help="duckdb:///FILE or snowflake://ACCOUNT/DB/SCHEMA"
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--table", metavar="T", help="table of PostgreSQL, with its schema if need be"
    )
    what.add_argument("--query", metavar="SQL", help="a SELECT instead of a table")
    what.add_argument(
        "--target", metavar="T", help="table of the warehouse (default: of the same name)"
    )
    what.add_argument("--columns", type=_names, metavar="A,B", help="only these (default: all)")
    key = what.add_mutually_exclusive_group()
    key.add_argument("--key", type=_names, metavar="A,B", help="default: the primary key")
    key.add_argument("--no-key", action="store_true", help="rows are compared whole")
    what.add_argument(
        "--as-text", type=_names, default=(), metavar="A,B", help="columns to move as text"
    )
    what.add_argument(
        "--import", dest="file", metavar="FILE", help="first load FILE into the table"
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--layout",
        choices=_LAYOUTS,
        default="auto",
        help="how rows are divided into files (default auto: by size)",
    )
    how.add_argument("--slice-by", metavar="COLUMN", help="the column to divide by")
    how.add_argument("--format", choices=("csv", "parquet"), default="csv")
    how.add_argument("--compression", choices=("zstd", "gzip", "none"), default="zstd")
    how.add_argument("--target-mb", type=_range, default=(10.0, 100.0), metavar="LOW,HIGH")
    how.add_argument(
        "--workers", type=whole(1), default=2, metavar="N", help="connections side by side"
    )
    how.add_argument("--on-error", choices=("abort", "skip_file", "continue"), default="abort")
    how.add_argument(
        "--keep-files", action="store_true", help="keep exported and staged files at the end"
    )
    run_ = parser.add_argument_group("the run")
    run_.add_argument(
        "--workdir", default="migration", metavar="FOLDER", help="of the journal and the files"
    )
    run_.add_argument("--resume", action="store_true", help="go on where a run was interrupted")
    run_.add_argument(
        "--dry-run", action="store_true", help="print files, sizes, statements and seconds only"
    )
    run_.add_argument(
        "--until", choices=_PHASES, default="merge", metavar="PHASE", help="stop after a phase"
    )
    run_.add_argument(
        "--script", metavar="FILE", help="export, and write the warehouse's statements to FILE"
    )
    run_.add_argument(
        "--compare-layouts", action="store_true", help="time the layouts on this table instead"
    )
    run_.add_argument("--report", metavar="FILE.md", help="write the report to a file too")
    run_.add_argument("--json", action="store_true", help="print the report as JSON")
    run_.add_argument("--quiet", action="store_true", help="no progress, no report")
    demo = parser.add_argument_group("the demonstration")
    demo.add_argument("--demo", action="store_true", help="needs the extra 'demo'")
    demo.add_argument("--out", default="demo/migration", metavar="FOLDER")
    demo.add_argument(
        "--evse", type=whole(1), default=273, metavar="N", help="chargers of the simulated city"
    )
    demo.add_argument("--days", type=whole(1), default=91, metavar="N", help="its days")
    parser.set_defaults(run=run)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError as error:
        msg = f"two sizes in megabytes with a comma between are needed, not {text!r}"
        raise argparse.ArgumentTypeError(msg) from error
    return low, high


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    if arguments.demo:
        from evforecast.cli.migrate_demo import demo

        return demo(arguments)
    if arguments.source == "status":
        return _status(arguments.warehouse or arguments.workdir)
    if arguments.source is None or arguments.warehouse is None:
        msg = "name the source and the warehouse: evforecast migrate postgresql://… duckdb:///FILE --table T"
        raise InputError(msg)
    from evforecast.warehouse import connect

    with connect(arguments.warehouse) as warehouse:
        return _run(arguments, warehouse)


def _run(arguments: argparse.Namespace, warehouse: Warehouse) -> int:
    from evforecast.migration import Migration

    plan, shown = plan_of(arguments), False if arguments.quiet else None
    if arguments.file:
        from evforecast.migration import import_file

        imported = import_file(arguments.source, arguments.file, arguments.table, progress=shown)
        _say(arguments, imported)
    if arguments.compare_layouts:
        return _compare(arguments, warehouse, plan)
    moving = Migration(arguments.source, warehouse, plan, arguments.workdir, progress=shown)
    moving.require_resumed(resume=arguments.resume)
    if arguments.dry_run:
        print(moving.preview())
        return 0
    if arguments.script:
        Path(arguments.script).write_text(moving.script(), encoding="utf-8")
        _say(arguments, f"wrote {arguments.script}")
        return 0
    return finish(arguments, moving)


def plan_of(arguments: argparse.Namespace) -> MigrationPlan:
    """Return the plan that the options say."""
    from evforecast.migration import MigrationPlan

    return MigrationPlan(
        table=arguments.table,
        query=arguments.query,
        target=arguments.target,
        columns=arguments.columns,
        key=() if arguments.no_key else arguments.key,
        layout=arguments.layout,
        slice_by=arguments.slice_by,
        format=arguments.format,
        compression=arguments.compression,
        target_mb=arguments.target_mb,
        workers=arguments.workers,
        as_text=arguments.as_text,
        on_error=arguments.on_error,
        purge=not arguments.keep_files,
    )


def finish(arguments: argparse.Namespace, moving: Migration) -> int:
    """Run the phases, say what came of it, and return the exit code."""
    report = moving.run(until=arguments.until)
    if arguments.report:
        Path(arguments.report).write_text(report.to_markdown(), encoding="utf-8")
    if arguments.json:
        print(json.dumps(_as_json(report)))
    else:
        _say(arguments, report)
    done = report.complete or (report.phase != "done" and not report.rejected)
    return 0 if done else 1


def _say(arguments: argparse.Namespace, what: object) -> None:
    if not arguments.quiet:
        print(what)


def _as_json(report: MigrationReport) -> dict[str, Any]:
    slices = json.loads(report.to_frame().to_json(orient="records"))
    return {
        "complete": report.complete,
        "verdict": report.verdict,
        "phase": report.phase,
        **report.facts(),
        "seconds": report.seconds,
        "slices": slices,
    }


def _status(folder: str) -> int:
    """Say where a run stands."""
    from evforecast.migration.journal import is_locked
    from evforecast.migration.ledger import Ledger
    from evforecast.migration.result import MigrationReport

    if not (Path(folder) / "journal.jsonl").is_file():
        msg = f"no journal in {folder!r}. Name the working folder: evforecast migrate status FOLDER"
        raise InputError(msg)
    ledger = Ledger(Path(folder))
    report = MigrationReport(ledger.made, ledger.round)
    print(report)
    print(f"  {'at work':9} {'yes, a process is' if is_locked(Path(folder)) else 'no process is'}")
    if ledger.round is not None:
        for name, (label, part) in ledger.round.parts.items():
            steps = [f"exported {part.rows:,} rows, {part.size / 1e6:,.2f} MB"]
            steps += ["staged"] if name in ledger.round.staged else []
            if file := ledger.round.loaded.get(name):
                steps.append(f"{file['status']} {file['rows']:,}")
            print(f"  {name:32} {label}: {', '.join(steps)}")
    return 0


def _compare(arguments: argparse.Namespace, warehouse: Warehouse, plan: MigrationPlan) -> int:
    from evforecast.migration import compare_layouts, layouts_markdown

    folder = Path(arguments.workdir) / "layouts"
    shutil.rmtree(folder, ignore_errors=True)
    shown = False if arguments.quiet else None
    frame = compare_layouts(arguments.source, warehouse, plan, workdir=folder, progress=shown)
    print(layouts_markdown(frame))
    return 0 if bool(frame["equal"].all()) else 1

"""``evforecast init``: a project to begin with, and what runs it on a schedule."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

_SCHEDULERS = ("cron", "tasks", "airflow", "prefect", "dataiku")
_EPILOG = """\
  evforecast init city                                  writes city/project.toml, which runs as it is
  evforecast init city --scheduler cron > crontab.txt   prints the lines of a crontab for that project
  evforecast init city --scheduler airflow > dags/city.py

Exit codes: 0 all is well; 2 there is a project already, or none for the scheduler, or tasks are asked
for a warehouse that is not Snowflake.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["init"]).folder
    '.'
    """
    parser = commands.add_parser(
        "init",
        help="write a project that runs as it is, or an example for a scheduler",
        description=(
            "Writes project.toml, every line explained, which plays a simulated city until it is told of a "
            "real feed. With --scheduler, prints what runs a project on a schedule."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", nargs="?", default=".", metavar="FOLDER", help="made if need be (default: here)"
    )
    parser.add_argument(
        "--scheduler",
        choices=_SCHEDULERS,
        help="print an example for it instead: cron, Snowflake tasks, Airflow, Prefect, Dataiku",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.scenarios import Project, schedule, write_project

    if arguments.scheduler is not None:
        project = Project.read(Path(arguments.folder, "project.toml"))
        print(schedule(project, arguments.scheduler), end="")
        return 0
    path = write_project(arguments.folder)
    print(
        f"Wrote {path}, which plays a simulated city. Try it; a feed of your own wants a new folder:\n"
        f"  evforecast run daily --config {shlex.quote(str(path))} --as-of 2026-01-06"
    )
    return 0

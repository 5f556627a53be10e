"""``evforecast run``: one step of a project, or all of them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evforecast.clock import Clock, utc_now
from evforecast.errors import TerminalError

if TYPE_CHECKING:
    from evforecast.scenarios import StepResult

__all__ = ["add_parser", "run", "run_steps"]

_STEPS = "collect, load, features, train, predict, join_truth, monitor, retrain, promote, report"
_EPILOG = """\
  evforecast run daily --config project.toml                      all steps, for now
  evforecast run predict --config project.toml --as-of "2026-01-06 08:15"
  evforecast run collect load features predict --config project.toml
  evforecast run daily --config project.toml --dry-run            what there is to do

A run that was killed, or failed, is run again as it was: it does what is left to do. There is no --resume.

Exit codes: 0 all is well; 10 the checks of monitor say WARNING or could judge nothing, or a feed did not
answer; 20 they say ERROR; 1 the warehouse or the budget refuses; 2 an input cannot be used: an option, the
project file, a time before what is done already; 75 the same may succeed later: another process works on
the project, the warehouse does not answer; 130 interrupted.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["run", "daily"]).config
    'project.toml'
    """
    parser = commands.add_parser(
        "run",
        help="do a step of a project, or all of them",
        description=(
            "Does a step of production for a time: what it makes is that of the time, whenever it is done, "
            "and doing it again changes nothing."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "steps",
        nargs="+",
        metavar="STEP",
        help=f"daily for all of them; or one or several, done in this order, of {_STEPS}",
    )
    parser.add_argument(
        "--config",
        default="project.toml",
        metavar="FILE",
        help="the project (default project.toml)",
    )
    parser.add_argument(
        "--as-of", metavar="TIME", help="the time that it is done for, UTC (default: the present)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing, say what there is to do"
    )
    parser.add_argument(
        "--json", action="store_true", help="print each step as a line of JSON, nothing else"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    return run_steps(arguments)


def run_steps(arguments: argparse.Namespace, *, clock: Clock = utc_now) -> int:
    """Do steps, or all of them; return the worst exit code.

    Parameters
    ----------
    arguments : argparse.Namespace
        As they were parsed.
    clock : callable
        Returns the time, UTC.

    Raises
    ------
    InputError, TransientError
        As `evforecast.scenarios.daily`.
    """
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.errors import require_choice
    from evforecast.scenarios import STEPS, Project, daily

    steps = arguments.steps
    for step in steps:
        require_choice(step, ("daily", *STEPS) if len(steps) == 1 else STEPS, "STEP")
    project = Project.read(arguments.config)
    as_of = clock() if arguments.as_of is None else arguments.as_of
    try:
        results = daily(
            project,
            as_of=as_of,
            dry_run=arguments.dry_run,
            clock=clock,
            steps=STEPS if steps == ["daily"] else steps,
            tell=lambda one: _print(one, arguments),
        )
    except TerminalError as error:
        print(f"evforecast run: {error}", file=sys.stderr)
        return 1
    return max(result.exit_code for result in results)


def _print(result: StepResult, arguments: argparse.Namespace) -> None:
    try:
        for line in _lines(result, arguments):
            print(line, flush=True)
    except BrokenPipeError:
        # Nobody reads any more; the work goes on, and Python must not fail at what is left when it ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _lines(result: StepResult, arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.json:
        yield json.dumps(result.to_dict(), ensure_ascii=False)
        return
    paid = "" if result.credits is None else f"{result.credits:>9.4f} credits"
    yield (
        f"{result.step:<11}{result.status:<9}{result.rows:>10,} rows {result.seconds:>7.1f} s "
        f"{result.peak_memory / 1e6:>6,.0f} MB{paid}"
    )
    yield from (f"  {name}: {text}" for name, text in result.artefacts.items())

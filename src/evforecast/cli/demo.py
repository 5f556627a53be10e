"""``evforecast demo``: from a history, simulated or real, to a report."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from evforecast._version import __version__
from evforecast.cli.options import whole, zone
from evforecast.errors import FileFormatError

if TYPE_CHECKING:
    from evforecast.panel import StatusPanel
    from evforecast.reporting import DemoResult

__all__ = ["add_parser", "run"]

_CHALLENGE_ZONE = "Europe/Paris"
_FORMATS = ("challenge", "cpinfo")
_PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "matplotlib")


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["demo", "--days", "7"]).days
    7
    """
    parser = commands.add_parser(
        "demo",
        help="forecast a simulated city, or a history of yours, and write a report",
        description=(
            "Simulates a city of chargers, or reads a status history, fits the three use cases, tests "
            "them on the last days and writes OUT/report.html."
        ),
    )
    parser.add_argument("--data", metavar="FILE", help="a status history; simulated when not given")
    parser.add_argument("--format", choices=_FORMATS, help="of FILE; found out when not given")
    parser.add_argument(
        "--tz",
        type=zone,
        metavar="ZONE",
        help=f"the clock that wrote a challenge file, or of the simulated city (default {_CHALLENGE_ZONE})",
    )
    parser.add_argument(
        "--out", default="demo", metavar="FOLDER", help="where to write (default demo)"
    )
    parser.add_argument(
        "--evse", type=whole(1), default=273, metavar="N", help="chargers to simulate"
    )
    parser.add_argument(
        "--days",
        type=whole(1),
        default=28,
        metavar="N",
        help="days to simulate, or to use of the end of FILE",
    )
    parser.add_argument(
        "--seed", type=whole(0), default=0, metavar="N", help="of all that is drawn (default 0)"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")
    parser.set_defaults(run=run)


class _Progress:
    """One bar on a terminal; elsewhere a line a step, on the side of the errors; or nothing."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self.bar = tqdm(
            total=total,
            disable=True if quiet else None,
            leave=False,
            bar_format="{l_bar}{bar}| {elapsed}",
        )
        self.lines = not quiet and self.bar.disable
        self.total, self.place = total, 0
        self.start = time.monotonic()

    def tell(self, step: str) -> None:
        """Say that `step` begins."""
        # The bar moves with what is done, not with what begins.
        self.bar.update(1 if self.place else 0)
        self.bar.set_description(step)
        self.place += 1
        if self.lines:
            seconds = time.monotonic() - self.start
            print(
                f"[{self.place:2}/{self.total} {seconds:5.1f} s] {step}",
                file=sys.stderr,
                flush=True,
            )


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast import usecases
    from evforecast.cli.study import STEPS_PER_CASE, study
    from evforecast.reporting import demo_report

    began = time.monotonic()
    progress = _Progress(len(usecases.USE_CASES) * STEPS_PER_CASE + 3, quiet=arguments.quiet)
    with progress.bar:
        progress.tell("read" if arguments.data else "simulate")
        panel, about = _history(arguments)
        # Now, not after a minute's work: the folder may be impossible.
        Path(arguments.out).mkdir(parents=True, exist_ok=True)
        result = study(panel, tell=progress.tell, random_state=arguments.seed, about=about)
        progress.tell("write the report")
        result = dataclasses.replace(result, made_by=_made_by(arguments, time.monotonic() - began))
        path = demo_report(result, Path(arguments.out) / "report.html")
    if not arguments.quiet:
        _print(result, path, time.monotonic() - began)
    return 0


def _history(arguments: argparse.Namespace) -> tuple[StatusPanel, dict[str, Any]]:
    """Return the panel, and the facts about where it comes from."""
    from evforecast import sources
    from evforecast.panel import simulate

    if arguments.data is None:
        panel = simulate(
            n_evse=arguments.evse,
            days=arguments.days,
            tz=arguments.tz or _CHALLENGE_ZONE,
            random_state=arguments.seed,
        )
        return panel, {"source": "simulated", "simulated": True, "repairs": (), "notes": ()}
    path = Path(arguments.data)
    if path.is_dir():
        msg = f"{arguments.data!r} is a folder. Name the file in it with --data."
        raise IsADirectoryError(msg)
    if not path.is_file():
        msg = f"no file {arguments.data!r}. Check --data, or leave it out to simulate."
        raise FileNotFoundError(msg)
    kind = arguments.format or sources.detect(path)
    if kind not in _FORMATS:
        msg = f"{path}: {kind} files hold no single chargers; the demo reads {' and '.join(_FORMATS)}."
        raise FileFormatError(msg)
    notes = []
    if kind == "challenge":
        zone = arguments.tz or _CHALLENGE_ZONE
        panel, report = sources.challenge.read_with_report(path, tz=zone)
        if arguments.tz is None:
            notes.append(
                f"The file does not say its time zone: {zone} is assumed (--tz sets another)."
            )
    else:
        options = {} if arguments.tz is None else {"tz": arguments.tz}
        panel, report = sources.cpinfo.read_with_report(path, **options)
    repairs = str(dataclasses.replace(report, source=path.name)).split("; ")
    days = np.timedelta64(arguments.days, "D")
    if panel.n_time * panel.step > days:
        notes.append(
            f"Only the last {arguments.days} days of the file are used (--days sets how many)."
        )
        panel = panel.between(panel.cutoff - days + panel.step, panel.cutoff + panel.step)
    return panel, {
        "source": f"{path.name} ({kind})",
        "simulated": False,
        "repairs": tuple(repairs),
        "notes": tuple(notes),
    }


def _made_by(arguments: argparse.Namespace, seconds: float) -> dict[str, str]:
    command = ["evforecast", "demo", "--out", arguments.out, "--days", str(arguments.days)]
    command += ["--seed", str(arguments.seed)]
    if arguments.data is None:
        command += ["--evse", str(arguments.evse)]
    else:
        command += ["--data", arguments.data]
        command += ["--format", arguments.format] if arguments.format else []
    command += ["--tz", arguments.tz] if arguments.tz else []
    return {
        "Command": shlex.join(command),
        "Seed": str(arguments.seed),
        "Seconds": f"{seconds:.0f}",
        "evforecast": __version__,
        "Python": sys.version.split()[0],
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _print(result: DemoResult, path: Path, seconds: float) -> None:
    """Print the short table, what was decided, and where the report is."""
    print(f"{result.source}: {result.panel!r}")
    print()
    print(
        "Log loss (lower is better), and skill against the better baseline (0: no better, 1: perfect)"
    )
    heads = (
        "use case",
        "ahead",
        "direct",
        "recursive",
        "persistence",
        "climatology",
        "skill d.",
        "skill r.",
    )
    print(
        "".join(f"{head:>13}" if place > 1 else f"{head:<10}" for place, head in enumerate(heads))
    )
    for case in result.cases:
        for row in case.table.itertuples(index=False):
            print(_line(case.name, row))
    print()
    for note in result.notes:
        print(note)
    print(f"Report: {path} ({path.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s)")


def _line(name: str, row: Any) -> str:
    losses = (row.direct, row.recursive, row.persistence, row.climatology)
    skills = (row.direct_skill, row.recursive_skill)
    return (
        f"{name:<10}{row.ahead:<10}"
        + "".join(f"{value:13.4f}" for value in losses)
        + "".join(f"{value:z13.1%}" for value in skills)
    )

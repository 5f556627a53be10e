"""A city played day by day through every step, in forks that are killed; and what is there in the end."""

from __future__ import annotations

import hashlib
import importlib
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.registry import Registry
from evforecast.reporting.page import Page
from evforecast.scenarios import Project, SimulatedCity, daily, write_project
from evforecast.scenarios import runner as running
from evforecast.scenarios.tables import TABLES
from evforecast.warehouse import DuckDBWarehouse

START = np.datetime64("2026-01-05", "s")
DAY = np.timedelta64(86_400, "s")
# What is watched: a kill may fall before and after each of these calls.
WATCHED: dict[type, tuple[str, ...]] = {
    DuckDBWarehouse: ("run", "drop", "copy_into", "merge"),
    Registry: ("publish", "set_alias", "clear_alias"),
    Page: ("save",),
}
# Of the project that `write_project` writes: every kind of decision is taken within some days.
SHORT = {
    'step = "15min"': 'step = "1h"',
    'change = "passive"': 'every = "1h"\nchange = "passive"',
    "horizons = [1, 4, 16]": "horizons = [1, 4]",
    'first = "7D"': 'first = "2D"',
    'history = "14D"': 'history = "3D"',
    'change_at = "2026-01-15"': 'change_at = "2026-01-08"',
    'min_new_data = "7D"': 'min_new_data = "1D"',
    'max_age = "28D"': 'max_age = "1D"',
    "min_days = 5": "min_days = 1",
}
EVERY = 5  # kills at a point for one at random


@dataclass(frozen=True)
class Kills:
    """How often, and where, a play is killed.

    Attributes
    ----------
    at_random : int
    at_points : bool
        At each of the points once.
    """

    at_random: int
    at_points: bool


def make_project(folder: Path, chargers: int, days: int, *, short: bool) -> Project:
    """Write a project."""
    path = write_project(folder, chargers=chargers, days=days + 1)
    text = path.read_text(encoding="utf-8")
    for old, new in SHORT.items() if short else ():
        if text.count(old) != 1:
            msg = f"the project has {old!r} {text.count(old)} times"
            raise ValueError(msg)
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return Project.read(path)


def warm_up(*, pictures: bool) -> None:
    """Load what every child needs, so that a fork has it, and let it make a city but once."""
    for name in (
        "matplotlib.figure",
        "pyarrow.parquet",
        "sklearn.ensemble",
        "evforecast.reporting",
    ):
        importlib.import_module(name)
    if not pictures:
        export: Any = importlib.import_module("evforecast.plotting.export")
        export._svg = lambda *_, **__: b"<svg/>"  # noqa: SLF001
    cities: dict[tuple[int, int], Any] = {}
    inner = SimulatedCity.panel.func  # type: ignore[attr-defined]

    def panel(self: SimulatedCity) -> Any:
        key = (self.chargers, self.days)
        if key not in cities:
            cities[key] = inner(self)
        return cities[key]

    SimulatedCity.panel = property(panel)  # type: ignore[assignment]


def counter() -> npt.NDArray[np.int64]:
    """Return a number that forks of this process share with it."""
    return np.frombuffer(mmap.mmap(-1, 8), dtype=np.int64)


def play(project: Project, days: int, done: npt.NDArray[np.int64]) -> None:
    """Do the days that are left; `done` counts them where no kill reaches."""
    while done[0] < days:
        daily(project, as_of=START + (int(done[0]) + 1) * DAY)
        done[0] += 1


def child(work: Callable[[], object]) -> int:
    """Do something in a fork; return its id."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.fsync = lambda _: None  # type: ignore[assignment] # no power is cut here
            work()
            code = 0
        except BaseException as error:  # noqa: BLE001 - said, and the process ends
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def ended(pid: int) -> int:
    """Wait for a child; return its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def watch(killed: Path) -> None:
    """Let this process kill itself at the first point where none was killed before; `killed` has them."""
    seen = set(killed.read_text(encoding="utf-8").splitlines())
    step = [""]
    one = running._one  # noqa: SLF001

    def noted(name: str, *rest: Any) -> Any:
        step[0] = name
        return one(name, *rest)

    running._one = noted  # noqa: SLF001

    def point(*words: str) -> None:
        label = " ".join([step[0], *words]).strip()
        if label not in seen:
            with killed.open("a", encoding="utf-8") as handle:
                handle.write(f"{label}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(cls: type, name: str) -> None:
        inner = getattr(cls, name)

        def watched(self: Any, *args: Any, **options: Any) -> Any:
            what = str(args[0]) if name == "run" else ""
            if name == "run" and what != "COMMIT":
                return inner(self, *args, **options)
            point("before", name, what)
            found = inner(self, *args, **options)
            point("after", name, what)
            return found

        setattr(cls, name, watched)

    for cls, names in WATCHED.items():
        for name in names:
            wrap(cls, name)


def play_killed(project: Project, days: int, kills: Kills, seconds: float) -> dict[str, Any]:
    """Play to the end, killed again and again; return how often, and at which points.

    Parameters
    ----------
    project : Project
    days : int
    kills : Kills
    seconds : float
        What the play takes without kills.
    """
    done, rng = counter(), random.Random(0)  # noqa: S311 - a seed, no secret
    killed = project.path.with_name("killed")
    killed.touch()
    # Spread over the whole play; where points end most of the children, soon after they began.
    most = 0.05 * seconds / days if kills.at_points else 1.8 * seconds / max(kills.at_random, 1)
    deaths, points = 0, list[str]()

    def work() -> None:
        if kills.at_points:
            watch(killed)
        play(project, days, done)

    while True:
        pid = child(work)
        at_random = deaths - len(points)
        if at_random < kills.at_random and (not kills.at_points or deaths % EVERY == 0):
            time.sleep(rng.random() * most)
            os.kill(pid, signal.SIGKILL)
        code = ended(pid)
        points = killed.read_text(encoding="utf-8").splitlines()
        if code == 0:
            return {"kills": deaths, "points": points}
        if code != -signal.SIGKILL:
            msg = f"a day ended by itself with {code}"
            raise RuntimeError(msg)
        deaths += 1


def in_the_end(project: Project) -> dict[str, tuple[int, str]]:
    """Return rows or bytes, and the hash, of each table, each file of the registry and each report."""
    found = {}
    with DuckDBWarehouse(project.warehouse.removeprefix("duckdb:///")) as warehouse:
        for name in ["status", *TABLES]:
            # Sums of the MD5 of whole rows as exact text: where rows lie is the database's affair.
            parts = ", ".join(
                f"SUM(CAST(md5_number_{half}(h) AS HUGEINT))" for half in ("lower", "upper")
            )
            texts = f'(SELECT CAST(r AS TEXT) AS h FROM "{name}" AS r)'  # noqa: S608
            rows, *sums = warehouse.run(f"SELECT COUNT(*), {parts} FROM {texts}")[0]  # noqa: S608
            found[f"table {name}"] = (rows, str(sums))
    for root in (project.registry, project.reports):
        for path in sorted(root.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                name = f"{root.name}/{path.relative_to(root)}"
                found[name] = (len(data), hashlib.sha256(data).hexdigest())
    return found

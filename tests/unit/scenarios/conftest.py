"""A small project, and one that was played for some days."""

import importlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from evforecast.scenarios import Project, daily
from evforecast.scenarios.work import Work, opened

START, DAY = np.datetime64("2026-01-05", "s"), np.timedelta64(86_400, "s")
DAYS = 5
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@contextmanager
def quickly():
    """One thread, no flushes, no pictures: they have tests of their own."""
    import sklearn.ensemble  # noqa: F401 - the library whose threads are to be limited

    export = importlib.import_module("evforecast.plotting.export")
    with threadpool_limits(limits=1), pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "_svg", lambda *_, **__: b"<svg/>")
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="module")  # no longer: other tests want real pictures
def quick():
    with quickly():
        yield


def write(folder, *, chargers=6, changes=None, more=""):
    """Write a small project: by the hour, and every kind of decision is taken within some days."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        from _loop_play import make_project

        path = make_project(folder, chargers, DAYS, short=True).path
    text = path.read_text()
    for old, new in (changes or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text + more)
    return Project.read(path)


@pytest.fixture
def small(tmp_path):
    """Return what writes a small project."""
    return lambda **options: write(tmp_path / "small", **options)


@pytest.fixture(scope="session")
def played_once(tmp_path_factory):
    """Play the small project; return its folder and what each day said."""
    folder = tmp_path_factory.mktemp("played")
    project = write(folder)
    with quickly():  # this lives longer than a module's fixtures
        results = [daily(project, as_of=START + day * DAY) for day in range(1, DAYS + 1)]
    return SimpleNamespace(folder=folder, results=results)


@pytest.fixture
def played(played_once, tmp_path):
    """Return a copy of the project that was played, to do as one likes with."""
    shutil.copytree(played_once.folder, tmp_path / "played")
    return Project.read(tmp_path / "played" / "project.toml")


@pytest.fixture
def at_work():
    """Return what opens the warehouse of a project to work at it for a day."""
    opens = []

    def work(project, day=DAYS, **options):
        context = opened(project)
        opens.append(context)
        warehouse = context.__enter__()
        return Work(project, START + np.timedelta64(int(day * 86_400), "s"), warehouse, **options)

    yield work
    for context in opens:
        context.__exit__(None, None, None)

import argparse
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from evforecast.cli import run as command
from evforecast.collect.lock import held
from evforecast.errors import InputError, TerminalError, TransientError
from evforecast.scenarios import STEPS, StepResult, runs, write_project

AS_OF = "2026-01-05 01:00"


def parsed(*words):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers(dest="command"))
    return parser.parse_args(["run", *words])


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Return the folder of a project that was run once, and what was printed."""
    folder = tmp_path_factory.mktemp("project")
    write_project(folder, chargers=40, days=2)
    return folder


@pytest.fixture
def config(collected, tmp_path):
    shutil.copytree(collected, tmp_path / "project")
    return str(tmp_path / "project" / "project.toml")


def test_all_steps(config, capsys):
    assert command.run(parsed("daily", "--config", config, "--as-of", AS_OF)) == 0
    lines = capsys.readouterr().out.splitlines()
    steps = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert tuple(steps) == STEPS
    assert "  driver: waits for 7D of data" in lines


def test_a_step_as_json(config, capsys):
    assert command.run(parsed("collect", "--config", config, "--as-of", AS_OF, "--json")) == 0
    [line] = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["step"], found["rows"], found["as_of"]) == ("collect", 6, "2026-01-05T01:00:00")
    assert found["watermark"] == "2026-01-05T01:00:00"


def test_a_dry_run(config, capsys, tmp_path):
    assert command.run(parsed("collect", "--config", config, "--as-of", AS_OF, "--dry-run")) == 0
    assert "planned" in capsys.readouterr().out
    assert not (tmp_path / "project" / "fresh").exists()


def test_without_a_time_it_is_the_present(config):
    clock = lambda: np.datetime64("2026-01-05T00:31:00")  # noqa: E731
    assert command.run_steps(parsed("collect", "--config", config), clock=clock) == 0
    again = parsed("collect", "--config", config, "--as-of", "2026-01-05 00:30", "--json")
    assert command.run(again) == 0


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["done", "nothing"], 0),
        (["done", "WARNING"], 10),
        (["EMPTY", "done"], 10),
        (["ERROR", "WARNING"], 20),
    ],
)
def test_the_worst_is_the_exit_code(config, monkeypatch, statuses, code):
    def daily(_, *, as_of, tell, **options):
        assert set(options) == {"dry_run", "clock", "steps"}
        results = [
            StepResult("monitor", "r", np.datetime64("2026-01-05"), s, 0, 0.1, 1, 0.25)
            for s in statuses
        ]
        for result in results:
            tell(result)
        return results

    monkeypatch.setattr("evforecast.scenarios.daily", daily)
    assert command.run(parsed("daily", "--config", config)) == code


def test_what_the_warehouse_refuses_is_1(config, monkeypatch, capsys):
    def refused(*_, **__):
        raise TerminalError("the role may not")

    monkeypatch.setattr("evforecast.scenarios.daily", refused)
    assert command.run(parsed("load", "--config", config)) == 1
    assert capsys.readouterr().err == "evforecast run: the role may not\n"


def test_a_lock_is_left_to_the_caller(config, tmp_path):
    lock = tmp_path / "project" / ".project.lock"
    with held(lock, "running daily"), pytest.raises(TransientError, match="is running daily"):
        command.run(parsed("collect", "--config", config, "--as-of", AS_OF))


def test_a_step_that_is_none(config):
    with pytest.raises(InputError, match="Did you mean 'daily'"):
        command.run(parsed("dialy", "--config", config))


def test_several_steps_in_their_order(config, capsys):
    words = ("collect", "load", "features", "predict", "--config", config, "--as-of", AS_OF)
    assert command.run(parsed(*words)) == 0
    lines = capsys.readouterr().out.splitlines()
    steps = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert steps == ["collect", "load", "features", "predict"]


@pytest.mark.parametrize("words", [("collect", "laod"), ("collect", "daily")])
def test_a_step_among_several_that_is_none(config, words):
    with pytest.raises(InputError, match="STEP="):
        command.run(parsed(*words, "--config", config))


def test_nobody_reads_what_is_printed(config, tmp_path):
    run = "import sys; from evforecast.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["run", "collect", "load", "features", "--config", config, "--as-of", AS_OF]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", run, *words],
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    assert runs(tmp_path / "project" / "runs")["step"].tolist() == ["collect", "load", "features"]


def test_no_project():
    with pytest.raises(FileNotFoundError, match="evforecast init"):
        command.run(parsed("daily", "--config", "no-such.toml"))

import argparse
import subprocess
import sys

import pytest

import evforecast
from evforecast.cli import init, main
from evforecast.errors import InputError
from evforecast.scenarios import Project, schedule, write_project


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"evforecast {evforecast.__version__}\n"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["forecastle"],
        ["demo", "--evse", "0"],
        ["demo", "--days", "1.5"],
        ["demo", "--tz", "Europe/Pari"],
        ["demo", "--format", "xlsx"],
    ],
)
def test_what_is_not_understood_ends_with_code_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert "usage: evforecast" in capsys.readouterr().err


def test_an_error_of_ours_is_a_line_and_code_2(capsys):
    assert main(["demo", "--days", "2", "--evse", "3", "--quiet"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("evforecast demo: the demo needs at least 4 days")
    assert said.err.count("\n") == 1
    assert not said.out


def test_a_missing_file_is_a_line_and_code_2(capsys):
    assert main(["demo", "--data", "no-such-file.csv", "--quiet"]) == 2
    assert "no file 'no-such-file.csv'" in capsys.readouterr().err


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr("evforecast.cli.demo._history", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["demo", "--quiet"])


def test_an_interruption_is_a_line(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("evforecast.cli.demo._history", interrupted)
    assert main(["demo", "--quiet"]) == 130
    assert capsys.readouterr().err == "evforecast demo: interrupted\n"


def test_help_is_quick_and_loads_no_plotting():
    code = (
        "import sys; from evforecast.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('matplotlib' in sys.modules, 'sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "False False"


# ---- of the command ``evforecast init``, whose module has the same mirror ----


def initialised(*words):
    parser = argparse.ArgumentParser()
    init.add_parser(parser.add_subparsers(dest="command"))
    return init.run(parser.parse_args(["init", *words]))


def test_a_project_is_written_that_runs(tmp_path, capsys):
    assert initialised(str(tmp_path / "city")) == 0
    path = tmp_path / "city" / "project.toml"
    assert Project.read(path).name == "city"
    command = f"evforecast run daily --config {path} --as-of 2026-01-06"
    assert command in capsys.readouterr().out
    assert "--as-of 2026-01-06\n" in path.read_text()
    with pytest.raises(InputError, match="there is a project already"):
        initialised(str(tmp_path / "city"))


@pytest.mark.parametrize("scheduler", ["cron", "tasks", "airflow", "prefect", "dataiku"])
def test_an_example_for_a_scheduler(tmp_path, capsys, scheduler):
    path = write_project(tmp_path)
    if scheduler == "tasks":
        text = path.read_text()
        path.write_text(text.replace("duckdb:///city.duckdb", "snowflake://org-ev/ev/raw"))
    assert initialised(str(tmp_path), "--scheduler", scheduler) == 0
    assert capsys.readouterr().out == schedule(Project.read(path), scheduler)


def test_tasks_are_refused_for_duckdb(tmp_path, capsys):
    write_project(tmp_path)
    with pytest.raises(InputError, match="warehouse is duckdb"):
        initialised(str(tmp_path), "--scheduler", "tasks")
    assert not capsys.readouterr().out


def test_a_folder_with_blanks_can_be_pasted(tmp_path, capsys):
    assert initialised(str(tmp_path / "my city")) == 0
    path = tmp_path / "my city" / "project.toml"
    assert f"--config '{path}' --as-of" in capsys.readouterr().out


def test_an_example_needs_a_project(tmp_path):
    with pytest.raises(FileNotFoundError, match="evforecast init"):
        initialised(str(tmp_path), "--scheduler", "cron")

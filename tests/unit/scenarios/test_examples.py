import ast
import re
import shlex
import subprocess
import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import InputError, TransientError
from evforecast.scenarios import STEPS, Project, StepResult, schedule, write_project
from evforecast.scenarios.examples import SCHEDULERS


@pytest.fixture
def project(tmp_path):
    path = write_project(tmp_path / "it's 100% mine")
    path.write_text(path.read_text().replace('name = "city"', 'name = "My city"'))
    return Project.read(path)


def field(text, least, most):
    """Check a field of a crontab, as cron(8) reads it."""
    for part in text.split(","):
        found = re.fullmatch(r"(\*|\d+(?:-\d+)?)(?:/(\d+))?", part)
        assert found, part
        numbers = [int(n) for n in re.findall(r"\d+", found[1])]
        assert all(least <= n <= most for n in numbers)
        assert numbers == sorted(numbers)


def test_lines_of_a_crontab(project):
    lines = [line for line in schedule(project, "cron").splitlines() if not line.startswith("#")]
    assert lines[0] == "CRON_TZ=UTC"
    assert len(lines) == 3
    for line in lines[1:]:
        *times, command = line.split(" ", 5)
        for text, span in zip(times, [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
            field(text, *span)
        assert not re.search(r"(?<!\\)%", command), "cron ends a command at a percent sign"
    assert r"it'\''s 100\% mine" in lines[1]


def commands(project):
    """Return the commands of a crontab as cron hands them to the shell."""
    lines = [line for line in schedule(project, "cron").splitlines() if not line.startswith("#")]
    return [line.split(" ", 5)[5].replace("\\%", "%") for line in lines[1:]]


def test_the_steps_are_one_command_of_an_executable_that_is_there(project):
    often, daily = (shlex.split(command) for command in commands(project))
    assert often[:4] == [sys.executable, "-m", "evforecast", "run"]
    assert often[4:8] == ["collect", "load", "features", "predict"]
    assert often[8:10] == ["--config", str(project.path)]
    assert daily[3:7] == ["run", "daily", "--config", str(project.path)]
    for words in (often, daily):
        assert words[-3:] == [">>", str(project.path.with_name("cron.log")), "2>&1"]
        assert not {"&&", ";"} & set(words), "a warning must not stop the next step"


def test_what_is_said_comes_to_the_log(project):
    shell = commands(project)[0].replace(
        "predict --config", "predict --dry-run --as-of 2026-01-05T01:00 --config"
    )
    assert subprocess.run(["/bin/sh", "-c", shell], check=False, timeout=120).returncode == 0
    said = project.path.with_name("cron.log").read_text()
    assert [line.split()[0] for line in said.splitlines() if not line.startswith(" ")] == [
        "collect",
        "load",
        "features",
        "predict",
    ]


def test_the_comments_say_what_to_do_with_codes_secrets_and_zones(project):
    comments = "\n".join(
        line for line in schedule(project, "cron").splitlines() if line.startswith("#")
    )
    for word in ("10:", "20:", "75:", "EVFORECAST_LOGIN_", "CRON_TZ"):
        assert word in comments


def test_tasks_run_in_snowflake_alone(project):
    with pytest.raises(InputError, match="tasks run in Snowflake; warehouse is duckdb"):
        schedule(project, "tasks")


def test_the_sql_can_be_parsed(project):
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot is not installed")
    project = replace(project, warehouse="snowflake://org-ev/ev/raw")
    text = schedule(project, "tasks")
    body = text.split("\nAS\n")[1].split(";")[0]
    [insert] = sqlglot.parse(body, read="snowflake")
    assert isinstance(insert, sqlglot.exp.Insert)
    assert {t.name for t in insert.find_all(sqlglot.exp.Table)} >= {
        "status_grid",
        "forecast",
        "score",
    }
    create = text[: text.index(");") + 1]
    assert isinstance(sqlglot.parse_one(create, read="snowflake"), sqlglot.exp.Create)
    assert "'USING CRON 20 0 * * * UTC'" in text
    assert "SIZE = 'XSMALL'" in text
    assert "evforecast snowflake script" in text
    bigger = replace(project, sizes={"predict": "X-Large"})
    assert "SIZE = 'XLARGE'" in schedule(bigger, "tasks")


class Names(types.ModuleType):
    """A module that has the names that it is told to have, and no others."""

    def __init__(self, name, **names):
        super().__init__(name)
        self.__dict__.update(names)


@pytest.fixture
def done(monkeypatch):
    """Note what is asked of `run`."""
    asked = []

    def run(step, project, *, as_of):
        asked.append((step, project.name, np.datetime64(as_of.replace(tzinfo=None), "s")))
        return StepResult(step, "r1", np.datetime64("2026-01-06", "s"), "WARNING", 3, 0.1, 1)

    monkeypatch.setattr("evforecast.scenarios.run", run)
    return asked


def executed(text, monkeypatch, modules, name="example"):
    ast.parse(text)
    for module in modules:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    scope = {"__name__": name}
    exec(compile(text, "example.py", "exec"), scope)  # noqa: S102 - our own text
    return scope


def test_airflow(project, monkeypatch, done):
    from datetime import UTC, datetime

    tasks, dags = [], []

    class Task:
        def __init__(self, function, name=""):
            self.function, self.name, self.after = function, name, []

        def override(self, *, task_id):
            return Task(self.function, task_id)

        def __call__(self, *args):
            one = Task(self.function, self.name)
            one.args = args
            tasks.append(one)
            return one

        def __rshift__(self, other):
            self.after.append(other)
            return other

    def task(*, retries, retry_delay):
        assert retries > 0
        assert retry_delay.total_seconds() > 0
        return Task

    def dag(*, dag_id, schedule, start_date, catchup, max_active_runs):
        assert (catchup, max_active_runs) == (False, 1)
        dags.append((dag_id, schedule))
        return lambda function: function

    pendulum = Names("pendulum", datetime=lambda *parts, tz: (*parts, tz))
    sdk = Names("airflow.sdk", dag=dag, task=task)
    executed(schedule(project, "airflow"), monkeypatch, [Names("airflow", sdk=sdk), sdk, pendulum])
    assert dags == [("my_city_quarter_hour", "*/15 * * * *"), ("my_city_daily", "0 0 * * *")]
    assert [one.name for one in tasks] == ["collect", "load", "features", "predict", *STEPS]
    assert [one.after[0].name for one in tasks[4:-1]] == list(STEPS[1:])
    result = tasks[-1].function(*tasks[-1].args, data_interval_end=datetime(2026, 1, 6, tzinfo=UTC))
    assert done == [("report", "My city", np.datetime64("2026-01-06", "s"))]
    assert result["status"] == "WARNING"


def test_prefect(project, monkeypatch, done):
    served = []

    def plain(**options):
        assert options

        def wrap(function):
            function.to_deployment = lambda **how: (function, how)
            return function

        return wrap

    prefect = Names("prefect", flow=plain, task=plain, serve=lambda *flows: served.extend(flows))
    executed(schedule(project, "prefect"), monkeypatch, [prefect], name="__main__")
    (often, how), (daily, how_daily) = served
    assert (how["cron"], how_daily["cron"]) == ("*/15 * * * *", "10 0 * * *")
    assert how["concurrency_limit"] == 1
    often()
    assert [step for step, *_ in done] == ["collect", "load", "features", "predict"]
    done.clear()
    daily()
    assert [step for step, *_ in done] == list(STEPS)
    assert {str(as_of)[11:] for *_, as_of in done} == {"00:00:00"}


def test_dataiku(project, monkeypatch, done):
    told = {}

    class Scenario:
        def set_scenario_variables(self, **variables):
            told.update(variables)

    scenario = Names("dataiku.scenario", Scenario=Scenario)
    modules = [Names("dataiku", scenario=scenario), scenario]
    executed(schedule(project, "dataiku"), monkeypatch, modules)
    assert [step for step, *_ in done] == list(STEPS)
    assert told == {"evforecast_status": "WARNING", "evforecast_rows": 30}

    def busy(*_, **__):
        raise TransientError("another process")

    monkeypatch.setattr("evforecast.scenarios.run", busy)
    executed(schedule(project, "dataiku"), monkeypatch, modules)
    assert told["evforecast_error"] == "another process"


def test_one_that_is_not_known(project):
    with pytest.raises(InputError, match="Did you mean 'prefect'"):
        schedule(project, "perfect")
    assert set(SCHEDULERS) == {"cron", "tasks", "airflow", "prefect", "dataiku"}

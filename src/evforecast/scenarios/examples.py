"""`schedule`: what runs a project on a schedule, for five schedulers; the library owns none.

Each has the same three parts: a quarter of an hour's work (collect to predict), a day's (all of it), and
what to do with the exit codes: 75 is tried again, 10 and 20 are for a person and stop nothing.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from evforecast.errors import InputError, require_choice
from evforecast.scenarios.project import STEPS, Project
from evforecast.warehouse.naming import literal, quote

__all__ = ["SCHEDULERS", "schedule"]

_OFTEN = ("collect", "load", "features", "predict")


def schedule(project: Project, scheduler: str) -> str:
    """Return an example that runs a project: the text of a crontab, of SQL or of Python.

    Parameters
    ----------
    project : Project
    scheduler : {'cron', 'tasks', 'airflow', 'prefect', 'dataiku'}

    Raises
    ------
    InputError
        If `scheduler` is something else, or tasks are asked for a warehouse that is not Snowflake.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.scenarios import write_project
    >>> project = Project.read(write_project(tempfile.mkdtemp()))
    >>> schedule(project, "cron").splitlines()[-1].split()[:5]
    ['10', '0', '*', '*', '*']
    """
    require_choice(scheduler, SCHEDULERS, "scheduler")
    return SCHEDULERS[scheduler](project)


def _slug(project: Project) -> str:
    return re.sub(r"[^a-z0-9]+", "_", project.name.lower()).strip("_") or "project"


def _file(project: Project) -> str:
    return str(Path(project.path).resolve())


def _shell(text: str) -> str:
    # In a crontab a percent sign ends the command.
    return "'" + text.replace("'", "'\\''").replace("%", "\\%") + "'"


def _cron(project: Project) -> str:
    program = f"{_shell(sys.executable)} -m evforecast"
    config = _shell(_file(project))
    log = _shell(str(Path(_file(project)).with_name("cron.log")))
    return f"""\
# {project.name}: at every quarter of an hour what makes forecasts, and all of it once a day (UTC).
# 10: a feed was missing or strange, or monitor warns; 20: monitor says ERROR; 75: another run is at work, and
# the next one does what is left. What was said is in cron.log, beside the project.
# Secrets are lines like EVFORECAST_LOGIN_MINE=Token 1234 up here; let nobody else read this file then.
# If your cron does not know CRON_TZ give the hour in local time: one that is after midnight UTC all year.
CRON_TZ=UTC
*/15 * * * * {program} run {" ".join(_OFTEN)} --config {config} >> {log} 2>&1
10 0 * * * {program} run daily --config {config} --as-of "$(date -u +\\%F)" >> {log} 2>&1
"""


def _tasks(project: Project) -> str:
    kind = project.warehouse.partition(":")[0]
    if kind != "snowflake":
        msg = (
            f"{project.path}: tasks run in Snowflake; warehouse is {kind}. Take another scheduler, or set "
            "[project] warehouse to an address of Snowflake."
        )
        raise InputError(msg)
    slug = _slug(project)
    tables = ("status", "status_grid", "forecast", "score", "watermark")
    counts = " UNION ALL ".join(
        f"SELECT {literal(name)} AS name, COUNT(*) AS n FROM {quote(name)}" for name in tables
    )
    size = project.sizes.get("predict", "XSMALL").upper().replace("-", "")
    return f"""\
-- {project.name}: what Snowflake can do by itself, as a task: how many rows there are is noted every day.
-- Forecasts inside the warehouse have tasks of their own: evforecast snowflake script prints them.
-- Collecting and training need a machine that reaches the feeds: any of the other schedulers.
CREATE TABLE IF NOT EXISTS "{slug}_health" ("at" TIMESTAMP_NTZ, "name" VARCHAR, "n" NUMBER(19,0));

CREATE OR REPLACE TASK "{slug}_health_task"
  USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = '{size}'
  SCHEDULE = 'USING CRON 20 0 * * * UTC'
AS
INSERT INTO "{slug}_health" SELECT SYSDATE(), name, n FROM ({counts}) AS t;

ALTER TASK "{slug}_health_task" RESUME;
"""


def _airflow(project: Project) -> str:
    return f'''\
"""{project.name}: its steps as tasks of Airflow, one a step, each safe to be tried again."""

from datetime import timedelta

import pendulum
from airflow.sdk import dag, task

CONFIG = {json.dumps(_file(project))}
STEPS = {json.dumps(list(STEPS))}
OFTEN = {json.dumps(list(_OFTEN))}


@task(retries=3, retry_delay=timedelta(minutes=5))
def step(name, data_interval_end=None):
    from evforecast.scenarios import Project, run

    result = run(name, Project.read(CONFIG), as_of=data_interval_end)
    return result.to_dict()


def chain(names):
    before = None
    for name in names:
        one = step.override(task_id=name)(name)
        if before is not None:
            before >> one
        before = one


@dag(
    dag_id="{_slug(project)}_quarter_hour",
    schedule="*/15 * * * *",
    start_date=pendulum.datetime(2026, 1, 5, tz="UTC"),
    catchup=False,
    max_active_runs=1,
)
def often():
    chain(OFTEN)


@dag(
    dag_id="{_slug(project)}_daily",
    schedule="0 0 * * *",
    start_date=pendulum.datetime(2026, 1, 5, tz="UTC"),
    catchup=False,
    max_active_runs=1,
)
def daily():
    chain(STEPS)


often()
daily()
'''


def _prefect(project: Project) -> str:
    return f'''\
"""{project.name}: its steps as flows of Prefect; `python THIS_FILE` serves both schedules."""

from datetime import datetime, timezone

from prefect import flow, serve, task

CONFIG = {json.dumps(_file(project))}
STEPS = {json.dumps(list(STEPS))}
OFTEN = {json.dumps(list(_OFTEN))}


@task(retries=3, retry_delay_seconds=300)
def step(name, as_of):
    from evforecast.scenarios import Project, run

    return run(name, Project.read(CONFIG), as_of=as_of).to_dict()


@flow(name="{_slug(project)}_quarter_hour")
def often():
    as_of = datetime.now(timezone.utc)
    return [step(name, as_of) for name in OFTEN]


@flow(name="{_slug(project)}_daily")
def daily():
    as_of = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    return [step(name, as_of) for name in STEPS]


if __name__ == "__main__":
    serve(
        often.to_deployment(name="{_slug(project)}_quarter_hour", cron="*/15 * * * *", concurrency_limit=1),
        daily.to_deployment(name="{_slug(project)}_daily", cron="10 0 * * *", concurrency_limit=1),
    )
'''


def _dataiku(project: Project) -> str:
    return f"""\
# {project.name}: the Python step of a Dataiku scenario. Make a scenario with the trigger "every 15 minutes"
# that holds it with DAILY = False, and one with the trigger "daily" and DAILY = True.
from datetime import datetime, timezone

from dataiku.scenario import Scenario

from evforecast.errors import TransientError
from evforecast.scenarios import Project, run

CONFIG = {json.dumps(_file(project))}
DAILY = True
STEPS = {json.dumps(list(STEPS))} if DAILY else {json.dumps(list(_OFTEN))}

scenario = Scenario()
project = Project.read(CONFIG)
as_of = datetime.now(timezone.utc)
if DAILY:
    as_of = as_of.replace(hour=0, minute=0, second=0, microsecond=0)
try:
    results = [run(name, project, as_of=as_of) for name in STEPS]
except TransientError as error:
    # Another run is at work, or the warehouse was away: the next trigger does what is left.
    scenario.set_scenario_variables(evforecast_error=str(error))
else:
    worst = max(results, key=lambda result: result.exit_code)
    scenario.set_scenario_variables(
        evforecast_status=worst.status, evforecast_rows=sum(result.rows for result in results)
    )
"""


SCHEDULERS: dict[str, Callable[[Project], str]] = {
    "cron": _cron,
    "tasks": _tasks,
    "airflow": _airflow,
    "prefect": _prefect,
    "dataiku": _dataiku,
}
"""By name, what makes the example."""

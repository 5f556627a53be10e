"""The statements of a deployment on Snowflake, as text; nothing here talks to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evforecast._version import __version__
from evforecast.errors import InputError
from evforecast.inwarehouse.deployment import Deployment
from evforecast.inwarehouse.job import KEY, ForecastJob
from evforecast.inwarehouse.rows import INPUT_COLUMNS, PARTITION, RowsQuery, latest
from evforecast.warehouse import SNOWFLAKE, Column, TableName, quote
from evforecast.warehouse.snowflake.sql import literal
from evforecast.warehouse.statements import changes, differs, names, same_key

__all__ = [
    "argument_types",
    "call_procedure",
    "create_function",
    "create_procedure",
    "create_task",
    "function_name",
    "grants",
    "merge_forecast",
    "procedure_name",
    "resume_task",
    "task_name",
]


def function_name(job: ForecastJob) -> str:
    """Return the name of the function of a job: another model, version or horizon is another function."""
    return f"evforecast_{job.label}"


def procedure_name() -> str:
    """Return the name of the procedure that trains, one a version of the package.

    Examples
    --------
    >>> procedure_name().startswith("evforecast_train_")
    True
    """
    return f"evforecast_train_{__version__.replace('.', '_')}"


def argument_types() -> list[str]:
    """Return the types of the function's arguments, which are part of how it is called.

    Examples
    --------
    >>> argument_types()[:3]
    ['VARCHAR', 'TIMESTAMP_NTZ', 'NUMBER(5,0)']
    """
    return [_type(column) for column in INPUT_COLUMNS]


def task_name(job: ForecastJob) -> str:
    """Return the name of the task of a job, the same whatever the version: a new one takes its place."""
    return f"evforecast_predict_{job.slug}"


def create_function(deployment: Deployment, zip_name: str) -> str:
    """Return the statement that makes the function of a job.

    Parameters
    ----------
    deployment : Deployment
    zip_name : str
        The file of `make_bundle`, in the same folder of the stage as the model.
    """
    job = deployment.job
    facts = {
        "model_file": deployment.model_file,
        "sha256": job.sha256,
        "version": __version__,
        "name": job.name,
        "tz": job.tz,
        "horizons": job.horizons,
    }
    body = [
        "import pandas",
        "from evforecast.inwarehouse.handler import ForecastPartition",
        "class Forecast(ForecastPartition):",
        *(f"    {name} = {value!r}" for name, value in facts.items()),
        "Forecast.end_partition._sf_vectorized_input = pandas.DataFrame",
    ]
    comment = f"evforecast {__version__}, model {job.name} {job.sha256[:12]}"
    return "\n".join(
        (
            f"CREATE OR REPLACE FUNCTION {quote(function_name(job))}({_typed(INPUT_COLUMNS)})",
            f"RETURNS TABLE ({_typed(job.columns)})",
            *_python(deployment, deployment.packages, (zip_name, deployment.model_file)),
            f"COMMENT = {literal(comment)}",
            "HANDLER = 'Forecast'",
            _body(body),
        )
    )


def merge_forecast(job: ForecastJob, cutoff: str) -> str:
    """Return the statement that forecasts and merges the rows: all of it or nothing.

    Parameters
    ----------
    job : ForecastJob
    cutoff : str
        As SQL.
    """
    arguments = names(INPUT_COLUMNS, "r")
    source = (
        f"SELECT {names(job.columns, 'f')} FROM ({job.query(SNOWFLAKE).sql(cutoff)}) AS r, "
        f"TABLE({quote(function_name(job))}({arguments}) OVER (PARTITION BY r.{quote(PARTITION)})) AS f"
    )
    others = [column.name for column in job.columns if column.name not in KEY]
    return (
        f"MERGE INTO {job.into.sql} AS t USING ({source}) AS s ON {same_key(KEY)} "
        f"WHEN MATCHED AND ({differs(others)}) THEN UPDATE SET {changes(others)} "
        f"WHEN NOT MATCHED THEN INSERT ({names(job.columns)}) VALUES ({names(job.columns, 's')})"
    )


def create_task(deployment: Deployment) -> str:
    """Return the statement that makes the task: it forecasts from the last time of the grid.

    A task is made suspended, see `resume_task`. One run at a time; after three failures it stops.
    """
    job = deployment.job
    lines = [f"CREATE OR REPLACE TASK {quote(task_name(job))}"]
    if deployment.warehouse is not None:
        lines.append(f"WAREHOUSE = {quote(deployment.warehouse)}")
    lines += [
        f"SCHEDULE = {literal(f'USING CRON {deployment.schedule} UTC')}",
        'QUERY_TAG = \'{"app":"evforecast","step":"predict","run":"task","as_of":""}\'',
        "SUSPEND_TASK_AFTER_NUM_FAILURES = 3",
        f"COMMENT = {literal(f'calls {function_name(job)}')}",
        f"AS {merge_forecast(job, latest(job.grid))}",
    ]
    return "\n".join(lines)


def resume_task(job: ForecastJob) -> str:
    """Return the statement that starts the task."""
    return f"ALTER TASK {quote(task_name(job))} RESUME"


def grants(deployment: Deployment) -> Iterator[str]:
    """Yield the statements that let another role forecast; none without one.

    Whoever calls the function needs no right on its stage.
    """
    job, role = deployment.job, deployment.role
    if role is None:
        return
    types = ", ".join(argument_types())
    yield f"GRANT USAGE ON FUNCTION {quote(function_name(job))}({types}) TO ROLE {quote(role)}"
    for table in dict.fromkeys(filter(None, (job.grid, job.evse, job.exog))):
        yield f"GRANT SELECT ON TABLE {table.sql} TO ROLE {quote(role)}"
    yield f"GRANT SELECT, INSERT, UPDATE ON TABLE {job.into.sql} TO ROLE {quote(role)}"


def create_procedure(deployment: Deployment, zip_name: str) -> str:
    """Return the statement that makes the procedure that trains on a sample.

    It runs with the rights of whoever calls it, takes what `call_procedure` gives, fits, puts the model's
    file into the folder of the stage, and returns JSON that says which file and what it is.

    Parameters
    ----------
    deployment : Deployment
    zip_name : str
        The file of `make_bundle`.
    """
    step = int(deployment.job.step / np.timedelta64(1, "s"))
    body = [
        "from evforecast.inwarehouse.training import train",
        "def run(session, name, spec, query):",
        "    return train(",
        "        session, rows=query, spec=spec, name=name,",
        f"        step={f'{step}s'!r}, tz={deployment.job.tz!r}, location={deployment.location!r},",
        "    )",
    ]
    packages = ("snowflake-snowpark-python", *deployment.packages)
    arguments = ", ".join(f"{quote(name)} VARCHAR" for name in ("name", "spec", "query"))
    return "\n".join(
        (
            f"CREATE OR REPLACE PROCEDURE {quote(procedure_name())}({arguments})",
            "RETURNS VARCHAR",
            *_python(deployment, packages, (zip_name,)),
            f"COMMENT = {literal(f'evforecast {__version__}')}",
            "HANDLER = 'run'",
            "EXECUTE AS CALLER",
            _body(body),
        )
    )


def call_procedure(
    name: str,
    spec: str,
    *,
    grid: TableName,
    evse: TableName,
    cutoff: str,
    rows: int,
    step: np.timedelta64,
    percent: int = 100,
) -> str:
    """Return the statement that trains.

    Parameters
    ----------
    name : str
        What the file's name begins with.
    spec : str
        Of the forecaster, as JSON (see `evforecast.inwarehouse.training.make_forecaster`).
    grid, evse : TableName
        The statuses on their grid, and the chargers.
    cutoff : str
        Where the training ends, as SQL.
    rows : int
        Rows of the grid up to there.
    step : numpy.timedelta64
        Of the grid.
    percent : int
        The share of the locations to learn from; all chargers of a location are in the sample or none.

    Raises
    ------
    InputError
        If `percent` is not from 1 to 100.

    Examples
    --------
    >>> call_procedure(
    ...     "champion",
    ...     '{"semi-markov": {}}',
    ...     grid=TableName.parse("status_grid"),
    ...     evse=TableName.parse("evse"),
    ...     cutoff="'2020-10-26'",
    ...     rows=2688,
    ...     step=np.timedelta64(900, "s"),
    ...     percent=20,
    ... )[:16]
    'CALL "evforecast'
    """
    if not 1 <= percent <= 100:
        msg = f"call_procedure: percent={percent}: a share of the locations is from 1 to 100."
        raise InputError(msg)
    query = RowsQuery(SNOWFLAKE, grid, evse, None, lookback=rows, step=step, percent=percent)
    values = ", ".join(literal(text) for text in (name, spec, query.sql(cutoff)))
    return f"CALL {quote(procedure_name())}({values})"


def _python(deployment: Deployment, packages: Sequence[str], files: Sequence[str]) -> Iterator[str]:
    yield "LANGUAGE PYTHON"
    yield f"RUNTIME_VERSION = {literal(deployment.runtime)}"
    if deployment.repository is not None:
        yield f"ARTIFACT_REPOSITORY = {deployment.repository}"
    yield f"PACKAGES = ({', '.join(map(literal, packages))})"
    imports = ", ".join(literal(f"{deployment.location}{name}") for name in files)
    yield f"IMPORTS = ({imports})"


def _body(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    if "$$" in text:
        msg = f"a name holds $$, which ends the text of a function: {text!r}. Rename it."
        raise InputError(msg)
    return f"AS $$\n{text}\n$$"


def _typed(columns: Sequence[Column]) -> str:
    return ", ".join(f"{quote(column.name)} {_type(column)}" for column in columns)


def _type(column: Column) -> str:
    """Return the type of an argument or a result; these have no precision of a time."""
    return "TIMESTAMP_NTZ" if column.kind == "timestamp" else SNOWFLAKE.type_of(column)

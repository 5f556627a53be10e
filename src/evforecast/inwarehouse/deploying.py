"""A deployment on Snowflake: as one script to be read and run by hand, or run here."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from evforecast._version import __version__
from evforecast.inwarehouse import statements
from evforecast.inwarehouse.bundle import make_bundle
from evforecast.inwarehouse.deployment import Deployment
from evforecast.inwarehouse.predict import make_forecast_table
from evforecast.inwarehouse.trouble import explained
from evforecast.warehouse import SNOWFLAKE
from evforecast.warehouse.snowflake import SnowflakeWarehouse, sql
from evforecast.warehouse.snowflake.stages import Stage
from evforecast.warehouse.statements import create_table

__all__ = ["deploy", "deployment_script", "write_files"]


def write_files(deployment: Deployment, folder: str | Path) -> tuple[Path, Path]:
    """Write the two files of a deployment under the names that they have in the stage.

    Parameters
    ----------
    deployment : Deployment
    folder : path

    Returns
    -------
    zip, model : Path

    Examples
    --------
    See `deployment_script`.
    """
    bundle = make_bundle(folder)
    model = Path(folder) / deployment.model_file
    if not (model.exists() and model.samefile(deployment.job.path)):
        shutil.copyfile(deployment.job.path, model)
    return bundle.path, model


def deployment_script(deployment: Deployment, folder: str | Path) -> str:
    """Write the files of a deployment, and return the SQL of all of it.

    The script uploads the files, makes the table of forecasts, the function, the procedure that trains and
    the task, gives the grants, and starts the task. It may be run again at any time.

    Parameters
    ----------
    deployment : Deployment
    folder : path
        Where the zip and the model are written, to be uploaded from.

    Returns
    -------
    str

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.inwarehouse import ForecastJob
    >>> folder = tempfile.mkdtemp()
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.Climatology([4]).fit(panel).save(f"{folder}/model.evf")
    >>> job = ForecastJob.of(f"{folder}/model.evf", name="champion", tz="Europe/Paris")
    >>> text = deployment_script(Deployment(job, warehouse="EV"), folder)
    >>> [line.split(" @")[0][:10] for line in text.splitlines() if line.startswith("PUT")]
    ["PUT 'file:", "PUT 'file:"]
    """
    files = write_files(deployment, folder)
    groups = (
        _header(deployment),
        _uploads(deployment, files),
        _objects(deployment, files[0].name),
        _grants(deployment),
        _schedule(deployment),
    )
    return "\n\n".join("\n".join(group) for group in groups) + "\n"


def _header(deployment: Deployment) -> Iterator[str]:
    name = deployment.job.name
    yield f"-- Forecasts of the model {name} inside Snowflake. Written by evforecast {__version__}."
    yield "-- Run it on the machine that has the files, with the Snowflake CLI:"
    yield "--     snow sql --connection NAME --filename THIS_FILE"
    yield "-- The connection names the database, the schema, the role and the warehouse."
    yield "-- It may be run again from the start at any time."


def _uploads(deployment: Deployment, files: tuple[Path, Path]) -> Iterator[str]:
    stage = Stage.parse(deployment.stage)
    if stage.kind == "external":
        yield f"-- 1. Copy these files to {deployment.location} with the cloud's own tool first"
        for path in files:
            yield f"--     {path.absolute().as_posix()}"
    else:
        yield "-- 1. The code and the model"
        yield f"{sql.create_stage(stage)};"
        for path in files:
            yield f"{sql.put(path, deployment.location)};"
    yield f"{sql.list_files(deployment.location)};"


def _objects(deployment: Deployment, zip_name: str) -> Iterator[str]:
    job = deployment.job
    yield "-- 2. The table of forecasts, the function that forecasts, the procedure that trains"
    yield f"{create_table(SNOWFLAKE, job.into, job.columns, transient=False)};"
    yield f"{statements.create_function(deployment, zip_name)};"
    yield f"{statements.create_procedure(deployment, zip_name)};"


def _grants(deployment: Deployment) -> Iterator[str]:
    yield "-- 3. Grants"
    yield from (f"{statement};" for statement in statements.grants(deployment))


def _schedule(deployment: Deployment) -> Iterator[str]:
    yield "-- 4. The schedule. The role that owns a task needs EXECUTE TASK on the account, and"
    yield "--    EXECUTE MANAGED TASK where no warehouse is named."
    yield f"{statements.create_task(deployment)};"
    yield f"{statements.resume_task(deployment.job)};"


def deploy(
    warehouse: SnowflakeWarehouse, deployment: Deployment, *, schedule: bool = False
) -> list[str]:
    """Make the function of a job in Snowflake, and what it needs.

    Parameters
    ----------
    warehouse : SnowflakeWarehouse
        Its stage must be that of the deployment.
    deployment : Deployment
    schedule : bool
        Also make and start the task that forecasts by itself.

    Returns
    -------
    list of str
        The statements that were run, uploads aside.

    Raises
    ------
    InputError
        If the table of forecasts stands and has other columns.
    WarehouseError, TransientError
        If Snowflake refuses.

    Examples
    --------
    ``deploy(SnowflakeWarehouse.from_url("snowflake://org-ev/ev/raw"), Deployment(job))``, where the address
    holds no secret:

    >>> deploy(SnowflakeWarehouse.from_url("snowflake://org-ev/ev/raw?password=secret"), ...)
    Traceback (most recent call last):
    evforecast.errors.InputError: a Snowflake address holds 'password': addresses end in logs. ...
    """
    job, done = deployment.job, []
    with tempfile.TemporaryDirectory(prefix="evforecast-") as folder:
        files = write_files(deployment, folder)
        if Stage.parse(deployment.stage).kind == "named":
            warehouse.put(list(files), deployment.prefix)
    make_forecast_table(warehouse, job.into, job.columns)
    listed = [
        statements.create_function(deployment, files[0].name),
        statements.create_procedure(deployment, files[0].name),
        *statements.grants(deployment),
    ]
    if schedule:
        listed += [statements.create_task(deployment), statements.resume_task(job)]
    with explained(statements.function_name(job)):
        for statement in listed:
            warehouse.run(statement)
            done.append(statement)
    return done

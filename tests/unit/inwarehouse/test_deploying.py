import dataclasses
import re

import pytest

from evforecast.errors import InputError
from evforecast.inwarehouse import Deployment, deploy, deployment_script, statements
from evforecast.inwarehouse.deploying import write_files
from evforecast.warehouse import WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError


def heads(listed):
    """Return what each statement makes."""
    return [re.match(r"[A-Z]+( OR REPLACE)?( [A-Z]+)?", one)[0] for one in listed]


def test_files_have_the_names_that_they_have_in_the_stage(job, tmp_path):
    deployment = Deployment(job)
    zip_file, model = write_files(deployment, tmp_path)
    assert model.name == deployment.model_file
    assert model.read_bytes() == job.path.read_bytes()
    assert zip_file.suffix == ".zip"
    assert write_files(deployment, tmp_path) == (zip_file, model)


def test_a_model_that_has_its_name_already_is_left_there(job, tmp_path):
    deployment = Deployment(job)
    (tmp_path / deployment.model_file).write_bytes(job.path.read_bytes())
    there = dataclasses.replace(job, path=tmp_path / deployment.model_file)
    _, model = write_files(Deployment(there), tmp_path)
    assert model.read_bytes() == job.path.read_bytes()


def test_the_script_says_all_of_it_in_order(job, tmp_path):
    deployment = Deployment(job, role="READER", warehouse="EV")
    text = deployment_script(deployment, tmp_path)
    zip_file = next(tmp_path.glob("*.zip"))
    code = [line for line in text.splitlines() if not line.startswith("--")]
    listed = [one.strip() for one in "\n".join(code).split(";\n") if one.strip()]
    assert heads(listed) == [
        "CREATE STAGE",
        "PUT",
        "PUT",
        "LIST",
        "CREATE TABLE",
        "CREATE OR REPLACE FUNCTION",
        "CREATE OR REPLACE PROCEDURE",
        *["GRANT USAGE"],
        *["GRANT SELECT"] * 3,
        "CREATE OR REPLACE TASK",
        "ALTER TASK",
    ]
    assert f"file://{zip_file.as_posix()}" in text
    for statement in (
        statements.create_function(deployment, zip_file.name),
        statements.create_procedure(deployment, zip_file.name),
        statements.create_task(deployment),
        *statements.grants(deployment),
    ):
        assert f"{statement};" in text


def test_of_an_external_stage_the_script_says_what_to_copy(job, tmp_path):
    text = deployment_script(Deployment(job, stage="external:s3"), tmp_path)
    assert "PUT" not in text
    assert "CREATE STAGE" not in text
    assert f"--     {next(tmp_path.glob('*.zip')).as_posix()}" in text


def test_deployed_it_is_what_the_script_says(recorder, job, tmp_path):
    deployment = Deployment(job, role="READER", warehouse="EV")
    warehouse = recorder()
    done = deploy(warehouse, deployment, schedule=True)
    assert warehouse.asked == done
    assert warehouse.made == ["forecast"]
    (files,) = warehouse.put_files.values()
    assert files[deployment.model_file] == job.path.read_bytes()
    text = deployment_script(deployment, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    assert all(f"{statement};" in text for statement in done)
    assert heads(done)[-2:] == ["CREATE OR REPLACE TASK", "ALTER TASK"]


def test_without_a_schedule_there_is_no_task(recorder, job):
    assert not [one for one in deploy(recorder(), Deployment(job)) if "TASK" in one]


def test_nothing_is_uploaded_to_an_external_stage(recorder, job):
    warehouse = recorder()
    deploy(warehouse, Deployment(job, stage="external:s3"))
    assert warehouse.put_files == {}


def test_what_snowflake_refuses_is_said(recorder, job):
    error = SnowflakeError("Snowflake: CREATE: 003001", 3001)
    with pytest.raises(WarehouseError, match="grant"):
        deploy(recorder(CREATE=error), Deployment(job))


def test_a_folder_that_cannot_be_uploaded_from_is_told(job, tmp_path):
    folder = tmp_path / "it's"
    folder.mkdir()
    with pytest.raises(InputError, match="cannot be uploaded from"):
        deployment_script(Deployment(job), folder)

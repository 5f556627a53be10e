import dataclasses
import re

import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.inwarehouse import Deployment, ForecastPartition, statements
from evforecast.inwarehouse.credits.tags import Tag
from evforecast.inwarehouse.rows import latest
from evforecast.warehouse import TableName

TRAP = "it's \"quoted\" \\ 'n; DROP TABLE x --"


@pytest.fixture(scope="module")
def plain(job):
    """The job with facts that stay the same: a golden text has no hash in it."""
    return dataclasses.replace(job, sha256="0123456789abcdef" * 4)


@pytest.fixture(scope="module")
def trapped(job):
    """A job whose every name has what would need care."""
    names = dict.fromkeys(("grid", "evse", "exog", "into"), TableName((TRAP, TRAP)))
    return dataclasses.replace(job, name=TRAP, series=(TRAP,), **names)


def body(statement):
    """Return the Python between the dollars."""
    return statement.split("$$")[1]


def golden(statement, job):
    """Return a statement with the version and the mark left out."""
    text = statement.replace(job.mark, "MARK").replace(ev.__version__, "VERSION")
    return text.replace(ev.__version__.replace(".", "_"), "VERSION")


def test_the_function(plain):
    statement = statements.create_function(Deployment(plain), "evforecast.zip")
    assert golden(statement, plain) == (
        'CREATE OR REPLACE FUNCTION "evforecast_champion_VERSION_MARK"("evse_id" VARCHAR, '
        '"time" TIMESTAMP_NTZ, "code" NUMBER(5,0), "location_id" VARCHAR, "area" VARCHAR, "lat" FLOAT, '
        '"lon" FLOAT, "model" VARCHAR, "series" VARCHAR, "value" FLOAT)\n'
        'RETURNS TABLE ("model" VARCHAR, "cutoff" TIMESTAMP_NTZ, "horizon" NUMBER(10,0), '
        '"evse_id" VARCHAR, "p_available" FLOAT, "p_charging" FLOAT, "p_passive" FLOAT, '
        '"p_offline" FLOAT, "p_down" FLOAT)\n'
        "LANGUAGE PYTHON\n"
        "RUNTIME_VERSION = '3.12'\n"
        "PACKAGES = ('numpy', 'pandas', 'scipy', 'scikit-learn', 'tzdata')\n"
        "IMPORTS = ('@evforecast_stage/evforecast-VERSION/evforecast.zip', "
        "'@evforecast_stage/evforecast-VERSION/champion-01234567.evf')\n"
        "COMMENT = 'evforecast VERSION, model champion 0123456789ab'\n"
        "HANDLER = 'Forecast'\n"
        "AS $$\n"
        "import pandas\n"
        "from evforecast.inwarehouse.handler import ForecastPartition\n"
        "class Forecast(ForecastPartition):\n"
        "    model_file = 'champion-01234567.evf'\n"
        f"    sha256 = '{plain.sha256}'\n"
        "    version = 'VERSION'\n"
        "    name = 'champion'\n"
        "    tz = 'Europe/Paris'\n"
        "    horizons = (1, 4)\n"
        "Forecast.end_partition._sf_vectorized_input = pandas.DataFrame\n"
        "$$"
    )


def test_runtime_packages_and_repository_are_those_said(job):
    repository = "snowflake.snowpark.pypi_shared_repository"
    deployment = Deployment(job, "3.14", ("numpy==2.1",), repository)
    statement = statements.create_function(deployment, "evforecast.zip")
    assert "RUNTIME_VERSION = '3.14'\n" in statement
    assert f"ARTIFACT_REPOSITORY = {repository}\nPACKAGES = ('numpy==2.1')\n" in statement


def test_the_text_of_the_function_is_a_handler(trapped, model, model_file, context, rows_of):
    statement = statements.create_function(Deployment(trapped), "evforecast.zip")
    scope = {}
    exec(body(statement), scope)  # noqa: S102 - our own text
    forecast = scope["Forecast"]
    assert issubclass(forecast, ForecastPartition)
    assert forecast.name == TRAP
    assert forecast.end_partition._sf_vectorized_input.__name__ == "DataFrame"
    forecast.model_file = str(model_file)
    frames = list(forecast().end_partition(rows_of(context, model.lookback)))
    assert [frame["model"].iloc[0] for frame in frames] == [TRAP, TRAP]


def test_a_name_with_dollars_is_refused(job):
    strange = dataclasses.replace(job, name="$$; DROP TABLE x")
    with pytest.raises(InputError, match=r"holds \$\$"):
        statements.create_function(Deployment(strange), "evforecast.zip")


def test_the_merge(plain):
    statement = statements.merge_forecast(plain, "CUTOFF")
    assert golden(statement, plain).startswith(
        'MERGE INTO "forecast" AS t USING (SELECT f."model", f."cutoff", f."horizon", f."evse_id", '
        'f."p_available", f."p_charging", f."p_passive", f."p_offline", f."p_down" FROM (WITH "span"'
    )
    assert golden(statement, plain).endswith(
        ') AS r, TABLE("evforecast_champion_VERSION_MARK"(r."evse_id", r."time", r."code", '
        'r."location_id", r."area", r."lat", r."lon", r."model", r."series", r."value") '
        'OVER (PARTITION BY r."partition")) AS f) AS s '
        'ON t."model" = s."model" AND t."cutoff" = s."cutoff" AND t."horizon" = s."horizon" '
        'AND t."evse_id" = s."evse_id" WHEN MATCHED AND (t."p_available" IS DISTINCT FROM '
        's."p_available" OR t."p_charging" IS DISTINCT FROM s."p_charging" OR t."p_passive" IS '
        'DISTINCT FROM s."p_passive" OR t."p_offline" IS DISTINCT FROM s."p_offline" OR t."p_down" '
        'IS DISTINCT FROM s."p_down") THEN UPDATE SET "p_available" = s."p_available", '
        '"p_charging" = s."p_charging", "p_passive" = s."p_passive", "p_offline" = s."p_offline", '
        '"p_down" = s."p_down" WHEN NOT MATCHED THEN INSERT ("model", "cutoff", "horizon", '
        '"evse_id", "p_available", "p_charging", "p_passive", "p_offline", "p_down") VALUES '
        '(s."model", s."cutoff", s."horizon", s."evse_id", s."p_available", s."p_charging", '
        's."p_passive", s."p_offline", s."p_down")'
    )


def test_the_task(plain):
    statement = statements.create_task(Deployment(plain, warehouse="EV's", schedule="5 * * * *"))
    head, sql = golden(statement, plain).split("\nAS ")
    assert head == (
        'CREATE OR REPLACE TASK "evforecast_predict_champion"\n'
        'WAREHOUSE = "EV\'s"\n'
        "SCHEDULE = 'USING CRON 5 * * * * UTC'\n"
        'QUERY_TAG = \'{"app":"evforecast","step":"predict","run":"task","as_of":""}\'\n'
        "SUSPEND_TASK_AFTER_NUM_FAILURES = 3\n"
        "COMMENT = 'calls evforecast_champion_VERSION_MARK'"
    )
    assert sql == golden(statements.merge_forecast(plain, latest(plain.grid)), plain)
    assert statements.resume_task(plain) == 'ALTER TASK "evforecast_predict_champion" RESUME'


def test_without_a_warehouse_the_task_is_serverless(plain):
    assert "WAREHOUSE" not in statements.create_task(Deployment(plain))


def test_the_tag_of_the_task_is_read_by_the_report(plain):
    statement = statements.create_task(Deployment(plain))
    tag = re.search(r"QUERY_TAG = '(.*)'", statement)[1]
    assert Tag.parse(tag).step == "predict"


def test_a_later_version_takes_the_place_of_the_task_only(job):
    other = dataclasses.replace(job, horizons=(1,))
    assert statements.function_name(other) != statements.function_name(job)
    assert statements.task_name(other) == statements.task_name(job)


def test_grants(plain):
    deployment = Deployment(plain, role="EV_READER")
    types = "VARCHAR, TIMESTAMP_NTZ, NUMBER(5,0), VARCHAR, VARCHAR, FLOAT, FLOAT, VARCHAR, VARCHAR, FLOAT"
    function = f'"evforecast_champion_VERSION_MARK"({types})'
    assert [golden(one, plain) for one in statements.grants(deployment)] == [
        f'GRANT USAGE ON FUNCTION {function} TO ROLE "EV_READER"',
        'GRANT SELECT ON TABLE "status_grid" TO ROLE "EV_READER"',
        'GRANT SELECT ON TABLE "evse" TO ROLE "EV_READER"',
        'GRANT SELECT, INSERT, UPDATE ON TABLE "forecast" TO ROLE "EV_READER"',
    ]
    assert list(statements.grants(Deployment(plain))) == []


def test_the_procedure(plain):
    statement = statements.create_procedure(Deployment(plain), "evforecast.zip")
    assert golden(statement, plain) == (
        'CREATE OR REPLACE PROCEDURE "evforecast_train_VERSION"("name" VARCHAR, "spec" VARCHAR, '
        '"query" VARCHAR)\n'
        "RETURNS VARCHAR\n"
        "LANGUAGE PYTHON\n"
        "RUNTIME_VERSION = '3.12'\n"
        "PACKAGES = ('snowflake-snowpark-python', 'numpy', 'pandas', 'scipy', 'scikit-learn', "
        "'tzdata')\n"
        "IMPORTS = ('@evforecast_stage/evforecast-VERSION/evforecast.zip')\n"
        "COMMENT = 'evforecast VERSION'\n"
        "HANDLER = 'run'\n"
        "EXECUTE AS CALLER\n"
        "AS $$\n"
        "from evforecast.inwarehouse.training import train\n"
        "def run(session, name, spec, query):\n"
        "    return train(\n"
        "        session, rows=query, spec=spec, name=name,\n"
        "        step='900s', tz='Europe/Paris', location='@evforecast_stage/evforecast-VERSION/',\n"
        "    )\n"
        "$$"
    )


def test_the_call_of_the_procedure():
    table = TableName.parse
    options = {"grid": table("g"), "evse": table("e"), "cutoff": "'2020-10-26'", "rows": 96}
    step = np.timedelta64(900, "s")
    call = statements.call_procedure(TRAP, "{}", percent=20, step=step, **options)
    assert call.startswith(f'CALL "{statements.procedure_name()}"(')
    assert "'it''s \"quoted\" \\\\ ''n; DROP TABLE x --', '{}', '" in call
    assert "< 20" in call
    with pytest.raises(InputError, match="percent=0"):
        statements.call_procedure("a", "{}", percent=0, step=step, **options)


def all_statements(job):
    deployment = Deployment(job, role=TRAP, warehouse=TRAP)
    yield statements.create_function(deployment, "evforecast.zip")
    yield statements.merge_forecast(job, latest(job.grid))
    yield statements.create_task(deployment).partition("\nAS ")[2]
    yield statements.create_procedure(deployment, "evforecast.zip")
    yield from statements.grants(deployment)


def test_each_is_one_statement_of_snowflake_whatever_the_names(trapped):
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot comes with the emulator only")
    for statement in all_statements(trapped):
        # what sqlglot does not parse it keeps as a command; even then it splits statements
        (parsed,) = sqlglot.parse(statement, dialect="snowflake")
        assert parsed is not None


def test_every_name_is_in_quotes(trapped):
    text = "\n".join(all_statements(trapped))
    inside = re.sub(
        r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|\$\$.*?\$\$", "", text, flags=re.DOTALL
    )
    assert "DROP" not in inside

import argparse
import json
import zipfile

import pytest

import evforecast as ev
from evforecast.cli import snowflake
from evforecast.errors import EvForecastError, InputError
from evforecast.inwarehouse import CheckLine

LINES = [
    CheckLine("connect", "works", 0.5, "Snowflake 9"),
    CheckLine("views", "no grant", 1.0, "no view"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.evf"
    panel = ev.simulate(n_evse=4, days=3, random_state=0)
    ev.Climatology([1, 4]).fit(panel).save(path)
    return str(path)


@pytest.fixture(autouse=True)
def _no_account(monkeypatch):
    for name in ("ACCOUNT", "CONNECTION"):
        monkeypatch.delenv(f"EVFORECAST_SNOWFLAKE_{name}", raising=False)


def run(*words):
    """Run the command by itself; return its exit code."""
    parser = argparse.ArgumentParser()
    snowflake.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["snowflake", *words])
    return arguments.run(arguments)


def script(model, folder, *words):
    given = (
        "--model",
        model,
        "--name",
        "champion",
        "--tz",
        "Europe/Paris",
        "--folder",
        str(folder),
    )
    return run("script", *given, *words)


def test_bundle_writes_the_zip_and_says_where(tmp_path, capsys):
    assert run("bundle", "--folder", str(tmp_path)) == 0
    (file,) = tmp_path.iterdir()
    assert str(file) in capsys.readouterr().out
    with zipfile.ZipFile(file) as opened:
        assert "evforecast/inwarehouse/handler.py" in opened.namelist()


def test_script_prints_sql_and_nothing_else(model, tmp_path, capsys):
    assert script(model, tmp_path) == 0
    text = capsys.readouterr().out
    assert text.startswith("-- Forecasts of the model champion")
    assert "CREATE OR REPLACE FUNCTION" in text
    assert len(list(tmp_path.iterdir())) == 2


def test_script_takes_tables_and_how(model, tmp_path, capsys):
    words = ["--grid", "ev.grid", "--evse", "ev.evse", "--into", "ev.f", "--role", "R"]
    words += ["--warehouse", "W", "--schedule", "0 * * * *", "--runtime", "3.13"]
    words += ["--repository", "snowflake.snowpark.pypi_shared_repository", "--horizon", "2"]
    assert script(model, tmp_path, *words, "--stage", "named:code") == 0
    text = capsys.readouterr().out
    for part in ('"ev"."grid"', '"ev"."evse"', '"ev"."f"', 'TO ROLE "R"', 'WAREHOUSE = "W"'):
        assert part in text
    for part in ("CRON 0 * * * *", "'3.13'", "pypi_shared_repository", "horizons = (2,)", "@code/"):
        assert part in text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--runtime", "2.7"], "runtime='2.7' is no choice"),
        (["--schedule", "x"], "five fields"),
        (["--stage", "user"], "named stage"),
    ],
)
def test_script_tells_what_cannot_be(model, tmp_path, words, found):
    with pytest.raises(InputError, match=found):
        script(model, tmp_path, *words)


def test_script_without_a_model_tells_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="Save a forecaster there first"):
        script(str(tmp_path / "nothing.evf"), tmp_path)


def test_check_without_an_account_says_what_to_set():
    with pytest.raises(EvForecastError, match="EVFORECAST_SNOWFLAKE_ACCOUNT, _USER"):
        run("check")


@pytest.fixture
def account(monkeypatch):
    """An account whose checks are those of a list."""
    asked = {}

    class Closed:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            asked["closed"] = True

    def checked(_warehouse, **options):
        asked.update(options)
        yield from asked["lines"]

    monkeypatch.setenv("EVFORECAST_SNOWFLAKE_CONNECTION", "work")
    monkeypatch.setattr(
        "evforecast.warehouse.snowflake.SnowflakeWarehouse.connect", lambda _: Closed()
    )
    monkeypatch.setattr("evforecast.inwarehouse.check.check_account", checked)
    monkeypatch.setattr("evforecast.inwarehouse.check_account", checked, raising=False)
    asked["lines"] = LINES
    return asked


def test_check_prints_a_table(account, capsys):
    assert run("check", "--only", "connect", "--only", "views", "--runtime", "3.11") == 0
    assert account["only"] == ["connect", "views"]
    assert account["options"] == {"runtime": "3.11"}
    assert account["closed"]
    assert capsys.readouterr().out.splitlines() == [
        "check      status     seconds  found",
        "connect    works          0.5  Snowflake 9",
        "views      no grant       1.0  no view",
    ]


def test_check_fails_when_one_does(account, capsys):
    account["lines"] = [*LINES, CheckLine("udtf", "fails", 2.0, "why")]
    assert run("check", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told[-1] == {"name": "udtf", "status": "fails", "seconds": 2.0, "found": "why"}

import argparse
import json
from contextlib import nullcontext
from decimal import Decimal

import numpy as np
import pytest
from recorded_views import WARNINGS, Account, answering, cost, day, frame, hour, query, tag

from evforecast.cli.credits import add_parser, run
from evforecast.errors import FileFormatError, InputError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]

NOW = np.datetime64("2026-11-29T08:00:00")
VIEWS = {
    "queries": frame(
        "queries", query("a", "08:00", 36), query("b", "09:00", 36, QUERY_TAG=tag("load"))
    ),
    "attribution": frame(
        "attribution",
        cost("a", "08:00", 36, 0.01),
        cost("b", "09:00", 36, 0.02, QUERY_TAG=tag("load")),
    ),
    "metering": frame("metering", hour("08:00", 0.05, 0.01), hour("09:00", 0.02, 0.02)),
    "daily": frame("daily", day("2026-11-27", "WAREHOUSE_METERING", 0.07, 0.0, 0.0)),
}


@pytest.fixture(scope="module")
def session(emulator):
    import fakesnow

    from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

    with fakesnow.patch():
        settings = SnowflakeSettings(
            "fakesnow", "fake", password="snow", database="ev", schema="s1"
        )
        with SnowflakeWarehouse.connect(settings) as warehouse:
            yield warehouse


@pytest.fixture
def account(session, monkeypatch):
    account = Account()
    monkeypatch.setattr("evforecast.warehouse.connect", lambda _: nullcontext(session))
    with answering(account):
        yield account
        account.forget(session)


@pytest.fixture
def recorded(session, account):
    account.record(session, **VIEWS)
    return account


def credits(*more):  # noqa: A001 - the name of the command
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    given = ["credits", "--warehouse", "snowflake://org-ev/ev/raw", "--since", "2026-11-27", *more]
    return run(parser.parse_args(given), lambda: NOW)


def test_the_table(recorded, capsys):
    assert credits("--price", "3.9", "--currency", "EUR") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "step",
        "queries",
        "failed",
        "compute",
        "idle",
        "acceleration",
        "cloud",
        "billed",
        "total",
        "cost",
    ]
    assert lines[1].split() == [
        "load",
        "1",
        "0",
        *["0.0200", "0.0000", "0.0000", "0.0000", "0.0200", "0.0780"],
    ]
    assert lines[2].split() == [
        "predict",
        "1",
        "0",
        *["0.0100", "0.0400", "0.0000", "0.0000", "0.0500", "0.1950"],
    ]
    assert lines[3] == "0.0700 credits, 0.27 EUR; billed."
    assert len(lines) == 4


@pytest.mark.parametrize(("by", "first"), [("day", "2026-11-27"), ("run", "r1")])
def test_added_up_by(recorded, capsys, by, first):
    assert credits("--by", by) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == [first, "2"]


def test_as_json_and_nothing_else(recorded, capsys, tmp_path):
    (tmp_path / "forecasts.json").write_text('{"r1": 1000}')
    assert credits("--json", "--price", "3.9", "--forecasts", str(tmp_path / "forecasts.json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert Decimal(found["total"]) == Decimal("0.07")
    assert found["basis"] == "billed"
    assert [line["step"] for line in found["lines"]] == ["load", "predict"]
    assert found["forecasts"] == [
        {"run": "r1", "forecasts": 1000, "credits": 0.07, "per_thousand": 0.07}
    ]
    assert {one["step"] for one in found["trend"]} == {"load", "predict"}
    assert found["trend"][0]["median"] is None


def test_reports(recorded, capsys, tmp_path):
    html, markdown = tmp_path / "new" / "credits.html", tmp_path / "credits.md"
    assert credits("--report", str(html), "--markdown", str(markdown)) == 0
    assert html.read_text().startswith("<!doctype html>")
    assert markdown.read_text().startswith("# Credits")
    assert f"Report: {html}" in capsys.readouterr().out


def test_without_a_grant_it_is_an_estimate_and_says_why(account, capsys):
    account.history = [query("a", "08:00", 36)]
    assert credits() == 0
    out = capsys.readouterr().out
    assert "0.0100 credits; estimate." in out
    assert "QUERY_ATTRIBUTION_HISTORY is not read (error 002003)" in out
    assert "GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER" in out


def test_rates_of_another_generation(account, capsys, tmp_path):
    account.history = [query("a", "08:00", 3600, WAREHOUSE_NAME="BIG")]
    (tmp_path / "rates.json").write_text('{"BIG": {"X-Small": 1.35}}')
    assert credits("--rates", str(tmp_path / "rates.json")) == 0
    assert "1.3500 credits; estimate." in capsys.readouterr().out


def test_nothing_carries_our_tag(recorded, capsys):
    assert credits("--until", "2026-11-27 07:00") == 10
    assert "No query carries our tag in this time." in capsys.readouterr().out


def test_the_days_that_are_asked_for(recorded):
    credits("--until", "2026-11-27 08:30")
    assert not [one for one in recorded.asked if "INFORMATION_SCHEMA" in one]


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--rates", "[]"),
        ("--rates", '{"BIG": 5.4}'),
        ("--rates", '{"BIG": {"Medium": true}}'),
        ("--forecasts", '{"r1": "many"}'),
        ("--forecasts", "7"),
    ],
)
def test_a_file_that_does_not_say_numbers(account, tmp_path, option, text):
    (tmp_path / "said.json").write_text(text)
    with pytest.raises(InputError, match=r"said\.json: numbers by name are needed, like"):
        credits(option, str(tmp_path / "said.json"))


def test_what_cannot_be_used_is_said(recorded, account, tmp_path):
    (tmp_path / "said.json").write_text("{")
    with pytest.raises(FileFormatError, match=r"said\.json: no JSON"):
        credits("--rates", str(tmp_path / "said.json"))
    with pytest.raises(FileNotFoundError):
        credits("--rates", str(tmp_path / "none.json"))
    with pytest.raises(InputError, match="price"):
        credits("--price", "much")
    with pytest.raises(InputError, match="not a time"):
        credits("--until", "soon")
    (tmp_path / "said.json").write_text('{"r1": 0}')
    report = tmp_path / "credits.html"
    with pytest.raises(InputError, match="made 0 forecasts"):
        credits("--forecasts", str(tmp_path / "said.json"), "--report", str(report))
    assert not report.exists()


def test_a_warehouse_that_costs_no_credits(tmp_path):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    address = f"duckdb:///{tmp_path}/ev.duckdb"
    arguments = parser.parse_args(["credits", "--warehouse", address, "--since", "2026-11-27"])
    with pytest.raises(InputError, match="costs no credits"):
        run(arguments, lambda: NOW)

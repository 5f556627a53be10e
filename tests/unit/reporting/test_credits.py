import re
from decimal import Decimal

import pytest
from page_reader import Reader
from recorded_views import at, cost, day, frame, hour, query, tag

from evforecast.errors import InputError
from evforecast.inwarehouse.credits import Refusal, Views, consumption
from evforecast.plotting import Picture
from evforecast.reporting.credits import credits_report

HOSTILE = '<script>alert("$x$")</script>'


def views(**more):
    days = ["2026-11-26", "2026-11-27"]
    queries, costs, hours, bills = [], [], [], []
    for number, date in enumerate(days):
        for step, clock in (("load", "08:00"), (HOSTILE, "08:30")):
            name, start = f"{step}{number}", at(clock, day=date)
            row = {"QUERY_TAG": tag(step, run=f"r{number}")}
            queries.append(
                query(name, start, 36, QUEUED_PROVISIONING_TIME=5, BYTES_SCANNED=10**6, **row)
            )
            costs.append(cost(name, start, 36, 0.01, **row))
        hours.append(hour(at("08:00", day=date), 0.1, 0.05, 0.02))
        hours.append(hour(at("09:00", day=date), 0.3, 0))
        bills.append(
            day(date, "WAREHOUSE_METERING", Decimal("0.4"), Decimal("0.05"), Decimal("-0.04"))
        )
        bills.append(day(date, "PIPE", Decimal("0.125"), Decimal(0), Decimal(0)))
    found = {
        "queries": frame("queries", *queries),
        "attribution": frame("attribution", *costs),
        "metering": frame("metering", *hours),
        "daily": frame("daily", *bills),
    }
    return Views(**(found | more))


def made(*, price="3.9", now="2026-11-29", **more):
    return consumption(views(**more), now=now, price=price, currency="EUR")


@pytest.fixture(scope="module")
def found():
    return made()


@pytest.fixture(scope="module")
def page(found):
    return credits_report(found, forecasts={"r0": 1000, "r1": 2000})


@pytest.fixture
def no_picture(monkeypatch):
    """Draw nothing: most of the seconds are the picture."""
    blank = Picture(b"light", b"dark", "image/svg+xml", (4.8, 3.2))
    monkeypatch.setattr("evforecast.reporting.credits.picture", lambda *_, **__: blank)


def test_the_sections_in_the_order_of_reading(page):
    titles = re.findall(r"<h2[^>]*>([^<]*)<", page.html())
    assert titles == ["How much", "Runs and steps", "What is not ours", "How to read it"]


def test_it_is_one_file_that_asks_for_nothing(page):
    text = page.html()
    read = Reader(text)
    places = [value for name, value in read.attributes if name in {"src", "srcset"}]
    assert len(places) == 2
    assert all(value.startswith("data:image/") for value in places)
    assert "script" not in read.tags
    assert "&lt;script&gt;" in text
    assert len(text) < 200_000


def test_the_steps_with_their_credits(page):
    table = page.frames()["steps"].set_index("step")
    # each hour 0.05 idle, of which a fifth each; twice
    assert table.loc["load", ["compute", "idle"]].tolist() == [0.02, 0.02]
    assert table.loc["load", ["total", "cost"]].tolist() == [0.04, 0.156]
    assert table["queries"].tolist() == [2, 2]


def test_every_line_with_its_basis(page):
    table = page.frames()["lines"]
    assert len(table) == 4
    assert set(table["basis"]) == {"billed"}
    assert table["scanned"].tolist() == [1.0] * 4
    assert table["short"].tolist() == ["yes"] * 4
    assert table["day"].is_monotonic_decreasing


def test_the_price_of_a_thousand(page):
    assert page.frames()["forecasts"]["per_thousand"].tolist() == [0.04, 0.02]


def test_what_is_not_ours(page):
    table = page.frames()["rest"]
    assert table["warehouse"].tolist() == ["EV", "EV"]
    assert table["kind"].tolist() == ["idle", "other queries"]
    assert table["credits"].tolist() == [0.6, 0.12]
    assert page.frames()["serverless"]["credits"].tolist() == [0.25]
    said = page.markdown()
    assert "Warehouses cost 0.8000 credits in the metered hours." in said
    assert "their share of idle are 0.0800 of it." in said


def test_the_headline_and_the_verdict(page):
    said = page.markdown()
    assert "0.0800 credits, 0.31 EUR, from 2026-11-26 to 2026-11-27 (UTC)." in said
    assert "**OK** As Snowflake attributes it to queries, on days whose bill is there." in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"daily": None},
            "**OK** As Snowflake attributes it to queries; the bill of a day may come",
        ),
        ({"attribution": None}, "**WARNING** A part of it, or all, is estimated by the clock"),
    ],
    ids=["not billed", "estimated"],
)
def test_the_verdict_where_it_is_less_sure(no_picture, more, said):
    assert said in credits_report(made(**more)).markdown()


def test_without_a_price_there_is_no_money(no_picture):
    page = credits_report(made(price=None))
    assert "cost" not in page.frames()["steps"]
    assert "EUR" not in page.markdown()
    assert "1,000 forecasts" not in page.markdown()


def test_what_was_refused_and_what_to_know_stand_below_the_verdict(no_picture):
    refused = (Refusal("METERING_DAILY_HISTORY", 2003, "not authorized.", "Ask for the role."),)
    said = credits_report(made(daily=None, refused=refused)).markdown()
    assert (
        r"METERING\_DAILY\_HISTORY is not read (error 002003): not authorized. Ask for the role."
        in said
    )


def test_without_metering_the_rest_is_not_known(no_picture):
    page = credits_report(made(metering=None, daily=None))
    assert "what others took is not known" in page.markdown()
    assert "rest" not in page.frames()


def test_nothing_carries_our_tag():
    page = credits_report(consumption(Views(), now="2026-11-29"), title=HOSTILE)
    said = page.markdown()
    assert "**EMPTY** No query carries our tag in this time." in said
    assert "<script" not in page.html()
    assert page.frames() == {}


def test_the_same_again_is_the_same_page(found, no_picture):
    assert credits_report(found).html() == credits_report(found).html()


def test_a_run_without_forecasts_is_said(found, no_picture):
    with pytest.raises(InputError, match="made 0 forecasts"):
        credits_report(found, forecasts={"r0": 0})

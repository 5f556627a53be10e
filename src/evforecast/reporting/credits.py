"""The report of credits: what each step of each run took, what stood idle, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evforecast._version import __version__
from evforecast.inwarehouse.credits import Consumption
from evforecast.plotting.credits import credits_by_day
from evforecast.plotting.export import picture
from evforecast.reporting.page import Figure, Page
from evforecast.reporting.words import counted

__all__ = ["credits_report"]

_DAY = "%Y-%m-%d"
_CREDITS = ",.4f"
_MOST_ROWS = 60
_BASES = {
    "estimate": (
        "WARNING",
        "A part of it, or all, is estimated by the clock: Snowflake has not attributed it yet, or not to us.",
    ),
    "attributed": (
        "OK",
        "As Snowflake attributes it to queries; the bill of a day may come later.",
    ),
    "billed": ("OK", "As Snowflake attributes it to queries, on days whose bill is there."),
}
_HOW_TO_READ = """
All times are UTC, and a day is a day of UTC. A query belongs to the step that its tag names; what ran inside
a procedure belongs to the step that called it.

Compute is what Snowflake attributes to a query for the time in which it ran. Idle is a step's share of the
time in which the warehouse ran for nobody: hour by hour, in proportion to what the queries of the hour cost.
Hours in which none of ours ran are nobody's.

Cloud services are billed only as far as they are more than a tenth of what all warehouses of the account cost
on that day; a step is billed its share of that.

An estimate takes the seconds in which a query ran, at the rate of the size of its warehouse, parted among
those that ran at the same time, and for each start the first minute. It knows no other idle time.

Complete is the share of the queries that ended so long ago that Snowflake adds nothing to them any more: 8
hours for what it attributes.

A short start is one that was paid for a minute and used for less by our queries.
"""


def credits_report(
    found: Consumption,
    *,
    forecasts: Mapping[str, int] | None = None,
    title: str = "Credits",
) -> Page:
    """Return what steps took, as a page to read.

    Parameters
    ----------
    found : Consumption
    forecasts : mapping of str to int, optional
        How many rows of forecasts each run made: tells what 1,000 of them cost.
    title : str
        The headline.

    Returns
    -------
    Page
        Its ``html()``, ``markdown()`` and ``frames()``.

    Raises
    ------
    InputError
        If a run among the `forecasts` made none.

    Examples
    --------
    >>> from evforecast.inwarehouse.credits import Views, consumption
    >>> page = credits_report(consumption(Views(), now="2026-11-28"))
    >>> "No query carries our tag" in page.markdown()
    True
    """
    page = Page(title, _lead(found))
    page.section("How much")
    _verdict(page, found)
    if found.lines:
        _overview(page, found)
        _picture(page, found)
        _trend(page, found)
        if forecasts:
            _per_thousand(page, found, forecasts)
        page.section("Runs and steps")
        _lines(page, found)
    page.section("What is not ours")
    _rest(page, found)
    page.section("How to read it")
    page.points([" ".join(text.split()) for text in _HOW_TO_READ.strip().split("\n\n")])
    page.text(f"Made by evforecast {__version__}.")
    return page


def _lead(found: Consumption) -> str:
    if not found.lines:
        return "Nothing was found."
    first, last = found.lines[0].day, found.lines[-1].day
    cost = "" if found.cost is None else f", {found.cost:,.2f} {found.currency}".rstrip()
    return f"{found.total:,.4f} credits{cost}, from {first} to {last} (UTC)."


def _verdict(page: Page, found: Consumption) -> None:
    if not found.lines:
        page.verdict("EMPTY", "No query carries our tag in this time.")
    else:
        page.verdict(*_BASES[found.basis])
    page.points([*map(str, found.refused), *found.notes])


def _overview(page: Page, found: Consumption) -> None:
    columns = {
        "step": "step",
        "queries": "queries",
        "failed": "failed",
        "compute": "compute",
        "idle": "idle",
        "acceleration": "acceleration",
        "cloud_used": "cloud services used",
        "cloud_billed": "billed of them",
        "total": "credits",
    } | _money(found)
    page.table(
        found.by("step").sort_values("total", ascending=False, kind="stable"),
        caption="Credits by step",
        columns=columns,
        formats=_formats(columns),
        name="steps",
    )


def _money(found: Consumption) -> dict[str, str]:
    return {} if found.cost is None else {"cost": found.currency or "cost"}


def _formats(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: ",.2f" if name == "cost" else _CREDITS for name in columns if name in _NUMBERS}


_NUMBERS = {
    "compute",
    "idle",
    "acceleration",
    "cloud_used",
    "cloud_billed",
    "total",
    "cost",
    "credits",
    "median",
    "per_thousand",
}


def _picture(page: Page, found: Consumption) -> None:
    daily = found.by("day", "step")
    daily["used"] = daily["total"] - daily["idle"]
    tables = [
        daily.pivot_table(index="day", columns="step", values=name) for name in ("used", "idle")
    ]
    rest = found.rest_frame()
    nobody = rest[rest["kind"] == "idle"].groupby("day")["credits"].sum()
    page.figures(
        Figure(
            picture(
                lambda ax: credits_by_day(*tables, nobody=nobody if len(nobody) else None, ax=ax),
                size=(6.4, 3.2),
            ),
            "A bar for each day, a colour for each step, idle time hatched.",
            "Credits of each day by step. What is hatched in the colour of a step is its share of the time "
            "in which the warehouse ran for nobody.",
        )
    )


def _trend(page: Page, found: Consumption) -> None:
    page.table(
        found.trend(),
        caption="The last day of each step, beside the median of the 28 days before on which it ran",
        columns={
            "step": "step",
            "day": "day",
            "credits": "credits",
            "median": "median",
            "ratio": "of it",
            "days": "days",
        },
        formats={"day": _DAY, "credits": _CREDITS, "median": _CREDITS, "ratio": ",.0%"},
        name="trend",
    )


def _per_thousand(page: Page, found: Consumption, forecasts: Mapping[str, int]) -> None:
    page.table(
        found.per_thousand(forecasts),
        caption="What 1,000 forecasts cost, all steps of the run together",
        columns={
            "run": "run",
            "forecasts": "forecasts",
            "credits": "credits",
            "per_thousand": "credits for 1,000",
        },
        formats={"credits": _CREDITS, "per_thousand": ",.6f"},
        name="forecasts",
        most=_MOST_ROWS,
    )


def _lines(page: Page, found: Consumption) -> None:
    table = found.to_frame().sort_values(["day", "run", "step"], ascending=False, kind="stable")
    table["scanned"] /= 1e6
    table["spilled"] = (table["spilled_local"] + table["spilled_remote"]) / 1e6
    table["short"] = table["short_start"].map({True: "yes", False: ""})
    columns = {
        "day": "day",
        "run": "run",
        "step": "step",
        "queries": "queries",
        "failed": "failed",
        "rows": "rows",
        "scanned": "MB scanned",
        "spilled": "MB spilled",
        "elapsed": "seconds",
        "queued": "queued",
        "executing": "running",
        "warehouse": "warehouse",
        "size": "size",
        "compute": "compute",
        "idle": "idle",
        "cloud_billed": "cloud services",
        "total": "credits",
        **_money(found),
        "basis": "basis",
        "completeness": "complete",
        "short": "short start",
    }
    counts = dict.fromkeys(("failed", "rows"), ",.0f")
    sizes = dict.fromkeys(("scanned", "spilled", "elapsed", "queued", "executing"), ",.1f")
    page.table(
        table,
        caption="Each step of each run, the latest first",
        columns=columns,
        formats=_formats(columns) | counts | sizes | {"day": _DAY, "completeness": ".0%"},
        name="lines",
        most=_MOST_ROWS,
    )


def _rest(page: Page, found: Consumption) -> None:
    rest, serverless = found.rest_frame(), found.serverless_frame()
    if not found.metered:
        page.text("No hour of a warehouse is metered here, so what others took is not known.")
    else:
        ours = sum((line.compute + line.idle for line in found.lines), 0 * found.metered)
        page.text(
            f"Warehouses cost {found.metered:,.4f} credits in the metered hours. Our queries and their share "
            f"of idle are {ours - found.unmetered:,.4f} of it."
        )
        page.table(
            rest.groupby(["warehouse", "kind"])["credits"].sum().reset_index(),
            caption="The rest, by warehouse",
            columns={"warehouse": "warehouse", "kind": "what", "credits": "credits"},
            formats={"credits": _CREDITS},
            name="rest",
        )
    if len(serverless):
        page.table(
            serverless.groupby("service")["credits"].sum().reset_index(),
            caption="Services without a warehouse, of the whole account",
            columns={"service": "service", "credits": "credits billed"},
            formats={"credits": _CREDITS},
            name="serverless",
        )
    days = pd.Series([line.day for line in found.lines]).nunique()
    if days:
        page.text(f"A step ran on {counted(days, 'day')}.")

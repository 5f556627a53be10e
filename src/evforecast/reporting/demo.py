"""The demo's report: what the data is, what each of three people gets, and how far to trust it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from evforecast.evaluation import Backtest
from evforecast.panel import MISSING, StatusForecast, StatusPanel
from evforecast.plotting import duration, fan, map_chargers, picture, reliability, shares, skill
from evforecast.reporting.page import Figure, Page

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DemoResult", "UseCaseResult", "demo_report"]

_CANDIDATES = ("direct", "recursive")
_MODELS = (*_CANDIDATES, "persistence", "climatology")
_SIZE = (4.8, 3.6)
_MOST_ROWS = 20
_HOW_TO_READ = """
Log loss is the mean of −ln(p), where p is the probability that was given to what then happened. 0 is
perfect, a coin toss between two outcomes scores 0.69.

Skill is the share of the better baseline's log loss that a model does away with: 0 % is no better, 100 %
is perfect, below zero is worse. The interval draws the chargers anew; where it holds zero, the
difference may be chance.

Direct is one model per horizon. Recursive goes one step at a time and carries the whole distribution
along, not only the likeliest status.

Persistence expects the present status to last, with the probability that it did so in training.
Climatology knows the habits of each charger by time of day, and nothing of now.

A forecast is reliable when what it calls 30 % happens 30 times in 100. Bars are 95 % intervals as if
cases were independent, which they are not quite: the truth is less certain than they say.

Each test forecast was made from what was known at its time. The models have seen nothing after their
training ended.
"""
_HEADINGS = {
    "evse_id": "charger",
    "location_id": "location",
    "distance_m": "metres",
    "p_free": "P(free)",
    "p_down": "P(down)",
    "status": "now",
    "down_before": "time down so far",
    "failures_per_day": "failures a day",
    "failed_lately": "down in the last week",
    "p_own_rate": "P(goes down) by its own rate",
}


@dataclass(frozen=True, eq=False)
class UseCaseResult:
    """What one use case came to.

    Attributes
    ----------
    name, question, target : str
        Of the use case.
    backtest : Backtest
        Of ``direct``, ``recursive``, ``persistence`` and ``climatology``, for the two statuses of `target`.
    table : pandas.DataFrame
        One row a horizon: ``horizon, ahead, n``, the log loss of each model, ``baseline`` (the better
        one), and for both candidates ``<name>_skill, <name>_low, <name>_high``.
    trained_until : numpy.datetime64
        The last time that the models have seen, UTC.
    answer_title : str
        What the answer is.
    answer : pandas.DataFrame
        The answer for the time after the end of the history.
    """

    name: str
    question: str
    target: str
    backtest: Backtest
    table: pd.DataFrame
    trained_until: np.datetime64
    answer_title: str
    answer: pd.DataFrame


@dataclass(frozen=True, eq=False)
class DemoResult:
    """All that the demo's report shows.

    Attributes
    ----------
    panel : StatusPanel
        The history.
    source : str
        Where it comes from.
    simulated : bool
        Whether it is made up.
    repairs : tuple of str
        What the reader did with the file.
    notes : tuple of str
        What was decided on the way.
    cases : tuple of UseCaseResult
        The use cases that the history is long enough for.
    fan : StatusForecast
        A forecast for every step of a day.
    charger : str
        The charger to show in detail.
    free : pandas.Series or None
        The probability that a charger is free an hour after the end, by ``evse_id``.
    made_by : mapping of str to str
        The command, the seed, the versions.
    """

    panel: StatusPanel
    source: str
    simulated: bool
    repairs: tuple[str, ...]
    notes: tuple[str, ...]
    cases: tuple[UseCaseResult, ...]
    fan: StatusForecast
    charger: str
    free: pd.Series | None
    made_by: Mapping[str, str] = field(default_factory=dict)


def demo_report(result: DemoResult, path: str | os.PathLike[str]) -> Path:
    """Write the report of the demo.

    Parameters
    ----------
    result : DemoResult
        What the demo found.
    path : str or path
        The HTML file; an older one is replaced.

    Returns
    -------
    pathlib.Path

    Examples
    --------
    A `DemoResult` is some seconds of work, so this is not run here but in the tests.

    >>> demo_report(result, "demo/report.html")  # doctest: +SKIP
    PosixPath('demo/report.html')
    """
    kind = "simulated chargers" if result.simulated else "chargers"
    panel = result.panel
    page = Page(
        "What will the chargers do next?",
        f"Forecasts for {panel.n_evse:,} {kind}, tested on days that the models had not seen.",
    )
    _summary(page, result)
    _data(page, result)
    for case in result.cases:
        _use_case(page, case, panel)
    _one_charger(page, result)
    _how_to_read(page)
    page.section("What made this report")
    page.facts(result.made_by)
    return page.save(path)


def _summary(page: Page, result: DemoResult) -> None:
    page.section("In short")
    if result.simulated:
        page.text(
            "These chargers are simulated. The figures show that everything works together; they do not "
            "show how well real chargers can be forecast."
        )
    page.points([_verdict(case) for case in result.cases])
    rows = [case.table.assign(use_case=case.name) for case in result.cases]
    page.table(
        pd.concat(rows, ignore_index=True),
        caption="Log loss by use case and horizon (lower is better), and skill against the better baseline",
        columns={
            "use_case": "use case",
            "ahead": "ahead",
            **{name: name for name in _MODELS},
            **{f"{name}_skill": f"skill of {name}" for name in _CANDIDATES},
        },
        formats={f"{name}_skill": "z.1%" for name in _CANDIDATES},
    )
    page.points(result.notes)


def _verdict(case: UseCaseResult) -> str:
    """Say at how many horizons each candidate is shown to be better, by its interval."""
    n = len(case.table)
    parts = [
        f"{name} at {int((case.table[f'{name}_low'] > 0).sum())} of {n}" for name in _CANDIDATES
    ]
    return (
        f"The {case.name}: the data show it to be better than the better baseline {', '.join(parts)} "
        "horizons (the whole 95 % interval of its skill is above 0; elsewhere they do not tell)."
    )


def _data(page: Page, result: DemoResult) -> None:
    panel = result.panel
    page.section("The data")
    start, end = (_local(time, panel.tz) for time in (panel.times[0], panel.times[-1]))
    observed = panel.codes != MISSING
    never = int((~observed.any(axis=0)).sum())
    mix = {
        name: f"{(panel.codes == code).sum() / max(observed.sum(), 1):.1%}"
        for code, name in enumerate(panel.scheme.names)
    }
    page.facts(
        {
            "Source": result.source,
            "From": f"{start:%Y-%m-%d %H:%M} ({panel.tz})",
            "To": f"{end:%Y-%m-%d %H:%M} ({panel.tz})",
            "Chargers": f"{panel.n_evse:,}",
            "Locations": f"{panel.evse['location_id'].nunique():,}",
            "Times": f"{panel.n_time:,}, every {duration(panel.step)}",
            "Observed": f"{observed.mean():.1%} of all times and chargers",
            "Never observed": f"{never:,} chargers",
            "Gaps of the whole feed": f"{1 - observed.any(axis=1).mean():.1%} of all times",
            **{f"Share {name}": share for name, share in mix.items()},
        }
    )
    if result.repairs:
        page.heading("What the reader did with the file")
        page.points(result.repairs)
    figures = [
        Figure(
            picture(lambda ax: shares(panel, "hour", ax=ax)),
            "Stacked shares of the statuses by hour of the local day.",
            "The mix of statuses by hour of the day, all days together.",
        ),
        Figure(
            picture(lambda ax: shares(panel, "time", ax=ax)),
            "Stacked shares of the statuses along the history.",
            "The same along the whole history; blank where nothing was observed.",
        ),
    ]
    page.figures(*figures)


def _use_case(page: Page, case: UseCaseResult, panel: StatusPanel) -> None:
    page.section(f"The {case.name}")
    page.text(case.question)
    longest = duration(int(case.table["horizon"].iloc[-1]) * case.backtest.step)
    page.figures(
        Figure(
            picture(lambda ax: skill(case.backtest, ax=ax), size=_SIZE),
            f"Log loss of four models from {case.table['ahead'].iloc[0]} to {longest} ahead.",
            "Log loss by horizon; the lower line is the better forecast.",
        ),
        Figure(
            picture(
                lambda ax: reliability(case.backtest, case.target, _CANDIDATES, ax=ax), size=_SIZE
            ),
            f"Reliability of the forecast probability of {case.target}, for both models.",
            f"How often “{case.target}” came true, by its forecast probability, all horizons together. "
            "On the dashed line the probabilities can be taken at their word.",
        ),
    )
    until = _local(case.trained_until, panel.tz)
    origins = case.backtest.origins
    page.table(
        _with_intervals(case.table),
        caption=(
            f"Skill against the better baseline, with 95 % interval over chargers. Trained until "
            f"{until:%Y-%m-%d %H:%M}, {len(origins)} forecasts after that."
        ),
        columns={
            "ahead": "ahead",
            "baseline": "better baseline",
            **{name: f"skill of {name}" for name in _CANDIDATES},
            "n": "cases",
        },
    )
    page.heading(case.answer_title)
    answer = _by_time(case.answer, panel.tz) if "expected" in case.answer else case.answer
    shown = answer.head(_MOST_ROWS)
    end = _local(panel.cutoff, panel.tz)
    page.table(
        shown,
        caption=f"As forecast by the direct model at {end:%Y-%m-%d %H:%M}, the end of the history",
        columns={name: _HEADINGS.get(name, name) for name in map(str, shown.columns)},
        formats={
            **dict.fromkeys(("p_free", "p_down", "down_before", "p_own_rate"), ".1%"),
            "distance_m": ",.0f",
        },
    )
    if len(answer) > len(shown):
        page.text(f"The first {len(shown)} of {len(answer):,} rows are shown.")


def _by_time(counts: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Return expected counts with their intervals: a row a group, the busiest first, a column a time."""
    group = next(
        name for name in counts.columns if name not in {"time", "expected", "low", "high", "n"}
    )
    cells = counts.assign(
        cell=[
            f"{mid:.1f} ({low:.0f} to {high:.0f})"
            for mid, low, high in zip(
                counts["expected"], counts["low"], counts["high"], strict=True
            )
        ]
    )
    wide = cells.pivot(index=group, columns="time", values="cell")  # noqa: PD010 - one cell each
    wide.columns = [f"{_local(time, tz):%d %b %H:%M}" for time in wide.columns.to_numpy()]
    size = counts.groupby(group).agg(chargers=("n", "first"), expected=("expected", "sum"))
    size = size.sort_values("expected", ascending=False, kind="stable")
    return size[["chargers"]].join(wide).reset_index()


def _with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    columns = {
        name: [
            f"{mid:z.1%} ({low:z.1%} to {high:z.1%})"
            for mid, low, high in zip(
                table[f"{name}_skill"], table[f"{name}_low"], table[f"{name}_high"], strict=True
            )
        ]
        for name in _CANDIDATES
    }
    return table[["ahead", "baseline", "n"]].assign(**columns)


def _one_charger(page: Page, result: DemoResult) -> None:
    page.section("One charger, and all of them")
    panel, charger = result.panel, result.charger
    history = panel if result.fan.scheme == panel.scheme else None
    figures = [
        Figure(
            picture(lambda ax: fan(result.fan, charger, history=history, ax=ax), size=_SIZE),
            f"Recent statuses of charger {charger}, then the forecast probabilities of the next day.",
            f"Charger {charger}, the one with most changes in the last week: what it did, and what the "
            "recursive model says of the next 24 hours. The height of a colour is its probability.",
        )
    ]
    free, located = result.free, panel.evse["lat"].notna() & panel.evse["lon"].notna()
    if free is not None and located.any():
        figures.append(
            Figure(
                picture(
                    lambda ax: map_chargers(panel.evse, free, label="P(free) in 1 h", ax=ax),
                    size=_SIZE,
                ),
                "Map of the chargers, coloured by the probability that they are free in an hour.",
                "Where a charger will be free an hour after the end of the history (direct model).",
            )
        )
    page.figures(*figures)
    if not located.any():
        page.text("There is no map: the data gives no coordinates.")


def _how_to_read(page: Page) -> None:
    page.section("How to read it")
    # A number stays with its sign: the space between them does not break.
    paragraphs = [" ".join(text.split()) for text in _HOW_TO_READ.strip().split("\n\n")]
    page.points([text.replace(" %", "\N{NO-BREAK SPACE}%") for text in paragraphs])


def _local(time: np.datetime64, tz: str) -> pd.Timestamp:
    return pd.Timestamp(time).tz_localize("UTC").tz_convert(tz)

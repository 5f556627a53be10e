"""The report of monitoring: read in a minute by who runs the chargers, in depth by who runs the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evforecast._version import __version__
from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.monitoring import (
    Checks,
    Monitoring,
    PromotionDecision,
    RetrainingDecision,
    mix_drift,
)
from evforecast.panel import MISSING, Calendar, StatusPanel
from evforecast.plotting import duration, mix_change, picture
from evforecast.reporting.alerts import alert_table, check_tables, headline
from evforecast.reporting.card import card_section
from evforecast.reporting.chargers import charger_section
from evforecast.reporting.page import Figure, Page
from evforecast.reporting.skill import calibration_section, skill_section
from evforecast.reporting.words import counted, when

__all__ = ["monitoring_report"]

_MOST_ALERTS = 8
_MOST_DECISIONS = 10
_MET = {True: "yes", False: "no", None: "not known"}
_HOW_TO_READ = """
A check measures one thing and holds it against two thresholds. OK is below both, WARNING at or above the
first, ERROR at or above the second. EMPTY says that there was nothing to judge by: it is neither good nor
bad news.

What is looked at is held against the same hours of the week (of the day, where the past is short), so
that nothing is said by a Monday morning differing from a Sunday night. A difference counts when it is
large, and larger than what the days of the past do among themselves.

Log loss is the mean of −ln(p), where p is the probability that was given to what then happened: 0 is
perfect, and lower is better. A forecast is scored when the time that it is for has been observed, not
before, and all models are scored on the same cases.

A ratio of log losses below 1 says that the first model is better. Its interval draws whole days anew;
where it holds 1, the difference may be chance, and the verdict says so.

Persistence expects the present status to last. Climatology knows the habits of each charger by time of
day, and nothing of now.

A forecast is reliable when what it calls 30 % happens 30 times in 100.
"""


def monitoring_report(
    found: Monitoring,
    *,
    card: Mapping[str, Any] | None = None,
    decisions: pd.DataFrame | None = None,
    panel: StatusPanel | None = None,
    calendar: Calendar | None = None,
    title: str | None = None,
) -> Page:
    """Return what a look at a network and its forecasts found, as a page to read.

    Parameters
    ----------
    found : Monitoring
        From `evforecast.monitoring.monitor`.
    card : mapping, optional
        What is known of the champion: values, mappings of values, and lists of records.
    decisions : pandas.DataFrame, optional
        What was decided before, one row a decision: ``at`` (a time) and any of ``alias``, ``action``,
        ``version``, ``previous``, ``by``, ``reason``.
    panel, calendar : StatusPanel and Calendar, optional
        As they were given to `monitor`. Without the panel it is not known what chargers did between the
        reference and the stretch that is looked at, and so often not since when they are as they are.
    title : str, optional
        The headline.

    Returns
    -------
    Page
        Its ``html()``, ``markdown()`` and ``frames()``. What there is no data for is said in a sentence.

    Raises
    ------
    MissingColumnsError
        If decisions come without their times.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import monitor
    >>> panel = ev.simulate(n_evse=12, days=8, random_state=0)
    >>> page = monitoring_report(monitor(panel))
    >>> "There are no forecasts" in page.markdown()
    True
    """
    if decisions is not None and "at" not in decisions:
        raise MissingColumnsError(
            ["at"], map(str, decisions.columns), "monitoring_report: decisions"
        )
    past, now = found.reference, found.current
    page = Page(
        "Monitoring of the chargers and their forecasts" if title is None else title,
        f"{counted(len(found.chargers), 'charger')} on {when(found.now, now.tz)} ({now.tz}): the last "
        f"{_window(found)} against {when(past.times[0], now.tz)[:10]} to "
        f"{when(past.times[-1], now.tz)[:10]}.",
    )
    mix = _mix(found, calendar)
    _today(page, found, mix)
    _decisions(page, found, decisions)
    skill_section(page, found)
    calibration_section(page, found)
    _drift(page, found, mix)
    charger_section(page, found, panel)
    page.section("Data health")
    check_tables(page, Checks([*found.checks.of("feed"), *found.checks.of("chargers")]), "the data")
    card_section(page, card)
    page.section("How to read it")
    # A number stays with its sign: the space between them does not break.
    paragraphs = [" ".join(text.split()) for text in _HOW_TO_READ.strip().split("\n\n")]
    page.points([text.replace(" %", "\N{NO-BREAK SPACE}%") for text in paragraphs])
    page.text(f"Made by evforecast {__version__}.")
    return page


def _window(found: Monitoring) -> str:
    return duration(found.current.n_time * found.current.step)


def _mix(found: Monitoring, calendar: Calendar | None) -> pd.DataFrame | None:
    """Return shares by status, ``now`` and ``usual``; None where the two cannot be compared."""
    window = pd.Timedelta(found.current.n_time * found.current.step)
    try:
        moved = mix_drift(found.reference, found.current, block=window, calendar=calendar)
    except EmptyInputError:
        return None
    if np.isnan(moved.value).any():
        return None
    shares = {
        "now": moved.observed[0] / moved.observed.sum(),
        "usual": moved.expected[0] / moved.expected.sum(),
    }
    return pd.DataFrame(shares, index=pd.Index(found.current.scheme.names, name="status"))


def _today(page: Page, found: Monitoring, mix: pd.DataFrame | None) -> None:
    page.section("Today")
    page.verdict(found.checks.status, headline(found.checks))
    alert_table(page, found.checks, most=_MOST_ALERTS)
    panel = found.current
    seen = panel.codes != MISSING
    rows = np.flatnonzero(seen.any(axis=1))
    last = rows[-1] if len(rows) else None
    facts = {
        "Asked at": f"{when(found.now, panel.tz)} ({panel.tz})",
        "Last observation": "none" if last is None else when(panel.times[last], panel.tz),
        f"Chargers heard in the last {_window(found)}": (
            f"{seen.any(axis=0).sum():,} of {len(found.chargers):,}"
        ),
        "Rows observed": f"{seen.mean():.1%}",
    }
    if found.champion:
        facts |= {
            "Champion": found.champion,
            "Challengers": ", ".join(found.challengers) or "none",
            "Baselines": ", ".join(found.baselines) or "none",
        }
    page.facts(facts)
    if last is None:
        page.text(f"Nothing was observed in the last {_window(found)}.")
        return
    table = pd.DataFrame({"status": panel.scheme.names})
    table["chargers"] = [int((panel.codes[last] == code).sum()) for code in range(len(table))]
    columns = {"status": "status", "chargers": "now"}
    caption = f"Chargers in each status at {when(panel.times[last], panel.tz)}"
    if mix is not None:
        table["now"], table["usual"] = mix["now"].to_numpy(), mix["usual"].to_numpy()
        table["change"] = 100 * (table["now"] - table["usual"])
        columns |= {
            "now": f"last {_window(found)}",
            "usual": "usual",
            "change": "points",
        }
        caption += f"; shares in the last {_window(found)}, and what these hours used to bring"
    page.table(
        table,
        caption=caption,
        columns=columns,
        formats={"now": ".1%", "usual": ".1%", "change": "+z.1f"},
        name="statuses",
    )


def _decisions(page: Page, found: Monitoring, decisions: pd.DataFrame | None) -> None:
    page.section("Decisions")
    if found.retraining is None:
        page.text(
            "Whether to train anew was not asked: it was not said until when the champion learnt."
        )
    else:
        _decision(page, found.retraining, "The rules for training anew", "retraining")
    for name, promotion in found.promotions.items():
        _decision(page, promotion, f"The rules for promoting {name}", f"promotion of {name}")
    if found.champion and not found.promotions:
        page.text("No challenger was named, so none could be promoted.")
    page.heading("Decisions before")
    if decisions is None:
        page.text("No history of earlier decisions was given.")
        return
    at = pd.to_datetime(decisions["at"], utc=True).dt.tz_convert(found.current.tz)
    past = decisions.assign(at=at).sort_values("at", ascending=False, kind="stable")
    page.table(
        past,
        caption=f"What was decided before, the latest first ({found.current.tz})",
        columns={name: name for name in map(str, past.columns)},
        name="decisions",
        most=_MOST_DECISIONS,
    )


def _decision(
    page: Page, made: RetrainingDecision | PromotionDecision, caption: str, name: str
) -> None:
    what, _, why = str(made).partition(": ")
    page.heading(what)
    page.text(why[:1].upper() + why[1:])
    reasons = made.to_frame()
    page.table(
        reasons.assign(met=[_MET[met] for met in reasons["met"]]),
        caption=caption,
        columns={"rule": "rule", "met": "met", "text": "found"},
        name=name,
        folded=True,
    )


def _drift(page: Page, found: Monitoring, mix: pd.DataFrame | None) -> None:
    page.section("Drift")
    if mix is None:
        page.text("There is no picture: too little of now can be compared with the past.")
    else:
        page.figures(
            Figure(
                picture(lambda ax: mix_change(mix["now"], mix["usual"], ax=ax)),
                "Bars of the share of each status, now and as usual.",
                f"The share of each status in the last {_window(found)}, and what the same hours used "
                "to bring.",
            )
        )
    check_tables(page, found.checks.of("drift"), "drift")

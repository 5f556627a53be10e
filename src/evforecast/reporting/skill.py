"""How good the forecasts were: against baselines, over time, and whether they can be taken at their word."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from evforecast.evaluation import Backtest, compare
from evforecast.monitoring import Monitoring, Realised
from evforecast.panel import MISSING
from evforecast.plotting import duration, over_time, picture, reliability, skill
from evforecast.reporting.alerts import check_tables
from evforecast.reporting.page import Figure, Page
from evforecast.reporting.words import counted
from evforecast.usecases import USE_CASES

__all__ = ["calibration_section", "skill_section"]

_SIZE = (4.8, 3.4)
_SQUARE = (4.8, 4.2)
_SHARES = {
    "ahead": "ahead",
    "model": "model",
    "cases": "forecasts",
    "pending": "pending",
    "scored": "with a truth",
    "late": "late",
    "unscored": "passed over",
    "scored_share": "share with a truth",
}
_COMPARED = {
    "ahead": "ahead",
    "model": "model",
    "reference": "against",
    "verdict": "verdict",
    "ratio": "ratio",
    "low": "from",
    "high": "to",
    "model_loss": "its log loss",
    "reference_loss": "the other's",
    "days": "days",
    "n": "cases",
}


def skill_section(page: Page, found: Monitoring) -> None:
    """Add the section on skill: what has a truth, how the models compare, by day, and what to expect."""
    page.section("Skill")
    if found.realised is None:
        page.text("There are no forecasts, so there is no skill to show.")
    else:
        _matured(page, found.realised, found.champion)
        _compared(page, found, found.realised)
        _pictures(page, found, found.realised.result)
        _estimate(page, found, found.realised.result)
    check_tables(page, found.checks.of("skill"), "skill")


def calibration_section(page: Page, found: Monitoring) -> None:
    """Add the section on calibration: the champion's reliability for what people ask of it."""
    page.section("Calibration")
    own = None if found.realised is None else found.realised.of([found.champion])
    if own is None or not own.n_scored:
        page.text("No forecast has a truth yet, so there is nothing to hold them against.")
        return
    page.text(
        f"How often a status came true, by the probability that {found.champion} gave it. On the dashed "
        "line the probabilities can be taken at their word; below it too much was promised."
    )
    page.figures(*[_reliability(own.result, *pair) for pair in _looked_at(own.result)])


def _matured(page: Page, truth: Realised, champion: str) -> None:
    shares = truth.shares()
    own = shares[shares["model"] == champion].sum(numeric_only=True).astype(int)
    share = f" ({own['scored'] / own['due']:.1%})" if own["due"] else ""
    page.text(
        f"Only forecasts whose truth has come are scored. Of {counted(own['due'], 'forecast')} of "
        f"{champion} that are due, {own['scored']:,}{share} have a truth, {own['late']:,} are late and may "
        f"still get one, and {own['unscored']:,} were passed over: the charger was not observed at that "
        f"time. {own['pending']:,} more are not due yet. A forecast is of one charger at one time."
    )
    page.table(
        _with_ahead(shares, truth.result),
        caption="Forecasts and their truth, by model and horizon",
        columns=_SHARES,
        formats={"scored_share": ".1%"},
        name="truth",
        folded=True,
    )


def _compared(page: Page, found: Monitoring, truth: Realised) -> None:
    """Compare the champion with each baseline, and each challenger with the champion."""
    pairs = [(found.champion, name) for name in found.baselines]
    pairs += [(name, found.champion) for name in found.challengers]
    tables = []
    for pair in pairs:
        both = truth.of(pair)
        if both.n_scored:
            rows = compare(both.result, *pair)
            losses = both.result.scores().set_index(["model", "horizon"])["log_loss"]
            for column, name in zip(("model_loss", "reference_loss"), pair, strict=True):
                rows[column] = losses[name].reindex(rows["horizon"]).to_numpy()
            tables.append(rows)
        else:
            page.text(f"No case that {pair[0]} and {pair[1]} both forecast has a truth yet.")
    if not pairs:
        page.text("There are no baselines or challengers to compare it with.")
    if tables:
        page.table(
            _with_ahead(pd.concat(tables, ignore_index=True), truth.result),
            caption="Log losses on the same cases, in nats: what they show, their ratio (below 1 is better), "
            "and its 95 % interval over days",
            columns=_COMPARED,
            name="skill",
        )


def _pictures(page: Page, found: Monitoring, result: Backtest) -> None:
    by_horizon, by_day = _ordered(found, "horizon"), _ordered(found, "horizon", "day")
    if by_day.empty:
        page.text("There is no picture: no case that all models forecast has a truth yet.")
        return
    figures = [
        Figure(
            picture(lambda ax: skill(by_horizon, step=result.step, ax=ax), size=_SIZE),
            "Log loss of all models by horizon.",
            "Log loss by horizon, all days together; the lower line is the better forecast.",
        )
    ]
    losses = by_horizon.set_index(["model", "horizon"])["log_loss"]
    rivals = [name for name in found.baselines if name in set(by_horizon["model"])]
    # A picture is 0.1 MB, so not one of each horizon.
    for horizon in sorted({by_day["horizon"].min(), by_day["horizon"].max()}):
        best = min(rivals, key=lambda name: losses[name, horizon], default=None)
        drawn = [found.champion, *found.challengers, best]
        kept = by_day[(by_day["horizon"] == horizon) & by_day["model"].isin(drawn)]
        figures.append(_by_day(kept, best, duration(horizon * result.step)))
    page.figures(*figures)


def _ordered(found: Monitoring, *by: str) -> pd.DataFrame:
    """Return scores with the models always in one order, so that their colours stay the same."""
    order = [found.champion, *found.challengers, *found.baselines]
    scores = found.scores(("model", *by))
    scores = scores[scores["model"].isin(order)]
    return scores.sort_values("model", key=lambda names: names.map(order.index), kind="stable")


def _by_day(scores: pd.DataFrame, best: str | None, ahead: str) -> Figure:
    what = (
        f"the log loss as a share of that of {best}, the best baseline there; below 1 is better"
        if best
        else "the log loss"
    )
    return Figure(
        picture(lambda ax: over_time(scores, reference=best, ax=ax), size=_SIZE),
        f"Log loss by day, {ahead} ahead.",
        f"{ahead} ahead, day by day: {what}.",
    )


def _estimate(page: Page, found: Monitoring, result: Backtest) -> None:
    known = found.expected.dropna(subset=["estimate"])
    if known.empty:
        page.text("There is no estimate for forecasts without a truth yet.")
        return
    page.table(
        _with_ahead(known, result),
        caption=f"An estimate, not a measurement: the log loss to expect of the forecasts of "
        f"{found.champion} that are not due yet, beside what those with a truth had at the same hours",
        columns={
            "ahead": "ahead",
            "estimate": "estimate",
            "usual": "measured at these hours",
            "log_loss": "measured in all",
            "n_pending": "not due yet",
            "n_scored": "with a truth",
        },
        name="estimate",
    )


def _looked_at(result: Backtest) -> Iterator[tuple[str, int]]:
    """Go through the targets that people ask for, each at the middle one of the horizons they ask about.

    Of forecasts of two statuses there is one target. A horizon counts once any truth of it has come.
    """
    known = (result.truth != MISSING).any(axis=(0, 2))
    horizons = [int(horizon) for horizon in result.horizons[known]]
    if len(result.scheme) == 2:
        yield result.scheme.names[1], horizons[len(horizons) // 2]
        return
    for case in USE_CASES.values():
        reach = case.horizons_for(result.step)
        inside = [horizon for horizon in horizons if reach[0] <= horizon <= reach[-1]]
        if inside and case.target in result.scheme.coarsenings:
            yield case.target, inside[len(inside) // 2]


def _reliability(result: Backtest, target: str, horizon: int) -> Figure:
    ahead = duration(horizon * result.step)
    return Figure(
        picture(lambda ax: reliability(result, target, horizon=horizon, ax=ax), size=_SQUARE),
        f"Reliability of the forecast probability of {target}, {ahead} ahead.",
        f"“{target}”, {ahead} ahead.",
    )


def _with_ahead(table: pd.DataFrame, result: Backtest) -> pd.DataFrame:
    ordered = table.sort_values("horizon", kind="stable")
    return ordered.assign(ahead=[duration(int(h) * result.step) for h in ordered["horizon"]])

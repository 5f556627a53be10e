"""All checks at once, and the two decisions that follow: train anew, promote a challenger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, StepMismatchError, first_few
from evforecast.evaluation import compare
from evforecast.monitoring.chargers import ChargerLimits, charger_checks, charger_table
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.monitoring.drift import DriftLimits, drift_checks
from evforecast.monitoring.performance import (
    PerformanceLimits,
    expected_scores,
    performance_checks,
)
from evforecast.monitoring.predictions import forecast_age_check, prediction_checks
from evforecast.monitoring.promotion import PromotionDecision, PromotionPolicy, decide_promotion
from evforecast.monitoring.realised import NONE, Realised, join_truth
from evforecast.monitoring.retraining import (
    RetrainingDecision,
    RetrainingPolicy,
    decide_retraining,
)
from evforecast.monitoring.schema import age_check, cadence_check, column_checks
from evforecast.panel import MISSING, Calendar, StatusForecast, StatusPanel
from evforecast.timegrid import TimeLike, as_time, step_text

__all__ = ["Limits", "Monitoring", "monitor"]

_REFERENCE = "56D"


@dataclass(frozen=True)
class Limits:
    """All thresholds and policies in one place.

    Attributes
    ----------
    drift, chargers, performance
        From where on a check is a WARNING or an ERROR.
    retraining, promotion
        What the two decisions ask for.

    Examples
    --------
    >>> Limits(retraining=RetrainingPolicy(max_age="14D")).drift.mix
    0.02
    """

    drift: DriftLimits = field(default_factory=DriftLimits)
    chargers: ChargerLimits = field(default_factory=ChargerLimits)
    performance: PerformanceLimits = field(default_factory=PerformanceLimits)
    retraining: RetrainingPolicy = field(default_factory=RetrainingPolicy)
    promotion: PromotionPolicy = field(default_factory=PromotionPolicy)


@dataclass(frozen=True, eq=False)
class Monitoring:
    """What one look at a network and its forecasts found.

    Attributes
    ----------
    now : numpy.datetime64
        The time of asking, UTC.
    checks : Checks
        All of them.
    chargers : pandas.DataFrame
        As `charger_table` returns it; empty where there was nothing to compare.
    current, reference : StatusPanel
        The stretch that was looked at, and the one it was held against.
    champion : str
        The model in use; empty when no forecast was given.
    challengers, baselines : tuple of str
        Those in the shadow, and those to be beaten.
    realised : Realised or None
        The forecasts with the truth as far as it has come.
    expected : pandas.DataFrame
        Of the champion, as `expected_scores` returns it: an estimate. Empty without forecasts.
    retraining : RetrainingDecision or None
        None where it was not said until when the champion was trained.
    promotions : dict of str to PromotionDecision
        By challenger.
    """

    now: np.datetime64
    checks: Checks
    chargers: pd.DataFrame
    current: StatusPanel
    reference: StatusPanel
    champion: str
    challengers: tuple[str, ...]
    baselines: tuple[str, ...]
    realised: Realised | None
    expected: pd.DataFrame
    retraining: RetrainingDecision | None
    promotions: dict[str, PromotionDecision]

    def __repr__(self) -> str:
        """Say when, and how it stands."""
        return f"<Monitoring at {self.now} UTC: {self.checks!r}>"

    @property
    def exit_code(self) -> int:
        """For a process: 0 all well, 10 a WARNING or nothing could be judged, 20 an ERROR."""
        return self.checks.exit_code

    def scores(self, by: Sequence[str] = ("model", "horizon")) -> pd.DataFrame:
        """Return the mean scores of what was forecast, on the cases that all models with forecasts share.

        Parameters
        ----------
        by : sequence of str
            As in `evforecast.evaluation.Backtest.scores`: ``"day"``, ``"area"`` and ``"hour"`` among them.

        Returns
        -------
        pandas.DataFrame
            Empty where no truth has come: there is no score from nothing.
        """
        if self.realised is not None:
            states = self.realised.states
            found = self.realised.of([name for name in states if (states[name] != NONE).any()])
            if found.n_scored:
                return found.result.scores(by)
        names = [name for name in by if name != "model"]
        return pd.DataFrame(columns=["model", *names, "log_loss", "brier", "accuracy", "n"])


def monitor(
    panel: StatusPanel,
    *,
    now: TimeLike | None = None,
    window: str = "1D",
    forecasts: Mapping[str, Iterable[StatusForecast]] | None = None,
    champion: str | None = None,
    challengers: Sequence[str] = (),
    baselines: Sequence[str] = (),
    trained_until: TimeLike | None = None,
    published: pd.DataFrame | None = None,
    target: str | None = None,
    within: bool = False,
    calendar: Calendar | None = None,
    limits: Limits | None = None,
) -> Monitoring:
    """Look at a network and at the forecasts of it.

    Parameters
    ----------
    panel : StatusPanel
        What was observed: the last `window` is looked at, and what came before is the reference. Rows
        after `now` are not looked at.
    now : time, optional
        The time of asking; by default that of the last row.
    window : str
        How much is looked at; a multiple of the step, a day at least is well.
    forecasts : mapping of str to iterable of StatusForecast, optional
        Those that were given out, by model; `ForecastStore.read` yields such.
    champion : str, optional
        The model in use, as it is called there; needed with forecasts.
    challengers, baselines : sequence of str
        Models in the shadow that want its place, and simple ones that it must beat. Each is held against
        the champion on the cases that both forecast.
    trained_until : time, optional
        The last time that the champion learnt from. The reference then ends there, so that a difference
        counts until the model has learnt it. Without it the reference ends where the window begins.
    published : pandas.DataFrame, optional
        The champion's scores when it was published: ``horizon``, ``log_loss``.
    target, within
        What the forecasts are scored on, as in `join_truth`.
    calendar : Calendar, optional
        Its public holidays count as Sundays.
    limits : Limits, optional
        Thresholds and policies.

    Returns
    -------
    Monitoring
        What could not be judged is an EMPTY check with its reason, never a score from nothing.

    Raises
    ------
    EmptyInputError
        If the panel has no row by `now`, or none before the window.
    InputError
        If forecasts come without a champion, a model is not among them or the champion's own rival, a
        time lies in the future, or `window` is no length of time.
    SchemeMismatchError, StepMismatchError
        As `join_truth`; the latter also if `window` is not a multiple of the step.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=40, days=29, random_state=0)
    >>> found = monitor(panel)
    >>> found.checks.to_frame().group.unique().tolist()
    ['feed', 'chargers', 'drift']
    """
    limits = Limits() if limits is None else limits
    seen = panel if now is None else panel.until(now)
    if not seen.n_time:
        msg = f"monitor: nothing was observed by {now} in {panel!r}."
        raise EmptyInputError(msg)
    time = seen.cutoff if now is None else as_time(now)
    current, reference = _stretches(seen, window, trained_until)
    table = charger_table(reference, current, limits=limits.chargers)
    found = _feed(seen, reference, current, time)
    found += charger_checks(table, limits=limits.chargers)
    found += _tried(
        "drift",
        lambda: drift_checks(
            reference, current, block=window, calendar=calendar, limits=limits.drift
        ),
    )
    truth, expected, promotions = None, pd.DataFrame(), {}
    if forecasts is not None:
        champion = _cast(list(forecasts), champion, [*challengers, *baselines])
        try:
            truth = join_truth(forecasts, seen, now=time, target=target, within=within)
        except EmptyInputError as error:
            found += [_nothing("skill", str(error))]
    if truth is not None and champion is not None:
        truth = replace(truth, result=replace(truth.result, calendar=calendar))
        expected = expected_scores(truth, champion)
        found += [forecast_age_check(truth, champion)]
        found += prediction_checks(
            truth, champion, block=window, calendar=calendar, limits=limits.drift
        )
        found += performance_checks(
            truth, champion, baselines=baselines, published=published, limits=limits.performance
        )
        promotions = {
            name: decide_promotion(
                truth.of([champion, name]).result, champion, name, policy=limits.promotion
            )
            for name in challengers
        }
    retraining = None
    if trained_until is not None:
        retraining = decide_retraining(
            now=time,
            trained_until=trained_until,
            new_days=_days_since(seen, as_time(trained_until)),
            # Seasons take weather out of what was learnt; they are shown, and no reason by themselves.
            drift=[check for check in found.of("drift") if check.check != "exogenous"],
            score_ratio=_worst_ratio(truth, champion, baselines),
            policy=limits.retraining,
        )
    return Monitoring(
        time,
        found,
        table,
        current,
        reference,
        champion or "",
        tuple(challengers),
        tuple(baselines),
        truth,
        expected,
        retraining,
        promotions,
    )


def _cast(given: Sequence[str], champion: str | None, rivals: Sequence[str]) -> str:
    """Return the champion, if those who were named are among the forecasts; without any, none can be."""
    if champion is None:
        msg = "monitor: say which of the forecasts are the champion's: champion='…'."
        raise InputError(msg)
    if given and (unknown := [name for name in (champion, *rivals) if name not in given]):
        msg = (
            f"monitor: there are no forecasts of {first_few(unknown)}; there are those of "
            f"{first_few(given)}. An empty list says that a model has given out none."
        )
        raise InputError(msg)
    if champion in rivals:
        msg = f"monitor: {champion!r} is the champion; leave it out of challengers and baselines."
        raise InputError(msg)
    return champion


def _stretches(
    seen: StatusPanel, window: str, trained_until: TimeLike | None
) -> tuple[StatusPanel, StatusPanel]:
    """Return what is looked at, and what it is held against."""
    rows = _rows(window, seen.step)
    before = seen.head(max(seen.n_time - rows, 0))
    if trained_until is not None:
        before = before.until(trained_until)
    reference = before.tail(int(pd.Timedelta(_REFERENCE) / pd.Timedelta(seen.step)))
    if not reference.n_time:
        msg = (
            f"monitor: {seen!r} has nothing before the last {window}"
            + (f" and {trained_until}" if trained_until is not None else "")
            + " to compare it with. Give a panel that reaches further back, or a shorter window."
        )
        raise EmptyInputError(msg)
    return seen.tail(rows), reference


def _rows(window: str, step: np.timedelta64) -> int:
    try:
        rows = pd.Timedelta(window) / pd.Timedelta(step)
    except ValueError:
        rows = 0.0
    if not rows > 0:
        msg = f"monitor: window={window!r} is no length of time; write it like '1D'."
        raise InputError(msg)
    if rows != int(rows):
        msg = f"monitor: window={window!r} is not a multiple of the step, {step_text(step)}."
        raise StepMismatchError(msg)
    return int(rows)


def _feed(
    seen: StatusPanel, reference: StatusPanel, current: StatusPanel, now: np.datetime64
) -> Checks:
    every = _heard(seen)
    last = every[-1] if len(every) else seen.grid.start - seen.step
    checks = [age_check(last, now, seen.step), cadence_check(_heard(reference), _heard(current))]
    both = [panel.exog for panel in (reference, current) if panel.exog is not None]
    if len(both) == 2:
        # A series without any value is not there.
        was, now_is = (exog.dropna(axis="columns", how="all") for exog in both)
        checks += column_checks(was, now_is, "exogenous series")
    return Checks(checks)


def _heard(panel: StatusPanel) -> npt.NDArray[np.datetime64]:
    """Return the times at which anything was observed."""
    heard: npt.NDArray[np.datetime64] = panel.times[(panel.codes != MISSING).any(axis=1)]
    return heard


def _tried(group: str, checks: Callable[[], Checks]) -> Checks:
    """Return checks, or one that is EMPTY and says why there are none."""
    try:
        return checks()
    except EmptyInputError as error:
        return Checks([_nothing(group, str(error))])


def _nothing(group: str, reason: str) -> Check:
    return grade(group, "any", "network", float("nan"), warning=0, error=0, reason=reason)


def _days_since(panel: StatusPanel, until: np.datetime64) -> float:
    """Return how many days after a time something was observed, by rows."""
    later = (panel.codes[panel.times > until] != MISSING).any(axis=1).sum()
    return float(later * (panel.step / np.timedelta64(1, "D")))


def _worst_ratio(
    truth: Realised | None, champion: str | None, baselines: Sequence[str]
) -> tuple[float, float, float] | None:
    """Return the ratio to the baseline that does best, with its interval; None where none can be had."""
    if truth is None or champion is None:
        return None
    pairs = {name: truth.of([champion, name]) for name in baselines}
    rows = [
        compare(pair.result, champion, name, by=()).iloc[0]
        for name, pair in pairs.items()
        if pair.n_scored
    ]
    told = [row for row in rows if row["verdict"] != "too few days" and row["ratio"] > 0]
    if not told:
        return None
    worst = max(told, key=lambda row: float(row["ratio"]))
    return float(worst["ratio"]), float(worst["low"]), float(worst["high"])

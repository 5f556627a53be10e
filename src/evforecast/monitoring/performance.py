"""How good the forecasts that were given out have turned out to be, horizon by horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, MissingColumnsError, first_few
from evforecast.evaluation import Backtest, calibration_interval, compare, entropy
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.monitoring.realised import PENDING, SCORED, Realised
from evforecast.monitoring.tally import Slots, Tally, deviation, laid_out
from evforecast.panel import MISSING

__all__ = ["PerformanceLimits", "expected_scores", "performance_checks"]

_NAN = float("nan")


@dataclass(frozen=True)
class PerformanceLimits:
    """From where on performance counts as lost, as a WARNING and as an ERROR.

    Attributes
    ----------
    untold : tuple of float
        The share of the forecasts that are due whose truth is not known.
    baseline : tuple of float
        The ratio of the log loss to that of a baseline.
    published : tuple of float
        The ratio of the log loss to that of the model when it was published.
    expected : tuple of float
        The ratio of the log loss expected of forecasts without a truth yet to that of those with one, at
        the same hours of the day.
    strays : tuple of float
        That ratio does not count either below so many times what is usual above 1.
    calibration : tuple of float
        The calibration error, at least: the low end of its interval.
    miscalibrated : tuple of float
        What the calibration error of late is above that of before, at least.
    fewest_days : int
        With a truth on fewer days there is no verdict.

    Examples
    --------
    >>> PerformanceLimits(fewest_days=3).baseline
    (1.0, 1.05)
    """

    untold: tuple[float, float] = (0.2, 0.5)
    baseline: tuple[float, float] = (1.0, 1.05)
    published: tuple[float, float] = (1.1, 1.25)
    expected: tuple[float, float] = (1.15, 1.3)
    strays: tuple[float, float] = (4.0, 6.0)
    calibration: tuple[float, float] = (0.02, 0.05)
    miscalibrated: tuple[float, float] = (0.01, 0.03)
    fewest_days: int = 5


def expected_scores(found: Realised, model: str) -> pd.DataFrame:
    """Return what log loss to expect of the forecasts whose truth has not come: an estimate.

    The log loss that a forecast expects of itself is its entropy; a model that is too sure of itself
    loses more, one too cautious less. What the forecasts with a truth lost above their entropy, at the
    same hours of the day, is taken to go on: rush hours are harder to tell than nights, and the forecasts
    that wait for their truth are of a few hours. So the estimate sees that the world has become harder to
    tell, or that the forecasts have spread; it cannot see that the world has left the model behind.

    Parameters
    ----------
    found : Realised
        From `join_truth`.
    model : str
        Whose forecasts.

    Returns
    -------
    pandas.DataFrame
        One row a horizon: ``horizon``, ``log_loss`` and ``entropy`` of the scored forecasts, ``n_scored``;
        ``entropy_pending`` of those without a truth yet, ``n_pending``; ``usual``, the log loss of the
        scored ones at the hours of the pending ones, and ``estimate`` of the log loss of those; ``spread``,
        how far the estimate usually strays from the usual. All are in nats, NaN where there is none.

    Raises
    ------
    InputError
        If there is no such model.

    References
    ----------
    Of estimates before labels and what they assume: Garg et al. (2022), arXiv:2201.04234.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import join_truth
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Climatology([4]).fit(panel.head(200))
    >>> given = [model.predict_proba(panel.head(n)) for n in (200, 300, 383)]
    >>> expected_scores(join_truth({"climatology": given}, panel), "climatology").n_pending.item()
    6
    """
    found = found.of([model])
    states, result = found.states[model], found.result
    losses, spreads = result.cases(model), entropy(result.proba[model])
    rows = []
    for place, horizon in enumerate(result.horizons.tolist()):
        loss, own = losses[:, place], spreads[:, place]
        scored, pending = states[:, place] == SCORED, states[:, place] == PENDING
        usual, gap, spread = _ahead(found, place, (scored, pending), (loss, own))
        rows.append(
            {
                "horizon": horizon,
                "log_loss": _mean(loss, scored),
                "entropy": _mean(own, scored),
                "n_scored": int(scored.sum()),
                "entropy_pending": _mean(own, pending),
                "n_pending": int(pending.sum()),
                "usual": usual,
                "estimate": usual + gap,
                "spread": spread,
            }
        )
    return pd.DataFrame(rows)


def performance_checks(
    found: Realised,
    model: str,
    *,
    baselines: Sequence[str] = (),
    published: pd.DataFrame | None = None,
    recent_days: int = 7,
    limits: PerformanceLimits | None = None,
) -> Checks:
    """Return the checks of a model's forecasts against the truth that has come.

    Parameters
    ----------
    found : Realised
        From `join_truth`, with the forecasts of the model and of the baselines.
    model : str
        The model, as it is called there.
    baselines : sequence of str
        Models that it must beat: persistence and climatology say.
    published : pandas.DataFrame, optional
        What it scored when it was published: ``horizon`` and ``log_loss``, as on the card of a registry.
    recent_days : int
        How many of the last days are "of late" where they are held against those before.
    limits : PerformanceLimits, optional
        From where on it counts.

    Returns
    -------
    Checks
        Of the group ``"skill"``, by horizon: the share of forecasts without a truth; the log loss against
        each baseline, on the cases that both forecast, and against the published; what is expected of
        those without a truth yet, an estimate; calibration of each status, and whether it has become
        worse. EMPTY where the truth of too few days is known.

    Raises
    ------
    InputError
        If a model or baseline is not among the forecasts, or a horizon was published twice.
    MissingColumnsError
        If `published` lacks a column.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import join_truth
    >>> panel = ev.simulate(n_evse=6, days=12, random_state=0)
    >>> models = {"climatology": ev.Climatology([4]), "persistence": ev.Persistence([4])}
    >>> ready = {name: model.fit(panel.head(480)) for name, model in models.items()}
    >>> cuts = range(480, 1150, 8)
    >>> given = {k: [m.predict_proba(panel.head(n)) for n in cuts] for k, m in ready.items()}
    >>> found = performance_checks(
    ...     join_truth(given, panel), "climatology", baselines=["persistence"]
    ... )
    >>> found.to_frame().query("check == 'against persistence'").status.item()
    'ERROR'
    """
    limits = PerformanceLimits() if limits is None else limits
    before = {} if published is None else _published(published)
    alone = found.of([model])
    pairs = {name: found.of([model, name]).result for name in baselines}
    shares = alone.shares()
    rows: list[Any] = list(expected_scores(alone, model).itertuples(index=False))
    checks = []
    for place, row in enumerate(rows):
        one, subject = _at(alone.result, place), f"{model}, {row.horizon} steps"
        few = _few(one, limits)
        checks.append(_untold(subject, shares.iloc[place], limits))
        checks += [
            _against(subject, _at(pair, place), (model, name), limits)
            for name, pair in pairs.items()
        ]
        if published is not None:
            checks.append(_since(subject, row, before.pop(row.horizon, _NAN), few, limits))
        checks.append(_expected(subject, row, few, limits))
        checks += _calibration(subject, one, model, (recent_days, limits))
    none = "It was published, and there are no forecasts of it."
    checks += [
        _graded("against publication", f"{model}, {horizon} steps", _NAN, limits.published, none)
        for horizon in before
    ]
    return Checks(checks)


def _published(table: pd.DataFrame) -> dict[int, float]:
    """Return the log loss by horizon."""
    columns, where = ["horizon", "log_loss"], "performance_checks: published"
    if missing := [name for name in columns if name not in table.columns]:
        raise MissingColumnsError(missing, table.columns, where)
    if table["horizon"].duplicated().any():
        again = first_few(table["horizon"][table["horizon"].duplicated()].unique())
        msg = f"{where} has several scores of the horizons {again}. Give those of one model, at large."
        raise InputError(msg)
    return dict(zip(table["horizon"].tolist(), table["log_loss"].tolist(), strict=True))


def _ahead(
    found: Realised,
    place: int,
    kinds: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    measures: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> tuple[float, float, float]:
    """Return the usual log loss at the hours of what is pending, how far off its entropy is, and usually is.

    `kinds` are which cases are scored and pending, `measures` their log loss and entropy.
    """
    result, slots = found.result, Slots(found.result.tz, weekly=False)
    length = result.horizons[place] * result.step
    times = result.origins + length
    loss, own = measures
    cases = np.stack([own, np.nan_to_num(loss), np.ones_like(own)], axis=-1)
    scored, pending = (np.where(kind[..., None], cases, 0).sum(axis=1) for kind in kinds)
    some = scored[:, 2] > 0
    if not some.any():
        return _NAN, _NAN, _NAN
    # What is pending reaches over as much time as the horizon, so that is a block of the past.
    past = laid_out(times[some], slots, length, scored[some, 2:], scored[some, None])
    sums = np.zeros((slots.n, 3))
    np.add.at(sums, slots.of(times), pending)
    ahead = Tally(sums[None, :, 2:], sums[None, :, None])
    try:
        moved = deviation(past, ahead, lambda n, came, due: (came - due)[:, 0, :1] / n)
    except EmptyInputError:
        return _NAN, _NAN, _NAN
    gap = float(moved.value[0])
    usual = _ratio(moved.expected[0, 1], moved.expected[0, 2])
    return (_NAN if np.isnan(gap) else usual), gap, float(moved.spread()[0])


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else _NAN


def _mean(values: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> float:
    return float(values[mask].mean()) if mask.any() else _NAN


def _at(result: Backtest, place: int) -> Backtest:
    """Return the part of one horizon."""
    only = slice(place, place + 1)
    return replace(
        result,
        proba={name: law[:, only] for name, law in result.proba.items()},
        truth=result.truth[:, only],
        horizons=result.horizons[only],
    )


def _day_of(result: Backtest) -> npt.NDArray[np.int64]:
    """Return the day of the origin of each case that has a truth, counted from 0, shape ``[case]``."""
    days = result.origins.astype("datetime64[D]").astype(np.int64)
    wide = np.broadcast_to((days - days.min())[:, None, None], result.truth.shape)
    cases: npt.NDArray[np.int64] = wide[result.truth != MISSING]
    return cases


def _needed(limits: PerformanceLimits) -> int:
    return max(limits.fewest_days, 2)  # one day has no interval


def _few(one: Backtest, limits: PerformanceLimits) -> str:
    """Return why there is no verdict, nothing where there are days enough."""
    days, needed = len(np.unique(_day_of(one))), _needed(limits)
    return "" if days >= needed else f"A truth is known on {days} days; {needed} are needed."


def _graded(check: str, subject: str, value: float, at: tuple[float, float], reason: str) -> Check:
    return grade("skill", check, subject, value, warning=at[0], error=at[1], reason=reason)


def _untold(subject: str, share: pd.Series, limits: PerformanceLimits) -> Check:
    text = (
        f"{share['scored']:,} of {share['due']:,} forecasts that are due have a truth; "
        f"{share['late']:,} are late, {share['unscored']:,} were passed over."
    )
    return _graded("truth", subject, 1 - share["scored_share"], limits.untold, text)


def _against(
    subject: str, one: Backtest, names: tuple[str, str], limits: PerformanceLimits
) -> Check:
    what = f"against {names[1]}"
    if few := _few(one, limits):
        return _graded(what, subject, _NAN, limits.baseline, few)
    row = compare(one, *names, by=()).iloc[0]
    text = (
        f"Log loss {row['ratio']:.3f} of its, 95 % interval {row['low']:.3f} to {row['high']:.3f} over "
        f"{row['days']} days."
    )
    return _graded(what, subject, row["ratio"], limits.baseline, text)


def _since(subject: str, row: Any, before: float, few: str, limits: PerformanceLimits) -> Check:
    text = few or f"Log loss {row.log_loss:.3f} nats, {before:.3f} when it was published."
    if np.isnan(before):
        text = "No log loss was published of it."
    value = _NAN if few else _ratio(row.log_loss, before)
    return _graded("against publication", subject, value, limits.published, text)


def _expected(subject: str, row: Any, few: str, limits: PerformanceLimits) -> Check:
    value = _NAN if few else _ratio(row.estimate, row.usual)
    stray = 0.0 if np.isnan(row.spread) else _ratio(row.spread, row.usual)
    at = [
        max(bound, 1 + times * stray)
        for bound, times in zip(limits.expected, limits.strays, strict=True)
    ]
    text = (
        f"Estimated log loss of the {row.n_pending:,} forecasts without a truth yet {row.estimate:.3f} "
        f"nats; those with one had {row.usual:.3f} at these hours."
    )
    if np.isnan(row.estimate):
        text = "No forecast waits for its truth at an hour of which others have theirs."
    return _graded("expected (estimate)", subject, value, (at[0], at[1]), few or text)


def _calibration(
    subject: str, one: Backtest, model: str, how: tuple[int, PerformanceLimits]
) -> list[Check]:
    """Check the worst status, over all days and of late."""
    recent_days, limits = how
    whole, turn = ("calibration", limits.calibration), ("calibration of late", limits.miscalibrated)
    if few := _few(one, limits):
        return [_graded(name, subject, _NAN, at, few) for name, at in (whole, turn)]
    known = one.truth != MISSING
    law, truth, day = one.proba[model][known], one.truth[known], _day_of(one)
    late = day > day.max() - recent_days
    days = [len(np.unique(day[part])) for part in (late, ~late)]
    # Of two statuses, either says it all.
    codes = range(1, 2) if len(one.scheme) == 2 else range(len(one.scheme))
    overall, turned = [], []
    for code in codes:
        name = one.scheme.names[code]
        hit = (truth == code).astype(np.int8)
        error, low, _ = calibration_interval(law[:, code], hit, day)
        text = f"Expected calibration error {error:.3f} of {name}, at least {low:.3f}."
        overall.append((low, error, text))
        if min(days) >= _needed(limits):
            before, _, _ = calibration_interval(law[~late, code], hit[~late], day[~late])
            now, least, _ = calibration_interval(law[late, code], hit[late], day[late])
            text = (
                f"Expected calibration error {now:.3f} of {name} in the last {recent_days} days, "
                f"{before:.3f} before."
            )
            turned.append((least - before, now, text))
    few = (
        f"A truth is known on {days[0]} of the last {recent_days} days and on {days[1]} before; "
        f"{_needed(limits)} of both are needed."
    )
    return [
        _graded(name, subject, value, at, text)
        for (name, at), (value, _, text) in (
            (whole, max(overall)),
            (turn, max(turned, default=(_NAN, _NAN, few))),
        )
    ]

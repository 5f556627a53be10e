"""Whether the forecasts themselves have moved: an early sign, before any truth has come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.monitoring.drift import DriftLimits
from evforecast.monitoring.realised import NONE, Realised
from evforecast.monitoring.tally import Deviation, Slots, Tally, deviation, laid_out
from evforecast.panel import Calendar
from evforecast.timegrid import StepLike

__all__ = ["forecast_age_check", "prediction_checks", "prediction_drift"]

# Where every difference counts, the largest is still the worst.
_LEAST = 1e-12


def prediction_drift(
    found: Realised,
    model: str,
    horizon: int,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
) -> Deviation:
    """Return how far the mix of statuses that is forecast is from that forecast before for the same hours.

    Parameters
    ----------
    found : Realised
        From `join_truth`, with or without truth.
    model : str
        Whose forecasts.
    horizon : int
        In steps.
    block : str
        The last such stretch of forecasts is held against all those before.
    calendar : Calendar, optional
        Its public holidays count as Sundays.

    Returns
    -------
    Deviation
        Of each status, the share that is forecast less the share expected. ``observed`` and ``expected``
        are sums of probabilities, ``[1, status]``.

    Raises
    ------
    EmptyInputError
        If the model's forecasts reach over less than two blocks, or none has that horizon.
    InputError
        If there is no such model, or `block` is no length of time.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import join_truth
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> model = ev.Climatology([4]).fit(panel.head(200))
    >>> given = [model.predict_proba(panel.head(n)) for n in range(200, 860, 4)]
    >>> bool(prediction_drift(join_truth({"c": given}, panel), "c", 4).value.max() < 0.2)
    True
    """
    result = found.result
    place = int(np.searchsorted(result.horizons, horizon))
    known = place < len(result.horizons) and result.horizons[place] == horizon
    states = found.of([model]).states[model]
    made = states[:, place] != NONE if known else np.zeros((1, 1), dtype=bool)
    rows = np.flatnonzero(made.any(axis=1))
    span = _length(block)
    if len(rows) < 2 or result.origins[rows[-1]] - result.origins[rows[0]] < 2 * span - _spacing(
        result.origins[rows]
    ):
        msg = (
            f"prediction_drift: the forecasts of {model!r} at {horizon} steps reach over less than two "
            f"blocks of {block}. Wait for more, or take a shorter block."
        )
        raise EmptyInputError(msg)
    made = made[rows]
    law = np.where(made[..., None], result.proba[model][rows, place], 0.0)
    times = result.origins[rows] + horizon * result.step
    weeks = (times[-1] - times[0]) / np.timedelta64(7, "D")
    slots = Slots(result.tz, bool(weeks >= 4), calendar)
    tally = laid_out(
        times, slots, span, made.sum(axis=1)[:, None], law.sum(axis=1, dtype=np.float64)[:, None]
    )
    past = Tally(tally.exposure[:-1], tally.outcome[:-1])
    return deviation(past, tally, lambda exposure, came, due: (came - due)[:, 0] / exposure)


def prediction_checks(
    found: Realised,
    model: str,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
    limits: DriftLimits | None = None,
) -> Checks:
    """Return the check of what is forecast against what was forecast before, one a horizon.

    Parameters
    ----------
    found, model, block, calendar
        As in `prediction_drift`.
    limits : DriftLimits, optional
        The floor is that of the status mix.

    Returns
    -------
    Checks
        Of the group ``"drift"``; of each horizon the status that is furthest from what is usual. EMPTY
        where there are not two blocks of forecasts.

    Raises
    ------
    InputError
        If there is no such model, or `block` is no length of time.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import join_truth
    >>> panel = ev.simulate(n_evse=6, days=3, random_state=0)
    >>> given = [ev.Climatology([4]).fit(panel).predict_proba(panel)]
    >>> prediction_checks(join_truth({"c": given}, panel), "c").status
    'EMPTY'
    """
    limits = DriftLimits() if limits is None else limits
    checks = []
    for horizon in found.result.horizons.tolist():
        subject = f"{model}, {horizon} steps"
        try:
            moved = prediction_drift(found, model, horizon, block=block, calendar=calendar)
        except EmptyInputError as error:
            checks.append(_graded(subject, float("nan"), limits.of(limits.mix, 0.0), str(error)))
            continue
        names, spread = found.result.scheme.names, moved.spread()
        at = [limits.of(limits.mix, usual) for usual in spread.tolist()]
        beyond = np.abs(moved.value) / np.maximum([warning for warning, _ in at], _LEAST)
        worst = int(np.argmax(beyond))
        came, due = (x[0, worst] / max(x.sum(), 1) for x in (moved.observed, moved.expected))
        text = f"{names[worst]} is forecast for {came:.1%} of charger time, {due:.1%} was before."
        if np.isnan(beyond[worst]):
            text = "Too little of it can be compared with what was forecast before."
        checks.append(_graded(subject, float(abs(moved.value[worst])), at[worst], text))
    return Checks(checks)


def forecast_age_check(found: Realised, model: str) -> Check:
    """Return the check of how old a model's last forecast is: whether it still gives any out.

    Parameters
    ----------
    found : Realised
        From `join_truth`.
    model : str
        Whose forecasts.

    Returns
    -------
    Check
        Of the group ``"feed"``. Its value is the age over the usual time between two forecasts (the
        median): a WARNING from 2.5, an ERROR from 6; EMPTY with less than two forecasts.

    Raises
    ------
    InputError
        If there is no such model.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import join_truth
    >>> panel = ev.simulate(n_evse=6, days=3, random_state=0)
    >>> model = ev.Climatology([4]).fit(panel.head(100))
    >>> given = [model.predict_proba(panel.head(n)) for n in (200, 204, 208)]
    >>> forecast_age_check(join_truth({"c": given}, panel), "c").status
    'ERROR'
    """
    rows = (found.of([model]).states[model] != NONE).any(axis=(1, 2))
    origins = found.result.origins[rows]
    value, text = float("nan"), f"There are not two forecasts of {model}."
    if len(origins) > 1:
        usual, age = np.median(np.diff(origins)), found.now - origins[-1]
        value = float(age / usual)
        text = f"The last forecast is {_hours(age)} hours old; there used to be one every {_hours(usual)}."
    return grade("feed", "age of forecasts", model, value, warning=2.5, error=6, reason=text)


def _hours(span: np.timedelta64) -> str:
    return f"{span / np.timedelta64(3600, 's'):.3g}"


def _length(block: StepLike) -> np.timedelta64:
    try:
        seconds = pd.Timedelta(block).total_seconds()
    except ValueError:
        seconds = 0
    if not seconds >= 1:
        msg = f"prediction_drift: block={block!r} is no length of time; write it like '1D'."
        raise InputError(msg)
    return np.timedelta64(int(seconds), "s")


def _spacing(origins: npt.NDArray[np.datetime64]) -> np.timedelta64:
    spacing: np.timedelta64 = np.diff(origins).min()
    return spacing


def _graded(subject: str, value: float, at: tuple[float, float], text: str) -> Check:
    warning, error = at
    return grade(
        "drift", "prediction mix", subject, value, warning=warning, error=error, reason=text
    )

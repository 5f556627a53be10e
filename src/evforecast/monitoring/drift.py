"""Whether the world has changed: the mix of statuses, how they change, and what is known besides.

Sizes of effect with thresholds, no tests of significance: with a quarter of a million observations a day,
any difference is significant and few matter. A difference counts when it is large, and larger than what the
days of the reference do among themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.monitoring.tally import (
    Deviation,
    Slots,
    change_tally,
    deviation,
    mix_tally,
    require_same_step,
    value_tally,
)
from evforecast.panel import MISSING, Calendar, StatusPanel
from evforecast.timegrid import StepLike

__all__ = ["DriftLimits", "change_drift", "drift_checks", "exog_drift", "mix_drift"]

Floats = npt.NDArray[np.float64]
# Keeps the ratio of two counts finite where one of them is 0.
_HALF = 0.5


@dataclass(frozen=True)
class DriftLimits:
    """From where on a difference counts: when it is large, and larger than what is usual.

    A WARNING is from the floor on, or from `warning` times the usual spread where that is more; an ERROR
    from twice the floor, or `error` times the spread.

    Attributes
    ----------
    mix : float
        Floor of a status: the difference of its share of charger time.
    changes : float
        Floor of a kind of change: the size of the logarithm of observed over expected; 0.22 is a quarter
        more or a fifth less.
    exog : float
        Floor of an exogenous series: the distance from the expected mean, in standard deviations of the
        reference; twice of it is an ERROR whatever is usual.
    frozen : float
        The share of the expected changes that did not come, from where on the feed counts as frozen.
    vanished : float
        How many observations of a status must be expected for its absence to count.
    fewest : float
        How many changes of a kind must be expected for their number to count.
    warning, error : float
        See above.

    Examples
    --------
    >>> DriftLimits().of(0.02, spread=0.01)
    (0.04, 0.06)
    """

    mix: float = 0.02
    changes: float = 0.22
    exog: float = 3.0
    frozen: float = 0.8
    vanished: float = 100.0
    fewest: float = 30.0
    warning: float = 4.0
    error: float = 6.0

    def of(self, floor: float, spread: float) -> tuple[float, float]:
        """Return the thresholds of a WARNING and an ERROR; `spread` is NaN where it is not known."""
        usual = 0.0 if np.isnan(spread) else spread
        return max(floor, self.warning * usual), max(2 * floor, self.error * usual)

    def of_exog(self, spread: float) -> tuple[float, float]:
        """Return those of a series: a season makes its days stray, another unit is further off than any."""
        warning, _ = self.of(self.exog, spread)
        return min(warning, 2 * self.exog), 2 * self.exog


def mix_drift(
    reference: StatusPanel,
    current: StatusPanel,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
) -> Deviation:
    """Return how far the mix of statuses is from that of the same hours in a reference.

    Parameters
    ----------
    reference : StatusPanel
        The past to compare with: four weeks at least are well; below three, hours of the day are compared
        instead of hours of the week.
    current : StatusPanel
        Its last `block` is looked at. Chargers observed in only one of the two are left out.
    block : str
        A multiple of the step.
    calendar : Calendar, optional
        Its public holidays count as Sundays.

    Returns
    -------
    Deviation
        Of each status, the observed less the expected share of charger time. ``observed`` and
        ``expected`` are charger steps, ``[1, status]``.

    Raises
    ------
    SchemeMismatchError, StepMismatchError
        If the two panels differ in statuses or step.
    EmptyInputError
        If one is shorter than a block, or no charger is observed in both.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=40, days=29, random_state=0)
    >>> mix_drift(panel.head(28 * 96), panel.tail(96)).value.shape
    (5,)
    """
    reference, current = _common(reference, current)
    slots = Slots.suiting(reference, calendar)
    return deviation(
        mix_tally(reference, slots, block=block),
        mix_tally(current, slots, block=block),
        lambda exposure, came, due: (came - due)[:, 0] / exposure,
    )


def change_drift(
    reference: StatusPanel,
    current: StatusPanel,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
) -> Deviation:
    """Return how far the changes of status are from those that the same hours used to bring.

    Expected are, for each status that chargers were in and each hour, as many changes as in the reference;
    so a network that is busier than usual but behaves alike does not differ.

    Parameters
    ----------
    reference, current, block, calendar
        As in `mix_drift`.

    Returns
    -------
    Deviation
        Of each kind of change, the logarithm of the observed over the expected number, shape
        ``[status before * status after]``, NaN for those that stayed. ``observed`` and ``expected`` are
        counts, ``[status before, status after]``, those that stayed on the diagonal.

    Raises
    ------
    SchemeMismatchError, StepMismatchError, EmptyInputError
        As in `mix_drift`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=40, days=29, random_state=0)
    >>> change_drift(panel.head(28 * 96), panel.tail(96)).observed.shape
    (5, 5)
    """
    reference, current = _common(reference, current)
    slots = Slots.suiting(reference, calendar)
    return deviation(
        change_tally(reference, slots, block=block),
        change_tally(current, slots, block=block),
        _log_ratio,
    )


def exog_drift(
    reference: StatusPanel,
    current: StatusPanel,
    column: str,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
) -> Deviation:
    """Return how far an exogenous series is from its mean in the same hours of a reference.

    Parameters
    ----------
    reference, current, block, calendar
        As in `mix_drift`.
    column : str
        The series, in both panels.

    Returns
    -------
    Deviation
        One value, the difference in standard deviations of the reference, NaN where it was constant or
        the series is missing.

    Raises
    ------
    InputError
        If a panel has no such series.
    StepMismatchError, EmptyInputError
        As in `mix_drift`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=4, days=29, random_state=0)
    >>> exog_drift(panel.head(28 * 96), panel.tail(96), "temperature").value.shape
    (1,)
    """
    require_same_step(reference, current, "exog_drift")
    slots = Slots.suiting(reference, calendar)
    past = value_tally(reference, column, slots, block=block)
    now = value_tally(current, column, slots, block=block)
    values = np.asarray(reference.exog[column] if reference.exog is not None else [], np.float64)
    values = values[np.isfinite(values)]
    # Of a constant too, rounding may leave a standard deviation above 0.
    varies = bool(len(values) and values.min() < values.max())
    deviations = float(np.std(values)) if varies else float("nan")
    return deviation(
        past, now, lambda exposure, came, due: (came - due)[:, 0] / exposure / deviations
    )


def drift_checks(
    reference: StatusPanel,
    current: StatusPanel,
    *,
    block: StepLike = "1D",
    calendar: Calendar | None = None,
    limits: DriftLimits | None = None,
) -> Checks:
    """Return the checks of the status mix, the changes, statuses that came or went, and the series.

    Parameters
    ----------
    reference, current, block, calendar
        As in `mix_drift`.
    limits : DriftLimits, optional
        From where on a difference counts.

    Returns
    -------
    Checks
        Of the group ``"drift"``.

    Raises
    ------
    SchemeMismatchError, StepMismatchError, EmptyInputError
        As in `mix_drift`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=40, days=29, random_state=0)
    >>> drift_checks(panel.head(28 * 96), panel.tail(96)).to_frame().check.unique().tolist()
    ['status mix', 'changes', 'frozen', 'vanished status', 'new status', 'exogenous']
    """
    limits = DriftLimits() if limits is None else limits
    mix = mix_drift(reference, current, block=block, calendar=calendar)
    changes = change_drift(reference, current, block=block, calendar=calendar)
    found = [
        *_mix_checks(mix, current, limits),
        *_change_checks(changes, current, limits),
        _frozen(changes, limits),
        *_came_and_went(mix, reference, limits),
    ]
    if reference.exog is not None and current.exog is not None:
        for column in reference.exog.columns.intersection(current.exog.columns):
            series = exog_drift(reference, current, column, block=block, calendar=calendar)
            value, spread = series.value[0], float(series.spread()[0])
            text = f"{abs(value):.2g} standard deviations from its mean at these hours"
            at = limits.of_exog(spread)
            found.append(_graded(("exogenous", column), value, spread, at, text))
    return Checks(found)


def _common(reference: StatusPanel, current: StatusPanel) -> tuple[StatusPanel, StatusPanel]:
    """Return both panels with the chargers observed in both: others came or went, they did not change.

    Where one of the panels was never observed at all, there is nothing to tell them by.
    """
    reference.scheme.require_same(current.scheme, "drift")
    require_same_step(reference, current, "drift")
    known, now = (p.evse.index[(p.codes != MISSING).any(axis=0)] for p in (reference, current))
    if known.empty or now.empty:
        known, now = reference.evse.index, current.evse.index
    shared = known.intersection(now, sort=False)
    if shared.empty:
        msg = (
            f"drift: none of the {len(known):,} chargers of the reference is among the {len(now):,} of "
            "now. Did their ids change? See StatusPanel.rename."
        )
        raise EmptyInputError(msg)
    if len(shared) == reference.n_evse == current.n_evse:
        return reference, current
    return reference.select(list(shared)), current.select(list(shared))


def _log_ratio(exposure: Floats, came: Floats, due: Floats) -> Floats:
    del exposure
    ratio: Floats = np.log((came + _HALF) / (due + _HALF))
    ratio[:, ~_moves(came.shape[-1])] = np.nan
    return ratio.reshape(len(came), -1)


def _moves(k: int) -> npt.NDArray[np.bool_]:
    """Return which pairs of statuses are a change, shape ``[before, after]``."""
    return ~np.eye(k, dtype=bool)


def _graded(
    what: tuple[str, str], value: float, spread: float, at: tuple[float, float], text: str
) -> Check:
    """Grade one measure of a deviation; `what` is check and subject, `at` the thresholds."""
    warning, error = at
    if np.isnan(value):
        text = "Too little was seen to compare it, or the reference does not vary"
    elif not np.isnan(spread):
        text += f"; the days of the reference stray by {spread:.2g}"
    reason = text + "."
    return grade("drift", *what, abs(value), warning=warning, error=error, reason=reason)


def _mix_checks(found: Deviation, panel: StatusPanel, limits: DriftLimits) -> list[Check]:
    came = found.observed[0] / max(found.observed.sum(), 1)
    due = found.expected[0] / max(found.expected.sum(), 1)
    checks = []
    for code, spread in enumerate(found.spread().tolist()):
        what, at = ("status mix", panel.scheme.names[code]), limits.of(limits.mix, spread)
        text = f"{came[code]:.1%} of charger time where these hours used to bring {due[code]:.1%}"
        checks.append(_graded(what, found.value[code], spread, at, text))
    return checks


def _change_checks(found: Deviation, panel: StatusPanel, limits: DriftLimits) -> list[Check]:
    """Check the kinds of change of which enough are expected."""
    names, k = panel.scheme.names, len(panel.scheme)
    spreads = found.spread().tolist()
    checks = []
    for before, after in np.argwhere(_moves(k) & (found.expected >= limits.fewest)).tolist():
        came, due = found.observed[before, after], found.expected[before, after]
        spread = spreads[before * k + after]
        what, at = (
            ("changes", f"{names[before]} to {names[after]}"),
            limits.of(limits.changes, spread),
        )
        text = f"{came:,.0f} times where these hours used to bring {due:,.0f}"
        checks.append(_graded(what, found.value[before * k + after], spread, at, text))
    return checks


def _frozen(found: Deviation, limits: DriftLimits) -> Check:
    moves = _moves(len(found.observed))
    came, due = found.observed[moves].sum(), found.expected[moves].sum()
    return grade(
        "drift",
        "frozen",
        "network",
        float(1 - came / due) if due >= limits.fewest else float("nan"),
        warning=limits.frozen / 2,
        error=limits.frozen,
        reason=f"{came:,.0f} changes of status came where {due:,.0f} were expected.",
    )


def _came_and_went(found: Deviation, reference: StatusPanel, limits: DriftLimits) -> list[Check]:
    """Check for statuses that should have been seen and were not, and for those never seen before."""
    came, due = found.observed[0], found.expected[0]
    names = np.array(reference.scheme.names)
    gone = names[(came == 0) & (due >= limits.vanished)]
    # At any hour: a rare status may well have been there only at others.
    new = names[(came > 0) & ~np.isin(np.arange(len(names)), reference.codes)]
    nothing = 0.0 if came.sum() else float("nan")
    none = "none" if came.sum() else "nothing was seen to judge by"
    told = (
        ("vanished status", gone, 1.0, "Not seen any more"),
        ("new status", new, np.inf, "Never seen in the reference"),
    )
    return [
        grade(
            "drift",
            check,
            "network",
            nothing + len(which),
            warning=1,
            error=error,
            reason=f"{said}: {', '.join(which) or none}.",
        )
        for check, which, error, said in told
    ]

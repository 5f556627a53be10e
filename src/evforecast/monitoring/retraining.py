"""Whether it is time to train anew: age, drift or lost skill, and enough new data to learn from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError, require_choice
from evforecast.monitoring.checks import Check
from evforecast.monitoring.reasons import Reason, minute_text, reasons_frame
from evforecast.timegrid import TimeLike, as_time

__all__ = ["RetrainingDecision", "RetrainingPolicy", "decide_retraining"]

_DAY = np.timedelta64(86_400, "s")


@dataclass(frozen=True)
class RetrainingPolicy:
    """When to train anew.

    Parameters
    ----------
    max_age : str
        From this age on a model is trained anew.
    min_new_data : str
        New data without which training anew is no use.
    skill_loss : float
        The ratio of scores above which skill counts as lost, its whole interval being above.
    retrain_on : {'ERROR', 'WARNING'}
        From which status on a check of drift asks for it.

    Raises
    ------
    InputError
        If a time is not a positive one (new data may be 0), `skill_loss` is less than 1, or
        `retrain_on` is no choice.

    Examples
    --------
    >>> RetrainingPolicy(max_age="14D").min_new_data
    '7D'
    """

    max_age: str = "28D"
    min_new_data: str = "7D"
    skill_loss: float = 1.05
    retrain_on: str = "ERROR"

    def __post_init__(self) -> None:
        """Check what was asked for."""
        require_choice(self.retrain_on, ("ERROR", "WARNING"), "retrain_on")
        try:
            fine = _days(self.max_age) > 0 and _days(self.min_new_data) >= 0
        except ValueError:
            fine = False
        if not (fine and self.skill_loss >= 1):
            msg = f"{self}: write times like '28D', from 0 on, and a ratio from 1 on, like 1.05."
            raise InputError(msg)


@dataclass(frozen=True)
class RetrainingDecision:
    """Whether to train anew, and why.

    Attributes
    ----------
    retrain : bool
        Whether age, drift or skill asks for it, and there is enough new data.
    due : numpy.datetime64
        When it is time if nothing changes but that time passes and data keeps coming; UTC. It is `now`
        if it is time already.
    reasons : tuple of Reason
        The rules ``age``, ``drift``, ``skill`` and ``new data``; met where they speak for training,
        None where nothing is known.
    now, trained_until : numpy.datetime64
        As given, UTC.
    policy : RetrainingPolicy
        What was asked for.
    """

    retrain: bool
    due: np.datetime64
    reasons: tuple[Reason, ...]
    now: np.datetime64
    trained_until: np.datetime64
    policy: RetrainingPolicy = field(repr=False)

    def __str__(self) -> str:
        """Say the decision in a sentence."""
        *causes, data = self.reasons
        asking = [reason.text for reason in causes if reason.met]
        if self.retrain:
            return f"Retrain: {'; '.join(asking)}; {data.text}."
        if asking:
            return f"Wait until {minute_text(self.due)}: {'; '.join(asking)}, but {data.text}."
        said = "; ".join(reason.text for reason in causes)
        return f"No retraining before {minute_text(self.due)}: {said}."

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as what JSON holds; times are ISO texts in UTC."""
        return {
            "retrain": self.retrain,
            "due": str(self.due),
            "now": str(self.now),
            "trained_until": str(self.trained_until),
            "reasons": [reason._asdict() for reason in self.reasons],
            "policy": asdict(self.policy),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the reasons, one row a rule: ``rule``, ``met``, ``text``."""
        return reasons_frame(self.reasons)


def decide_retraining(
    *,
    now: TimeLike,
    trained_until: TimeLike,
    new_days: float,
    drift: Iterable[Check] = (),
    score_ratio: tuple[float, float, float] | None = None,
    policy: RetrainingPolicy | None = None,
) -> RetrainingDecision:
    """Decide whether to train a model anew.

    It is time if the model is old, or a check of drift is bad enough, or skill was lost for sure; and if
    there is enough new data, without which the new model would be the old one.

    Parameters
    ----------
    now : time
        The time of the decision.
    trained_until : time
        The last time that the model has learnt from.
    new_days : float
        Days of observations since then; since the drift began, where only those are like what comes.
    drift : iterable of Check
        The checks of drift, ``checks.of("drift")`` say. EMPTY ones tell nothing.
    score_ratio : tuple of float, optional
        The score now over the score when the model was published, or over a reference's, and the
        interval: ratio, low, high, as in a row of `evforecast.evaluation.compare`.
    policy : RetrainingPolicy, optional
        When to train anew; by default ``RetrainingPolicy()``.

    Returns
    -------
    RetrainingDecision
        The same for the same input.

    Raises
    ------
    InputError
        If the model was trained after `now`, or `new_days` is negative or NaN.

    Examples
    --------
    >>> print(decide_retraining(now="2020-11-08", trained_until="2020-10-01", new_days=30))
    Retrain: the model is 38.0 days old, and renewed from 28 on; 30.0 days of new data, where 7 are needed.
    """
    policy = policy or RetrainingPolicy()
    at, until = as_time(now), as_time(trained_until)
    if at < until or not 0 <= new_days < math.inf:
        msg = (
            f"decide_retraining: now={at}, trained_until={until}, new_days={new_days}; a model is "
            "trained before now, and days are counted from 0 on."
        )
        raise InputError(msg)
    oldest, needed = _days(policy.max_age), _days(policy.min_new_data)
    age = float((at - until) / _DAY)
    reasons = (
        Reason(
            "age",
            met=age >= oldest,
            text=f"the model is {_tenths(age)} days old, and renewed from {oldest:g} on",
        ),
        _drift(list(drift), policy),
        _skill(score_ratio, policy),
        Reason(
            "new data",
            met=new_days >= needed,
            text=f"{_tenths(new_days)} days of new data, where {needed:g} are needed"
            if new_days >= needed
            else f"only {_tenths(new_days)} of the {needed:g} days of new data needed",
        ),
    )
    *causes, data = reasons
    asked = any(reason.met for reason in causes)
    due = max(
        at if asked else until + _seconds(oldest),
        at + _seconds(max(needed - new_days, 0)),
    )
    return RetrainingDecision(bool(asked and data.met), due, reasons, at, until, policy)


def _drift(checks: list[Check], policy: RetrainingPolicy) -> Reason:
    known = [check for check in checks if check.status != "EMPTY"]
    asking = ("ERROR",) if policy.retrain_on == "ERROR" else ("WARNING", "ERROR")
    bad = [check for check in known if check.status in asking]
    if bad:
        said = ", ".join(f"{check.check} of {check.subject} {check.status}" for check in bad)
        return Reason("drift", met=True, text=f"drift: {said}")
    if not known:
        return Reason("drift", met=None, text="no drift could be judged")
    text = f"no drift of status {policy.retrain_on} in {len(known)} checks"
    return Reason("drift", met=False, text=text)


def _skill(ratio: tuple[float, float, float] | None, policy: RetrainingPolicy) -> Reason:
    if ratio is None or math.isnan(ratio[1]):
        return Reason("skill", met=None, text="no loss of skill could be judged")
    middle, low, high = ratio
    lost = bool(low > policy.skill_loss)
    text = (
        f"skill {'is' if lost else 'is not'} lost for sure: the score is {middle:.3f} of what it is "
        f"held against, interval {low:.3f} to {high:.3f}, where up to {policy.skill_loss:g} is allowed"
    )
    return Reason("skill", met=lost, text=text)


def _days(span: str) -> float:
    return float(pd.Timedelta(span) / pd.Timedelta("1D"))


def _tenths(days: float) -> str:
    """Return days as text, rounded down: just short of a threshold is not at it."""
    return f"{math.floor(days * 10) / 10:.1f}"


def _seconds(days: float) -> np.timedelta64:
    """Return days in whole seconds, rounded up, so that what is due is due then."""
    return np.timedelta64(math.ceil(days * 86_400), "s")

"""Whether a challenger that ran in the shadow takes the champion's place."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, first_few
from evforecast.evaluation import Backtest, calibration_error
from evforecast.evaluation.comparison import compare, verdict_text
from evforecast.monitoring.reasons import Reason, minute_text, reasons_frame
from evforecast.panel import MISSING

__all__ = ["PromotionDecision", "PromotionPolicy", "decide_promotion"]


@dataclass(frozen=True)
class PromotionPolicy:
    """What a challenger has to show.

    Parameters
    ----------
    margin : float
        How much better it has to be: the interval of the ratio of log losses lies below ``1 - margin``.
    min_days : int
        Days of origins with a known truth.
    calibration : float
        By how much its calibration error may exceed the champion's, for any status, as a probability.
    worst_segment : float
        The ratio of log losses above which an area or a use case is much worse.
    level : float
        The coverage of the intervals.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> PromotionPolicy(min_days=21).margin
    0.01
    """

    margin: float = 0.01
    min_days: int = 14
    calibration: float = 0.01
    worst_segment: float = 1.05
    level: float = 0.95

    def __post_init__(self) -> None:
        """Check the numbers."""
        fine = (
            0 <= self.margin < 1
            and self.min_days >= 1
            and self.calibration >= 0
            and self.worst_segment >= 1
            and 0 < self.level < 1
        )
        if not fine:
            msg = (
                f"{self}: needed are 0 <= margin < 1, min_days >= 1, calibration >= 0, "
                "worst_segment >= 1 and 0 < level < 1."
            )
            raise InputError(msg)


@dataclass(frozen=True)
class PromotionDecision:
    """Whether the challenger is promoted, and why: the record to keep.

    Attributes
    ----------
    promote : bool
        Whether every rule that could be judged is met.
    champion, challenger : str
        The models.
    reasons : tuple of Reason
        The rules: ``days``, ``better``, ``calibration``, ``use cases``, ``areas``; without any truth
        only ``days``.
    window : tuple of numpy.datetime64, or None
        The first and the last origin with a known truth, UTC.
    days, n : int
        Days of origins, and cases, with a known truth.
    figures : dict of str to float
        What the rules looked at, by name.
    policy : PromotionPolicy
        What was asked for.
    """

    promote: bool
    champion: str
    challenger: str
    reasons: tuple[Reason, ...]
    window: tuple[np.datetime64, np.datetime64] | None
    days: int
    n: int
    figures: dict[str, float] = field(repr=False)
    policy: PromotionPolicy = field(repr=False)

    def __str__(self) -> str:
        """Say the decision in a sentence: what was shown, or what stands against it."""
        said = "; ".join(r.text for r in self.reasons if self.promote or r.met is False)
        if self.promote:
            return f"Promote {self.challenger} in place of {self.champion}: {said}."
        return f"Keep {self.champion}, do not promote {self.challenger}: {said}."

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as what JSON holds: times are ISO texts in UTC, what is not finite None."""
        return {
            "promote": self.promote,
            "champion": self.champion,
            "challenger": self.challenger,
            "window": None if self.window is None else [str(time) for time in self.window],
            "days": self.days,
            "n": self.n,
            "reasons": [reason._asdict() for reason in self.reasons],
            "figures": {k: v if math.isfinite(v) else None for k, v in self.figures.items()},
            "policy": asdict(self.policy),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the reasons, one row a rule: ``rule``, ``met``, ``text``."""
        return reasons_frame(self.reasons)


def decide_promotion(
    result: Backtest,
    champion: str,
    challenger: str,
    *,
    policy: PromotionPolicy | None = None,
) -> PromotionDecision:
    """Decide whether a challenger takes the champion's place, from their forecasts of the same cases.

    It does if there are enough days, it is better by the margin (the verdict of
    `evforecast.evaluation.compare`), no status is calibrated worse than tolerated, and no use case and
    no area is much worse: a ratio of log losses above ``policy.worst_segment``, its interval above 1. In
    an area the difference has to matter too, be more than ``policy.margin`` of the champion's log loss
    over all: where hardly anything ever happens, a large ratio is of next to nothing.

    Parameters
    ----------
    result : Backtest
        The forecasts of both, from the same origins, with what truth has arrived.
    champion, challenger : str
        The names of the two in it.
    policy : PromotionPolicy, optional
        What to ask for; by default ``PromotionPolicy()``.

    Returns
    -------
    PromotionDecision
        The same for the same input. Without truth the challenger is not promoted.

    Raises
    ------
    InputError
        If a model is not in the result, both are the same, or a forecast of a known truth is NaN.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=21, random_state=0)
    >>> models = {"climatology": ev.Climatology([1]), "persistence": ev.Persistence([1])}
    >>> result = ev.backtest(models, panel, every="3h", last="7D")
    >>> decision = decide_promotion(result, "climatology", "persistence")
    >>> decision.promote, [reason.rule for reason in decision.reasons if reason.met is False]
    (False, ['days'])
    """
    policy = policy or PromotionPolicy()
    if champion == challenger or {champion, challenger} - set(result.models):
        msg = (
            f"decide_promotion: champion {champion!r} and challenger {challenger!r} must be two of the "
            f"models of the result, {result.models}."
        )
        raise InputError(msg)
    pair = replace(result, proba={name: result.proba[name] for name in (champion, challenger)})
    known = pair.truth != MISSING
    if not known.any():
        text = f"no forecast has a known truth yet, where {policy.min_days} days are needed"
        reasons: tuple[Reason, ...] = (Reason("days", met=False, text=text),)
        return PromotionDecision(
            promote=False,
            champion=champion,
            challenger=challenger,
            reasons=reasons,
            window=None,
            days=0,
            n=0,
            figures={},
            policy=policy,
        )
    score = float(pair.cases(champion)[known].mean())
    whole = compare(
        pair, challenger, champion, by=(), margin=policy.margin, level=policy.level
    ).iloc[0]
    figures = {name: float(whole[name]) for name in ("ratio", "low", "high", "difference", "p")}
    figures["log loss of the champion"] = score
    origins = pair.origins[known.any(axis=(1, 2))]
    window = (origins.min(), origins.max())
    reasons = (
        Reason(
            "days",
            met=bool(whole["days"] >= policy.min_days),
            text=f"{whole['days']} days with a known truth, of origins {minute_text(window[0])} to "
            f"{minute_text(window[1])}, where {policy.min_days} are needed",
        ),
        Reason(
            "better",
            met=whole["verdict"] == "better",
            text=f"{verdict_text(whole)}, where an interval of the ratio below {1 - policy.margin:g} "
            "is needed",
        ),
        _calibration(pair, known, policy, figures),
        _use_cases(pair, policy, figures),
        _areas(pair, policy, figures, least=policy.margin * score),
    )
    return PromotionDecision(
        promote=all(reason.met is not False for reason in reasons),
        champion=champion,
        challenger=challenger,
        reasons=reasons,
        window=window,
        days=int(whole["days"]),
        n=int(whole["n"]),
        figures=figures,
        policy=policy,
    )


def _calibration(
    pair: Backtest, known: npt.NDArray[np.bool_], policy: PromotionPolicy, figures: dict[str, float]
) -> Reason:
    excess = {}
    for code, status in enumerate(pair.scheme.names):
        happened = np.where(known, pair.truth == code, MISSING)
        old, new = (calibration_error(proba[..., code], happened) for proba in pair.proba.values())
        figures |= {
            f"calibration error of {status}, champion": old,
            f"calibration error of {status}, challenger": new,
        }
        excess[status] = new - old
    worst = max(excess, key=lambda status: excess[status])
    text = (
        f"the calibration error of {worst} changes by {excess[worst]:+.4f}, the most of all statuses, "
        f"where up to {policy.calibration:g} is allowed"
    )
    return Reason("calibration", met=excess[worst] <= policy.calibration, text=text)


def _use_cases(pair: Backtest, policy: PromotionPolicy, figures: dict[str, float]) -> Reason:
    targets = list(pair.scheme.coarsenings)
    tables = [_compared(pair.coarsen(target), (), policy) for target in targets]
    if not tables:
        text = f"use cases not judged: no target is known of the statuses {pair.scheme.names}"
        return Reason("use cases", met=None, text=text)
    table = pd.concat(tables).set_axis(targets)
    return _much_worse("use cases", table, policy, figures)


def _areas(
    pair: Backtest, policy: PromotionPolicy, figures: dict[str, float], *, least: float
) -> Reason:
    if "area" not in pair.evse or pair.evse["area"].isna().all():
        text = "areas not judged: the table of chargers names none"
        return Reason("areas", met=None, text=text)
    table = _compared(pair, ("area",), policy).set_index("area")
    return _much_worse("areas", table, policy, figures, least=least)


def _compared(pair: Backtest, by: tuple[str, ...], policy: PromotionPolicy) -> pd.DataFrame:
    champion, challenger = pair.models
    return compare(pair, challenger, champion, by=by, level=policy.level)


def _much_worse(
    rule: str,
    table: pd.DataFrame,
    policy: PromotionPolicy,
    figures: dict[str, float],
    *,
    least: float = 0.0,
) -> Reason:
    """Return whether no row of `table` is much worse, by more than `least` in nats."""
    figures |= {f"ratio, {rule}: {name}": float(row["ratio"]) for name, row in table.iterrows()}
    few = table["verdict"] == "too few days"
    unsaid = f"; too few days to tell of {first_few(table.index[few])}" if few.any() else ""
    judged = table[~few]
    if judged.empty:
        return Reason(rule, met=None, text=f"{rule} not judged{unsaid}")
    bad = judged[
        (judged["ratio"] > policy.worst_segment)
        & (judged["low"] > 1)
        & (judged["difference"] > least)
    ]
    if len(bad):
        named = first_few(bad.index)
        row = bad.sort_values("ratio").iloc[-1]
        text = (
            f"much worse {rule}: {named}, with a ratio of up to {row['ratio']:.3f} "
            f"({100 * policy.level:g} % interval {row['low']:.3f} to {row['high']:.3f}) where "
            f"{policy.worst_segment:g} is allowed"
        )
    else:
        top = judged.fillna({"ratio": 1.0}).sort_values("ratio").iloc[-1]  # 0 / 0: both are perfect
        why = (
            f", by {top['difference']:.2g} nats: too little, or too uncertain, to count"
            if top["ratio"] > policy.worst_segment
            else ""
        )
        text = (
            f"none of {len(judged)} {rule} is much worse; the highest ratio is {top['ratio']:.3f} "
            f"({top.name}){why}"
        )
    return Reason(rule, met=bad.empty, text=text + unsaid)

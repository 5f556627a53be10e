"""The steps that change who forecasts: retrain, promote."""

from __future__ import annotations

import numpy as np

from evforecast.scenarios.learning import history, publish
from evforecast.scenarios.project import ModelSettings
from evforecast.scenarios.reading import at, first_time
from evforecast.scenarios.roles import Move, Role, moves, roles
from evforecast.scenarios.tables import TABLES, Change, commit, make, stamp, watermark
from evforecast.scenarios.work import Done, Work

__all__ = ["promote", "retrain"]

_DAY = np.timedelta64(86_400, "s")
# A challenger that has not shown by then that it is better makes room for another.
_PATIENCE = 2


def retrain(work: Work) -> Done:
    """Fit a model anew where `monitor` advises it and no challenger is in the shadow; it becomes one."""
    return _each(work, "retrain", _retrain)


def promote(work: Work) -> Done:
    """Let a challenger take the champion's place where `monitor` advises it.

    One that has been in the shadow for twice the days that a promotion needs, and was not promoted, gives up.
    """
    return _each(work, "promote", _promote)


def _each(work: Work, step: str, decide: object) -> Done:
    before = work.begun(step)
    if before == work.now or watermark(work.warehouse, "monitor") != work.now:
        return Done(watermark=before, status="nothing")
    decided: list[Move] = []
    told: dict[str, str] = {}
    for model in work.project.models:
        found, said = decide(work, model, roles(work, model))  # type: ignore[operator]
        decided += found
        if said:
            told[model.name] = said
    if work.dry_run:
        return Done(watermark=before, status="planned", artefacts=told)
    make(work.warehouse, "watermark", "move")
    changes: list[Change] = [moves(work, step, decided)] if decided else []
    commit(work.warehouse, step, changes, before=before, until=work.now)
    return Done(0, work.now, "done" if decided else "nothing", told)


def _advice(work: Work, model: ModelSettings, kind: str) -> tuple[bool, str]:
    """Return what `monitor` advises, and why."""
    sql = (
        f'SELECT "verdict", "reason" FROM {TABLES["decision"].sql} '
        f'WHERE "as_of" = {at(work.warehouse)} AND "name" = ? AND "kind" = ?'
    )
    rows = work.warehouse.run(sql, [stamp(work.now), model.name, kind])
    return (bool(rows[0][0]), str(rows[0][1])) if rows else (False, "")


def _retrain(work: Work, model: ModelSettings, who: dict[str, Role]) -> tuple[list[Move], str]:
    verdict, reason = _advice(work, model, "retraining")
    if not verdict or "challenger" in who:
        return [], reason
    first, until = first_time(work.warehouse), work.data_until
    if work.dry_run or first is None or until is None:
        return [], reason
    panel = history(work, model, first, until)
    version = publish(work, model, model.name, model.kind, panel)
    if version.number == who["champion"].version.number:  # nothing new was learnt
        return [], reason
    return [Move(model.name, "challenger", version.number, reason)], reason


def _promote(work: Work, model: ModelSettings, who: dict[str, Role]) -> tuple[list[Move], str]:
    challenger = who.get("challenger")
    if challenger is None:
        return [], ""
    verdict, reason = _advice(work, model, "promotion")
    name, number = model.name, challenger.version.number
    if verdict:
        left = "it is the champion now"
        return [Move(name, "champion", number, reason), Move(name, "challenger", 0, left)], reason
    days = (work.now - challenger.trained_until) / _DAY
    if days >= _PATIENCE * work.project.limits.promotion.min_days:
        left = f"not promoted in {days:.0f} days: {reason}"
        return [Move(name, "challenger", 0, left)], left
    return [], reason

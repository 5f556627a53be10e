"""The step `monitor`: a look at the network and at each model, and what it advises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evforecast.monitoring import Monitoring
from evforecast.monitoring import monitor as look_at
from evforecast.scenarios.memory import require_room
from evforecast.scenarios.project import ModelSettings, span
from evforecast.scenarios.reading import at, first_time, read_forecasts, read_panel
from evforecast.scenarios.roles import Role, baseline_name, role, roles
from evforecast.scenarios.tables import TABLES, Change, commit, make, stamp, watermark
from evforecast.scenarios.work import Done, Work
from evforecast.timegrid import as_step

if TYPE_CHECKING:
    import pyarrow as pa

    from evforecast.panel import StatusPanel

__all__ = ["look", "looked", "monitor", "version_of"]

_REFERENCE = "56D"
_WORST = ("ERROR", "WARNING", "EMPTY", "OK")
_BYTES_A_CELL = 60


def monitor(work: Work) -> Done:
    """Look at the network and at each model, and keep the checks and what they advise.

    The tables ``look``, ``checks`` and ``decision``, by the time of the run. `retrain` and `promote` do what
    stands there.
    """
    until = work.data_until
    before = work.begun("monitor")
    known = {model.name: roles(work, model) for model in work.project.models}
    ready = [model for model in work.project.models if "champion" in known[model.name]]
    if until is None or not ready or before == work.now:
        return Done(watermark=before, status=_said(work) if before == work.now else "nothing")
    if work.dry_run:
        return Done(watermark=before, status="planned")
    make(work.warehouse, "watermark", "forecast", "look", "checks", "decision")
    found = {model.name: look(work, model, known[model.name]) for model in ready}
    tables = {"look": _looks(work, found, known), "checks": _checks(work, found)}
    tables["decision"] = _decisions(work, found)
    changes = [_change(work, name, rows) for name, rows in tables.items()]
    rows = commit(work.warehouse, "monitor", changes, before=before, until=work.now)
    statuses = [one.checks.status for one in found.values()]
    worst = min(statuses, key=_WORST.index)
    told = {name: repr(one.checks) for name, one in found.items()}
    return Done(rows, work.now, "done" if worst == "OK" else worst, told)


def _change(work: Work, name: str, rows: pa.Table) -> Change:
    where = f'"as_of" = {at(work.warehouse)}'
    return Change(TABLES[name], rows, where, [stamp(work.now)])


def _said(work: Work) -> str:
    """Return what the checks said when this time was looked at."""
    sql = f'SELECT "status" FROM {TABLES["look"].sql} WHERE "as_of" = {at(work.warehouse)}'
    found = [row[0] for row in work.warehouse.run(sql, [stamp(work.now)])]
    worst = min(found, key=_WORST.index, default="OK")
    return "nothing" if worst == "OK" else str(worst)


def look(work: Work, model: ModelSettings, who: Mapping[str, Role]) -> Monitoring:
    """Look at the network and at the forecasts of a model, with those in use at that time.

    Parameters
    ----------
    work : Work
    model : ModelSettings
    who : mapping of str to Role
        As `roles` returns them, a champion among them.
    """
    project, until = work.project, work.now
    settings, step = project.monitor, project.step
    champion, challenger = who["champion"], who.get("challenger")
    back = span(_REFERENCE, "reference") + span(settings.window, "window")
    first = first_time(work.warehouse)
    since = max(first if first is not None else until, min(champion.trained_until, until) - back)
    panel = read_panel(work.warehouse, since=since, until=until, step=step, tz=project.tz)
    every = as_step(settings.every)
    epoch = np.datetime64(0, "s")
    begin = epoch - (epoch - max(since, until - span(settings.scored, "scored"))) // every * every
    cutoffs = np.arange(begin, until + step, every)
    cases = len(cutoffs) * len(model.horizons) * panel.n_evse * len(who)
    require_room(
        cases * _BYTES_A_CELL + panel.codes.size * 8,
        work.memory,
        f"monitor: {cases:,} forecasts",
        "score fewer: [monitor] every and scored",
        begun=work.held_before,
    )
    forecasts = {
        one.id: list(read_forecasts(work.warehouse, one.id, cutoffs, evse=panel.evse, step=step))
        for one in who.values()
    }
    scores = champion.version.card.scores
    found = look_at(
        panel,
        now=until,
        window=settings.window,
        forecasts=forecasts,
        champion=champion.id,
        challengers=[challenger.id] if challenger else [],
        baselines=[one.id for name, one in who.items() if name not in {"champion", "challenger"}],
        trained_until=min(champion.trained_until, until),
        published=pd.DataFrame(scores) if scores else None,
        limits=project.limits,
    )
    work.looks[model.name] = found, panel
    return found


def looked(work: Work, model: ModelSettings) -> tuple[Monitoring, StatusPanel] | None:
    """Return the look of this run's time: as it was seen, or seen again with those in use then.

    None where nobody looked.
    """
    if model.name not in work.looks:
        sql = (
            f'SELECT "champion", "challenger" FROM {TABLES["look"].sql} '
            f'WHERE "as_of" = {at(work.warehouse)} AND "name" = ?'
        )
        if watermark(work.warehouse, "monitor") is None:
            return None
        rows = work.warehouse.run(sql, [stamp(work.now), model.name])
        if not rows:
            return None
        who = {
            name: version_of(work, str(id_))
            for name, id_ in zip(("champion", "challenger"), rows[0], strict=True)
            if id_
        }
        for kind in model.baselines:
            name = baseline_name(model, kind)
            one = role(work.registry, name, "champion")
            if one is not None:
                who[name] = one
        look(work, model, who)
    found: tuple[Monitoring, StatusPanel] = work.looks[model.name]
    return found


def version_of(work: Work, id_: str) -> Role:
    """Return the version that the tables call so.

    Parameters
    ----------
    work : Work
    id_ : str
        Name and version: ``driver-1``.
    """
    name, _, number = id_.rpartition("-")
    return Role(id_, work.registry.get(name, int(number)))


def _looks(
    work: Work, found: Mapping[str, Monitoring], who: Mapping[str, Mapping[str, Role]]
) -> pa.Table:
    rows = [
        {
            "name": name,
            "champion": who[name]["champion"].id,
            "challenger": who[name]["challenger"].id if "challenger" in who[name] else None,
            "status": one.checks.status,
        }
        for name, one in found.items()
    ]
    return _table(work, "look", rows)


def _checks(work: Work, found: Mapping[str, Monitoring]) -> pa.Table:
    rows = []
    for name, one in found.items():
        for place, check in enumerate(one.checks):
            facts = {key: _finite(value) for key, value in vars(check).items()}
            rows.append({"name": name, "place": place, **facts})
    return _table(work, "checks", rows)


def _decisions(work: Work, found: Mapping[str, Monitoring]) -> pa.Table:
    rows = []
    for name, one in found.items():
        made: dict[str, Any] = {"retraining": one.retraining, **one.promotions}
        for kind, decision in made.items():
            if decision is not None:
                is_promotion = kind != "retraining"
                verdict = decision.promote if is_promotion else decision.retrain
                rows.append(
                    {
                        "name": name,
                        "kind": "promotion" if is_promotion else kind,
                        "verdict": bool(verdict),
                        "reason": str(decision),
                        "record": json.dumps(decision.to_dict(), ensure_ascii=False),
                    }
                )
    return _table(work, "decision", rows)


def _table(work: Work, name: str, rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "float8": pa.float64(),
        "int4": pa.int32(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("s"),
    }
    columns = TABLES[name].columns
    schema = pa.schema([(column.name, kinds[column.kind]) for column in columns])
    return pa.Table.from_pylist([{"as_of": work.now.item(), **row} for row in rows], schema)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value

"""Which version of a model does what, and how the names that say so are moved.

A decision is a row of the table ``move``, committed with the watermark of the step that took it; the alias in
the registry follows, once. So a step that was killed takes the decision again from the same state, and
a hand that moves an alias later is not undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evforecast.registry import ModelVersion, Registry
from evforecast.scenarios.project import ModelSettings
from evforecast.scenarios.reading import at
from evforecast.scenarios.tables import TABLES, Change, commit, stamp
from evforecast.scenarios.work import Work
from evforecast.warehouse import TableName

__all__ = ["Move", "Role", "baseline_name", "moves", "role", "roles", "settle"]

_BY = "evforecast scenarios"


@dataclass(frozen=True)
class Role:
    """A version of a model that forecasts.

    Attributes
    ----------
    id : str
        What the tables call it: name and version.
    version : ModelVersion
    """

    id: str
    version: ModelVersion

    @property
    def trained_until(self) -> np.datetime64:
        """The last time that it has learnt from."""
        return np.datetime64(self.version.card.data["until"], "s")


@dataclass(frozen=True)
class Move:
    """An alias that is to point elsewhere.

    Attributes
    ----------
    name : str
        The model in the registry.
    alias : str
    version : int
        0 to let it point at nothing.
    reason : str
    """

    name: str
    alias: str
    version: int
    reason: str


def baseline_name(model: ModelSettings, kind: str) -> str:
    """Return what a baseline of a model is called in the registry.

    Examples
    --------
    >>> baseline_name(ModelSettings("driver", "MarkovForecaster", (1,)), "Persistence")
    'driver-persistence'
    """
    return f"{model.name}-{kind.lower()}"


def role(registry: Registry, name: str, alias: str) -> Role | None:
    """Return what an alias points at, None where it points at nothing.

    Parameters
    ----------
    registry : Registry
    name, alias : str

    Raises
    ------
    DamagedError
        If the version has changed since.
    """
    if name not in registry.models() or not registry.alias(name, alias):
        return None
    version = registry.get(name, alias)
    return Role(f"{name}-{version.number}", version)


def roles(work: Work, model: ModelSettings) -> dict[str, Role]:
    """Return who forecasts for a model: ``champion``, ``challenger``, and the baselines by their names.

    A challenger that somebody made champion by hand is the champion alone.
    """
    asked = [(model.name, "champion"), (model.name, "challenger")]
    asked += [(baseline_name(model, kind), "champion") for kind in model.baselines]
    found: dict[str, Role] = {}
    for name, alias in asked:
        one = role(work.registry, name, alias)
        if one is not None and one not in found.values():
            found[alias if name == model.name else name] = one
    return found


def moves(work: Work, step: str, decided: Sequence[Move]) -> Change:
    """Return the rows of the table ``move`` that say what a step decided."""
    import pyarrow as pa

    n = len(decided)
    rows = pa.table(
        {
            "as_of": pa.array([work.now.item()] * n, pa.timestamp("s")),
            "step": pa.array([step] * n, pa.string()),
            "name": pa.array([move.name for move in decided], pa.string()),
            "place": pa.array(range(n), pa.int32()),
            "alias": pa.array([move.alias for move in decided], pa.string()),
            "version": pa.array([move.version for move in decided], pa.int32()),
            "reason": pa.array([move.reason for move in decided], pa.string()),
        }
    )
    where = f'"as_of" = {at(work.warehouse)} AND "step" = ?'
    return Change(TABLES["move"], rows, where, [stamp(work.now), step])


def settle(work: Work) -> int:
    """Move the aliases as was decided since it was done last; return how many moves that were.

    Raises
    ------
    UnknownVersionError
        If the registry has no such version: is it another folder?
    """
    if work.dry_run or work.warehouse.columns(TableName(("move",))) is None:
        return 0
    table, marks = TABLES["move"].sql, TABLES["watermark"].sql
    rows: list[tuple[Any, ...]] = work.warehouse.run(
        'SELECT m."as_of", m."step", m."name", m."place", m."alias", m."version", m."reason", w."until" '
        f'FROM {table} AS m LEFT JOIN {marks} AS w ON w."step" = \'settle:\' || m."step" '
        'WHERE w."until" IS NULL OR m."as_of" > w."until" '
        'ORDER BY m."as_of", m."step", m."name", m."place"'
    )
    settled: dict[str, tuple[np.datetime64 | None, np.datetime64]] = {}
    for time, step, name, place, alias, version, reason, before in rows:
        decided = np.datetime64(time, "s")
        record = {"as_of": str(decided), "step": step, "place": int(place)}
        _point(work, Move(name, alias, int(version), str(reason)), decided, record)
        was = None if before is None else np.datetime64(before, "s")
        settled[step] = was, decided
    for step, (was, until) in settled.items():
        commit(work.warehouse, f"settle:{step}", [], before=was, until=until)
    return len(rows)


def _point(work: Work, move: Move, decided: np.datetime64, record: dict[str, Any]) -> None:
    """Move an alias, unless a process that was killed has done it already."""
    if record in [event.record for event in work.registry.events(move.name)]:
        return
    registry = Registry(work.project.registry, clock=lambda: decided)
    said: dict[str, Any] = {"by": _BY, "reason": move.reason, "record": record}
    if move.version:
        registry.set_alias(move.name, move.alias, move.version, **said)
    elif registry.alias(move.name, move.alias):
        registry.clear_alias(move.name, move.alias, **said)

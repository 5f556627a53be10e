"""What a journal says: the plan as it was made, and how far the last round of it has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evforecast.migration.parts import Part
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.profile import SourceSlice
from evforecast.migration.slicing import Slicing
from evforecast.warehouse.columns import Column
from evforecast.warehouse.fingerprint import Fingerprint
from evforecast.warehouse.naming import TableName

__all__ = ["PHASES", "MadePlan", "Round", "read_state"]

PHASES = ("plan", "export", "stage", "load", "check", "merge")
"""The phases of a migration, in their order."""


@dataclass(frozen=True)
class MadePlan:
    """A plan with what the source added to it.

    Attributes
    ----------
    plan : MigrationPlan
    source, warehouse : str
        Their addresses, without secrets.
    columns : tuple of Column
        Of the target.
    key : tuple of str
    slicing : Slicing
    few : tuple of str
        Columns of few values.
    sample : dict
        What the estimates rest on.
    """

    plan: MigrationPlan
    source: str
    warehouse: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    slicing: Slicing
    few: tuple[str, ...]
    sample: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "plan": self.plan.to_dict(),
            "source": self.source,
            "warehouse": self.warehouse,
            "columns": [column.to_dict() for column in self.columns],
            "key": list(self.key),
            "slicing": self.slicing.to_dict(),
            "few": list(self.few),
            "sample": dict(self.sample),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MadePlan:
        """Return the plan that `to_dict` wrote."""
        return cls(
            MigrationPlan(**data["plan"]),
            data["source"],
            data["warehouse"],
            tuple(Column(**column) for column in data["columns"]),
            tuple(data["key"]),
            Slicing.from_dict(data["slicing"]),
            tuple(data["few"]),
            data["sample"],
        )


@dataclass
class Round:
    """How far one round has come: what its entries in the journal add up to.

    Attributes
    ----------
    number : int
        From 1.
    run : str
        The name of the round in the stage and of its transient table.
    slices : list of SourceSlice
        Of the snapshot.
    todo : tuple of str
        Labels of the slices that the target lacks or has otherwise.
    extra : dict of str to list of str
        Slices that only the target has.
    parts : dict of str to (str, Part)
        Files that were exported: the label of their slice, and what they are.
    exported : bool
        Whether all of them were.
    staged : dict of str to float
        Seconds by file.
    transient : str or None
        The table that the files are loaded to.
    loaded : dict of str to dict
        What became of each file.
    checked, merged, ended : dict or None
        What those phases found.
    seconds : dict of str to float
        By phase.
    """

    number: int
    run: str
    slices: list[SourceSlice] = field(default_factory=list)
    todo: tuple[str, ...] = ()
    extra: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, tuple[str, Part]] = field(default_factory=dict)
    exported: bool = False
    staged: dict[str, float] = field(default_factory=dict)
    transient: str | None = None
    loaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    checked: dict[str, Any] | None = None
    merged: dict[str, Any] | None = None
    ended: dict[str, Any] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def table(self) -> TableName:
        """The transient table."""
        return TableName.parse(self.transient or "")

    @property
    def phase(self) -> str:
        """The phase that is next, ``done`` when there is none."""
        if self.ended is not None:
            return "done"
        steps = (
            ("export", self.exported),
            ("stage", len(self.staged) == len(self.parts)),
            ("load", self.transient is not None and len(self.loaded) == len(self.parts)),
            ("check", self.checked is not None),
        )
        return next((name for name, done in steps if not done), "merge")

    def take(self, entry: Mapping[str, Any]) -> None:
        """Add one entry of the journal."""
        event = entry["event"]
        if event == "source":
            self._take_source(entry)
        elif event == "part":
            part = Part(**entry["part"])
            self.parts[part.name] = (entry["slice"], part)
        elif event == "exported":
            self.exported = True
        elif event == "again":  # files are missing or damaged: they are exported anew
            self.exported = False
            self._forget(entry["parts"])
        elif event == "staged":
            self.staged[entry["name"]] = entry["seconds"]
        elif event == "transient":
            self.transient, self.loaded = entry["table"], {}
        elif event == "loaded":
            self.loaded[entry["name"]] = dict(entry)
        elif event in {"checked", "merged", "ended"}:
            setattr(self, event, dict(entry))
        if "phase" in entry:
            phase = entry["phase"]
            self.seconds[phase] = self.seconds.get(phase, 0.0) + entry["seconds"]

    def _take_source(self, entry: Mapping[str, Any]) -> None:
        """Begin the export, or begin it again from another snapshot: files that are not kept are void."""
        self.slices = [
            SourceSlice(one["key"], one["label"], Fingerprint.from_dict(one["print"]))
            for one in entry["slices"]
        ]
        self.todo, self.extra = tuple(entry["todo"]), dict(entry["extra"])
        self._forget(set(self.parts) - set(entry["kept"]))

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            self.parts.pop(name, None)
            self.staged.pop(name, None)
            if name in self.loaded:  # the transient table holds what is void now
                self.transient, self.loaded = None, {}


def read_state(entries: Iterable[Mapping[str, Any]]) -> tuple[MadePlan | None, Round | None]:
    """Return the plan and the last round of a journal, None for what has not begun.

    Parameters
    ----------
    entries : iterable of dict
        Oldest first.

    Examples
    --------
    >>> read_state([])
    (None, None)
    """
    made: MadePlan | None = None
    current: Round | None = None
    for entry in entries:
        if entry["event"] == "plan":
            made = MadePlan.from_dict(entry["made"])
        elif entry["event"] == "round":
            current = Round(entry["number"], entry["run"])
        elif current is not None:
            current.take(entry)
    return made, current


def slices_to_json(slices: Sequence[SourceSlice]) -> list[dict[str, Any]]:
    """Return slices as the journal keeps them."""
    return [{"key": one.key, "label": one.label, "print": one.print.to_dict()} for one in slices]

"""Watching a registry that others write to and are killed at: whether anything in it is ever torn or lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

from evforecast.registry import AliasEvent, Registry, load_version
from evforecast.registry.aliases import version_before
from evforecast.registry.folders import numbers

NAME = "driver"


class Watch:
    """What was seen of a registry so far, what its writers were told, and what does not fit.

    Parameters
    ----------
    registry : Registry
        Others may be writing to it while it is looked at.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.versions: dict[int, tuple[str, str]] = {}  # by number: SHA-256 of the card, notes
        self.events: list[AliasEvent] = []
        self.torn: list[str] = []
        self.lost: list[str] = []

    def look(self) -> None:
        """Look at what is new, and load what the aliases point at."""
        try:
            self._look()
        except Exception as error:  # noqa: BLE001 - whatever a reader meets is what we are here for
            self.torn.append(f"{type(error).__name__}: {error}")

    def _look(self) -> None:
        # Moves first: a version is there before an alias can point at it.
        events = self.registry.events(NAME) if NAME in self.registry.models() else []
        self._look_at_versions()
        if events[: len(self.events)] != self.events:
            self.torn.append("the history is not what it was")
        points = {event.alias: event.version for event in self.events}
        for event in events[len(self.events) :]:
            self._look_at_move(event, points, events[: event.number - 1])
            points[event.alias] = event.version
        self.events = events
        for alias in points:  # it may have moved since, to another version that can be loaded
            version = self.registry.alias(NAME, alias)
            if version:
                load_version(self.registry.get(NAME, version).path)

    def _look_at_versions(self) -> None:
        there = numbers(self.registry.root / NAME / "versions")
        if there != list(range(1, len(there) + 1)):
            self.torn.append(f"versions {there} are not numbered from 1 on")
        for number in there[len(self.versions) :]:
            version = self.registry.get(NAME, number)
            load_version(version.path)
            self.versions[number] = (version.card_sha256, version.card.notes)

    def _look_at_move(
        self, event: AliasEvent, points: dict[str, int], earlier: list[AliasEvent]
    ) -> None:
        if event.previous != points.get(event.alias, 0):
            self.torn.append(f"{event} does not follow {points}")
        if event.version and self.versions[event.version][0] != event.card_sha256:
            self.torn.append(f"{event} is of another card")
        if event.action == "rollback" and version_before(earlier, event.alias) != event.version:
            self.torn.append(f"{event} does not go back one version")

    def told(self, done: dict[str, Any]) -> None:
        """Hold what a writer was told against what is there."""
        if "failed" in done:
            self.torn.append(done["failed"])
        elif done["kind"] == "publish":
            if self.versions.get(done["number"]) != (done["sha256"], done["notes"]):
                self.lost.append(f"{done}: {self.versions.get(done['number'])}")
        elif "number" in done:
            place = done["number"] - 1
            event = self.events[place] if place < len(self.events) else None
            if event is None or (event.alias, event.version) != (done["alias"], done["version"]):
                self.lost.append(f"{done}: {event}")

    def has(self, begun: dict[str, Any]) -> bool:
        """Tell whether what a writer began is there."""
        notes = {notes for _, notes in self.versions.values()}
        return begun["notes"] in notes | {event.reason for event in self.events}

    def doubled(self) -> int:
        """Return how many writes are there more than once."""
        notes = Counter(notes for _, notes in self.versions.values())
        reasons = Counter(event.reason for event in self.events)
        return sum(times - 1 for times in [*notes.values(), *reasons.values()])

    def end(self) -> None:
        """Look once more at everything, now that nobody writes."""
        self.look()
        frame = self.registry.versions(NAME)
        if list(frame["number"]) != list(self.versions) or not frame["intact"].all():
            self.torn.append(f"not intact: {frame.loc[~frame['intact'], 'number'].tolist()}")
        for number, (sha256, _) in self.versions.items():
            if self.registry.get(NAME, number).card_sha256 != sha256:
                self.torn.append(f"version {number} has another card than before")

"""What the journal of a day says when all its lines are taken together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evforecast.collect.journal import Line
from evforecast.collect.raw import payload_id
from evforecast.sources.feed import Request

__all__ = ["ANSWERED", "Day", "Kept"]

ANSWERED = ("stored", "same", "unchanged")
"""The outcomes of a request that was answered: by a body, by one we have, or by "nothing new"."""


@dataclass
class Kept:
    """One body that was kept on a day.

    Attributes
    ----------
    id : str
        The name it is kept under.
    answer : mapping
        The line of the answer that brought it first.
    reading : mapping or None
        The line that says what was read from it, or that it cannot be read; None if it is to be read.
    removed : bool
        Whether its body was removed from the archive, since it is old.
    before : mapping or None
        What was read from it earlier, where it is to be read again.
    is_lost : bool
        Whether rows of `before` are gone, all or some.
    """

    id: str
    answer: Line
    reading: Line | None = None
    removed: bool = False
    before: Line | None = None
    is_lost: bool = False

    @property
    def is_readable(self) -> bool:
        """Whether rows were read from it."""
        return self.reading is not None and self.reading["what"] == "read"

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows each table has from it."""
        rows: Mapping[str, int] = self.reading["rows"] if self.is_readable and self.reading else {}
        return rows

    @property
    def more(self) -> list[Request]:
        """What is to be asked next, where it is one page of several."""
        pages = self.reading.get("more", ()) if self.is_readable and self.reading else ()
        return [Request(*page) for page in pages]


class Day:
    """A day of a feed.

    Parameters
    ----------
    lines : iterable of mapping
        Of its journal.

    Attributes
    ----------
    answers : list of mapping
        What came of each request, in the order of asking.
    payloads : dict of str to Kept
        The bodies, in the order in which they came.
    damaged : list of mapping
        Lines that cannot be read.
    is_closed : bool
        Whether nothing was done since the day was put away.

    Examples
    --------
    >>> answer = {"what": "answer", "name": "a", "outcome": "stored", "sha256": "2cf24d"}
    >>> list(Day([answer]).payloads)
    ['a-2cf24d']
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self.answers: list[Line] = []
        self.payloads: dict[str, Kept] = {}
        self.damaged: list[Line] = []
        self.is_closed = False
        self.take(lines)

    def take(self, lines: Iterable[Line]) -> None:
        """Take further lines into account."""
        for line in lines:
            self._take(line)

    def _take(self, line: Line) -> None:
        what = line.get("what")
        self.is_closed = what == "closed"
        if what == "answer":
            self.answers.append(line)
            if line["outcome"] == "stored":
                name = payload_id(line["name"], line["sha256"])
                self.payloads.setdefault(name, Kept(name, line))
        elif what in {"read", "unreadable"} and line["payload"] in self.payloads:
            self.payloads[line["payload"]].reading = line
        elif what in {"reread", "removed"}:
            for name in line["payloads"]:
                if kept := self.payloads.get(name):
                    kept.removed = kept.removed or what == "removed"
                    if what == "reread":
                        kept.before, kept.reading = kept.reading or kept.before, None
                        kept.is_lost = bool(line.get("are_lost"))
        elif what == "damaged":
            self.damaged.append(line)

    def of(self, answer: Line) -> Kept | None:
        """Return the body that an answer points at, None if it has none."""
        if not answer.get("sha256"):
            return None
        return self.payloads.get(payload_id(answer["name"], answer["sha256"]))

    def outcome(self, answer: Line) -> str:
        """Return the outcome of an answer: as it came, or ``unreadable`` where its body cannot be read."""
        if (kept := self.of(answer)) and kept.reading is not None and not kept.is_readable:
            return "unreadable"
        outcome: str = answer["outcome"]
        return outcome

    def names_answered(self, cycle: str) -> set[str]:
        """Return the requests of a cycle that were answered by what can be read, or is yet to be."""
        return {
            line["name"]
            for line in self.answers
            if line["cycle"] == cycle and self.outcome(line) in ANSWERED
        }

    def known(self, name: str, url: str) -> dict[str, Any]:
        """Return the last answer of this day to a request, if its body can be read; else nothing."""
        line = self.last(name)
        kept = self.of(line)
        return dict(line) if kept and kept.is_readable and line["url"] == url else {}

    def pages(self, cycle: str, name: str) -> list[Request]:
        """Return what follows on a request, as its answer in a cycle says."""
        found: list[Request] = []
        for line in self.answers:
            if (line["cycle"], line["name"]) == (cycle, name) and (kept := self.of(line)):
                found = kept.more
        return found

    def last(self, name: str) -> Line:
        """Return the last answer of this day to a request; an empty one where there is none."""
        answers = (line for line in reversed(self.answers) if line["outcome"] in ANSWERED)
        return next((line for line in answers if line["name"] == name), {})

    def order(self) -> list[str]:
        """Return the bodies by the time they came."""
        return sorted(self.payloads, key=lambda name: self.payloads[name].answer["collected_at"])

"""The moves of a model's aliases on disk, one folder each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evforecast.disk import flush_names
from evforecast.errors import InputError
from evforecast.registry.aliases import AliasEvent
from evforecast.registry.errors import ConflictError, DamagedError, UnknownVersionError
from evforecast.registry.folders import draft, numbers, read_file

__all__ = ["History"]

EVENT = "event.json"
_FILES = (EVENT,)


class History:
    """The moves of all aliases of a model, numbered without a gap from 1 on.

    Parameters
    ----------
    folder : Path
        Made by the first move.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.timegrid import as_time
    >>> now = as_time("2020-11-09")
    >>> first = AliasEvent(0, now, "champion", "set", 1, 0, "me", "the first", "")
    >>> with tempfile.TemporaryDirectory() as root:
    ...     history = History(Path(root, "aliases"))
    ...     history.move(first).number, history.move(first).number, len(history.events())
    (1, 1, 1)
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def events(self) -> list[AliasEvent]:
        """Return all moves, oldest first."""
        return [self._read(number) for number in range(1, self._length() + 1)]

    def last(self, alias: str) -> AliasEvent | None:
        """Return the last move of an alias, None if it was never set."""
        return self._last(alias, self._length())

    def move(self, event: AliasEvent, expected: int | None = None) -> AliasEvent:
        """Write a move, unless the alias points there already.

        Parameters
        ----------
        event : AliasEvent
            Its number and its previous version are filled in here.
        expected : int, optional
            What the alias must point at until now, 0 for nothing.

        Returns
        -------
        AliasEvent
            As it is kept: the move, or the earlier one that led there.

        Raises
        ------
        ConflictError
            If the alias points neither there nor at `expected`.
        UnknownVersionError
            If an alias is cleared that was never set.
        InputError
            If nobody or no reason is named, or JSON cannot hold the record.
        """
        said: dict[str, object] = {"by": event.by, "reason": event.reason}
        for name, text in said.items():
            if not isinstance(text, str) or not text.strip():
                msg = f"{name}={text!r}: say who moves {event.alias!r}, and why; the history keeps it."
                raise InputError(msg)
        while True:
            length = self._length()
            last = self._last(event.alias, length)
            if last is not None and last.version == event.version:
                flush_names(self.folder)  # whoever wrote it may have been killed before this
                return last
            self.require(event.alias, last, expected)
            if last is None and not event.version:
                msg = f"{self.folder}: {event.alias!r} was never set, so there is nothing to clear."
                raise UnknownVersionError(msg)
            previous = last.version if last else 0
            text = _as_json(replace(event, number=length + 1, previous=previous))
            with draft(self.folder, _FILES) as new:
                new.write(EVENT, text)
                if new.publish(length + 1):
                    return self._read(length + 1)

    def require(self, alias: str, last: AliasEvent | None, expected: int | None) -> None:
        """Raise unless an alias whose last move is `last` points at `expected`; None is anything.

        Raises
        ------
        ConflictError
            It says who moved it.
        """
        found = last.version if last else 0
        if expected is not None and found != expected:
            how = "it was never set"
            if last is not None:
                how = f"{last.by} moved it on {last.at} UTC (move {last.number}, {last.reason!r})"
            msg = (
                f"{self.folder}: {alias!r} points at {_said(found)}, not at {_said(expected)}: {how}. Look "
                "at the history, and decide again."
            )
            raise ConflictError(msg, found)

    def _length(self) -> int:
        return max(numbers(self.folder), default=0)

    def _last(self, alias: str, length: int) -> AliasEvent | None:
        for number in range(length, 0, -1):
            event = self._read(number)
            if event.alias == alias:
                return event
        return None

    def _read(self, number: int) -> AliasEvent:
        path = self.folder / str(number)
        event = AliasEvent.from_json(read_file(path, EVENT, _FILES), path / EVENT)
        if event.number != number:
            raise DamagedError(path, EVENT, f"is that of move {event.number}")
        return event


def _as_json(event: AliasEvent) -> bytes:
    try:
        return event.to_json()
    except (TypeError, ValueError) as error:
        msg = f"record: JSON cannot hold it ({error}). Pass text, finite numbers, lists and dicts."
        raise InputError(msg) from error


def _said(version: int) -> str:
    return f"version {version}" if version else "nothing"

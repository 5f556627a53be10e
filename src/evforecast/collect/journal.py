"""The journal of a feed: one file a day, one line of JSON for each thing done, never changed afterwards."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evforecast.disk import append_line

__all__ = ["Journal", "Line"]

Line = Mapping[str, Any]
"""What one line says: ``what`` it is, and the facts of that kind."""

# Collecting looks back by as many days at most; a longer look reads the files again.
_DAYS_IN_MEMORY = 40
_END = b"\n"
_TAIL = 4096


class Journal:
    """The journals of all days in a folder.

    A line is one write. Its last byte is the line break: what follows the last break was cut short by a
    kill, is not read, and is cut off by the next line that is written. A whole line that is no JSON (a
    broken disk, a stray hand) becomes ``{"what": "damaged", "line": …, "reason": …}``.

    Parameters
    ----------
    folder : Path
        Made by the first line.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(Path(tempfile.mkdtemp()))
    >>> journal.append("2026-11-28", {"what": "closed"})
    >>> journal.days(), journal.lines("2026-11-28")
    (['2026-11-28'], [{'what': 'closed'}])
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: OrderedDict[str, tuple[int, list[Line]]] = OrderedDict()

    def days(self) -> list[str]:
        """Return the days that have a journal, in order."""
        return sorted(path.stem for path in self.folder.glob("*.jsonl"))

    def path(self, day: str) -> Path:
        """Return the file of a day."""
        return self.folder / f"{day}.jsonl"

    def lines(self, day: str) -> list[Line]:
        """Return what was written on a day, oldest first; the list is not to be changed."""
        size, lines = self._known.pop(day, (0, []))
        path = self.path(day)
        found = path.stat().st_size if path.exists() else 0
        if found < size:  # another process cut off what a kill had left, or the file was replaced
            size, lines = 0, []
        if found > size:
            with path.open("rb") as handle:
                handle.seek(size)
                data = handle.read()
            whole = data[: data.rfind(_END) + 1]
            for text in whole.split(_END)[:-1]:
                lines.append(_line(text, len(lines) + 1))
            size += len(whole)
        self._known[day] = size, lines
        while len(self._known) > _DAYS_IN_MEMORY:
            self._known.popitem(last=False)
        return lines

    def last(self, day: str) -> Line:
        """Return the last line of a day without reading the others; an empty one where there is none."""
        path = self.path(day)
        if not path.exists():
            return {}
        with path.open("rb") as handle:
            handle.seek(max(path.stat().st_size - _TAIL, 0))
            parts = handle.read().split(_END)
        return _line(parts[-2], 0) if len(parts) > 1 else {}

    def append(self, day: str, line: Line, *, flush: bool = True) -> None:
        """Write a line; whoever writes holds the store.

        Parameters
        ----------
        day : str
        line : mapping
            What JSON can hold.
        flush : bool
            Whether it has to be on the disk when this returns.
        """
        lines = self.lines(day)
        size = self._known[day][0]
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        data = text.encode(errors="backslashreplace") + _END
        append_line(self.path(day), data, size, flush=flush)
        lines.append(_line(data[:-1], len(lines) + 1))
        self._known[day] = size + len(data), lines


def _line(text: bytes, number: int) -> Line:
    try:
        found = json.loads(text)
    except ValueError as error:
        return {"what": "damaged", "line": number, "reason": str(error)}
    if not isinstance(found, dict):
        return {"what": "damaged", "line": number, "reason": "it is no object"}
    return found

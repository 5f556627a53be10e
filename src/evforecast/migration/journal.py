"""The journal of a migration: what was done, a line of JSON each, for a person and for a later run to read.

A line is one write, flushed to the disk before the work goes on. A line that a kill cut short is the last,
says nothing, and is overwritten by the next.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evforecast.disk import append_line, take_lock
from evforecast.migration.errors import JournalError

__all__ = ["Journal", "is_locked", "locked", "read_journal"]

JOURNAL = "journal.jsonl"


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """Return the entries of the journal in a folder, oldest first; none where there is none.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    JournalError
        If a line that is not the last cannot be read: the file was changed by something else.

    Examples
    --------
    >>> import tempfile
    >>> read_journal(Path(tempfile.mkdtemp()))
    []
    """
    return _read(folder / JOURNAL)[0]


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the entries of a journal, and the bytes that they take."""
    if not path.exists():
        return [], 0
    entries, size = [], 0
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):  # what follows the last line break was cut short
        try:
            entries.append(json.loads(line))
        except ValueError as error:
            msg = (
                f"{path}, line {number}: it is no line of a journal ({error}). Was the file changed by hand? "
                "Take another working folder."
            )
            raise JournalError(msg) from error
        size += len(line) + 1
    return entries, size


class Journal:
    """The journal in a folder, open for more.

    Parameters
    ----------
    folder : Path
        Made by the first entry if it is not there; reading changes nothing.

    Raises
    ------
    JournalError
        If what stands there is not a journal.

    Examples
    --------
    >>> import tempfile
    >>> journal = Journal(Path(tempfile.mkdtemp()))
    >>> journal.record("plan", rows=3)
    >>> [entry["event"] for entry in journal.entries]
    ['plan']
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.entries, self._size = _read(self.path)

    def record(self, event: str, **facts: Any) -> None:
        """Write down that something is done, before anything else is begun.

        Whoever writes holds the folder (`locked`): what stands behind the last whole line is of no one else.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        entry = {"event": event, "at": now, **facts}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        append_line(self.path, line, self._size, flush=True)
        self._size += len(line)
        self.entries.append(entry)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process: the kernel lets go of it however the process ends.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    JournalError
        If another process holds it.

    Examples
    --------
    >>> import tempfile
    >>> with locked(Path(tempfile.mkdtemp())):
    ...     pass
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not take_lock(handle):
            holder = os.read(handle, 200).decode(errors="replace").strip() or "another process"
            msg = f"{folder}: a migration is at work here already ({holder}). Wait for it, or stop it."
            raise JournalError(msg)
        os.ftruncate(handle, 0)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()} since {now}\n".encode())
        yield
    finally:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Return whether a process holds a folder at this moment.

    Examples
    --------
    >>> import tempfile
    >>> is_locked(Path(tempfile.mkdtemp()))
    False
    """
    if not (folder / "lock").exists():
        return False
    handle = os.open(folder / "lock", os.O_RDWR)
    try:
        return not take_lock(handle)
    finally:
        os.close(handle)

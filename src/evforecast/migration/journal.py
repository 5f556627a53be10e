"""The journal of a migration: what was done, a line of JSON each, for a person and for a later run to read.

A line is one write, flushed to the disk before the work goes on. A line that a kill cut short is the last,
says nothing, and is taken away when the journal is opened again.
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
    path = folder / JOURNAL
    if not path.exists():
        return []
    entries = []
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
    return entries


class Journal:
    """The journal in a folder, open for more.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

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
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / JOURNAL
        self.entries = read_journal(folder)
        if self.path.exists():
            data = self.path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if whole < len(data):
                os.truncate(self.path, whole)

    def record(self, event: str, **facts: Any) -> None:
        """Write down that something is done, before anything else is begun."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        entry = {"event": event, "at": now, **facts}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        # Opened anew each time: after a failed write, for want of space, the next starts on a clean end.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            before = os.fstat(handle).st_size
            try:
                _write_all(handle, line)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
        self.entries.append(entry)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


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
        if not _try_lock(handle):
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
        return not _try_lock(handle)
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""A lock that the system lets go of however its holder ends, so that none is ever stale."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evforecast.disk import make_folder, take_lock
from evforecast.errors import TransientError

__all__ = ["StoreBusyError", "held"]

_LOOK_EVERY = 0.05
_ROOM = 200


class StoreBusyError(TransientError):
    """Another process holds the store of a feed; the message says which."""


@contextmanager
def held(path: Path, what: str, *, wait: float = 0.0) -> Iterator[None]:
    """Hold a file for this process.

    Parameters
    ----------
    path : Path
        Made if it is not there; it stays, and says who holds it or held it last.
    what : str
        What is done meanwhile: the other process reads it.
    wait : float
        Seconds to wait for another process to let go.

    Raises
    ------
    StoreBusyError
        If another process holds it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "lock")
    >>> with held(path, "collecting"), held(path, "reading again"):
    ...     pass
    Traceback (most recent call last):
    evforecast.collect.lock.StoreBusyError: ...: process ... is collecting...
    """
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + wait
        while not take_lock(handle):
            if time.monotonic() >= deadline:
                who = _said(handle) or "another process is at work"
                msg = f"{path.parent}: {who}. Wait for it, or stop it."
                raise StoreBusyError(msg)
            time.sleep(_LOOK_EVERY)
        said = f"process {os.getpid()} on {socket.gethostname()} is {what}"
        if _said(handle) != said:
            with suppress(OSError):  # the disk is full: we hold it all the same
                os.lseek(handle, 0, os.SEEK_SET)
                os.write(handle, said.encode().ljust(_ROOM)[:_ROOM])
        yield
    finally:
        os.close(handle)


def _said(handle: int) -> str:
    """Return what stands in an open lock."""
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        return os.read(handle, _ROOM).decode(errors="replace").strip()
    except OSError:  # Windows keeps others from reading what is locked
        return ""

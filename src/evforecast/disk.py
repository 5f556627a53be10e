"""Files that are there whole or not at all, and reach the disk when that is asked for; a lock of the system.

One process writes in a folder at a time, so what a killed writer left under a passing name is nobody's.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "append_line",
    "flush_names",
    "make_folder",
    "size_of",
    "sweep",
    "take_lock",
    "write_whole",
]


def write_whole(path: Path, data: bytes, *, flush: bool) -> None:
    """Write a file, whole or not at all; one that is there is replaced in one step.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.
    data : bytes
    flush : bool
        Whether it is on the disk, and not only in the system's memory, when this returns. What can be made
        again from what is on the disk need not be: a killed process loses nothing, a power cut does.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "folder", "file")
    >>> write_whole(path, b"hello", flush=True)
    >>> path.read_bytes()
    b'hello'
    """
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}")
    try:
        with beside.open("wb") as handle:
            handle.write(data)
            if flush:
                handle.flush()
                os.fsync(handle.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    if flush:
        flush_names(path.parent)


def append_line(path: Path, line: bytes, size: int, *, flush: bool) -> None:
    r"""Write a line behind the first `size` bytes of a file; what stood there was cut short by a kill.

    A disk that is full leaves the file as it was.

    Parameters
    ----------
    path : Path
        Made if it is not there, and its folder.
    line : bytes
        With its line break.
    size : int
        Of the whole lines.
    flush : bool
        As for `write_whole`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "lines")
    >>> _ = path.write_bytes(b"one\ntw")
    >>> append_line(path, b"two\n", 4, flush=True)
    >>> path.read_bytes()
    b'one\ntwo\n'
    """
    is_new = not path.exists()
    if is_new:
        make_folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        if os.fstat(handle).st_size != size:
            os.ftruncate(handle, size)
        try:
            rest = line
            while rest:
                rest = rest[os.write(handle, rest) :]
            if flush:
                os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)
    if is_new and flush:
        flush_names(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each through to the disk.

    Examples
    --------
    >>> import tempfile
    >>> make_folder(Path(tempfile.mkdtemp(), "a", "b"))
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_names(folder.parent)


def flush_names(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can (Windows keeps them itself).

    Examples
    --------
    >>> flush_names(Path(__file__).parent)
    """
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder; call it with the lock in hand.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / ".half").write_bytes(b"..."), (folder / "whole").write_bytes(b"...")
    >>> sweep(folder)
    >>> [path.name for path in folder.iterdir()]
    ['whole']
    """
    if folder.is_dir():
        for path in list(folder.glob(".*")):
            path.unlink()


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; 0 where there is nothing.

    Examples
    --------
    >>> import tempfile
    >>> size_of(Path(tempfile.mkdtemp(), "nothing"))
    0
    """
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else 0


def take_lock(handle: int) -> bool:
    """Try to take the lock of an open file; return whether this process has it.

    The system lets go of it when the file is closed, however the process ends: none is ever stale.

    Parameters
    ----------
    handle : int
        Of a file that is open for writing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as one:
    ...     take_lock(one.fileno())
    True
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True

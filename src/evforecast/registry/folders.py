"""Folders by number: each is there whole or not at all, and is never written again.

All of a registry rests on this one step: a folder is written beside, flushed to the disk, and renamed onto
the next number. A folder cannot be renamed onto one that holds files, so of two writers one gets the
number and the other learns that it is taken. There is no lock: a writer may be killed at any moment, and
leaves behind a folder that nobody reads.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evforecast.disk import flush_names, make_folder
from evforecast.registry.errors import DamagedError, RegistryError

__all__ = [
    "SUMS",
    "Draft",
    "draft",
    "listed_sums",
    "numbers",
    "read_file",
    "verify",
]

SUMS = "SHA256SUMS"
UNFINISHED = "unfinished"
# No write takes as long: a draft of that age is what a killed writer left.
_ABANDONED_SECONDS = 3600
_NUMBER = re.compile("[1-9][0-9]*")
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)


def numbers(parent: Path) -> list[int]:
    """Return the numbers of the folders in `parent`, rising; none where there is no such place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("10", "9", "notes"):
    ...         Path(folder, name).mkdir()
    ...     numbers(Path(folder))
    [9, 10]
    """
    names = [path.name for path in parent.iterdir()] if parent.exists() else []
    return sorted(int(name) for name in names if _NUMBER.fullmatch(name))


class Draft:
    """A folder that is being written, and that no reader looks at.

    Parameters
    ----------
    path : Path
        The folder.
    parent : Path
        Where it will be published.
    files : sequence of str
        The names of all files that it will hold.
    """

    def __init__(self, path: Path, parent: Path, files: Sequence[str]) -> None:
        self.path = path
        self._parent, self._files = parent, files

    def write(self, name: str, data: bytes) -> None:
        """Write a file, through to the disk; one of that name is replaced."""
        with (self.path / name).open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())

    def publish(self, number: int) -> bool:
        """Put the folder at its place, in one step that outlasts a power cut once this returns.

        Parameters
        ----------
        number : int

        Returns
        -------
        bool
            False if the number is taken: the draft is still here, for another one.

        Raises
        ------
        RegistryError
            If the draft is gone.
        """
        sums = (f"{_sha256(self.path / name)}  {name}\n" for name in self._files)
        self.write(SUMS, "".join(sums).encode())
        flush_names(self.path)
        try:
            self.path.rename(self._parent / str(number))
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        flush_names(self._parent)
        return True


@contextmanager
def draft(parent: Path, files: Sequence[str]) -> Iterator[Draft]:
    """Open a folder to be published in `parent`; what is not published is removed.

    Parameters
    ----------
    parent : Path
        Made if it is not there; drafts lie beside it.
    files : sequence of str
        The names of all files that it will hold.

    Yields
    ------
    Draft

    Raises
    ------
    RegistryError
        If the draft vanishes while it is being written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with draft(Path(folder, "versions"), ["a.txt"]) as new:
    ...         new.write("a.txt", b"hello")
    ...         new.publish(1), new.publish(1)
    Traceback (most recent call last):
    evforecast.registry.errors.RegistryError: ...: the draft was removed while ...
    """
    unfinished = parent.parent / UNFINISHED
    make_folder(parent)
    make_folder(unfinished)
    path = unfinished / uuid.uuid4().hex
    path.mkdir()
    try:
        _sweep(path)
        yield Draft(path, parent, files)
    except FileNotFoundError as error:
        if path.exists():
            raise
        msg = (
            f"{path}: the draft was removed while it was being written: the folder was tidied by hand, or "
            f"the write took over {_ABANDONED_SECONDS // 60} minutes. Do it again."
        )
        raise RegistryError(msg) from error
    finally:
        # What cannot be removed now is swept later: it must not hide what was done, or why it failed.
        shutil.rmtree(path, ignore_errors=True)


def verify(path: Path, files: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of each file of a published folder, once all are what they were.

    Parameters
    ----------
    path : Path
        The folder.
    files : sequence of str
        What it must hold besides the sums; anything else is refused.

    Raises
    ------
    DamagedError
        If a file is missing, has changed, or does not belong there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with draft(Path(folder, "versions"), ["a.txt"]) as new:
    ...         new.write("a.txt", b"hello")
    ...         _ = new.publish(1)
    ...     {
    ...         name: sum[:8]
    ...         for name, sum in verify(Path(folder, "versions", "1"), ["a.txt"]).items()
    ...     }
    {'a.txt': '2cf24dba'}
    """
    sums = listed_sums(path, files)
    for name in sorted({entry.name for entry in path.iterdir()} - {SUMS, *files}):
        raise DamagedError(path, name, "does not belong there")
    for name, listed in sums.items():
        try:
            found = _sha256(path / name)
        except OSError as error:
            raise _unreadable(path, name, error) from error
        _require(path, name, listed, found)
    return sums


def read_file(path: Path, name: str, files: Sequence[str]) -> bytes:
    """Return what one file of a published folder holds, once it is what it was.

    Parameters
    ----------
    path : Path
        The folder.
    name : str
        The file.
    files : sequence of str
        The names of all files of the folder.

    Raises
    ------
    DamagedError
        If it, or the list of sums, is missing or has changed.
    """
    listed = listed_sums(path, files)[name]
    data = _read(path, name)
    _require(path, name, listed, hashlib.sha256(data).hexdigest())
    return data


def listed_sums(path: Path, files: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of each file as listed in a published folder, without looking at the files.

    Parameters
    ----------
    path : Path
        The folder.
    files : sequence of str
        What the list must name.

    Raises
    ------
    DamagedError
        If the list is missing, or names other files.
    """
    lines = _read(path, SUMS).decode(errors="replace").splitlines()
    sums = {name: found for found, _, name in (line.partition("  ") for line in lines)}
    if list(sums) != list(files):
        raise DamagedError(path, SUMS, f"lists {list(sums)} where {list(files)} belong")
    return sums


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except OSError as error:
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: OSError) -> DamagedError:
    return DamagedError(path, name, f"cannot be read ({error.strerror})")


def _require(path: Path, name: str, listed: str, found: str) -> None:
    if found != listed:
        reason = f"has changed since it was published (its SHA-256 is {found}, not {listed})"
        raise DamagedError(path, name, reason)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _sweep(own: Path) -> None:
    """Remove the drafts that killed writers left, by the clock of the disk that wrote `own` just now."""
    oldest = own.stat().st_mtime - _ABANDONED_SECONDS
    for path in list(own.parent.iterdir()):
        with contextlib.suppress(FileNotFoundError):  # another writer was quicker
            if path.is_dir() and path.stat().st_mtime < oldest:
                # Taken away in one step first: its writer, should it live, loses the whole of it.
                taken = own.with_name(uuid.uuid4().hex)
                path.rename(taken)
                shutil.rmtree(taken, ignore_errors=True)

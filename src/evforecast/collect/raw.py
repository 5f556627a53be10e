"""The archive of a feed: every body as it came, packed, with a note of what it answers.

The note stands in the comment of the gzip header, so that a file says by itself what it is: where a kill
comes between a body and its line in the journal, the line is made from the note.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evforecast.collect.journal import Line
from evforecast.disk import write_whole
from evforecast.errors import FileFormatError

__all__ = ["Archive", "payload_id"]

SUFFIX = ".gz"
_HAS_COMMENT = 0x10
_HEADER = struct.Struct("<2sBBIBB")
_LEVEL = 6
_LONGEST_NAME = 100
_DAMAGE = (EOFError, IndexError, OSError, ValueError, struct.error, zlib.error)


def payload_id(name: str, sha256: str) -> str:
    """Return the name under which an answer is kept: that of its request, and the hash of its body.

    Two requests may be answered by the same body, an empty list say, and mean different things.

    Examples
    --------
    >>> payload_id("free chargers", "2cf24d…")
    'free%20chargers-2cf24d…'
    """
    # A file whose name begins with a dot is what a killed writer left, and is swept.
    plain = re.sub(r"^\.", "%2E", quote(name, safe=""))
    if len(plain) > _LONGEST_NAME:
        plain = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{plain}-{sha256}"


class Archive:
    """The bodies of a feed, one folder a day.

    Parameters
    ----------
    folder : Path
        Made by the first body.

    Examples
    --------
    >>> import tempfile
    >>> archive = Archive(Path(tempfile.mkdtemp()))
    >>> archive.put("2026-11-28", "status-2cf24d", b"hello", {"name": "status"})
    >>> archive.get("2026-11-28", "status-2cf24d")
    Traceback (most recent call last):
    evforecast.errors.FileFormatError: ...: its body has the SHA-256 2cf24dba..., not 2cf24d...
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, day: str, payload: str) -> Path:
        """Return the file of a payload."""
        return self.folder / day / (payload + SUFFIX)

    def days(self) -> list[str]:
        """Return the days that have a folder, in order."""
        return sorted(path.name for path in self.folder.glob("[0-9]*"))

    def ids(self, day: str) -> set[str]:
        """Return the payloads of a day."""
        names = (path.name for path in (self.folder / day).glob(f"[!.]*{SUFFIX}"))
        return {name.removesuffix(SUFFIX) for name in names}

    def put(self, day: str, payload: str, body: bytes, note: Line) -> None:
        """Keep a body; it is on the disk when this returns."""
        comment = json.dumps(note, ensure_ascii=True, separators=(",", ":")).encode() + b"\0"
        header = _HEADER.pack(b"\x1f\x8b", 8, _HAS_COMMENT, 0, 0, 255)
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(body) + packer.flush()
        tail = struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
        write_whole(self.path(day, payload), header + comment + packed + tail, flush=True)

    def get(self, day: str, payload: str) -> bytes:
        """Return a body, once it is what it was.

        Raises
        ------
        FileFormatError
            If the file is missing, damaged, or holds another body.
        """
        path = self.path(day, payload)
        try:
            body = gzip.decompress(path.read_bytes())
        except _DAMAGE as error:
            msg = f"{path}: the archived body cannot be read ({error}). Restore the file from a backup."
            raise FileFormatError(msg) from error
        expected, found = payload.rpartition("-")[2], hashlib.sha256(body).hexdigest()
        if found != expected:
            msg = (
                f"{path}: its body has the SHA-256 {found}, not {expected}. Restore the file from a "
                "backup."
            )
            raise FileFormatError(msg)
        return body

    def note(self, day: str, payload: str) -> dict[str, Any]:
        """Return the note that was kept with a body.

        Raises
        ------
        FileFormatError
            If there is none that can be read.
        """
        path = self.path(day, payload)
        try:
            data = path.read_bytes()
            found = json.loads(data[_HEADER.size : data.index(b"\0", _HEADER.size)])
        except _DAMAGE as error:
            msg = f"{path}: the note in its header cannot be read ({error}). Restore it from a backup."
            raise FileFormatError(msg) from error
        if not isinstance(found, dict):
            msg = f"{path}: the note in its header is {found!r}. Restore the file from a backup."
            raise FileFormatError(msg)
        return found

    def remove(self, day: str, payloads: Iterable[str]) -> int:
        """Remove bodies, and the folder of the day once it is empty; return the bytes."""
        freed = 0
        for payload in payloads:
            path = self.path(day, payload)
            if path.exists():
                freed += path.stat().st_size
                path.unlink()
        folder = self.folder / day
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        return freed

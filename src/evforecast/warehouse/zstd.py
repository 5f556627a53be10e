"""Whether a zstd file is whole: DuckDB reads one that was cut short to the cut, and says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

__all__ = ["is_whole"]

_MAGIC = 0xFD2FB528
_SKIPPED = range(0x184D2A50, 0x184D2A60)
_RAW_OR_COMPRESSED = (0, 2)
_RUN = 1


def is_whole(path: Path) -> bool:
    """Return whether a file is one zstd frame or more and ends where the last one does.

    Only the headers of the blocks are read (RFC 8878), one in about 128 KB; nothing is decompressed.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "a.zst")
    >>> path.write_bytes(bytes.fromhex("28b52ffd 20 01 090000 61"))  # one frame, one block: "a"
    10
    >>> is_whole(path)
    True
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        while place < size:
            place = _end_of_frame(file, place)
            if not 0 < place <= size:
                return False
        return size > 0


def _end_of_frame(file: BinaryIO, place: int) -> int:
    """Return where the frame that begins at a place ends, -1 where there is none or it is cut."""
    file.seek(place)
    head = file.read(8)
    magic = int.from_bytes(head[:4], "little")
    if magic in _SKIPPED and len(head) == 8:
        return place + 8 + int.from_bytes(head[4:], "little")
    if magic != _MAGIC or len(head) < 5:
        return -1
    flags = head[4]
    is_single, has_checksum = flags >> 5 & 1, flags >> 2 & 1
    size_bytes = (is_single, 2, 4, 8)[flags >> 6]
    place += 5 + (1 - is_single) + (0, 1, 2, 4)[flags & 3] + size_bytes
    is_last = 0
    while not is_last:
        file.seek(place)
        block = file.read(3)
        number = int.from_bytes(block, "little")
        is_last, kind, length = number & 1, number >> 1 & 3, number >> 3
        if len(block) < 3 or kind not in {*_RAW_OR_COMPRESSED, _RUN}:
            return -1
        place += 3 + (1 if kind == _RUN else length)
    return place + 4 * has_checksum

"""A delimited file: read once for what it is, and once for its rows.

DuckDB parses it, here and where its columns are looked at, so that the values that were looked at are the
values that are sent.
"""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import hashlib
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from evforecast.errors import EmptyInputError, FileFormatError, InputError, first_few
from evforecast.warehouse.naming import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "DelimitedFile",
    "check_null",
    "engine_of",
    "options_of",
    "reading",
    "survey",
]

_READ = 2**20
_HEAD = 2**20  # bytes within which the header has to end
_BATCH = 4 * 2**20  # bytes of rows that are sent at once, about
_MOST_ROWS = 65_536

_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_FOREIGN = {b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z"}

# the first record of a file, as a parser that knows quotes finds it
_RECORD = re.compile(r'(?:"[^"]*"|[^"\r\n])*')


class _Raw(io.RawIOBase):
    """The bytes of a file as it lies on the disk, hashed and told on the way."""

    def __init__(self, path: Path, tell: Callable[[int], None]) -> None:
        self.file, self.tell_of, self.sha256 = path.open("rb", buffering=0), tell, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self.file.readinto(buffer)
        self.sha256.update(memoryview(buffer)[:count])
        self.tell_of(count)
        return count

    def close(self) -> None:
        self.file.close()
        super().close()


@dataclass(frozen=True)
class DelimitedFile:
    """What is known of a delimited file once it was read from end to end.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file as it lies on the disk, hexadecimal.
    packing : str
        ``none``, ``gzip`` or ``zstd``.
    delimiter : str
    names : tuple of str
        From the header.
    header : int
        Lines that the header takes.
    size : int
        Bytes of the text.
    stamp : tuple of int
        The size of the file and when it was changed: its rows are read later.
    """

    path: Path
    sha256: str
    packing: str
    delimiter: str
    names: tuple[str, ...]
    header: int
    size: int
    stamp: tuple[int, int] = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether somebody has written to the file since."""
        return _stamp(self.path) != self.stamp

    def line(self, number: int) -> int:
        """Return the line of the file on which a line of its rows stands: blank ones are not rows."""
        if len(self.names) == 1:
            return self.header + number
        quoted = False
        with _unpacked(_Raw(self.path, lambda _: None), self.packing) as text:
            for place, line in enumerate(text, 1):
                number -= place > self.header and (quoted or bool(line.strip(b"\r\n")))
                quoted ^= line.count(b'"') % 2 == 1
                if not number:
                    return place
        return self.header + number  # pragma: no cover - only of a file that shrank meanwhile

    def rows(self, null: str, count: int) -> Iterator[tuple[bytes, int]]:
        """Yield the rows as CSV for PostgreSQL, and how many they are: NULL is bare, all else in quotes.

        Parameters
        ----------
        null : str
            What stands for NULL in the file.
        count : int
            How many rows there are, to send about as much at once however wide they are.
        """
        import pyarrow.csv as pc

        many = min(max(_BATCH * count // max(self.size, 1), 1), _MOST_ROWS)
        options = pc.WriteOptions(include_header=False, quoting_style="all_valid")
        with engine_of() as engine:
            # an engine's `sql` streams; what `execute` returns would be held whole
            found = engine.sql(f"SELECT * FROM {reading(self, null)}")
            for batch in getattr(found, "to_arrow_reader", found.fetch_arrow_reader)(many):
                out = io.BytesIO()
                pc.write_csv(batch, out, options)
                yield out.getvalue(), batch.num_rows


def survey(path: Path, tell: Callable[[int], None]) -> DelimitedFile:
    r"""Read a file from end to end: its hash, its encoding, its delimiter and its header.

    Parameters
    ----------
    path : Path
    tell : callable
        Is told how many more bytes of the file were read.

    Raises
    ------
    EmptyInputError
        If the file is empty.
    FileFormatError
        If it is not UTF-8, cut short, packed in a way that is not read here, or its first line holds no
        names.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "status.csv"
    >>> path.write_text("evse_id;status\n01;down\n") and None
    >>> found = survey(path, lambda count: None)
    >>> found.delimiter, found.names
    (';', ('evse_id', 'status'))
    """
    stamp = _stamp(path)
    packing = _packing(path)
    raw = _Raw(path, tell)
    decoder, head, size = codecs.getincrementaldecoder("utf-8-sig")(), "", 0
    with _unpacked(raw, packing) as text:
        try:
            while data := text.read(_READ):
                if b"\0" in data:
                    place = size + data.index(b"\0")
                    msg = (
                        f"{path}: byte {place:,} is a null character, which no text holds. "
                        "Is it UTF-16, or no text? Re-encode it as UTF-8: iconv -f UTF-16 -t UTF-8."
                    )
                    raise FileFormatError(msg)
                pending = len(decoder.getstate()[0])
                decoded = decoder.decode(data)
                head += decoded[: _HEAD - len(head)]
                size += len(data)
            pending = len(decoder.getstate()[0])
            data = b""
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            place = size - pending + error.start
            found = error.object[error.start]
            msg = (
                f"{path}: byte {place:,} (0x{found:02x}) is not UTF-8. Re-encode the file, for example: "
                f"iconv -f WINDOWS-1252 -t UTF-8 {path.name}"
            )
            raise FileFormatError(msg) from error
        except (EOFError, zlib.error, OSError) as error:
            msg = (
                f"{path}: cannot be unpacked with {packing}: {error}. Is it whole? Fetch it again."
            )
            raise FileFormatError(msg) from error
    if not head.strip():
        msg = f"{path}: the file is empty. A header and rows were expected."
        raise EmptyInputError(msg)
    delimiter, names, lines = _header(path, head)
    return DelimitedFile(
        path, raw.sha256.hexdigest(), packing, delimiter, names, lines, size, stamp
    )


def check_null(null: str, delimiter: str) -> None:
    """Raise InputError unless a text can stand for NULL in a file.

    Examples
    --------
    >>> check_null("NA", ",")
    """
    if any(sign in null for sign in (delimiter, '"', "\r", "\n", "\0")):
        msg = f"null={null!r}: what stands for NULL holds no delimiter, quote or end of line."
        raise InputError(msg)


@contextmanager
def engine_of() -> Iterator[DuckDBPyConnection]:
    """Open a DuckDB that holds little in memory, and puts the rest where it is removed afterwards."""
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="evforecast") as folder,
        duckdb.connect(config={"temp_directory": folder}) as engine,
    ):
        engine.execute("SET threads = 2")
        engine.execute("SET memory_limit = '180MB'")
        yield engine


def options_of(file: DelimitedFile, null: str) -> str:
    """Return the path and the options that every reading of a file shares."""
    # a name with a bracket or a star is one file, no pattern
    return (
        f"{literal(glob.escape(str(file.path)))}, header=true, quote='\"', escape='\"', "
        f"nullstr={literal(null)}, allow_quoted_nulls=false, compression='{file.packing}'"
    )


def reading(file: DelimitedFile, null: str, *, rejects: bool = False) -> str:
    """Return the call that reads every column as the text that stands there."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(file.names)))
    more = ", store_rejects=true, rejects_limit=1" if rejects else ""
    return (
        f"read_csv({options_of(file, null)}, auto_detect=false, hive_partitioning=false, "
        f"delim={literal(file.delimiter)}, columns={{{columns}}}{more})"
    )


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _packing(path: Path) -> str:
    """Return how a file is packed, by its first bytes: a name may say anything."""
    with path.open("rb") as file:
        start = file.read(8)
    for sign, name in _FOREIGN.items():
        if start.startswith(sign):
            msg = f"{path}: is packed with {name}, which is not read here. Unpack it, or pack it with gzip."
            raise FileFormatError(msg)
    return next((name for sign, name in _PACKED.items() if start.startswith(sign)), "none")


@contextmanager
def _unpacked(raw: _Raw, packing: str) -> Iterator[BinaryIO]:
    with raw:
        if packing == "gzip":
            with io.BufferedReader(gzip.GzipFile(fileobj=raw)) as text:
                yield text
        elif packing == "zstd":
            import pyarrow as pa

            with io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(raw), "zstd")) as text:
                yield text
        else:
            yield io.BufferedReader(raw, _READ)


def _header(path: Path, head: str) -> tuple[str, tuple[str, ...], int]:
    """Return the delimiter, the names, and how many lines they take."""
    found = _RECORD.match(head)
    record = found.group() if found else ""
    if len(record) >= _HEAD:
        msg = f"{path}: the first line does not end within {_HEAD:,} characters. Is it a table with a header?"
        raise FileFormatError(msg)
    bare = re.sub(r'"[^"]*"', "", record)
    delimiter = max(",;\t|", key=bare.count)
    names = next(csv.reader(io.StringIO(record), delimiter=delimiter), [])
    _check_names(path, names)
    return delimiter, tuple(names), record.count("\n") + 1


def _check_names(path: Path, names: Sequence[str]) -> None:
    empty = [place for place, name in enumerate(names, 1) if not name.strip()]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    # PostgreSQL would cut them, and two might become one
    long = [name for name in names if len(name.encode()) > 63]
    for found, what in (
        (empty, "column(s) without a name, at place"),
        (twice, "name(s) more than once"),
        (long, "name(s) longer than the 63 bytes that PostgreSQL keeps"),
    ):
        if found or not names:
            msg = (
                f"{path}: the first line has {len(found)} {what}: {first_few(found)}. "
                "Is it the header? Name every column once, in the first line."
            )
            raise FileFormatError(msg)

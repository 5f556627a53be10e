"""What all readers of text files share: decompression, encoding, and the split into columns.

A file is opened as one stream of UTF-8, whatever it was written in, and split by Arrow batch by
batch, so that a file larger than memory costs only what is kept of it. Text columns are dictionary
encoded.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import logging
import lzma
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from evforecast.errors import EmptyInputError, FileFormatError, InputError, first_few

if TYPE_CHECKING:
    import pyarrow as pa

    from evforecast.sources.report import ReadReport

__all__ = [
    "Bad",
    "Buffer",
    "FilePath",
    "TextStream",
    "categorical",
    "first_line",
    "header",
    "log",
    "numbers",
    "open_text",
    "read_table",
    "text",
]

FilePath = str | os.PathLike[str]
Buffer = bytes | IO[bytes] | IO[str]
Bad = Literal["raise", "missing"]

_LOGGER = logging.getLogger("evforecast.sources")
_BLOCK = 1 << 22
_OPENERS: Mapping[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
# zlib.error and LZMAError: damaged; EOFError: cut short; OSError: bad magic or checksum (gzip, bz2)
_DAMAGE = (EOFError, OSError, lzma.LZMAError, zlib.error)


class TextStream:
    """The text of `raw` as UTF-8, whatever it was written in; says where it cannot be read."""

    def __init__(self, raw: IO[bytes], name: str, encoding: str, *, compressed: bool) -> None:
        self.name = name
        self._raw, self._encoding, self._compressed = raw, encoding, compressed
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            msg = f"encoding={encoding!r} is no encoding. Use 'utf-8', 'latin-1', 'cp1252', …"
            raise InputError(msg) from error
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._extends_ascii = b"a\n".decode(encoding, errors="replace") == "a\n"
        self._offset = 0
        self._ready = b""
        self._ended = False

    def is_empty(self) -> bool:
        """Tell whether nothing is left to read."""
        return not self.peek_line() and not self._ready

    def peek_line(self) -> str:
        """Return the first line without its end, and leave it to be read."""
        while b"\n" not in self._ready and len(self._ready) < _BLOCK and not self._ended:
            self._ready += self._more()
        return self._ready.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")

    def skip_line(self) -> None:
        """Leave the first line out."""
        self.peek_line()
        self._ready = self._ready.partition(b"\n")[2]

    def blocks(self) -> Iterator[bytes]:
        """Yield what is left, as UTF-8, in blocks of whole lines.

        Raises
        ------
        FileFormatError
            If the compressed file is damaged, or a byte is not in the encoding.
        """
        while not self._ended:
            block = self._ready + self._more()
            end = block.rfind(b"\n") + 1
            self._ready = block[end:]
            if end:
                yield block[:end]
        if self._ready:
            yield self._ready
            self._ready = b""

    def _more(self) -> bytes:
        chunk = self._chunk(_BLOCK)
        self._ended = not chunk
        return self._decode(chunk)

    def _chunk(self, size: int) -> bytes:
        if not self._compressed:
            return self._raw.read(size)
        try:
            return self._raw.read(size)
        except _DAMAGE as error:
            msg = (
                f"{self.name}: the compressed file is damaged or cut short ({error}); "
                f"{self._offset:,} bytes could be read. Fetch it again."
            )
            raise FileFormatError(msg) from error

    def _decode(self, chunk: bytes) -> bytes:
        if (
            not self._offset
            and codecs.lookup(self._encoding).name == "utf-8"
            and chunk.startswith(codecs.BOM_UTF8)
        ):
            chunk = chunk[len(codecs.BOM_UTF8) :]  # a mark, no letter of the first column's name
            self._offset = len(codecs.BOM_UTF8)
        self._offset += len(chunk)
        if b"\0" in chunk and self._extends_ascii:
            at = self._offset - len(chunk) + chunk.index(0)
            msg = (
                f"{self.name}: a NUL byte at offset {at:,}, so "
                f"this is no text in {self._encoding}. If it is UTF-16, pass encoding='utf-16'."
            )
            raise FileFormatError(msg)
        if chunk and self._extends_ascii and chunk.isascii() and not self._decoder.getstate()[0]:
            return chunk  # most of most files: nothing to translate
        try:
            return self._decoder.decode(chunk, final=not chunk).encode("utf-8")
        except UnicodeDecodeError as error:
            # its object is the chunk and what was left of the one before: count from the end
            at = self._offset - len(error.object) + error.start
            msg = (
                f"{self.name}: byte {error.object[error.start]:#04x} at offset {at:,} is not "
                f"{self._encoding} ({error.reason}). Pass the encoding it was written in, "
                "for example encoding='latin-1', 'cp1252' or 'utf-16'."
            )
            raise FileFormatError(msg) from error


@contextmanager
def open_text(source: FilePath | Buffer, encoding: str = "utf-8") -> Iterator[TextStream]:
    """Open a path or a buffer, plain or compressed: gzip, bzip2, xz, told by the first bytes."""
    raw: IO[bytes]
    if isinstance(source, (str, os.PathLike)):
        name, raw = os.fspath(source), open(source, "rb")  # noqa: PTH123, SIM115 - closed below
    else:
        data = source if isinstance(source, bytes) else source.read()
        if isinstance(data, str):
            data, encoding = data.encode("utf-8"), "utf-8"
        name, raw = str(getattr(source, "name", "buffer")), io.BytesIO(data)
    with raw:
        head = raw.read(8)
        raw.seek(0)
        opener = next(
            (opened for magic, opened in _OPENERS.items() if head.startswith(magic)), None
        )
        stream = TextStream(
            raw if opener is None else opener(raw), name, encoding, compressed=opener is not None
        )
        if stream.is_empty():
            msg = f"{name}: the file is empty. Check that the download came to its end."
            raise EmptyInputError(msg)
        yield stream


def first_line(path: FilePath) -> str:
    """Return the first line of a file in any encoding that extends ASCII."""
    with open_text(path, "latin-1") as stream:
        return stream.peek_line().removeprefix("ï»¿")


def header(stream: TextStream, required: Sequence[str], expected: str) -> list[str]:
    """Take the names in the first line off a comma-separated file.

    Raises
    ------
    FileFormatError
        If a required name is not there, or one is empty or repeated.
    """
    names = [name.strip() for name in next(csv.reader([stream.peek_line()]), [])]
    missing = [name for name in required if name not in names]
    if missing:
        msg = (
            f"{stream.name}, line 1: no column {first_few(missing)}; found {first_few(names)}. "
            f"Expected {expected}."
        )
        raise FileFormatError(msg)
    odd = [name for place, name in enumerate(names) if not name or name in names[:place]]
    if odd:
        msg = (
            f"{stream.name}, line 1: columns without a name, or twice: {first_few(odd)}. "
            f"Expected {expected}."
        )
        raise FileFormatError(msg)
    stream.skip_line()
    return names


def read_table(
    stream: TextStream,
    names: Sequence[str],
    keep: Sequence[str],
    *,
    expected: str,
    integers: Sequence[str] = (),
    n_before: int = 1,
    delimiter: str = ",",
) -> pa.Table:
    """Split a stream into the columns `keep`: int32 for `integers`, else text with a dictionary.

    The header, if there is one (``n_before=1`` line), has been taken off the stream. Blank cells
    are null, but not in files without quotes (tab-separated ones), which keep every word.

    Raises
    ------
    FileFormatError
        If a row has another number of fields than `names`, or an integer is none; it names the row.
    EmptyInputError
        If there are no rows.
    """
    import pyarrow as pa
    import pyarrow.csv

    words = pa.dictionary(pa.int32(), pa.string())
    quoted = delimiter == ","
    # Blocks, not the stream: Arrow would read a Python file in a thread that may outlive an error.
    # One thread, as only then an error knows the number of its row.
    reading = pyarrow.csv.ReadOptions(
        use_threads=False, block_size=2 * _BLOCK, column_names=list(names)
    )
    parsing = pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False)
    converting = pyarrow.csv.ConvertOptions(
        column_types={name: pa.int32() if name in integers else words for name in names},
        include_columns=list(keep),
        null_values=[""] if quoted else [],
        strings_can_be_null=quoted,
    )
    parts: list[pa.Table] = []
    n_rows = 0
    for block in stream.blocks():
        if block.isspace():
            continue
        try:
            part = pyarrow.csv.read_csv(pa.BufferReader(block), reading, parsing, converting)
        except pa.ArrowInvalid as error:
            found = _numbered(str(error), n_rows + n_before)
            msg = (
                f"{stream.name}: {found} (row 1 is the first line, blank lines not counted). "
                f"Expected {expected}."
            )
            raise FileFormatError(msg) from error
        parts.append(part)
        n_rows += part.num_rows
    if not n_rows:
        msg = f"{stream.name}: a header, and no rows. Check that the download came to its end."
        raise EmptyInputError(msg)
    return pa.concat_tables(parts).unify_dictionaries()


def _numbered(text: str, before: int) -> str:
    """Return a message of Arrow, not too long, its row counted from the start of the file."""
    text = re.sub(r"Row #(\d+)", lambda match: f"row {int(match[1]) + before:,}", text)
    text = text.removeprefix("CSV parse error: ")
    return text if len(text) <= 160 else f"{text[:160]}…"


def categorical(column: pa.ChunkedArray) -> pd.Categorical:
    """Return a text column of `read_table` as a pandas categorical."""
    import pyarrow as pa

    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # older releases of Arrow keep one chunk wrapped
        array = array.chunk(0)
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(
        codes, categories=pd.Index(array.dictionary.to_pylist(), dtype=object)
    )


def text(column: pa.ChunkedArray) -> pd.Series:
    """Return a text column of `read_table` as Python strings, NaN where blank."""
    return pd.Series(np.asarray(categorical(column), dtype=object))


def numbers(
    column: pa.ChunkedArray, what: str, bad: Bad = "raise", *, optional: bool = False
) -> tuple[np.ndarray, int]:
    """Return a text column as float64, NaN where blank, and how many cells are no number.

    With ``bad="raise"`` there is none; `optional` says that the caller has the choice.

    Raises
    ------
    FileFormatError
        With ``bad="raise"``, if a cell is neither blank nor a number.
    """
    words = categorical(column)
    levels = pd.to_numeric(pd.Series(words.categories, dtype=object), errors="coerce")
    values = np.append(levels.to_numpy(dtype=np.float64, copy=True), np.nan)
    values[np.isinf(values)] = np.nan
    wrong = np.append(np.isnan(values[:-1]), [False])[words.codes]
    if wrong.any() and bad == "raise":
        row = int(np.flatnonzero(wrong)[0])
        choice = ", or pass bad='missing' to count them and set them missing" if optional else ""
        msg = (
            f"{what}: {int(wrong.sum()):,} cells are no number, the first in row {row + 2}: "
            f"{words[row]!r}. Mend the file{choice}."
        )
        raise FileFormatError(msg)
    return values[words.codes], int(wrong.sum())


def log(report: ReadReport) -> None:
    """Say at INFO what a reader did."""
    _LOGGER.info("%s", report)

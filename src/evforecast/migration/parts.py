"""Files of an export: rows of CSV come in, a compressed CSV or a Parquet file goes out, hashed on the way.

A file appears under its name only when it is whole: it is written under another, flushed and renamed.
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from evforecast.warehouse.base import FileFormat
from evforecast.warehouse.columns import Column

__all__ = ["Part", "PartWriter"]

_GZIP_LEVEL = 6
# Bytes of CSV that become one group of rows of a Parquet file, about 100,000 rows.
_GROUP = 4 * 2**20
_READ = 2**20


@dataclass(frozen=True)
class Part:
    """A file of an export.

    Attributes
    ----------
    name : str
        Of the file.
    rows : int
    size : int
        Bytes of the file.
    csv_size : int
        Bytes of its rows as CSV without compression.
    sha256 : str
        Of the file, hexadecimal.
    seconds : float
        That writing it took.
    """

    name: str
    rows: int
    size: int
    csv_size: int
    sha256: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``Part(**dict)`` is the part again."""
        return asdict(self)


class _Hashed(io.RawIOBase):
    """A file that adds what is written to its hash."""

    def __init__(self, path: Path) -> None:
        self.file: BinaryIO = path.open("wb", buffering=_READ)
        self.sha256, self.size = hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if self.file.closed:  # dropped: an encoder still hands over what it held
            return len(view)
        self.file.write(view)
        self.sha256.update(view)
        self.size += len(view)
        return len(view)

    def drop(self) -> None:
        """Let go of the file; what waits to be written may not fit on the disk."""
        with suppress(OSError):
            self.file.close()

    def close(self) -> None:
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()
        super().close()


class _Encoder(Protocol):
    """Turns rows of CSV into the bytes of a file."""

    def write(self, data: bytes) -> object: ...

    def close(self) -> object: ...


class _Gzip:
    def __init__(self, out: _Hashed) -> None:
        self.out, self.z = out, zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, 31)

    def write(self, data: bytes) -> None:
        self.out.write(self.z.compress(data))

    def close(self) -> None:
        self.out.write(self.z.flush())


class _Plain:
    def __init__(self, out: _Hashed) -> None:
        self.out = out

    def write(self, data: bytes) -> None:
        self.out.write(data)

    def close(self) -> None:
        pass


class _Parquet:
    """Parses the CSV that PostgreSQL writes, a group of rows at a time."""

    def __init__(self, out: _Hashed, columns: Sequence[Column], compression: str) -> None:
        import pyarrow as pa
        import pyarrow.csv as pc
        import pyarrow.parquet as pq

        self.schema = pa.schema([pa.field(c.name, _arrow_type(c)) for c in columns])
        names = [f"c{place}" for place in range(len(columns))]  # free of whatever a name may hold
        self.options: dict[str, Any] = {
            "read_options": pc.ReadOptions(
                column_names=names, use_threads=False, block_size=2 * _GROUP
            ),
            "parse_options": pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            "convert_options": pc.ConvertOptions(
                column_types=dict(zip(names, self.schema.types, strict=True)),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        }
        self.buffer: list[bytes] = []
        self.waiting = 0
        self.writer = pq.ParquetWriter(out, self.schema, compression=compression.upper())

    def write(self, data: bytes) -> None:
        self.buffer.append(data)
        self.waiting += len(data)
        if self.waiting >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait. They are whole: PostgreSQL sends whole rows, and so does the export."""
        import pyarrow.csv as pc

        if self.waiting:
            data = b"".join(self.buffer)
            self.buffer, self.waiting = [], 0
            # a row that is longer than a block would be cut
            self.options["read_options"].block_size = max(len(data) + 1, 2 * _GROUP)
            table = pc.read_csv(io.BytesIO(data), **self.options)
            self.writer.write_table(table.rename_columns(self.schema.names).cast(self.schema))

    def close(self) -> None:
        import pyarrow as pa

        self.flush()
        self.writer.close()
        pa.default_memory_pool().release_unused()  # the load that follows wants it


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    if column.kind == "decimal":
        return pa.decimal128(column.precision, column.scale)
    return {
        "bool": pa.bool_(),
        "int2": pa.int16(),
        "int4": pa.int32(),
        "int8": pa.int64(),
        "float4": pa.float32(),
        "float8": pa.float64(),
        "text": pa.string(),
        "bytes": pa.string(),  # hexadecimal, as in CSV
        "date": pa.date32(),
        "time": pa.time64("us"),
        "timestamp": pa.timestamp("us"),
    }[column.kind]


class PartWriter:
    r"""Writes one file of an export.

    Parameters
    ----------
    path : Path
        Where it will stand.
    columns : sequence of Column
        What its rows hold.
    file_format : FileFormat

    Raises
    ------
    OSError
        By `write` and `close`, where the disk is full or the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> writer = PartWriter(Path(tempfile.mkdtemp()) / "a.csv.gz", [], FileFormat("csv", "gzip"))
    >>> writer.write(b"1,2\n")
    >>> writer.close(rows=1, seconds=0.0).csv_size
    4
    """

    def __init__(self, path: Path, columns: Sequence[Column], file_format: FileFormat) -> None:
        self.path = path
        self.unfinished = path.with_name(path.name + ".unfinished")
        self.csv_size = 0
        self.out = _Hashed(self.unfinished)
        self.encoder = self._encoder(columns, file_format)

    def _encoder(self, columns: Sequence[Column], file_format: FileFormat) -> _Encoder:
        if file_format.kind == "parquet":
            return _Parquet(self.out, columns, file_format.compression)
        if file_format.compression == "gzip":
            return _Gzip(self.out)
        if file_format.compression == "none":
            return _Plain(self.out)
        import pyarrow as pa

        return pa.CompressedOutputStream(self.out, "zstd")  # type: ignore[no-any-return]

    def write(self, data: bytes) -> None:
        """Add rows of CSV, whole ones."""
        self.csv_size += len(data)
        self.encoder.write(data)

    def close(self, *, rows: int, seconds: float) -> Part:
        """Finish the file and give it its name."""
        self.encoder.close()
        self.out.close()
        self.unfinished.replace(self.path)
        return Part(
            self.path.name, rows, self.out.size, self.csv_size, self.out.sha256.hexdigest(), seconds
        )

    def abandon(self) -> None:
        """Remove what was written so far."""
        self.out.drop()
        with suppress(ValueError):  # rows cut short are no rows
            self.encoder.close()
        self.unfinished.unlink(missing_ok=True)

"""`Warehouse`: what a warehouse must be able to do here, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, get_args

from evforecast.errors import TerminalError, require_choice
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import Dialect
from evforecast.warehouse.fingerprint import Fingerprint
from evforecast.warehouse.naming import TableName

__all__ = [
    "CopyError",
    "FileFormat",
    "LoadedFile",
    "Merged",
    "OnError",
    "StagedFile",
    "Warehouse",
    "WarehouseError",
]

OnError = Literal["abort", "skip_file", "continue"]


class WarehouseError(TerminalError):
    """The warehouse refused a statement; the message has its words and what to do."""


class CopyError(WarehouseError):
    """A file could not be loaded.

    Parameters
    ----------
    message : str
    file : str
        Its name; kept as ``file``.
    """

    def __init__(self, message: str, file: str) -> None:
        self.file = file
        super().__init__(message)


@dataclass(frozen=True)
class FileFormat:
    """How the files are written that a table is loaded from.

    CSV has no header, commas, double quotes around what needs them, nothing at all for NULL and ``""`` for an
    empty text. Columns stand in the order of the table.

    Parameters
    ----------
    kind : {'csv', 'parquet'}
    compression : {'zstd', 'gzip', 'none'}
        Of a CSV file as a whole; of the pages inside a Parquet file.

    Raises
    ------
    InputError
        If one of them is another word.

    Examples
    --------
    >>> FileFormat("csv", "gzip").suffix
    '.csv.gz'
    """

    kind: Literal["csv", "parquet"] = "csv"
    compression: Literal["zstd", "gzip", "none"] = "zstd"

    def __post_init__(self) -> None:
        require_choice(self.kind, ("csv", "parquet"), "format")
        require_choice(self.compression, ("zstd", "gzip", "none"), "compression")

    @property
    def suffix(self) -> str:
        """What the names of such files end with."""
        if self.kind == "parquet":
            return ".parquet"
        return ".csv" + {"zstd": ".zst", "gzip": ".gz", "none": ""}[self.compression]


@dataclass(frozen=True)
class StagedFile:
    """A file in a stage.

    Attributes
    ----------
    name : str
        Without the prefix.
    size : int
        Bytes.
    sha256 : str or None
        Of its contents, where the stage can tell.
    """

    name: str
    size: int
    sha256: str | None = None


@dataclass(frozen=True)
class LoadedFile:
    """What became of one file in `Warehouse.copy_into`.

    Attributes
    ----------
    name : str
        Without the prefix.
    status : str
        ``loaded``; ``partly loaded``, where rows were rejected; ``skipped``, for its errors; or ``loaded
        before``, since this table has it already.
    rows : int
        Rows that are in the table now.
    rejected : list of dict
        Rows that are not: ``line`` (from 1), ``column``, ``reason`` and ``text``, as far as the warehouse
        says.
    """

    name: str
    status: Literal["loaded", "partly loaded", "skipped", "loaded before"]
    rows: int
    rejected: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes
    ----------
    inserted, updated : int
        Rows.
    """

    inserted: int
    updated: int


class Warehouse(Protocol):
    """What a warehouse must be able to do.

    Tables are named by `TableName`; names are quoted and values bound. A ``prefix`` is a folder of the stage,
    one a run. Each method may be called again after it was killed at any point.
    """

    dialect: Dialect

    @property
    def url(self) -> str:
        """Where it is, without secrets."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction: what `run` does in the block happens together, or not at all.

        The other methods that change something are refused inside of it.
        """

    def columns(self, table: TableName) -> list[Column] | None:
        """Return the columns of a table in order, None where there is no such table."""

    def create(self, table: TableName, columns: Sequence[Column], *, transient: bool) -> None:
        """Create a table; a transient one replaces what stood there, another is left if it stands."""

    def drop(self, table: TableName) -> None:
        """Drop a table if it stands."""

    def put(
        self,
        files: Sequence[Path],
        prefix: str,
        *,
        done: Callable[[StagedFile, float], None] | None = None,
    ) -> list[StagedFile]:
        """Copy files into the stage, over those of the same name; tell each with its seconds."""

    def staged(self, prefix: str) -> list[StagedFile]:
        """Return the files below a prefix, by name."""

    def purge(self, prefix: str) -> None:
        """Remove the files below a prefix."""

    def copy_into(
        self,
        table: TableName,
        columns: Sequence[Column],
        prefix: str,
        files: Mapping[str, FileFormat],
        *,
        on_error: OnError = "abort",
    ) -> list[LoadedFile]:
        """Load staged files into a table, each once: a file that this table has already is left alone."""

    def fingerprint(
        self,
        table: TableName,
        columns: Sequence[Column],
        *,
        slice_by: str | None = None,
        few: Sequence[str] = (),
    ) -> dict[Any, Fingerprint]:
        """Return the fingerprint of a table, by slice."""

    def distinct(
        self, table: TableName, names: Sequence[str], *, slice_by: str | None = None
    ) -> dict[Any, int]:
        """Return how many different combinations some columns have, by slice."""

    def merge(
        self, source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str]
    ) -> Merged:
        """Insert the rows of `source` that `target` lacks and, with a key, update those that differ.

        Without a key, rows are compared whole, and one that stands twice in `source` will stand twice.
        """

    def script(
        self,
        table: TableName,
        columns: Sequence[Column],
        files: Mapping[Path, FileFormat],
        prefix: str,
        *,
        key: Sequence[str] = (),
        on_error: OnError = "abort",
    ) -> str:
        """Return the statements of a whole load and merge as text, to be read or run by hand."""

    def close(self) -> None:
        """Let go of the connection."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def check_on_error(on_error: str) -> None:
    """Raise InputError unless `on_error` is one of the three strategies."""
    require_choice(on_error, get_args(OnError), "on_error")

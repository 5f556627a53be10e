"""`MigrationPlan`: what is to be migrated, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from evforecast.errors import InputError, require_choice
from evforecast.warehouse.base import FileFormat, OnError, check_on_error
from evforecast.warehouse.naming import TableName

__all__ = ["Layout", "MigrationPlan"]

Layout = Literal["auto", "complete", "halves", "month", "day", "column"]
_LISTS = ("columns", "key", "as_text", "target_mb")


@dataclass(frozen=True)
class MigrationPlan:
    """What is to be migrated, and how.

    Parameters
    ----------
    table : str, optional
        The table of PostgreSQL: ``status``, ``public.status``, ``"Mixed Case"``.
    query : str, optional
        A SELECT instead of a table.
    target : str, optional
        The table of the warehouse; of the same name as the source's by default. A query needs one.
    columns : sequence of str, optional
        Only these; all by default.
    key : sequence of str, optional
        The columns that tell rows apart; the primary key by default. ``()`` for none: rows are then compared
        whole.
    layout : {'auto', 'complete', 'halves', 'month', 'day', 'column'}
        How the rows are divided into files: all in one; two of about equal size; one a month or a day (UTC)
        of `slice_by`; one a value of `slice_by`; or as many of about equal size as keep compressed files
        within `target_mb`.
    slice_by : str, optional
        The column to divide by. By default the first date or time of the key, else of the table.
    format : {'csv', 'parquet'}
    compression : {'zstd', 'gzip', 'none'}
    target_mb : (float, float)
        Smallest and largest size of a file that ``auto`` aims at, in megabytes.
    workers : int
        Connections that export side by side, on one snapshot.
    as_text : sequence of str
        Columns to be migrated as their text: for values that the warehouse has no like of.
    on_error : {'abort', 'skip_file', 'continue'}
        What the warehouse does with a file that holds a row it cannot load. Rows left out are kept with
        their reason.
    purge : bool
        Whether files, exported and staged, are removed once the rows are merged and proved equal.

    Raises
    ------
    InputError
        If an option is none of these, or two of them do not go together.

    Examples
    --------
    >>> MigrationPlan("status", layout="month", compression="gzip").file_format.suffix
    '.csv.gz'
    """

    table: str | None = None
    query: str | None = None
    target: str | None = None
    columns: Sequence[str] | None = None
    key: Sequence[str] | None = None
    layout: Layout = "auto"
    slice_by: str | None = None
    format: Literal["csv", "parquet"] = "csv"
    compression: Literal["zstd", "gzip", "none"] = "zstd"
    target_mb: Sequence[float] = (10, 100)
    workers: int = 2
    as_text: Sequence[str] = ()
    on_error: OnError = "abort"
    purge: bool = True

    def __post_init__(self) -> None:
        for name in _LISTS:
            value = getattr(self, name)
            if isinstance(value, str):
                msg = f"MigrationPlan: {name} is a sequence of names, not the text {value!r}"
                raise InputError(msg)
            object.__setattr__(self, name, None if value is None else tuple(value))
        if (self.table is None) == (self.query is None):
            msg = "MigrationPlan: name a table or a query, one of them."
            raise InputError(msg)
        if self.query is not None and self.target is None:
            msg = "MigrationPlan: a query has no name; say with target= which table its rows go to."
            raise InputError(msg)
        require_choice(self.layout, get_args(Layout), "layout")
        check_on_error(self.on_error)
        _ = self.file_format, self.target_table
        low, high = (*self.target_mb, 0, 0)[:2]
        if not (len(self.target_mb) == 2 and 0 < low < high):
            msg = f"target_mb: two sizes in megabytes are needed, the smaller first, not {self.target_mb!r}"
            raise InputError(msg)
        if self.workers < 1:
            msg = f"workers: at least one connection is needed, not {self.workers}"
            raise InputError(msg)

    @property
    def file_format(self) -> FileFormat:
        """How the files are written."""
        return FileFormat(self.format, self.compression)

    @property
    def source_table(self) -> TableName | None:
        """The table of PostgreSQL, None for a query."""
        return None if self.table is None else TableName.parse(self.table)

    @property
    def target_table(self) -> TableName:
        """The table of the warehouse."""
        if self.target is not None:
            return TableName.parse(self.target)
        return TableName((TableName.parse(self.table or "").name,))

    @property
    def source_name(self) -> str:
        """What messages call the source."""
        return f"table {self.source_table}" if self.table else "the query"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``MigrationPlan(**dict)`` is the plan again."""
        data = asdict(self)
        return {
            field.name: list(data[field.name])
            if isinstance(data[field.name], tuple)
            else data[field.name]
            for field in fields(self)
        }

"""How rows are divided into slices: one expression for both databases, one condition for the export."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evforecast.errors import InputError
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import Dialect
from evforecast.warehouse.naming import literal, quote

__all__ = ["DIVISIBLE", "MOST_SLICES", "Slicing"]

MOST_SLICES = 5_000
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without a zone, as in the warehouse
DIVISIBLE = {
    "column": {"bool", "int2", "int4", "int8", "decimal", "date", "timestamp", "text"},
    # not text: databases sort it differently
    "ranges": {"int2", "int4", "int8", "decimal", "date", "timestamp"},
    "month": {"date", "timestamp"},
    "day": {"date", "timestamp"},
}


@dataclass(frozen=True)
class Slicing:
    r"""How the rows of a table are divided.

    A *slice* is what is compared between the databases; each is exported to one file. Without a column to
    divide by all rows are one slice, and its files are ranges of the blocks that the table lies in.

    Parameters
    ----------
    how : {'whole', 'blocks', 'ranges', 'month', 'day', 'column'}
    column : Column, optional
        What to divide by.
    zoned : bool
        Whether that column carries a time zone in PostgreSQL.
    bounds : sequence of str
        Of ``ranges``: where one ends and the next begins.
    parts : int
        Of ``blocks``: the number of files.

    Examples
    --------
    >>> by_month = Slicing("month", Column("at", "timestamp"))
    >>> by_month.label(1577836800000000), by_month.condition(1577836800000000)
    ('2020-01', '"at" >= \'2020-01-01\'::timestamp AND "at" < \'2020-02-01\'::timestamp')
    """

    how: Literal["whole", "blocks", "ranges", "month", "day", "column"]
    column: Column | None = None
    zoned: bool = False
    bounds: Sequence[str] = ()
    parts: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", tuple(self.bounds))
        if self.how in {"whole", "blocks"}:
            return
        if self.column is None:
            msg = f"slices by {self.how} need a column to divide by: slice_by."
            raise InputError(msg)
        if self.column.kind not in DIVISIBLE[self.how]:
            msg = (
                f"slice_by={self.column.name!r} is a column of kind {self.column.kind}; slices by {self.how} "
                f"need one of {', '.join(sorted(DIVISIBLE[self.how]))}."
            )
            raise InputError(msg)

    @property
    def by(self) -> Column:
        """The column to divide by."""
        if self.column is None:  # __post_init__ has seen to it
            msg = f"slices by {self.how} have no column"
            raise InputError(msg)
        return self.column

    def key(self, dialect: Dialect) -> str | None:
        """Return the expression whose values are the slices; None where all rows are one.

        For months and days it is the first instant: `key_label` makes the number of it.
        """
        if self.how in {"whole", "blocks"}:
            return None
        name = quote(self.by.name)
        if self.how in {"month", "day"}:
            return f"date_trunc('{self.how}', {name}::{dialect.types['timestamp']})"
        if self.how == "column":
            return name
        cases = " ".join(
            f"WHEN {name} < {self._literal(bound, dialect)} THEN {place}"
            for place, bound in enumerate(self.bounds)
        )
        last = f"WHEN {name} >= {self._literal(self.bounds[-1], dialect)} THEN {len(self.bounds)}"
        return f"CASE {cases} {last} END"

    def key_label(self, dialect: Dialect) -> str:
        """Return what makes a number or a text of the key ``{c}``, the same in every database."""
        if self.how in {"month", "day"}:
            return dialect.integers["timestamp"]
        if self.how == "column":
            kind = self.by.kind
            return dialect.integers[kind] if kind in dialect.integers else dialect.texts[kind]
        return "{c}"

    def full_key(self, dialect: Dialect) -> str | None:
        """Return the key with its label made of it row by row: for databases that do so fast."""
        key = self.key(dialect)
        return None if key is None else self.key_label(dialect).format(c=f"({key})")

    def _literal(self, value: str, dialect: Dialect) -> str:
        return f"{literal(value)}::{dialect.type_of(self.by)}"

    def condition(self, key: Any) -> str:
        """Return the condition of PostgreSQL that a row is in the slice of a key."""
        if self.how in {"whole", "blocks"}:
            return "TRUE"
        name = quote(self.by.name)
        if key is None:
            return f"{name} IS NULL"
        if self.how in {"month", "day"}:
            first = _EPOCH + dt.timedelta(microseconds=key)
            try:
                end = f" AND {name} < {self._instant(self._next(first))}"
            except OverflowError:  # December 9999
                end = ""
            return f"{name} >= {self._instant(first)}{end}"
        if self.how == "column":
            return f"{name} = {self._source_literal(self._value(key))}"
        parts = []
        if key > 0:
            parts.append(f"{name} >= {self._source_literal(self.bounds[key - 1])}")
        if key < len(self.bounds):
            parts.append(f"{name} < {self._source_literal(self.bounds[key])}")
        return " AND ".join(parts)

    def _value(self, key: Any) -> str:
        if self.by.kind == "date":
            return (_EPOCH + dt.timedelta(days=key)).date().isoformat()
        if self.by.kind == "timestamp":
            return (_EPOCH + dt.timedelta(microseconds=key)).isoformat(" ")
        return str(key)

    def _next(self, first: dt.datetime) -> dt.datetime:
        if self.how == "day":
            return first + dt.timedelta(days=1)
        return (first + dt.timedelta(days=32)).replace(day=1)

    def _instant(self, when: dt.datetime) -> str:
        return self._source_literal(when.date().isoformat())

    def _source_literal(self, value: str) -> str:
        kind = self.by.kind
        if kind == "text":
            return literal(value)
        if kind == "timestamp" and self.zoned:
            return f"{literal(value + '+00')}::timestamptz"
        types = {"decimal": "numeric", "int2": "int8", "int4": "int8"}
        return f"{literal(value)}::{types.get(kind, kind)}"

    def label(self, key: Any) -> str:
        """Return what a slice is called."""
        if self.how in {"whole", "blocks"}:
            return "all rows"
        if key is None:
            return f"no {self.by.name}"
        if self.how in {"month", "day"}:
            first = _EPOCH + dt.timedelta(microseconds=key)
            return first.strftime("%Y-%m" if self.how == "month" else "%Y-%m-%d")
        if self.how == "column":
            return f"{self.by.name}={self._value(key)}"
        return f"part {key + 1} of {len(self.bounds) + 1}"

    def file_stem(self, key: Any, part: int = 0) -> str:
        """Return what a slice's file is called before its suffix: letters, digits, ``_`` and ``-``."""
        if self.how == "blocks":
            return f"all-{part + 1:04}"
        label = self.label(key)
        plain = re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-")[:40]
        if self.how != "column":
            return plain
        # two values may look alike once they are plain
        return f"{plain}-{hashlib.sha256(label.encode()).hexdigest()[:8]}"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "how": self.how,
            "column": self.column.to_dict() if self.column else None,
            "zoned": self.zoned,
            "bounds": list(self.bounds),
            "parts": self.parts,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Slicing:
        """Return the slicing that `to_dict` wrote."""
        column = Column(**data["column"]) if data["column"] else None
        return cls(data["how"], column, data["zoned"], data["bounds"], data["parts"])

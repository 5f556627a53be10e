"""The fingerprint of a table: counts and sums that databases compute alike, in whatever order the rows lie.

Every value becomes a number below 2**31 (a whole number its remainder modulo the prime 2**31 - 19; a
floating point number the remainder modulo p = 2**31 - 1 of the fraction it is, as in Python's own ``hash``;
a text 28 bits of its MD5), and that number a *weight* modulo p, by squaring. A column's sum adds the weights;
the sum of the rows adds the products of a row's weights. So a changed value shows in the sum of its column,
and values that changed places between rows, which leave every column's sum alone, in the sum of the rows.

Values are exact in every database: no fingerprint depends on how one of them writes a number or a time.
A change that is not made on purpose goes unseen with a chance of about one in p; a floating point number
that is multiplied by 2**31 is one that does.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import Dialect
from evforecast.warehouse.naming import quote
from evforecast.warehouse.residues import P, residue, scaled

__all__ = ["ColumnPrint", "Fingerprint", "add", "fingerprint_sql", "read_fingerprints"]

_Q = 2**31 - 19  # a prime too: modulo p, the largest number of 32 bits would look like 0
_SHIFT = (
    715_827_883  # moves 0, the commonest number, away from 0, which would hide the rest of its row
)
# Makes every number below 2**61 in size positive, without leaving 64 bits.
_BIG = _Q * 2**30 + _SHIFT
_NULL = 1_234_567_891  # the weight of NULL
_DIGITS = Context(prec=80)  # Python's own would round numbers of more than 28 digits
_SHOWN = 60  # characters of a text that a smallest or largest value keeps


@dataclass(frozen=True)
class ColumnPrint:
    """What is known of one column.

    Attributes
    ----------
    nulls : int
        Rows without a value.
    low, high : int, float, str or None
        The smallest and the largest value: a date in days and a time in microseconds since 1970, a decimal
        as text, bytes as hexadecimal text; of a long text, its first 60 characters.
    total : int
        The sum of the weights, modulo 2**31 - 1.
    """

    nulls: int
    low: Any
    high: Any
    total: int


@dataclass(frozen=True)
class Fingerprint:
    """What is known of a table, or of a slice of it.

    Attributes
    ----------
    rows : int
        How many there are.
    total : int
        The sum of the rows' products of weights, modulo 2**31 - 1.
    columns : dict of str to ColumnPrint
        By name.
    """

    rows: int
    total: int
    columns: dict[str, ColumnPrint]

    def differences(self, other: Fingerprint) -> list[str]:
        """Return what differs, in words, the rows first; nothing when the two are equal."""
        found = []
        if self.rows != other.rows:
            found.append(f"{self.rows:,} rows against {other.rows:,}")
        for name, mine in self.columns.items():
            if mine != (its := other.columns[name]):
                parts = [
                    f"{word} {a!r} against {b!r}"
                    for word, a, b in (
                        ("nulls", mine.nulls, its.nulls),
                        ("smallest", mine.low, its.low),
                        ("largest", mine.high, its.high),
                    )
                    if a != b
                ]
                found.append(f"column {name!r}: {', '.join(parts) or 'the sum of its values'}")
        if not found and self.total != other.total:
            found.append("values stand in other rows than they should")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "rows": self.rows,
            "total": self.total,
            "columns": {
                name: [c.nulls, c.low, c.high, c.total] for name, c in self.columns.items()
            },
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Fingerprint:
        """Return the fingerprint that `to_dict` wrote."""
        columns = {name: ColumnPrint(*values) for name, values in data["columns"].items()}
        return cls(data["rows"], data["total"], columns)


def fingerprint_sql(
    dialect: Dialect,
    relation: str,
    columns: Sequence[Column],
    *,
    slice_by: str | None = None,
    slice_as: str = "{c}",
    few: Collection[str] = (),
) -> str:
    """Return the query for the fingerprint of a relation, one row a slice.

    Parameters
    ----------
    dialect : Dialect
        Of the database that will run it.
    relation : str
        A quoted table, or a query in parentheses.
    columns : sequence of Column
        What to look at.
    slice_by : str, optional
        An expression of the columns; rows of one value are a slice. All rows are one without it.
    slice_as : str
        What is made of that value ``{c}``, once a slice.
    few : collection of str
        Columns of text with few values: grouped first, so that each value is hashed once and not once a
        row. The result is the same; the query is several times faster.

    Returns
    -------
    str

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> sql = fingerprint_sql(DUCKDB, "(SELECT 1 AS n)", [Column("n", "int4")])
    >>> sql.startswith("SELECT slice, SUM(n_rows)")
    True
    """
    parts = [
        _Part(dialect, place, column, few=column.name in few)
        for place, column in enumerate(columns)
    ]
    grouped = [part for part in parts if part.grouped]
    single = [part for part in parts if not part.grouped]
    key = slice_by or "0"
    inner = ", ".join([f"{key} AS slice", *(read for part in parts for read in part.reads())])
    # OFFSET 0 keeps PostgreSQL from writing every expression out again where its name stands. It costs as
    # much as two operations a row, so it stands only where a name is used more than once.
    fence = " OFFSET 0" if dialect.name == "postgres" else ""
    fence2 = fence if len(single) > 1 else ""
    middle = ", ".join(
        ["slice", *(f"{part.raw} AS {part.raw}" for part in parts)]
        + [f"{part.weight()} AS w{part.place}" for part in single]
    )
    groups = ", ".join(["slice", *(part.raw for part in grouped)])
    product = "1"
    for part in single:
        product = f"w{part.place}" if product == "1" else f"({product}) * w{part.place} % {P}"
    rest = [f"{dialect.exact_sum.format(c=product)} AS rest"] if len(single) != 1 else []
    level = ", ".join(
        [groups, "COUNT(*) AS n_rows", *rest]
        + [expression for part in single for expression in part.level()]
    )
    codes = ", ".join(
        [
            "g.*",
            f"{f's{single[0].place}' if len(single) == 1 else 'rest'} % {P} AS r",
            *(f"{p.weight()} AS w{p.place}" for p in grouped),
        ]
    )
    whole = "r"
    for part in grouped:
        whole = f"({whole}) * w{part.place} % {P}"
    outer = ", ".join(
        [
            slice_as.format(c="slice"),
            "SUM(n_rows)",
            dialect.exact_sum.format(c=_wide(dialect, whole)),
        ]
        + [expression for part in parts for expression in part.outer()]
    )
    return (
        f"SELECT {outer} FROM (SELECT {codes} FROM (SELECT {level} FROM (SELECT {middle} FROM "
        f"(SELECT {inner} FROM {relation} AS t{fence}) AS a{fence2}) AS b GROUP BY {groups}) AS g) AS h "
        "GROUP BY slice ORDER BY slice"
    )


def _wide(dialect: Dialect, expression: str) -> str:
    return f"({expression})::bigint" if dialect.name == "postgres" else expression


class _Part:
    """What one column adds to each level of the query."""

    def __init__(self, dialect: Dialect, place: int, column: Column, *, few: bool) -> None:
        self.dialect, self.place, self.column = dialect, place, column
        self.is_text = column.kind in dialect.texts
        self.is_float = column.kind.startswith("float")
        self.grouped = few and self.is_text
        self.raw = f"v{place}"

    def reads(self) -> list[str]:
        """Level 1: the value, in the form that all databases agree on."""
        c, d = quote(self.column.name), self.dialect
        if self.is_text:
            return [f"{d.texts[self.column.kind].format(c=c)} AS {self.raw}"]
        if self.is_float:
            return [f"{c}::{d.float_type} AS {self.raw}", f"{scaled(d, c)} AS f{self.place}"]
        return [f"{d.integers[self.column.kind].format(c=c)} AS {self.raw}"]

    def weight(self) -> str:
        """Level 2: the number below p that stands for the value."""
        if self.is_text:
            code = self.dialect.hash28.format(c=self.raw)
            return f"COALESCE(1 + {code}, {_NULL})"
        if self.is_float:
            u = f"(({residue(self.dialect, self.raw, f'f{self.place}')} + {_SHIFT}) % {P})"
        elif self.column.kind == "int8":
            u = f"(({self.raw} % {_Q} + {_BIG}) % {_Q})"
        else:
            u = f"(({self.raw} + {_BIG}) % {_Q})"
        return f"COALESCE({u} * {u} % {P}, {_NULL})"

    def ordered(self, value: str) -> str:
        """Return a value in the order that the smallest and the largest are found by."""
        if self.column.kind == "decimal":
            return f"{value}::{self.dialect.type_of(self.column)}"
        return self.dialect.bytewise.format(c=value) if self.is_text else value

    def level(self) -> list[str]:
        """Level 3, a row a group: what is added up of a column that is not grouped by."""
        n, raw = self.place, self.raw
        low = self.ordered(raw)
        return [
            f"{self.dialect.exact_sum.format(c=f'w{n}')} AS s{n}",
            f"COUNT({raw}) AS c{n}",
            f"MIN({low}) AS lo{n}",
            f"MAX({low}) AS hi{n}",
        ]

    def outer(self) -> list[str]:
        """Level 4, a row a slice."""
        n, raw, d = self.place, self.raw, self.dialect
        if not self.grouped:
            return [
                f"SUM(n_rows) - SUM(c{n})",
                f"MIN({self.ordered(f'lo{n}')})",
                f"MAX({self.ordered(f'hi{n}')})",
                d.exact_sum.format(c=f"s{n}"),
            ]
        return [
            f"SUM(CASE WHEN {raw} IS NULL THEN n_rows ELSE 0 END)",
            f"MIN({self.ordered(raw)})",
            f"MAX({self.ordered(raw)})",
            d.exact_sum.format(c=_wide(d, f"(n_rows % {P}) * w{n}")),
        ]


def read_fingerprints(
    rows: Iterable[Sequence[Any]], columns: Sequence[Column]
) -> dict[Any, Fingerprint]:
    """Return the fingerprints by slice from the rows of the query.

    Parameters
    ----------
    rows : iterable of sequences
        As any driver hands them over: whole numbers may come as decimals.
    columns : sequence of Column
        Those that the query was made for.

    Returns
    -------
    dict of the slice's value to Fingerprint
        Empty for a table without rows.

    Examples
    --------
    >>> read_fingerprints([(0, 1, 9, 0, 1, 1, 4)], [Column("n", "int4")])[0].rows
    1
    """
    found = {}
    for row in rows:
        key, n, total, *rest = row
        prints = {}
        for place, column in enumerate(columns):
            nulls, low, high, weight = rest[4 * place : 4 * place + 4]
            prints[column.name] = ColumnPrint(
                int(nulls), _plain(low, column), _plain(high, column), int(weight) % P
            )
        key = int(key) if isinstance(key, Decimal) else key
        found[key] = Fingerprint(int(n), int(total) % P, prints)
    return found


def _plain(value: Any, column: Column) -> Any:
    """Return a smallest or largest value in one form, whatever the driver made of it."""
    if value is None or column.kind == "bytes":
        return value if value is None else value[:_SHOWN]
    if column.kind == "text":
        return value[:_SHOWN]
    if column.kind == "decimal":
        number = value if isinstance(value, Decimal) else Decimal(str(value))
        return (
            f"{number.quantize(Decimal(1).scaleb(-(column.scale or 0)), context=_DIGITS):f}"
            if number.is_finite()
            else str(number)
        )
    if column.kind.startswith("float"):
        return float(value) if math.isfinite(value) else str(float(value))
    return int(value)


def add(prints: Iterable[Fingerprint], columns: Sequence[Column]) -> Fingerprint:
    """Return the fingerprint of slices taken together.

    Parameters
    ----------
    prints : iterable of Fingerprint
        Of slices that share no row.
    columns : sequence of Column
        Those they look at.

    Examples
    --------
    >>> add([], [Column("n", "int4")]).rows
    0
    """
    listed = list(prints)
    columns_of = {}
    for column in columns:
        mine = [one.columns[column.name] for one in listed]
        ends = [c for c in mine if c.low is not None]
        order = (
            Decimal
            if column.kind == "decimal"
            else float
            if column.kind.startswith("float")
            else None
        )
        columns_of[column.name] = ColumnPrint(
            sum(c.nulls for c in mine),
            min((c.low for c in ends), key=order, default=None),
            max((c.high for c in ends), key=order, default=None),
            sum(c.total for c in mine) % P,
        )
    return Fingerprint(
        sum(one.rows for one in listed), sum(one.total for one in listed) % P, columns_of
    )

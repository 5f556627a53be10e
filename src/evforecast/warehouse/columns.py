"""`Column`: a column of a table, in the few kinds that every database here can hold exactly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from evforecast.errors import InputError, require_choice

__all__ = ["Column", "Kind"]

Kind = Literal[
    "bool",
    "int2",
    "int4",
    "int8",
    "decimal",
    "float4",
    "float8",
    "text",
    "bytes",
    "date",
    "time",
    "timestamp",
]
"""What a column holds; each database has its own name for it (`Dialect.types`)."""

MOST_DIGITS = 38
"""The digits that a decimal of DuckDB and of Snowflake can have."""


@dataclass(frozen=True)
class Column:
    """A column: its name and what it holds.

    A ``timestamp`` is UTC without a zone, to the microsecond. ``bytes`` travel as hexadecimal text in files.

    Parameters
    ----------
    name : str
        As the database has it, case and all.
    kind : str
        ``bool``, ``int2``, ``int4``, ``int8`` (bytes), ``decimal``, ``float4``, ``float8``, ``text``,
        ``bytes``, ``date``, ``time`` or ``timestamp``.
    nullable : bool
        Whether it may hold NULL.
    precision, scale : int, optional
        Of a ``decimal``: digits in all, 1 to 38, and digits after the point.

    Raises
    ------
    InputError
        If the kind is none of these, or a decimal has no digits that fit.

    Examples
    --------
    >>> Column("price", "decimal", precision=8, scale=2)
    Column(name='price', kind='decimal', nullable=True, precision=8, scale=2)
    """

    name: str
    kind: Kind
    nullable: bool = True
    precision: int | None = None
    scale: int | None = None

    def __post_init__(self) -> None:
        require_choice(self.kind, get_args(Kind), f"column {self.name!r}: kind")
        if self.kind == "decimal":
            precision, scale = self.precision or 0, self.scale
            if scale is None or not (1 <= precision <= MOST_DIGITS and 0 <= scale <= precision):
                msg = (
                    f"column {self.name!r}: a decimal has 1 to {MOST_DIGITS} digits, some of them after the "
                    f"point, not precision={self.precision}, scale={scale}"
                )
                raise InputError(msg)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``Column(**dict)`` is the column again."""
        return {key: value for key, value in asdict(self).items() if value is not None}

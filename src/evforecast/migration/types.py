"""From PostgreSQL's types to columns: what each becomes, and how its values are written out exactly."""

from __future__ import annotations

from dataclasses import dataclass

from evforecast.warehouse.columns import MOST_DIGITS, Column, Kind
from evforecast.warehouse.naming import quote

__all__ = ["SourceColumn", "as_column", "unfit_range", "unfit_type"]

_KINDS: dict[str, Kind] = {
    "bool": "bool",
    "int2": "int2",
    "int4": "int4",
    "int8": "int8",
    "numeric": "decimal",
    "float4": "float4",
    "float8": "float8",
    "text": "text",
    "varchar": "text",
    "bpchar": "text",
    "bytea": "bytes",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
}

_DAY = 86_400_000_000  # microseconds
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31 in days since 1970
_NO_YEAR = "a date before the year 1 or after 9999"
_SPARE_DIGITS = 9  # after the point, where a column of decimals has no rows to measure


@dataclass(frozen=True)
class SourceColumn:
    """A column of PostgreSQL.

    Attributes
    ----------
    name : str
    type : str
        PostgreSQL's own short name: ``int4``, ``timestamptz``, ``_text`` for an array of text.
    nullable : bool
    precision, scale : int or None
        Of a ``numeric``, where it was declared with them.
    as_text : bool
        Whether it is to become text, whatever it is.
    """

    name: str
    type: str
    nullable: bool = True
    precision: int | None = None
    scale: int | None = None
    as_text: bool = False

    @property
    def kind(self) -> Kind:
        """What it becomes. Types that no other database has the like of become their text."""
        return "text" if self.as_text else _KINDS.get(self.type, "text")

    @property
    def is_loose(self) -> bool:
        """Whether it is a numeric whose digits have to be measured."""
        return self.kind == "decimal" and self.precision is None

    def value(self, column: Column) -> str:
        """Return the expression of the value, as the fingerprint is taken of it."""
        name = quote(self.name)
        value = name
        if self.type == "bpchar":
            # ::text would drop the blanks at the end
            value = f"CASE WHEN {name} IS NOT NULL THEN format('%s', {name}) END"
        elif self.kind == "text" and self.type not in {"text", "varchar"}:
            value = f"{name}::text"
        elif self.kind == "bytes":
            value = f"encode({name}, 'hex')"
        elif self.type == "timestamptz":
            value = f"({name} AT TIME ZONE 'UTC')"
        elif self.kind == "float4" and column.kind == "float8":
            value = f"{name}::float8"
        elif self.is_loose:
            # all the digits of the scale, as the warehouse will show them; more stay, and will not agree
            scale = column.scale
            value = (
                f"CASE WHEN scale({name}) <= {scale} THEN round({name}, {scale}) ELSE {name} END"
            )
        return value

    def written(self, column: Column) -> str:
        """Return the expression of the value, as it is written to a file."""
        if self.kind.startswith("float"):
            value = self.value(column)
            return (
                f"CASE {value} WHEN 'Infinity' THEN 'inf' WHEN '-Infinity' THEN '-inf' "
                f"ELSE ({value})::text END"
            )
        return self.value(column)


def as_column(
    source: SourceColumn, *, has_float4: bool, digits: tuple[int, int] | None = None
) -> Column:
    """Return the column that a source column becomes.

    Parameters
    ----------
    source : SourceColumn
        One that `unfit_type` has nothing against.
    has_float4 : bool
        Whether the warehouse has floating point numbers of 32 bits.
    digits : (int, int), optional
        Most digits before and after the point, measured, for a numeric declared without them.

    Examples
    --------
    >>> as_column(SourceColumn("price", "numeric", precision=8, scale=2), has_float4=True)
    Column(name='price', kind='decimal', nullable=True, precision=8, scale=2)
    """
    kind = source.kind
    if kind == "float4" and not has_float4:
        kind = "float8"
    if kind != "decimal":
        return Column(source.name, kind, source.nullable)
    if source.precision is not None:
        return Column(source.name, kind, source.nullable, source.precision, source.scale)
    scale = digits[1] if digits else _SPARE_DIGITS
    return Column(source.name, kind, source.nullable, MOST_DIGITS, scale)


def unfit_type(source: SourceColumn, digits: tuple[int, int] | None = None) -> str | None:
    """Return why a column's type cannot be held exactly, None where it can.

    Examples
    --------
    >>> unfit_type(SourceColumn("n", "numeric", precision=50, scale=2))
    'numeric(50,2) has more than 38 digits'
    """
    if source.kind != "decimal":
        return None
    if source.precision is not None and source.scale is not None:
        if source.precision > MOST_DIGITS:
            return f"numeric({source.precision},{source.scale}) has more than {MOST_DIGITS} digits"
        if not 0 <= source.scale <= source.precision:
            return (
                f"numeric({source.precision},{source.scale}) has no digits on one side of the point"
            )
    elif digits is not None and sum(digits) > MOST_DIGITS:
        return (
            f"its numbers have up to {digits[0]} digits before the point and {digits[1]} after it"
        )
    return None


def unfit_range(column: Column, low: object, high: object) -> str | None:
    """Return why the values of a column cannot be held exactly, None where they can.

    Parameters
    ----------
    column : Column
    low, high : object
        Its smallest and largest value, as in its fingerprint.

    Examples
    --------
    >>> unfit_range(Column("at", "time"), 0, 86_400_000_000)
    'the time 24:00:00'
    """
    if high is None:
        return None
    if column.kind == "decimal":
        ends = {str(low), str(high)}
        return (
            "NaN or infinity among exact numbers"
            if ends & {"NaN", "Infinity", "-Infinity"}
            else None
        )
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    if column.kind in {"date", "timestamp"}:
        unit = 1 if column.kind == "date" else _DAY
        if max(-low, high) >= 2**61:
            return "an infinite date"
        return None if _FIRST_DAY * unit <= low and high < (_LAST_DAY + 1) * unit else _NO_YEAR
    return "the time 24:00:00" if column.kind == "time" and high >= _DAY else None

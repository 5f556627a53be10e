"""What the databases say differently: types, and how a value becomes a number that all of them agree on.

The fingerprint of a table (`warehouse.fingerprint`) is SQL that is almost the same everywhere; a `Dialect`
has the rest. Each way to a number is exact in each database, whatever its own text formats are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evforecast.warehouse.columns import Column

__all__ = ["DUCKDB", "POSTGRES", "SNOWFLAKE", "Dialect"]

_ENDLESS = 2**61
"""Stands for infinity among times: no real time is that far, and a sum with it still fits in 64 bits."""


@dataclass(frozen=True)
class Dialect:
    """How one database writes what the others write differently.

    Attributes
    ----------
    name : str
        ``postgres``, ``duckdb`` or ``snowflake``.
    types : mapping of str to str
        The type of each kind of column.
    integers : mapping of str to str
        The whole number that a value of a kind is, ``{c}`` standing for the column: a date in days and a
        time in microseconds, since 1970.
    texts : mapping of str to str
        The text that a value of the other kinds is: decimals with all the digits of their scale, bytes as
        hexadecimal text in small letters.
    hash28 : str
        A whole number below 2**28 from the first seven hexadecimal digits of the MD5 of the text ``{c}``.
    exact_sum : str
        The sum of whole numbers, to the last digit.
    bytewise : str
        What makes the text ``{c}`` compare byte by byte.
    float_type : str
        The type of a number of 64 bits with a floating point.
    has_float4 : bool
        Whether there is one of 32 bits too.
    """

    name: str
    types: Mapping[str, str]
    integers: Mapping[str, str]
    texts: Mapping[str, str]
    hash28: str
    exact_sum: str = "SUM({c})"
    bytewise: str = "{c}"
    float_type: str = "DOUBLE"
    has_float4: bool = True

    def type_of(self, column: Column) -> str:
        """Return the type to create a column with."""
        if column.kind == "decimal":
            return f"{self.types['decimal']}({column.precision},{column.scale})"
        return self.types[column.kind]


# The first branch is fast and, between these years, exact to the microsecond; the second always is.
_POSTGRES_MICROSECONDS = (
    "CASE WHEN {c} >= '1900-01-01' AND {c} < '2100-01-01' THEN (date_part('epoch', {c}) * 1000000)::bigint "
    "WHEN isfinite({c}) THEN (extract(epoch FROM {c}) * 1000000)::bigint "
    f"WHEN {{c}} > '2000-01-01' THEN {_ENDLESS} WHEN {{c}} < '2000-01-01' THEN -{_ENDLESS} END"
)

POSTGRES = Dialect(
    name="postgres",
    types={
        "bool": "boolean",
        "int2": "smallint",
        "int4": "integer",
        "int8": "bigint",
        "decimal": "numeric",
        "float4": "real",
        "float8": "double precision",
        "text": "text",
        "bytes": "bytea",
        "date": "date",
        "time": "time",
        "timestamp": "timestamp",
    },
    integers={
        "bool": "{c}::int::bigint",
        "int2": "{c}::bigint",
        "int4": "{c}::bigint",
        "int8": "{c}",
        "date": (
            "CASE WHEN isfinite({c}) THEN ({c} - DATE '1970-01-01')::bigint "
            f"WHEN {{c}} > '2000-01-01' THEN {_ENDLESS} WHEN {{c}} < '2000-01-01' THEN -{_ENDLESS} END"
        ),
        "time": "(date_part('epoch', {c}) * 1000000)::bigint",
        "timestamp": _POSTGRES_MICROSECONDS,
    },
    # bytes are hexadecimal text already: the export query makes them so, and the fingerprint reads that query
    texts={"text": "{c}", "decimal": "{c}::text", "bytes": "{c}"},
    hash28="('x' || substr(md5({c}), 1, 7))::bit(28)::int::bigint",
    bytewise='{c} COLLATE "C"',
    float_type="double precision",
)
"""How PostgreSQL writes it."""

DUCKDB = Dialect(
    name="duckdb",
    types={
        "bool": "BOOLEAN",
        "int2": "SMALLINT",
        "int4": "INTEGER",
        "int8": "BIGINT",
        "decimal": "DECIMAL",
        "float4": "REAL",
        "float8": "DOUBLE",
        "text": "VARCHAR",
        "bytes": "BLOB",
        "date": "DATE",
        "time": "TIME",
        "timestamp": "TIMESTAMP",
    },
    integers={
        "bool": "{c}::INT::BIGINT",
        "int2": "{c}::BIGINT",
        "int4": "{c}::BIGINT",
        "int8": "{c}",
        "date": "date_diff('day', DATE '1970-01-01', {c})",
        "time": "epoch_us({c})",
        "timestamp": "epoch_us({c})",
    },
    texts={"text": "{c}", "decimal": "{c}::VARCHAR", "bytes": "lower(hex({c}))"},
    hash28="('0x' || substr(md5({c}), 1, 7))::BIGINT",
)
"""How DuckDB writes it."""

# TO_NUMBER(…, 'XXXXXXX') would be shorter, but the emulator that the tests use does not know it, and what
# is not run is not known to work.
_SNOWFLAKE_HASH28 = " + ".join(
    f"POSITION(SUBSTR(MD5({{c}}), {place}, 1), '123456789abcdef') * {16 ** (7 - place)}"
    for place in range(1, 8)
)

SNOWFLAKE = Dialect(
    name="snowflake",
    types={
        "bool": "BOOLEAN",
        "int2": "NUMBER(5,0)",
        "int4": "NUMBER(10,0)",
        "int8": "NUMBER(19,0)",
        "decimal": "NUMBER",
        "float4": "FLOAT",
        "float8": "FLOAT",
        "text": "VARCHAR",
        "bytes": "BINARY",
        "date": "DATE",
        "time": "TIME(6)",
        "timestamp": "TIMESTAMP_NTZ(6)",
    },
    integers={
        "bool": "{c}::INT",
        "int2": "{c}::BIGINT",
        "int4": "{c}::BIGINT",
        "int8": "{c}::BIGINT",
        "date": "DATEDIFF('day', '1970-01-01'::DATE, {c})",
        "time": "DATEDIFF('microsecond', '00:00:00'::TIME, {c})",
        "timestamp": "DATEDIFF('microsecond', '1970-01-01 00:00:00'::TIMESTAMP_NTZ, {c})",
    },
    texts={"text": "{c}", "decimal": "{c}::VARCHAR", "bytes": "LOWER(HEX_ENCODE({c}))"},
    hash28=_SNOWFLAKE_HASH28,
    # without the cast the emulator adds as floating point
    exact_sum="SUM(({c})::NUMBER(38,0))",
    float_type="FLOAT",
    has_float4=False,
)
"""How Snowflake writes it."""

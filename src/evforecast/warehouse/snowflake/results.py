"""What Snowflake answers, in our words: the columns of a table, and what became of the files of a COPY."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from evforecast.warehouse.base import LoadedFile, WarehouseError
from evforecast.warehouse.columns import Column, Kind
from evforecast.warehouse.dialects import SNOWFLAKE
from evforecast.warehouse.naming import TableName

__all__ = ["base_name", "plain_key", "read_columns", "read_copied", "with_rejected"]

_NUMBER = re.compile(r"NUMBER\((\d+),(\d+)\)")
_WHOLE: dict[str, Kind] = {SNOWFLAKE.types[kind]: kind for kind in ("int2", "int4", "int8")}
_KINDS: dict[str, Kind] = {
    "BOOLEAN": "bool",
    "FLOAT": "float8",
    "VARCHAR": "text",
    "BINARY": "bytes",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP_NTZ": "timestamp",
}
_STATUS: dict[str, Literal["loaded", "partly loaded", "skipped", "loaded before"]] = {
    "LOADED": "loaded",
    "PARTIALLY_LOADED": "partly loaded",
    "LOAD_FAILED": "skipped",
    "LOAD_SKIPPED": "loaded before",
}


def read_columns(table: TableName, rows: Iterable[Sequence[Any]]) -> list[Column]:
    """Return the columns from the rows of DESCRIBE TABLE.

    A whole number of exactly the digits that we create ``int2``, ``int4`` and ``int8`` with is one of these;
    any other is a decimal.

    Raises
    ------
    WarehouseError
        If a column is of a type that this library does not load.

    Examples
    --------
    >>> read_columns(TableName(("t",)), [("n", "NUMBER(10,0)", "COLUMN", "N")])
    [Column(name='n', kind='int4', nullable=False, precision=None, scale=None)]
    """
    return [_column(table, *row[:4]) for row in rows]


def _column(table: TableName, name: str, kind: str, _: str, null: str) -> Column:
    nullable = null == "Y"
    if kind in _WHOLE:
        return Column(name, _WHOLE[kind], nullable)
    if found := _NUMBER.fullmatch(kind):
        return Column(name, "decimal", nullable, int(found[1]), int(found[2]))
    plain = kind.partition("(")[0].strip()
    if plain not in _KINDS:
        msg = f"table {table}: column {name!r} is of type {kind}, which is not loaded here"
        raise WarehouseError(msg)
    return Column(name, _KINDS[plain], nullable)


def base_name(path: str) -> str:
    """Return the name of a file of a stage without its folders."""
    return path.rsplit("/", 1)[-1]


def plain_key(value: Any) -> Any:
    """Return the value of a slice in one form: whole numbers may come as decimals.

    Examples
    --------
    >>> plain_key(Decimal("7"))
    7
    """
    return int(value) if isinstance(value, Decimal) and value == value.to_integral() else value


def read_copied(rows: Iterable[Sequence[Any]]) -> dict[str, LoadedFile]:
    """Return what became of files, by name, from the rows of a COPY.

    Files that it does not speak of it had loaded before. The rows of those are -1: it does not say them.

    Examples
    --------
    >>> read_copied([("Copy executed with 0 files processed.",)])
    {}
    """
    found = {}
    for row in rows:
        if len(row) < 10:  # one column with a sentence, when there was nothing to do
            continue
        file, status, _, loaded, _, errors, reason, line, _, column = row[:10]
        name, count = base_name(file), int(loaded or 0)
        word = _STATUS.get(str(status).replace(" ", "_"), "skipped")
        if word == "loaded before":
            found[name] = LoadedFile(name, word, -1)
            continue
        rejected = []
        if int(errors or 0):
            line = None if line is None else int(line)
            rejected = [{"line": line, "column": column, "reason": reason, "text": None}]
            word = "partly loaded" if count else "skipped"
        found[name] = LoadedFile(name, word, count, rejected)
    return found


def with_rejected(
    copied: Mapping[str, LoadedFile], rows: Iterable[Sequence[Any]]
) -> dict[str, LoadedFile]:
    """Return the files with all their rejected rows, which a query of VALIDATE says, where it says any."""
    rejected: dict[str, list[dict[str, Any]]] = {}
    for file, line, column, reason, text in rows:
        place = None if line is None else int(line)
        rejected.setdefault(base_name(file), []).append(
            {"line": place, "column": column, "reason": reason, "text": text}
        )
    return {
        name: LoadedFile(name, file.status, file.rows, rejected.get(name, file.rejected))
        for name, file in copied.items()
    }

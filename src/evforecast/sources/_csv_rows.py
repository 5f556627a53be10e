"""Rows of a CSV body that somebody else wrote: a broken row is told apart, and the rest goes on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from evforecast.errors import FileFormatError, first_few
from evforecast.sources._payload import refuse_html

__all__ = ["CsvRows", "csv_rows"]

_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_DELIMITERS = ",;\t|"
_BEYOND = "beyond the header"


@dataclass(frozen=True, eq=False)
class CsvRows:
    """The rows of a table.

    Attributes
    ----------
    raw : pandas.DataFrame
        Text, None where blank; names in small letters. What a row has beyond the header stands in a column
        of its own.
    broken : list of str or None
        Row by row, why it is no row of this table.
    notes : tuple of str
        How it was written, where that is not as it should be.
    """

    raw: pd.DataFrame
    broken: list[str | None]
    notes: tuple[str, ...]


def csv_rows(body: bytes, what: str, required: Sequence[str]) -> CsvRows:
    """Split a body into rows: UTF-8 or what western Europe wrote before; the delimiter as in the header.

    Raises
    ------
    FileFormatError
        If it is no table in CSV, lacks a required column, or ends within quotes.
    """
    refuse_html(body, what, "CSV")
    text, encoding = _decoded(body, what)
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
        ]
    except csv.Error as error:
        msg = f"{what}: no table in CSV ({error}). Does a quote stand open?"
        raise FileFormatError(msg) from error
    names = [name.strip().lower() for name in rows[0]]
    _check(names, what, required)
    rows = rows[1:]
    if rows and len(rows[-1]) != len(names) and text.count('"') % 2:
        msg = f"{what}: it ends within quotes, after {len(rows):,} rows. Cut short, it seems: ask again."
        raise FileFormatError(msg)
    due = len(names)
    broken = [None if len(row) == due else f"{len(row)} fields where {due} are due" for row in rows]
    columns = {
        name: pd.Series(
            [row[place].strip() or None if place < len(row) else None for row in rows], dtype=object
        )
        for place, name in enumerate(names)
    }
    if any(len(row) > due for row in rows):
        beyond = [delimiter.join(row[due:]) or None for row in rows]
        columns[_BEYOND] = pd.Series(beyond, dtype=object)
    notes = () if encoding == _ENCODINGS[0] else (f"not UTF-8: read as {encoding}",)
    return CsvRows(pd.DataFrame(columns), broken, notes)


def _decoded(body: bytes, what: str) -> tuple[str, str]:
    if not body.strip():
        msg = f"{what}: the answer is empty. Ask again."
        raise FileFormatError(msg)
    if b"\0" in body:
        msg = f"{what}: a NUL byte at {body.index(0):,}, so no text in UTF-8. Has the service changed it?"
        raise FileFormatError(msg)
    for encoding in _ENCODINGS[:-1]:
        try:
            return body.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return body.decode(_ENCODINGS[-1]), _ENCODINGS[-1]


def _check(names: Sequence[str], what: str, required: Sequence[str]) -> None:
    if missing := [name for name in required if name not in names]:
        msg = (
            f"{what}, line 1: no column {first_few(missing)}; found {first_few(names)}. "
            "Is this the file that was meant?"
        )
        raise FileFormatError(msg)
    if odd := [name for place, name in enumerate(names) if name in names[:place]]:
        msg = f"{what}, line 1: columns that stand there twice: {first_few(odd)}."
        raise FileFormatError(msg)

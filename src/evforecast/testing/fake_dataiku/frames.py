"""What becomes of a frame on its way into a dataset, and back: text, and a type for each column.

Everything between Python and DSS goes over the wire as delimited text without a head; what a column is, the
schema says, or pandas guesses. "Datasets (reading and writing data)", developer guide of DSS 14.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "DssError",
    "Schema",
    "as_rows",
    "read_options",
    "schema_from_frame",
    "text_of",
    "value_of",
]

Schema = list[dict[str, Any]]
"""A column each: ``{"name": …, "type": …}``."""


class DssError(Exception):
    """What goes wrong in DSS, which itself raises nothing more precise than an Exception."""


# Storage types by dtype; any other dtype is stored as text.
_TYPES = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "Int8": "tinyint",
    "Int16": "smallint",
    "Int32": "int",
    "Int64": "bigint",
    "float32": "float",
    "float64": "double",
}
_DTYPES = {
    "tinyint": np.int64,
    "smallint": np.int64,
    "int": np.int64,
    "bigint": np.int64,
    "float": np.float32,
    "double": np.float64,
    "boolean": np.bool_,
}
_NULLABLE = {"tinyint": "Int8", "smallint": "Int16", "int": "Int32", "bigint": "Int64"}


def schema_from_frame(frame: pd.DataFrame) -> Schema:
    """Return the schema that DSS makes of a frame.

    Raises
    ------
    DssError
        If two columns have one name.

    Examples
    --------
    >>> schema_from_frame(pd.DataFrame({"id": ["007"], "n": [7]}))
    [{'name': 'id', 'type': 'string'}, {'name': 'n', 'type': 'bigint'}]
    """
    if frame.columns.has_duplicates:
        msg = "DSS doesn't support dataframes containing multiple columns with the same name."
        raise DssError(msg)
    kinds = {
        name: "date"
        if isinstance(dtype, pd.DatetimeTZDtype) or getattr(dtype, "kind", "") == "M"
        else _TYPES.get(str(dtype), "string")
        for name, dtype in frame.dtypes.items()
    }
    return [{"name": str(name), "type": kind} for name, kind in kinds.items()]


def as_rows(frame: pd.DataFrame, schema: Schema) -> list[list[str]]:
    """Return the rows of a frame as text, its columns in the order of a schema.

    Examples
    --------
    >>> frame = pd.DataFrame({"up": [True], "at": [pd.Timestamp("2020-11-08", tz="UTC")]})
    >>> as_rows(frame, schema_from_frame(frame))
    [['true', '2020-11-08T00:00:00.000Z']]
    """
    columns = [_texts(frame.iloc[:, place], column["type"]) for place, column in enumerate(schema)]
    return [list(row) for row in zip(*columns, strict=True)]


def text_of(rows: Sequence[Sequence[str]]) -> str:
    r"""Return rows as delimited text.

    Examples
    --------
    >>> text_of([["a", 'b"c']])
    'a,"b""c"\n'
    """
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()


def read_options(
    schema: Schema,
    *,
    columns: Sequence[str] | None,
    infer_with_pandas: bool,
    parse_dates: bool,
    bool_as_str: bool,
    use_nullable_integers: bool,
) -> dict[str, Any]:
    """Return how pandas is asked to read the text of a dataset.

    With inference the schema counts for the names and the dates alone: pandas guesses the rest, chunk by
    chunk.

    Parameters
    ----------
    schema : list of dict
    columns : sequence of str, optional
    infer_with_pandas, parse_dates, bool_as_str, use_nullable_integers : bool
        As in `Dataset.get_dataframe`.

    Examples
    --------
    >>> asked = dict.fromkeys(("parse_dates", "bool_as_str", "use_nullable_integers"), False)
    >>> schema = [{"name": "n", "type": "double"}]
    >>> read_options(schema, columns=None, infer_with_pandas=False, **asked)["dtype"]
    {'n': <class 'numpy.float64'>}
    """
    kinds = {column["name"]: column["type"] for column in schema}
    names = list(kinds)
    wanted = names if columns is None else list(dict.fromkeys(columns))
    dates = [name for name in wanted if kinds.get(name) in {"date", "datetimenotz", "dateonly"}]
    dtypes: Mapping[str, Any] = {
        name: _dtype(
            kinds[name], bool_as_str=bool_as_str, use_nullable_integers=use_nullable_integers
        )
        for name in wanted
        if not (parse_dates and name in dates)
    }
    return {
        "names": names,
        "header": None,
        "usecols": wanted,
        "dtype": None if infer_with_pandas else dtypes,
        "parse_dates": dates if parse_dates and dates else False,
    }


def value_of(text: str, kind: str) -> Any:
    """Return one value as the streaming API casts it; what is not of its type is None.

    Examples
    --------
    >>> (
    ...     value_of("7", "bigint"),
    ...     value_of("7", "string"),
    ...     value_of("x", "bigint"),
    ...     value_of("TRUE", "boolean"),
    ... )
    (7, '7', None, True)
    """
    try:
        if kind in _NULLABLE:
            return int(text)
        if kind in {"float", "double"}:
            return float(text)
        if kind in {"date", "datetimenotz", "dateonly"}:
            return pd.Timestamp(text).to_pydatetime() if text else None
    except ValueError:
        return None
    return text.lower() == "true" if kind == "boolean" else text


def _dtype(kind: str, *, bool_as_str: bool, use_nullable_integers: bool) -> Any:
    if kind == "boolean" and bool_as_str:
        return object
    if use_nullable_integers and kind in _NULLABLE:
        return _NULLABLE[kind]
    return _DTYPES.get(kind, object)


def _texts(column: pd.Series, kind: str) -> Iterator[str]:
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        times = pd.DatetimeIndex(column)
        times = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
        return (
            "" if lost else time.strftime(f"%Y-%m-%dT%H:%M:%S.{time.microsecond // 1000:03d}Z")
            for time, lost in zip(times, times.isna(), strict=True)
        )
    if column.dtype.kind == "f":
        column = column.astype(object)
    lower = kind == "boolean"
    return (
        "" if missing else str(value).lower() if lower else str(value)
        for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)
    )

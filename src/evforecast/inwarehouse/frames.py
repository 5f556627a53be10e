"""Frames as Snowflake hands them over, in the library's plain types: coerced once, here.

====================  ============================================  ==========================
a column of           comes as                                      becomes
====================  ============================================  ==========================
whole numbers         ``Int16`` … ``Int64``, ``int64``, Decimal     int64; float64 with gaps
other numbers         Decimal with digits after the point, float64  float64
text                  ``string``, ``str``, object                   object of str, None
truth                 ``boolean``, ``bool``                         bool; object with gaps
a time without zone   ``datetime64`` of any unit                    ``datetime64[s]``, UTC
a time with a zone    object of Timestamps, ``datetime64`` zoned    ``datetime64[s]``, UTC
====================  ============================================  ==========================

Names in capitals come in small letters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

from evforecast.errors import InputError, MissingColumnsError, first_few

__all__ = ["PlainKind", "coerce_frame"]

PlainKind = Literal["text", "whole", "number", "truth", "time"]
"""What a column is to hold; one with nothing but gaps does not say so itself."""

_WORDS: Mapping[PlainKind, str] = {
    "text": "text",
    "whole": "whole numbers",
    "number": "numbers",
    "truth": "true or false",
    "time": "times",
}


def coerce_frame(frame: pd.DataFrame, kinds: Mapping[str, PlainKind] | None = None) -> pd.DataFrame:
    """Return a frame in the library's plain types, whatever dtypes it came with.

    Parameters
    ----------
    frame : pandas.DataFrame
        As a function of Snowflake is called with, as a connector fetched it, or as any file gave it.
    kinds : mapping of str to str, optional
        What the columns wanted hold: ``text``, ``whole``, ``number``, ``truth`` or ``time``. Only these are
        returned, in this order. Without it all columns are, each as what it is found to hold.

    Returns
    -------
    pandas.DataFrame
        With a fresh index, see the table above. Times are cut to the second.

    Raises
    ------
    MissingColumnsError
        If a column of `kinds` is not there.
    InputError
        If a column holds something else than `kinds` says, or things of several kinds; or if two names
        differ only in their capitals.

    Examples
    --------
    >>> from decimal import Decimal
    >>> given = pd.DataFrame(
    ...     {
    ...         "EVSE_ID": pd.array(["a", None], "string"),
    ...         "CODE": pd.array([1, None], "Int16"),
    ...         "LAT": [Decimal("48.85"), None],
    ...     }
    ... )
    >>> plain = coerce_frame(given)
    >>> [str(dtype) for dtype in plain.dtypes], plain["code"].tolist()
    (['object', 'float64', 'float64'], [1.0, nan])
    """
    names = [_name(column) for column in frame.columns]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        msg = (
            f"coerce_frame: names differ only in their capitals: {first_few(twice)}, of "
            f"{list(frame.columns)}. Rename one of them."
        )
        raise InputError(msg)
    wanted: Mapping[str, PlainKind | None] = dict.fromkeys(names) if kinds is None else kinds
    if missing := [name for name in wanted if name not in names]:
        raise MissingColumnsError(missing, names, "coerce_frame")
    index = pd.RangeIndex(len(frame))
    columns = {}
    for name, kind in wanted.items():
        values = _coerced(frame.iloc[:, names.index(name)], kind, name)
        # With its dtype said: pandas 3 would make text of objects a type of its own.
        columns[name] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    return pd.DataFrame(columns, index=index, copy=False)


def _name(column: Any) -> str:
    """Return a name in small letters if it is all capitals: nobody quoted it."""
    text = str(column)
    return text.lower() if text == text.upper() else text


def _coerced(column: pd.Series, kind: PlainKind | None, name: str) -> Any:
    if column.isna().all():
        return _gaps(kind or _kind_of_dtype(column.dtype), len(column))
    found, values = _found(column, name)
    if kind is None or kind == found:
        return values
    if kind == "number" and found == "whole":
        return values.astype(np.float64)
    if kind == "whole" and found == "number" and _are_whole(values):
        return _whole(values, np.isnan(values))
    example = next(value for value in column if not pd.isna(value))
    msg = (
        f"coerce_frame: column {name!r} must hold {_WORDS[kind]}, and holds {_WORDS[found]} "
        f"(dtype {column.dtype}, the first {example!r}). Cast it in the query."
    )
    raise InputError(msg)


def _found(column: pd.Series, name: str) -> tuple[PlainKind, np.ndarray]:
    """Return what a column holds, and that as a plain array."""
    dtype = column.dtype
    gaps = np.asarray(column.isna(), dtype=bool)
    if isinstance(dtype, pd.CategoricalDtype):
        return _found(column.astype(dtype.categories.dtype), name)
    kind = _kind_of_dtype(dtype)
    if kind == "truth":
        return kind, _truth(column, gaps)
    if kind == "time":
        return kind, _times(pd.DatetimeIndex(column))
    if kind == "whole" and not gaps.any():
        return kind, column.to_numpy(np.int64)
    if kind != "text":
        return kind, column.to_numpy(np.float64, na_value=np.nan)
    values = column.astype(object).to_numpy(dtype=object, copy=True)
    values[gaps] = None
    return _found_in_objects(values, gaps, name)


def _kind_of_dtype(dtype: Any) -> PlainKind:
    """Return what a dtype says that a column holds; ``text`` where it says nothing."""
    types = pd.api.types
    if types.is_bool_dtype(dtype):
        return "truth"
    if types.is_datetime64_any_dtype(dtype):
        return "time"
    if types.is_integer_dtype(dtype):
        return "whole"
    return "number" if types.is_float_dtype(dtype) else "text"


def _found_in_objects(
    values: np.ndarray, gaps: np.ndarray, name: str
) -> tuple[PlainKind, np.ndarray]:
    kinds = {_kind_of(value) for value in _types(values[~gaps])}
    if kinds == {"text"}:
        return "text", values
    if kinds == {"truth"}:
        return "truth", _truth(pd.Series(values, dtype=object), gaps)
    if kinds == {"time"}:
        # One clock for all: those with a zone are turned to UTC, those without are in UTC already.
        return "time", _times(pd.DatetimeIndex(pd.to_datetime(list(values), utc=True)))
    if kinds == {"number"}:
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        # The scale of the type says what it is, not the digits that happen to stand there.
        if all(_is_integral(value) for value in values[~gaps]) and _are_whole(numbers):
            exact = [0 if value is None else int(value) for value in values]
            return "whole", numbers if gaps.any() else np.array(exact, dtype=np.int64)
        return "number", numbers
    found = sorted({type(value).__name__ for value in values[~gaps]})
    msg = f"coerce_frame: column {name!r} holds values of {', '.join(found)}. Cast it in the query."
    raise InputError(msg)


def _types(values: np.ndarray) -> list[Any]:
    """Return one value of each type."""
    return list({type(value): value for value in values}.values())


def _kind_of(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, dt.date | np.datetime64):  # a Timestamp is a date too
        return "time"
    return "number" if isinstance(value, Decimal | int | float | np.number) else "unknown"


def _is_integral(value: Any) -> bool:
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= 0
    return isinstance(value, int | np.integer)


def _are_whole(numbers: np.ndarray) -> bool:
    """Return whether floats, gaps aside, are whole numbers of 64 bits."""
    known = numbers[~np.isnan(numbers)]
    return bool(((known == np.floor(known)) & (np.abs(known) < 2.0**63)).all())


def _whole(values: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    return values if gaps.any() else values.astype(np.int64)


def _truth(column: pd.Series, gaps: np.ndarray) -> np.ndarray:
    if not gaps.any():
        return column.to_numpy(dtype=bool)
    values = column.astype(object).to_numpy(dtype=object, copy=True)
    values[gaps] = None
    return values


def _times(index: pd.DatetimeIndex) -> np.ndarray:
    naive = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    seconds: np.ndarray = naive.floor("s").to_numpy().astype("datetime64[s]")
    return seconds


def _gaps(kind: PlainKind, n: int) -> np.ndarray:
    if kind == "time":
        return np.full(n, np.datetime64("NaT", "s"))
    if kind in {"whole", "number"}:
        return np.full(n, np.nan)
    return np.full(n, None, dtype=object)

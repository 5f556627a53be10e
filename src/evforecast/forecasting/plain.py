"""Plain values as JSON and arrays, by a table of the kinds that there are; anything else is refused.

JSON holds None, truth, whole and finite numbers, text and lists as they are, and every other value as
an object of one key, the name of its kind: ``{"tuple": [1, 4]}``. An array is named by its member.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np
import pandas as pd

from evforecast.errors import InputError
from evforecast.forecasting.archive import Archive, is_plain

__all__ = ["KINDS", "Kind", "Reader", "Writer", "look_up"]

T = TypeVar("T")


class Kind(NamedTuple):
    """One kind of value.

    Attributes
    ----------
    types : callable
        Returns the types that it stands for: exactly these, no subclasses.
    write : callable
        Turns a value (with the writer, and the value's place for messages) into JSON.
    read : callable
        Turns that back into the value (with the reader).
    """

    types: Callable[[], Collection[type]]
    write: Callable[[Writer, Any, str], Any]
    read: Callable[[Reader, Any], Any]


class Writer:
    """Turns values into JSON, and puts their arrays aside.

    Parameters
    ----------
    kinds : dict of str to Kind
        What can be written.
    advice : str
        What a message adds about a value that cannot.
    stand_in : callable, optional
        Returns what is written instead of a value (given with its place), or the value itself.

    Examples
    --------
    >>> Writer(KINDS).value({"steps": (1, 4)}, "here")
    {'dict': [['steps', {'tuple': [1, 4]}]]}
    """

    def __init__(
        self,
        kinds: dict[str, Kind],
        advice: str = "",
        stand_in: Callable[[Any, str], Any] = lambda value, _: value,
    ) -> None:
        self._kinds = kinds
        self._advice = advice
        self._stand_in = stand_in
        self.arrays: list[np.ndarray] = []

    def value(self, value: Any, where: str) -> Any:
        """Return the JSON of a value; `where` says in a message which it was.

        Raises
        ------
        InputError
            If it, or something in it, is of no kind.
        """
        value = self._stand_in(value, where)
        sort: Any = np.generic if isinstance(value, np.generic) else type(value)
        if value is None or sort in {bool, int, str} or (sort is float and math.isfinite(value)):
            return value
        if sort is list:
            return [self.value(item, f"{where}[{place}]") for place, item in enumerate(value)]
        for name, kind in self._kinds.items():
            if sort in kind.types():
                return {name: kind.write(self, value, where)}
        return self.refuse(value, where)

    def named(self, values: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the JSON of values by the names of attributes."""
        return {name: self.value(value, f"{where}.{name}") for name, value in values.items()}

    def refuse(self, value: object, where: str) -> NoReturn:
        """Say that a value cannot be written.

        Raises
        ------
        InputError
            Always.
        """
        sort = type(value)
        msg = (
            f"{where} is a {sort.__module__}.{sort.__qualname__}, which cannot be saved. "
            f"Numbers, text, plain arrays, and lists, tuples and dicts of them can. {self._advice}"
        )
        raise InputError(msg.strip())


class Reader:
    """Turns JSON back into values.

    Parameters
    ----------
    kinds : dict of str to Kind
        What can be read.
    archive : Archive
        Where the arrays are.

    Examples
    --------
    >>> from unittest.mock import Mock
    >>> Reader(KINDS, Mock()).value({"dict": [["steps", {"tuple": [1, 4]}]]})
    {'steps': (1, 4)}
    """

    def __init__(self, kinds: dict[str, Kind], archive: Archive) -> None:
        self._kinds = kinds
        self.archive = archive

    def value(self, node: Any) -> Any:
        """Return the value; a KeyError, TypeError or ValueError if `node` was not written by us."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        [(name, content)] = node.items()
        return look_up(self._kinds, name, "kind of value").read(self, content)

    def named(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return values by the names of attributes."""
        return {name: self.value(node) for name, node in content.items()}


def look_up(table: Mapping[str, T], name: str, what: str) -> T:
    """Return an entry of a table of what files may hold.

    Raises
    ------
    ValueError
        If the table does not have it; the message says what it has.

    Examples
    --------
    >>> look_up({"markov": 1}, "oracle", "forecaster")
    Traceback (most recent call last):
    ValueError: it holds the forecaster 'oracle'; known are 'markov'
    """
    if name not in table:
        msg = f"it holds the {what} {name!r}; known are {', '.join(map(repr, table))}"
        raise ValueError(msg)
    return table[name]


def _write_array(writer: Writer, array: np.ndarray, where: str) -> str:
    if not is_plain(array.dtype):
        writer.refuse(array, f"{where}, with elements {array.dtype},")
    writer.arrays.append(array)
    return f"{len(writer.arrays) - 1:04d}.npy"


def _write_scalar(writer: Writer, scalar: np.generic, where: str) -> Any:
    if not is_plain(scalar.dtype):
        writer.refuse(scalar, where)
    is_time = scalar.dtype.kind in "mM"
    content = int(scalar.astype(np.int64)) if is_time else writer.value(scalar.item(), where)
    return [scalar.dtype.str, content]


def _read_scalar(reader: Reader, content: Any) -> Any:
    name, node = content
    dtype, value = np.dtype(str(name)), reader.value(node)
    if not is_plain(dtype) or not isinstance(value, bool | int | float | str):
        msg = f"it holds a scalar {value!r} of {dtype}"
        raise ValueError(msg)
    if dtype.kind == "U":
        return np.str_(value)
    number = np.array(value, np.int64 if dtype.kind in "mM" else dtype)
    return number.view(dtype)[()]


def _write_texts(writer: Writer, index: pd.Index, where: str) -> Any:
    values = index.tolist()
    if not all(type(value) is str for value in values):
        writer.refuse(index, f"{where}, not only of text,")
    return [writer.value(index.name, f"{where}.name"), values]


def _read_texts(reader: Reader, content: Any) -> pd.Index:
    name, values = content
    return pd.Index([str(value) for value in values], dtype=object, name=reader.value(name))


def _write_dict(writer: Writer, values: dict[Any, Any], where: str) -> Any:
    for key in values:
        if type(key) not in {str, int}:
            writer.refuse(key, f"the key {key!r} of {where}")
    return [[key, writer.value(value, f"{where}[{key!r}]")] for key, value in values.items()]


def _read_dict(reader: Reader, content: Any) -> dict[Any, Any]:
    return {key: reader.value(node) for key, node in content}


def _write_generator(writer: Writer, rng: np.random.Generator, where: str) -> Any:
    if type(rng.bit_generator) is not np.random.PCG64:
        writer.refuse(rng.bit_generator, f"{where}, not numpy's default generator,")
    return writer.value(dict(rng.bit_generator.state), where)


def _read_generator(reader: Reader, content: Any) -> np.random.Generator:
    bits = np.random.PCG64(0)
    bits.state = reader.value(content)
    return np.random.Generator(bits)


KINDS: dict[str, Kind] = {
    "array": Kind(
        lambda: {np.ndarray}, _write_array, lambda reader, name: reader.archive.array(name)
    ),
    "dict": Kind(lambda: {dict}, _write_dict, _read_dict),
    "float": Kind(lambda: {float}, lambda _, value, __: repr(value), lambda _, text: float(text)),
    "generator": Kind(lambda: {np.random.Generator}, _write_generator, _read_generator),
    "range": Kind(
        lambda: {range},
        lambda _, value, __: [value.start, value.stop, value.step],
        lambda _, content: range(*content),
    ),
    "scalar": Kind(lambda: {np.generic}, _write_scalar, _read_scalar),
    "texts": Kind(lambda: {pd.Index}, _write_texts, _read_texts),
    "tuple": Kind(
        lambda: {tuple},
        lambda writer, value, where: writer.value(list(value), where),
        lambda reader, content: tuple(reader.value(content)),
    ),
}
"""The plain kinds by name; float is for infinities and NaN, texts for an index of text."""

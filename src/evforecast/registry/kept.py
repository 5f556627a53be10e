"""Records as JSON with a schema: the card of a version, the event of an alias."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from evforecast.registry.errors import RegistryError

__all__ = ["as_kept", "read_back"]

Record = TypeVar("Record")


def as_kept(schema: int, fields: Mapping[str, Any]) -> bytes:
    r"""Return a record as it is kept.

    Examples
    --------
    >>> as_kept(1, {"name": "driver"})
    b'{\n "schema": 1,\n "name": "driver"\n}\n'
    """
    return json.dumps({"schema": schema, **fields}, allow_nan=False, indent=1).encode() + b"\n"


def read_back(
    make: Callable[..., Record],
    text: bytes,
    where: object,
    *,
    schema: int,
    time: str,
    names: tuple[str, str],
) -> Record:
    """Return the record that `as_kept` wrote.

    Parameters
    ----------
    make : callable
        Makes it of its fields.
    text : bytes
    where : object
        The file, for the message.
    schema : int
        The one that is known.
    time : str
        The field that is a time.
    names : tuple of str
        What it is, for the messages: ``("a card", "card of a model")``.

    Raises
    ------
    RegistryError
        If it is no such record, or one of a later schema.

    Examples
    --------
    >>> names = ("a note", "note")
    >>> read_back(dict, as_kept(1, {"at": "2020-11-08"}), "x", schema=1, time="at", names=names)
    {'at': np.datetime64('2020-11-08T00:00:00')}
    """
    one, whole = names
    try:
        fields = json.loads(text)
        found = fields.pop("schema")
        if found != schema:
            msg = (
                f"{where}: {one} of schema {found}, where {schema} is known. Install the evforecast "
                "that wrote it, or a later one."
            )
            raise RegistryError(msg)
        return make(**{time: np.datetime64(fields.pop(time), "s")}, **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{where}: no {whole} ({error}). Restore the file from a copy."
        raise RegistryError(msg) from error

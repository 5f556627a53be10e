"""The table of chargers: one row an EVSE, with where it is and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import (
    InputError,
    MissingColumnsError,
    UnknownChargerError,
    first_few,
)

__all__ = ["EVSE_COLUMNS", "evse_table", "groups", "positions"]

EVSE_COLUMNS = ("location_id", "area", "lat", "lon", "model")
TEXT_COLUMNS = ("location_id", "area", "model")
BOUNDS = {"lat": 90.0, "lon": 180.0}


def evse_table(ids: Sequence[str], known: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the table of chargers `ids`, in that order, with every standard column.

    Parameters
    ----------
    ids : sequence of str
        The chargers, each once.
    known : pandas.DataFrame, optional
        What is known of them: a column ``evse_id`` or an index of ids, and any of ``location_id``,
        ``area``, ``lat``, ``lon`` (degrees), ``model``; further columns are kept. Chargers that it
        lacks get missing values, and a location of their own.

    Returns
    -------
    pandas.DataFrame
        Index ``evse_id`` (text), columns ``location_id, area, lat, lon, model`` and the further ones.

    Raises
    ------
    InputError
        If an id occurs twice, is empty, or a coordinate is no latitude or longitude.

    Examples
    --------
    >>> evse_table(["S7-T1"], pd.DataFrame({"evse_id": ["S7-T1"], "lat": [48.85]})).lat.item()
    48.85
    """
    index = pd.Index([str(name) for name in ids], dtype=object, name="evse_id")
    _require_unique(index, "chargers")
    given = pd.DataFrame(index=index) if known is None else _aligned(known, index)
    others = [column for column in given.columns if column not in EVSE_COLUMNS]
    columns: dict[str, pd.Series] = {}
    for column in (*EVSE_COLUMNS, *others):
        values = given[column] if column in given else pd.Series(None, index=index, dtype=object)
        if column in BOUNDS:
            columns[column] = _degrees(values, column)
        elif column in TEXT_COLUMNS or pd.api.types.is_string_dtype(values.dtype):
            text = [_text(value) for value in values.astype(object)]
            columns[column] = pd.Series(text, index=index, dtype=object)
        else:
            columns[column] = values
    place = columns["location_id"]
    columns["location_id"] = place.where(place.notna(), pd.Series(index, index=index))
    return pd.DataFrame(columns, index=index)


def positions(table: pd.DataFrame, ids: Sequence[str]) -> np.ndarray:
    """Return the place of each of `ids` in `table`, shape ``[id]``.

    Raises
    ------
    UnknownChargerError
        If an id is not there.

    Examples
    --------
    >>> positions(evse_table(["a", "b"]), ["b"])
    array([1])
    """
    places = table.index.get_indexer(pd.Index([str(name) for name in ids], dtype=object))
    if (places < 0).any():
        raise UnknownChargerError(
            [str(ids[i]) for i in np.flatnonzero(places < 0).tolist()], len(table)
        )
    return places


def groups(table: pd.DataFrame, by: str | None, where: str) -> tuple[np.ndarray, pd.Index]:
    """Return each charger's group, shape ``[evse]``, and the names of the groups, sorted.

    Parameters
    ----------
    table : pandas.DataFrame
        The chargers.
    by : str or None
        A column; chargers without a value are in the group ``"unknown"``. None: one group, ``"all"``.
    where : str
        Who asks, for the message.

    Raises
    ------
    MissingColumnsError
        If there is no such column.

    Examples
    --------
    >>> groups(evse_table(["a", "b"]), "area", "example")
    (array([0, 0]), Index(['unknown'], dtype='object'))
    """
    if by is None:
        return np.zeros(len(table), dtype=np.intp), pd.Index(["all"], dtype=object)
    if by not in table.columns:
        raise MissingColumnsError([by], table.columns, f"{where}, the table of chargers")
    labels = table[by].astype(object).where(table[by].notna(), "unknown").astype(str)
    group, names = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    return group, pd.Index(names, dtype=object)


def _aligned(known: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    table = known.set_index("evse_id") if "evse_id" in known.columns else known.copy()
    table.index = pd.Index([str(name) for name in table.index], dtype=object, name="evse_id")
    _require_unique(table.index, "rows of the table of chargers")
    # A missing charger would turn whole numbers into floats: text columns become text before that.
    for column in table.columns.intersection(list(TEXT_COLUMNS)):
        table[column] = table[column].astype(object)
    return table.reindex(index)


def _degrees(values: pd.Series, column: str) -> pd.Series:
    """Return coordinates as floats, NaN where they are no number."""
    degrees = pd.to_numeric(values, errors="coerce").astype("float64")
    outside = values.index[degrees.abs() > BOUNDS[column]]
    if len(outside):
        msg = (
            f"evse_table: {column} outside +-{BOUNDS[column]:g} degrees for {first_few(outside)}. "
            "Coordinates are WGS 84 degrees, latitude first."
        )
        raise InputError(msg)
    return degrees


def _text(value: Any) -> str | None:
    """Return a value as text, None where missing; a post code read as 75011.0 is "75011"."""
    if pd.isna(value):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _require_unique(index: pd.Index, what: str) -> None:
    if index.has_duplicates:
        repeated = first_few(index[index.duplicated()].unique())
        msg = f"evse_table: {what} repeat: {repeated}. Keep one each."
        raise InputError(msg)
    if (index == "").any():
        msg = f"evse_table: {what} hold an empty evse_id. Give every charger an id."
        raise InputError(msg)

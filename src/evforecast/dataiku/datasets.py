"""Datasets in chunks: the schema is obeyed when reading, and set before the rows when writing."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from evforecast.dataiku.client import dataset_of
from evforecast.errors import EmptyInputError, InputError, MissingColumnsError

__all__ = ["dss_schema", "read_frame", "read_frames", "write_frame", "write_frames"]

CHUNK_ROWS = 100_000
_TYPES = {"b": "boolean", "i": "bigint", "u": "bigint", "f": "double", "M": "date"}
_TIMES = ("date", "datetimenotz", "dateonly")


def read_frames(
    dataset: Any, columns: Sequence[str] | None = None, *, chunk_rows: int = CHUNK_ROWS
) -> Iterator[pd.DataFrame]:
    """Read a dataset in chunks, each column as its schema says.

    DSS hands over text, and by default pandas guesses for each chunk anew what a column is: ``007`` becomes a
    number, ``NA`` nothing, and the next chunk may differ. Here ``string`` stays text as it is, whole numbers
    with gaps are nullable, and DSS's dates are times with the zone UTC.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    columns : sequence of str, optional
        Those wanted; all by default.
    chunk_rows : int
        How many rows a chunk has at most.

    Yields
    ------
    pandas.DataFrame

    Raises
    ------
    MissingColumnsError
        If the dataset has no such column.
    InputError
        If a value is not of the type that the schema says.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["evse"]):
    ...     _ = write_frame("evse", pd.DataFrame({"evse_id": ["007", "NA"]}))
    ...     [chunk.evse_id.to_list() for chunk in read_frames("evse", chunk_rows=1)]
    [['007'], ['NA']]
    """
    handle = dataset_of(dataset)
    where = f"dataset {handle.name}"
    kinds = {column["name"]: column["type"] for column in handle.read_schema()}
    wanted = list(kinds) if columns is None else list(columns)
    if missing := [name for name in wanted if name not in kinds]:
        raise MissingColumnsError(missing, kinds, where)
    asked = {
        "columns": wanted,
        "infer_with_pandas": False,
        "parse_dates": False,
        "use_nullable_integers": True,
        # only what is empty is missing: a charger may be called NA
        "keep_default_na": False,
        "na_values": [""],
    }
    # What a client does not know is left out: the last four came one after the other, up to DSS 13.1.
    known = inspect.signature(handle.iter_dataframes).parameters
    options = {name: value for name, value in asked.items() if name in known}
    try:
        for chunk in handle.iter_dataframes(chunksize=chunk_rows, **options):
            frame = chunk.copy(deep=False)
            for name in wanted:
                if kinds[name] in _TIMES:
                    frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601")
            yield frame
    except ValueError as error:
        msg = (
            f"{where}: its rows are not what its schema says ({error}). Correct the schema in DSS, or what "
            f"writes the dataset; the schema is {kinds}."
        )
        raise InputError(msg) from error


def read_frame(dataset: Any, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a small dataset whole, as `read_frames` reads it.

    Parameters
    ----------
    dataset, columns
        As for `read_frames`.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["evse"]):
    ...     _ = write_frame("evse", pd.DataFrame({"evse_id": ["007"], "lat": [48.85]}))
    ...     read_frame("evse").to_dict("records")
    [{'evse_id': '007', 'lat': 48.85}]
    """
    handle = dataset_of(dataset)
    chunks = list(read_frames(handle, columns))
    if chunks:
        return pd.concat(chunks, ignore_index=True)
    names = [column["name"] for column in handle.read_schema()]
    return pd.DataFrame(columns=names if columns is None else list(columns))


def write_frames(
    dataset: Any, frames: Iterable[pd.DataFrame], *, append: bool | None = None
) -> int:
    """Write frames to a dataset, one after the other; return how many rows.

    The first frame says what the columns are, and sets the schema unless rows are added to a dataset that has
    one. Each frame is put in its order, since a writer goes by place. The writer is closed in every case, as
    rows may be lost else; after an error the dataset holds what came so far, the recipe fails, and the next
    run writes all of it again.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    frames : iterable of pandas.DataFrame
        Times become UTC (without a zone they are UTC), what is neither number, boolean nor time becomes text.
    append : bool, optional
        Whether rows are added; by default as the recipe is set, which is to write the dataset anew.

    Returns
    -------
    int

    Raises
    ------
    EmptyInputError
        If there is no frame: then nothing says what the columns are.
    MissingColumnsError
        If a frame lacks a column of the schema.
    InputError
        If a frame has a column that the schema lacks.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["numbers"]):
    ...     write_frames("numbers", (pd.DataFrame({"n": [n]}) for n in range(3)))
    3
    """
    handle = dataset_of(dataset)
    where = f"dataset {handle.name}"
    if append is not None:
        handle.spec_item["appendMode"] = append
    rest = iter(frames)
    first = next(rest, None)  # what makes the frames may fail: then nothing is written over
    if first is None:
        msg = f"{where}: no frame was given, so its columns are not known. Give an empty one with columns."
        raise EmptyInputError(msg)
    schema = handle.read_schema(raise_if_empty=False)
    own = dss_schema(_storable(first))
    if not (schema and handle.spec_item["appendMode"]):
        if [(c["name"], c["type"]) for c in schema] != [(c["name"], c["type"]) for c in own]:
            handle.write_schema(own)
        schema = own
    names, rows = [column["name"] for column in schema], 0
    _ordered(first, names, where)
    with handle.get_writer() as writer:
        for frame in chain([first], rest):
            writer.write_dataframe(_storable(_ordered(frame, names, where)))
            rows += len(frame)
    return rows


def write_frame(dataset: Any, frame: pd.DataFrame, *, append: bool | None = None) -> int:
    """Write one frame to a dataset, as `write_frames` writes it; return how many rows.

    Parameters
    ----------
    dataset, append
        As for `write_frames`.
    frame : pandas.DataFrame

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["numbers"]):
    ...     write_frame("numbers", pd.DataFrame({"n": [1, 2]}))
    2
    """
    return write_frames(dataset, [frame], append=append)


def dss_schema(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Return the schema of a frame as DSS writes it.

    Parameters
    ----------
    frame : pandas.DataFrame

    Examples
    --------
    >>> dss_schema(pd.DataFrame({"evse_id": ["007"], "code": [1], "p_down": [0.2]}))[0]
    {'name': 'evse_id', 'type': 'string'}
    """
    return [
        {"name": str(name), "type": _TYPES.get(_kind(dtype), "string")}
        for name, dtype in frame.dtypes.items()
    ]


def _kind(dtype: Any) -> str:
    return "O" if isinstance(dtype, pd.CategoricalDtype) else str(getattr(dtype, "kind", "O"))


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of what DSS's writer knows: numbers, booleans, text, and times of one kind."""
    shown = {}
    for name, column in frame.items():
        kind = _kind(column.dtype)
        if kind == "M":
            times = pd.DatetimeIndex(column)
            times = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
            shown[name] = pd.Series(times.as_unit("ns"), frame.index)
        elif kind in _TYPES:
            shown[name] = column
        else:
            text = [
                None if lost else str(value)
                for value, lost in zip(column, column.isna(), strict=True)
            ]
            shown[name] = pd.Series(text, frame.index, dtype=object)
    return pd.DataFrame(shown, index=frame.index)


def _ordered(frame: pd.DataFrame, names: Sequence[str], where: str) -> pd.DataFrame:
    found = [str(name) for name in frame.columns]
    if missing := [name for name in names if name not in found]:
        raise MissingColumnsError(missing, found, f"{where}, rows to be written")
    if strange := [name for name in found if name not in names]:
        msg = (
            f"{where}: the rows have columns that its schema lacks: {strange}; it has {list(names)}. Leave "
            "them out, or write the dataset anew (append=False)."
        )
        raise InputError(msg)
    return frame[list(names)]

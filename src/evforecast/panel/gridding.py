"""From rows of (charger, time, status) to cells of a grid: the shared parts of every conversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import (
    DuplicateObservationError,
    InputError,
    IrregularTimeError,
    MissingColumnsError,
    require_choice,
)
from evforecast.panel.scheme import CODE_DTYPE, MISSING, Codes, StatusScheme
from evforecast.timegrid import StepLike, TimeGrid, as_step, step_text

__all__ = [
    "Duplicates",
    "charger_places",
    "evse_ids",
    "grid_rows",
    "require_columns",
    "require_sorted",
    "scatter",
    "status_codes",
]

Duplicates = Literal["raise", "first", "last"]

# A step told from the times themselves may leave most of the grid empty, but not nearly all of it.
_MOST_ROWS_A_TIME = 50


def require_columns(frame: Any, columns: Sequence[str], where: str) -> None:
    """Raise unless `frame` is a frame (InputError) with all `columns` (MissingColumnsError)."""
    if not isinstance(frame, pd.DataFrame):
        msg = (
            f"{where}: a pandas.DataFrame is needed, found {type(frame).__name__}. "
            "Read a file first, for example with pandas.read_csv."
        )
        raise InputError(msg)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise MissingColumnsError(missing, [str(name) for name in frame.columns], where)


def charger_places(
    column: pd.Series, evse: pd.DataFrame | None, where: str
) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return each row's charger as a position, and the ids in order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        places, names = column.cat.codes.to_numpy().astype(np.intp), column.cat.categories
    else:
        places, names = pd.factorize(column)
    if (places < 0).any():
        msg = (
            f"{where}: {int((places < 0).sum()):,} rows have no charger id. "
            "Drop them, or name the chargers."
        )
        raise InputError(msg)
    ids = [str(name) for name in names]
    if evse is None:
        return places, ids
    known = evse_ids(evse)
    order = pd.Index(known, dtype=object).get_indexer(pd.Index(ids, dtype=object))
    if (order < 0).any():
        strangers = [ids[i] for i in np.flatnonzero(order < 0)]
        msg = (
            f"{where}: {len(strangers)} chargers are not in the table of chargers: {strangers[:3]}. "
            "Add them to it."
        )
        raise InputError(msg)
    return order[places], known


def evse_ids(evse: pd.DataFrame) -> list[str]:
    """Return the ids of a table of chargers, from its column ``evse_id`` or its index."""
    return [str(name) for name in (evse["evse_id"] if "evse_id" in evse.columns else evse.index)]


def grid_rows(
    seconds: npt.NDArray[np.datetime64],
    step: StepLike | None,
    where: str,
    used: npt.NDArray[Any] | None = None,
) -> tuple[TimeGrid, npt.NDArray[np.intp]]:
    """Return the grid that spans `seconds` and each one's row; `used` picks entries of a level."""
    if used is not None and used.min(initial=0) < 0:
        msg = f"{where}: {int((used < 0).sum()):,} rows have no time. Drop them."
        raise InputError(msg)
    present = seconds if used is None else seconds[np.bincount(used, minlength=len(seconds)) > 0]
    distinct = np.unique(present)
    gaps = np.diff(distinct)
    if step is None and not len(gaps):
        msg = f"{where}: a single time tells no step. Pass step='15min'."
        raise InputError(msg)
    size = as_step(step if step is not None else gaps.min())
    if step is None and (distinct[-1] - distinct[0]) // size > _MOST_ROWS_A_TIME * len(distinct):
        at = int(gaps.argmin())
        msg = (
            f"{where}: the smallest distance between two of {len(distinct):,} times, {step_text(size)} "
            f"({distinct[at]} to {distinct[at + 1]}), would make a grid that is nearly all empty. "
            "Pass step=, or read irregular observations as a StatusLog and call to_panel."
        )
        raise IrregularTimeError(msg)
    off = distinct[(distinct - distinct[0]) % size != np.timedelta64(0, "s")]
    if len(off):
        msg = (
            f"{where}: {len(off):,} times are off the grid of {step_text(size)} from {distinct[0]}, "
            f"the first {off[0]}. Is that the step? Irregular observations are read as a StatusLog, "
            "whose to_panel puts them on a grid."
        )
        raise IrregularTimeError(msg)
    n = int((distinct[-1] - distinct[0]) // size) + 1
    rows = ((seconds - distinct[0]) // size).astype(np.intp)
    return TimeGrid(distinct[0], size, n), rows if used is None else rows[used]


def scatter(
    rows: npt.NDArray[np.intp],
    places: npt.NDArray[np.intp],
    codes: Codes,
    *,
    grid: TimeGrid,
    ids: list[str],
    duplicates: Duplicates,
    where: str,
) -> Codes:
    """Put `codes` at (row, place); repeated cells raise, or keep their first or last code.

    The result has the rows of `grid` and the chargers `ids`, shape ``[time, evse]``, -1 elsewhere.
    """
    require_choice(duplicates, get_args(Duplicates), "duplicates")
    flat = rows * len(ids) + places
    filled = np.zeros(grid.n * len(ids), dtype=bool)
    filled[flat] = True
    extra = len(flat) - int(filled.sum())
    if extra and duplicates == "raise":
        again = np.flatnonzero(pd.Series(flat).duplicated())[:3]
        examples = [f"{ids[places[i]]} at {grid.times[rows[i]]}" for i in again]
        raise DuplicateObservationError(where, extra, examples)
    if extra and duplicates == "first":
        flat, codes = flat[::-1], codes[::-1]
    target = np.full(len(filled), MISSING, dtype=CODE_DTYPE)
    target[flat] = codes
    return target.reshape(grid.n, len(ids))


def status_codes(column: pd.Series, scheme: StatusScheme) -> Codes:
    """Return the codes of a column of names or of integer codes; missing values become -1."""
    if not pd.api.types.is_integer_dtype(column.dtype):
        return scheme.encode(
            column.array if isinstance(column.dtype, pd.CategoricalDtype) else column
        )
    if pd.api.types.is_extension_array_dtype(column.dtype):
        array = column.to_numpy(dtype=np.int64, na_value=MISSING)
    else:
        array = column.to_numpy()
    scheme.check(array)
    return array.astype(CODE_DTYPE, copy=False)


def require_sorted(seconds: npt.NDArray[np.datetime64], where: str) -> None:
    """Raise unless the times increase: DuplicateObservationError or IrregularTimeError."""
    steps = np.diff(seconds)
    zero = np.timedelta64(0, "s")
    if (steps == zero).any():
        again = seconds[1:][steps == zero]
        raise DuplicateObservationError(where, len(again), [str(time) for time in again[:4]])
    if (steps < zero).any():
        at = int(np.flatnonzero(steps < zero)[0])
        msg = (
            f"{where}: times are not in order; row {at + 1} ({seconds[at + 1]}) comes before row {at} "
            f"({seconds[at]}). Sort the rows by time."
        )
        raise IrregularTimeError(msg)

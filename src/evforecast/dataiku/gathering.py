"""`Gathered`: codes ``[time, evse]`` that grow, chunk by chunk, by the times and chargers that turn up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    IrregularTimeError,
    require_choice,
)
from evforecast.panel import CODE_DTYPE, MISSING, Codes
from evforecast.timegrid import TimeGrid, step_text

__all__ = ["Gathered"]

_EPOCH = np.datetime64(0, "s")


class Gathered:
    """A panel in the making: a byte a cell, however long the text was that it came from.

    Parameters
    ----------
    step : numpy.timedelta64
    where : str
        What is being read, for the messages.
    duplicates : {'last', 'first', 'raise'}
        What to do with a second row for one charger and time.

    Examples
    --------
    >>> gathered = Gathered(np.timedelta64(900, "s"), "example", "last")
    >>> times = np.array(["2020-11-08T00:15", "2020-11-08T00:00"], "datetime64[s]")
    >>> gathered.add(times, pd.Series(["a", "b"]), np.array([1, 4], np.int8))
    >>> gathered.ids, gathered.result()[1].tolist()
    (['a', 'b'], [[-1, 4], [1, -1]])
    """

    def __init__(self, step: np.timedelta64, where: str, duplicates: str) -> None:
        require_choice(duplicates, ("last", "first", "raise"), "duplicates")
        self._step, self._where, self._duplicates = step, where, duplicates
        self._places: dict[str, int] = {}
        self._offset: np.timedelta64 | None = None
        self._first = self._end = 0  # rows since the epoch
        self._codes: Codes = np.full((0, 0), MISSING, dtype=CODE_DTYPE)

    @property
    def ids(self) -> list[str]:
        """The chargers, in the order in which they turned up."""
        return list(self._places)

    def add(self, times: npt.NDArray[np.datetime64], evse_id: pd.Series, codes: Codes) -> None:
        """Take the observations of a chunk.

        Parameters
        ----------
        times : numpy.ndarray
            ``datetime64[s]``, UTC, shape ``[row]``.
        evse_id : pandas.Series
            Of text, shape ``[row]``.
        codes : numpy.ndarray
            int8, shape ``[row]``; -1 is no observation.

        Raises
        ------
        IrregularTimeError
            If a time is not on the grid of the first one.
        DuplicateObservationError
            If rows repeat a charger and time, and that is to raise.
        """
        seen = codes != MISSING
        if not seen.any():
            return
        times, codes = times[seen], codes[seen]
        local, names = pd.factorize(evse_id[seen])
        places = np.array([self._places.setdefault(str(name), len(self._places)) for name in names])
        columns = places[local]
        if self._offset is None:
            self._offset = (times[0] - _EPOCH) % self._step
        since: npt.NDArray[Any] = times - _EPOCH - self._offset
        off = since % self._step != np.timedelta64(0, "s")
        if off.any():
            msg = (
                f"{self._where}: {int(off.sum()):,} times are off the grid of {step_text(self._step)}, the "
                f"first {times[off][0]}. Pass the step, or read irregular observations with read_log."
            )
            raise IrregularTimeError(msg)
        rows = (since // self._step).astype(np.int64)
        self._grow(int(rows.min()), int(rows.max()) + 1)
        rows -= self._first
        if self._duplicates != "last":
            again = (self._codes[rows, columns] != MISSING) | (
                pd.Series(rows * len(self._places) + columns).duplicated().to_numpy()
            )
            if again.any() and self._duplicates == "raise":
                examples = [
                    f"{self.ids[columns[i]]} at {times[i]}" for i in np.flatnonzero(again)[:3]
                ]
                raise DuplicateObservationError(self._where, int(again.sum()), examples)
            rows, columns, codes = rows[~again], columns[~again], codes[~again]
        self._codes[rows, columns] = codes  # of two for one cell, the later counts

    def result(self) -> tuple[TimeGrid, Codes]:
        """Return the grid and the codes.

        Raises
        ------
        EmptyInputError
            If nothing was observed.
        """
        if self._offset is None:
            msg = f"{self._where}: no status was observed in that time, so no panel."
            raise EmptyInputError(msg)
        start = _EPOCH + self._offset + self._first * self._step
        n = self._end - self._first
        return TimeGrid(start, self._step, n), self._codes[:n, : len(self._places)]

    def _grow(self, first: int, end: int) -> None:
        """Make room; more than is needed, so that it is seldom needed."""
        was_empty = not self._codes.size
        low = first if was_empty else min(first, self._first)
        high = end if was_empty else max(end, self._end)
        n, m = self._codes.shape
        if low < self._first or high - low > n or len(self._places) > m or was_empty:
            height = high - low
            shape = (height + height // 8, len(self._places) + len(self._places) // 8)
            codes = np.full(shape, MISSING, dtype=CODE_DTYPE)
            if not was_empty:
                start, rows = self._first - low, self._end - self._first
                codes[start : start + rows, :m] = self._codes[:rows]
            self._codes = codes
        self._first, self._end = low, high

"""What kind of day each row of a panel is on, and each row after it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evforecast.panel import Calendar, StatusPanel

__all__ = ["DayTypes"]

Index = npt.NDArray[np.intp]

# Rows more than were asked for are dated, since the next question is about their neighbours.
_MARGIN = 1000


class DayTypes:
    """Working day, Saturday or Sunday, and school holidays, by row.

    Parameters
    ----------
    panel : StatusPanel
        Its rows count from 0; rows before and after it are dates as well.
    calendar : Calendar, optional
        The holidays; without it, weekends alone.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> DayTypes(panel).of(np.array([0, 96 * 3, 96 * 4])).shape
    (3,)
    """

    def __init__(self, panel: StatusPanel, calendar: Calendar | None = None) -> None:
        self._start, self._step, self._tz = panel.grid.start, panel.step, panel.tz
        self._calendar = Calendar.of() if calendar is None else calendar
        # Replaced as a whole, since the horizons of a forecaster are learnt on several threads.
        self._table = _Table(0, np.empty(0, np.int8), np.empty(0, np.bool_))

    def of(self, rows: Index) -> npt.NDArray[np.int8]:
        """Return the type of the day of each row (see `Calendar.day_types`)."""
        table = self._reaching(rows)
        return table.types[rows - table.first]

    def school(self, rows: Index) -> npt.NDArray[np.bool_]:
        """Return whether each row is on a day of school holidays."""
        table = self._reaching(rows)
        return table.school[rows - table.first]

    def _reaching(self, rows: Index) -> _Table:
        """Return a table that reaches the rows: cases share rows, so each instant is converted once."""
        first, last = int(rows.min(initial=0)), int(rows.max(initial=0))
        table = self._table
        stop = table.first + len(table.types)
        if first < table.first or last >= stop:
            first, stop = min(first - _MARGIN, table.first), max(last + _MARGIN, stop)
            times = self._start + np.arange(first, stop) * self._step
            table = _Table(
                first,
                self._calendar.day_types(times, self._tz),
                self._calendar.is_school_holiday(times, self._tz),
            )
            self._table = table
        return table


class _Table(NamedTuple):
    """Types and school holidays of the rows from `first` on."""

    first: int
    types: npt.NDArray[np.int8]
    school: npt.NDArray[np.bool_]

"""What kind of day each row of a panel is on, and each row after it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.panel import Calendar, StatusPanel

__all__ = ["DayTypes"]

Index = npt.NDArray[np.intp]


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

    def of(self, rows: Index) -> npt.NDArray[np.int8]:
        """Return the type of the day of each row (see `Calendar.day_types`)."""
        times, place = self._times(rows)
        return self._calendar.day_types(times, self._tz)[place]

    def school(self, rows: Index) -> npt.NDArray[np.bool_]:
        """Return whether each row is on a day of school holidays."""
        times, place = self._times(rows)
        return self._calendar.is_school_holiday(times, self._tz)[place]

    def _times(self, rows: Index) -> tuple[npt.NDArray[np.datetime64], Index]:
        """Return the instants of the rows spanned, and the place of each row among them.

        Cases share rows: converting each instant once is most of the time saved.
        """
        first = int(rows.min(initial=0))
        span = np.arange(first, int(rows.max(initial=0)) + 1)
        return self._start + span * self._step, rows - first

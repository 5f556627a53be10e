"""The clock on the wall and the kind of day, as whole-number SQL that asks no database for its time zones.

Databases know time zones by tables of their own, of their own age. The changes of the clocks that matter are
few: they are looked up here and written into the query, so it says what `evforecast.timegrid.local_clock` and
`evforecast.panel.Calendar` say.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evforecast.inwarehouse.pushdown.phrases import quotient
from evforecast.panel import Calendar
from evforecast.panel.calendar import SATURDAY, SUNDAY, WORKDAY
from evforecast.timegrid import TimeGrid

__all__ = ["LocalTime"]

_DAY = 86_400


@dataclass(frozen=True)
class LocalTime:
    """The local time of instants.

    Parameters
    ----------
    grid : TimeGrid
        The instants that will be asked for.
    tz : str
        The zone.
    calendar : Calendar
        Public and school holidays.

    Examples
    --------
    >>> from evforecast.timegrid import as_step, as_time
    >>> grid = TimeGrid(as_time("2020-10-24"), as_step("1h"), 48)
    >>> LocalTime(grid, "Europe/Paris").seconds("s")
    '(s + CASE WHEN s < 1603587600 THEN 7200 ELSE 3600 END)'
    """

    grid: TimeGrid
    tz: str
    calendar: Calendar = field(default_factory=Calendar.of)

    def seconds(self, second: str) -> str:
        """Return the seconds since 1970 on the wall, from those of UTC."""
        times = self.grid.times
        local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(self.tz).tz_localize(None)
        ahead = (local.to_numpy().astype("datetime64[s]") - times).astype(np.int64)
        ends = np.flatnonzero(np.diff(ahead)) + 1
        stamps = times.astype(np.int64)
        cases = " ".join(
            f"WHEN {second} < {stamps[end]} THEN {ahead[end - 1]}" for end in ends.tolist()
        )
        offset = f"CASE {cases} ELSE {ahead[-1]} END" if cases else str(ahead[-1])
        return f"({second} + {offset})"

    def minute(self, second: str) -> str:
        """Return the minute of the local day, 0 to 1439."""
        return quotient(f"MOD({self.seconds(second)}, {_DAY})", 60)

    def slot(self, second: str) -> str:
        """Return the steps since local midnight."""
        step = int(self.grid.step.astype(np.int64))
        return quotient(f"MOD({self.seconds(second)}, {_DAY})", step)

    def weekday(self, second: str) -> str:
        """Return the day of the local week, Monday is 0."""
        return f"MOD({self._day(second)} + 3, 7)"  # 1970-01-01 was a Thursday

    def day_type(self, second: str) -> str:
        """Return 0 for a working day, 1 for a Saturday, 2 for a Sunday or a public holiday."""
        days = _listed(self.calendar.public)
        public = f"WHEN {self._day(second)} IN ({days}) THEN {SUNDAY} " if days else ""
        return (
            f"CASE {public}WHEN {self.weekday(second)} = 6 THEN {SUNDAY} "
            f"WHEN {self.weekday(second)} = 5 THEN {SATURDAY} ELSE {WORKDAY} END"
        )

    def school_holiday(self, second: str) -> str:
        """Return 1 on a day of school holidays, else 0."""
        days = _listed(self.calendar.school)
        return f"CASE WHEN {self._day(second)} IN ({days}) THEN 1 ELSE 0 END" if days else "0"

    def _day(self, second: str) -> str:
        return quotient(self.seconds(second), _DAY)


def _listed(days: np.ndarray) -> str:
    return ", ".join(str(day) for day in days.astype(np.int64).tolist())

"""The hours that a city lives through: in UTC, and on its wall clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel.simulator.durations import DAY, HOUR, Floats

__all__ = ["WARM_UP_DAYS", "Hours"]

WARM_UP_DAYS = 28
"""The city lives this long before we look, so that the first row finds sessions and outages under
way."""


@dataclass(frozen=True)
class Hours:
    """Consecutive hours; inside the simulator a time is in seconds since the first of them.

    Parameters
    ----------
    first : numpy.datetime64
        The start of the first hour, UTC.
    offset : numpy.ndarray
        Shape ``[hour]``: the wall clock minus UTC in seconds.

    Examples
    --------
    >>> hours = Hours.of(np.datetime64("2020-10-25T00:00", "s"), 3, "Europe/Paris")
    >>> [float(hour) for hour in hours.hour_of_day(np.array([0.0, 3600.0, 5400.0]))]
    [2.0, 2.0, 2.5]
    """

    first: np.datetime64
    offset: Floats

    @classmethod
    def of(cls, first: np.datetime64, n: int, tz: str) -> Hours:
        """Return `n` hours from `first` (UTC) with the wall clock of `tz`."""
        utc = pd.DatetimeIndex(first + np.arange(n) * np.timedelta64(3600, "s"))
        local = utc.tz_localize("UTC").tz_convert(tz).tz_localize(None)
        offset = np.asarray((local - utc).total_seconds(), dtype=np.float64)
        return cls(first, offset)

    @property
    def n(self) -> int:
        """The number of hours."""
        return len(self.offset)

    @property
    def end(self) -> float:
        """The end of the last hour, in seconds since the first."""
        return self.n * HOUR

    @property
    def starts(self) -> Floats:
        """The start of each hour, in seconds since the first."""
        return np.arange(self.n) * HOUR

    def cell(self, t: Floats) -> npt.NDArray[np.intp]:
        """Return the hour of each time; times after the end count to the last hour."""
        return np.asarray(np.clip(t // HOUR, 0, self.n - 1), dtype=np.intp)

    def wall(self, t: Floats) -> Floats:
        """Return the wall clock's seconds since its own 1 January 1970."""
        return t + float(self.first.astype("int64")) + self.offset[self.cell(t)]

    def unwall(self, wall: Floats) -> Floats:
        """Return when the wall clock shows `wall`; of a repeated hour, one of the two."""
        naive = wall - float(self.first.astype("int64"))
        # a second look, because the first one reads the offset a few hours off the time sought
        guess = naive - self.offset[self.cell(naive)]
        return naive - self.offset[self.cell(guess)]

    def hour_of_day(self, t: Floats) -> Floats:
        """Return the wall clock's hour of the day, 0 up to 24, with its fraction."""
        return self.wall(t) % DAY / HOUR

    def is_weekend(self, t: Floats) -> npt.NDArray[np.bool_]:
        """Return whether it is a Saturday or a Sunday on the wall."""
        # day 0 of 1970 was a Thursday, so that Monday is 0 after adding 3
        return (self.wall(t) // DAY + 3) % 7 >= 5

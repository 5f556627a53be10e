"""Days that are not like others: weekends, public holidays, school holidays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from evforecast.timegrid import Times

__all__ = ["SATURDAY", "SUNDAY", "WORKDAY", "Calendar"]

WORKDAY, SATURDAY, SUNDAY = 0, 1, 2
"""Types of days; a public holiday is like a Sunday."""

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """The public and the school holidays of a place, as local dates.

    Parameters
    ----------
    public, school : numpy.ndarray
        ``datetime64[D]``, increasing, each day once; `Calendar.of` makes them from any dates.

    Examples
    --------
    >>> calendar = Calendar.of(public=["2020-05-01"])
    >>> noon = np.array(["2020-05-01T10:00", "2020-05-02T10:00", "2020-05-04T10:00"], "M8[s]")
    >>> calendar.day_types(noon, "Europe/Paris").tolist()
    [2, 1, 0]
    """

    public: Days
    school: Days

    @classmethod
    def of(cls, *, public: Iterable[object] = (), school: Iterable[object] = ()) -> Calendar:
        """Return a calendar of any dates: text, ``datetime.date``, pandas or numpy.

        Parameters
        ----------
        public, school : iterable of date-like
            Public holidays; days of school holidays, each of them.
        """
        return cls(_days(public), _days(school))

    def day_types(self, times: Times, tz: str) -> npt.NDArray[np.int8]:
        """Return 0 for a working day, 1 for a Saturday, 2 for a Sunday or a public holiday.

        Parameters
        ----------
        times : numpy.ndarray
            ``datetime64``, UTC, shape ``[time]``.
        tz : str
            The zone of the clock on the wall.
        """
        days = _local_days(times, tz)
        weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        types = np.where(weekday == 6, SUNDAY, np.where(weekday == 5, SATURDAY, WORKDAY))
        return np.where(np.isin(days, self.public), SUNDAY, types).astype(np.int8)

    def is_school_holiday(self, times: Times, tz: str) -> npt.NDArray[np.bool_]:
        """Return whether each instant is on a day of school holidays; arguments as in `day_types`."""
        return np.isin(_local_days(times, tz), self.school)


def _local_days(times: Times, tz: str) -> Days:
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz).tz_localize(None)
    return local.to_numpy().astype("datetime64[D]")


def _days(dates: Iterable[object]) -> Days:
    days = [pd.Timestamp(str(date)).to_datetime64() for date in dates]
    return np.unique(np.array(days, dtype="datetime64[D]"))

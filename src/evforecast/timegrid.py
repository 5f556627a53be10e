"""Time: UTC instants in seconds, fixed steps, and the way from local clocks to them.

Inside the library a time is ``datetime64[s]`` in UTC and a step is ``timedelta64[s]``. What comes from
outside passes through `as_time`, `as_step` or `to_utc`, once.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import (
    AmbiguousTimeError,
    InputError,
    NaiveTimeError,
    first_few,
    require_choice,
)

__all__ = ["Ambiguous", "TimeGrid", "TimeLike", "as_step", "as_time", "local_clock", "to_utc"]

TimeLike = str | dt.datetime | np.datetime64 | pd.Timestamp
StepLike = str | dt.timedelta | np.timedelta64 | pd.Timedelta
Times = npt.NDArray[np.datetime64]
Ambiguous = Literal["infer", "first", "second"]

_DAY = np.timedelta64(86_400, "s")
# 22/10/2020 is a day in one country and none in another, and "now" is another time at every call.
_ISO = re.compile(r"\s*\d{4}(-\d\d(-\d\d)?)?([T ].*)?", re.DOTALL)
_HAS_ZONE = r"(?:[Zz]|[+-]\d{2}:?\d{2})\s*$"


def as_time(value: TimeLike) -> np.datetime64:
    """Return one time as a UTC ``datetime64[s]``; a time without zone is read as UTC.

    Parameters
    ----------
    value : str, datetime, numpy.datetime64 or pandas.Timestamp
        A text is read as ISO 8601 has it, the year first.

    Raises
    ------
    InputError
        If `value` is not a time.

    Examples
    --------
    >>> as_time("2020-10-26 09:30+01:00")
    np.datetime64('2020-10-26T08:30:00')
    """
    try:
        if isinstance(value, str) and value != "NaT" and not _ISO.fullmatch(value):
            raise ValueError(value)  # noqa: TRY301 - said once, below
        stamp = pd.Timestamp(value)
    except (ValueError, TypeError) as error:
        msg = f"as_time: not a time: {value!r}. Write it like '2020-10-26 09:30'."
        raise InputError(msg) from error
    if stamp.tzinfo is not None:
        stamp = stamp.tz_convert("UTC").tz_localize(None)
    time: np.datetime64 = stamp.floor("s").to_datetime64().astype("datetime64[s]")
    if np.isnat(time):
        msg = "as_time: the time is missing (NaT)."
        raise InputError(msg)
    return time


def as_step(value: StepLike) -> np.timedelta64:
    """Return a step as ``timedelta64[s]``.

    Parameters
    ----------
    value : str, timedelta, numpy.timedelta64 or pandas.Timedelta
        Whole seconds, and a divisor of 24 hours, so that every day has the same slots.

    Raises
    ------
    InputError
        If `value` is not such a step.

    Examples
    --------
    >>> as_step("15min")
    np.timedelta64(900,'s')
    """
    try:
        seconds = pd.Timedelta(value).total_seconds()
    except (ValueError, TypeError) as error:
        msg = f"as_step: not a time step: {value!r}. Write it like '15min'."
        raise InputError(msg) from error
    if not seconds > 0 or seconds != int(seconds) or 86_400 % int(seconds):
        msg = f"as_step: {value!r} is not a divisor of 24 hours in whole seconds; use '5min', '15min', …"
        raise InputError(msg)
    return np.timedelta64(int(seconds), "s")


def step_text(step: np.timedelta64) -> str:
    """Return a step as people write it.

    Examples
    --------
    >>> step_text(np.timedelta64(900, "s"))
    '0:15:00'
    """
    return str(pd.Timedelta(step).to_pytimedelta())


@dataclass(frozen=True)
class TimeGrid:
    """A run of UTC instants `step` apart.

    Parameters
    ----------
    start : numpy.datetime64
        The first instant.
    step : numpy.timedelta64
        The distance between two instants, a divisor of 24 hours.
    n : int
        How many instants.

    Examples
    --------
    >>> grid = TimeGrid(as_time("2020-10-25"), as_step("15min"), 3)
    >>> grid.last
    np.datetime64('2020-10-25T00:30:00')
    """

    start: np.datetime64
    step: np.timedelta64
    n: int

    @property
    def times(self) -> Times:
        """All instants, shape ``[time]``, ``datetime64[s]``."""
        return self.start + np.arange(self.n) * self.step

    @property
    def last(self) -> np.datetime64:
        """The last instant."""
        return self.start + (self.n - 1) * self.step

    @property
    def slots_per_day(self) -> int:
        """How many steps a day of 24 hours has."""
        return int(_DAY // self.step)

    def position(self, time: TimeLike, side: Literal["before", "after"]) -> int:
        """Return how many instants lie before `time` (``side="before"``), or up to and at it."""
        offset = as_time(time) - self.start
        count = int(offset // self.step + 1 if side == "after" else -(-offset // self.step))
        return min(max(count, 0), self.n)

    def slice(self, first: int, stop: int) -> TimeGrid:
        """Return the grid of instants ``first`` to ``stop - 1``."""
        return TimeGrid(self.start + first * self.step, self.step, max(stop - first, 0))


def to_utc(
    values: Any,
    *,
    where: str,
    tz: str | None = None,
    groups: npt.NDArray[Any] | None = None,
    ambiguous: Ambiguous = "infer",
) -> Times:
    """Turn a column of times into UTC ``datetime64[s]``.

    Parameters
    ----------
    values : array-like
        Strings, datetimes or Timestamps, shape ``[row]``, with or without a zone; no missing ones.
    where : str
        What is being read, for the error messages.
    tz : str, optional
        The zone of times that carry none. There is no default: nothing is guessed.
    groups : array, optional
        Shape ``[row]``: rows of one group were written in order (one charger's log, say), so the hour
        that occurs twice in autumn is resolved group by group.
    ambiguous : {'infer', 'first', 'second'}
        What to do with the autumn hour: infer from the order (both hours must be present), or take all
        of it as the first (summer time) or the second (winter time) occurrence.

    Returns
    -------
    numpy.ndarray
        Shape ``[row]``, ``datetime64[s]``, UTC.

    Raises
    ------
    NaiveTimeError
        If times carry no zone and `tz` is not given.
    AmbiguousTimeError
        If a local time occurs twice and the order does not tell which, or never occurs.
    InputError
        If a value is not a time, is missing, or only some carry a zone.

    Examples
    --------
    >>> to_utc(["2020-10-25 12:00"], where="example", tz="Europe/Paris")
    array(['2020-10-25T11:00:00'], dtype='datetime64[s]')
    """
    require_choice(ambiguous, get_args(Ambiguous), "ambiguous")
    index = _parse(pd.Series(values).reset_index(drop=True), where)
    if index.tz is not None:
        return _seconds(index.tz_convert("UTC").tz_localize(None))
    if tz is None:
        raise NaiveTimeError(where, index[0] if len(index) else "none")
    require_zone(tz, where)
    if tz.upper() == "UTC":
        return _seconds(index)
    choice: Any = "NaT" if ambiguous == "infer" else np.full(len(index), ambiguous == "first")
    local = index.tz_localize(tz, ambiguous=choice, nonexistent="NaT")
    utc = np.array(_seconds(local.tz_convert("UTC").tz_localize(None)))
    open_rows = np.flatnonzero(np.isnat(utc))
    if len(open_rows):
        utc[open_rows] = _resolve(
            index[open_rows], tz, where, None if groups is None else np.asarray(groups)[open_rows]
        )
    return utc


def require_zone(tz: str, where: str) -> None:
    """Raise InputError unless `tz` names a time zone."""
    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        msg = f"{where}: no such time zone: tz={tz!r}. Write it like 'Europe/Paris' or 'UTC'."
        raise InputError(msg) from error


def _parse(series: pd.Series, where: str) -> pd.DatetimeIndex:
    """Parse text or datetimes; times stay naive or aware as they were."""
    if series.isna().any():
        row = int(np.flatnonzero(series.isna())[0])
        msg = (
            f"{where}: {int(series.isna().sum()):,} times are missing, the first in row {row}. "
            "Drop those rows."
        )
        raise InputError(msg)
    if pd.api.types.is_numeric_dtype(series):
        msg = (
            f"{where}: numbers ({first_few(series.iloc[:4])}) are no times. "
            "Convert them: pd.to_datetime(x, unit='s')."
        )
        raise InputError(msg)
    if pd.api.types.is_datetime64_any_dtype(series):
        return pd.DatetimeIndex(series)
    if not pd.api.types.is_string_dtype(series.dtype) or not len(series):
        try:
            return pd.DatetimeIndex(series)
        except (ValueError, TypeError) as error:
            msg = f"{where}: not times: {first_few(series.iloc[:4])} (dtype {series.dtype})."
            raise InputError(msg) from error
    zoned = series.str.contains(_HAS_ZONE)
    if zoned.any() and not zoned.all():
        msg = (
            f"{where}: {int(zoned.sum()):,} of {len(series):,} times carry a zone, the others none; "
            f"for example {series[zoned].iloc[0]!r} and {series[~zoned].iloc[0]!r}. Make them alike."
        )
        raise InputError(msg)
    parsed = pd.to_datetime(series, format="ISO8601", errors="coerce", utc=bool(zoned.any()))
    wrong = series[parsed.isna()]
    if len(wrong):
        msg = (
            f"{where}: {len(wrong):,} values are not ISO times, the first in row {wrong.index[0]}: "
            f"{first_few(wrong)}. Expected something like '2020-10-25 02:15:00'."
        )
        raise InputError(msg)
    return pd.DatetimeIndex(parsed)


def _resolve(
    index: pd.DatetimeIndex, tz: str, where: str, groups: npt.NDArray[Any] | None
) -> Times:
    """Resolve the stamps that a plain localisation left open: the autumn hour by order, else an error."""
    shifted = index.tz_localize(tz, ambiguous="NaT", nonexistent="shift_forward")
    never = ~np.asarray(shifted.isna())
    if never.any():
        raise AmbiguousTimeError(where, index[never].unique(), tz, "never occurred")
    result = np.empty(len(index), dtype="datetime64[s]")
    keys = np.zeros(len(index)) if groups is None else groups
    for rows in pd.Series(np.arange(len(index))).groupby(keys, sort=False):
        positions = rows[1].to_numpy()
        # one autumn at a time: a log of several years has several such hours
        days = index[positions].normalize()
        for day in days.unique():
            part = positions[days == day]
            # written in order, the clock goes back exactly once: there the second occurrence begins
            back = np.diff(_seconds(index[part])) <= np.timedelta64(0, "s")
            if back.sum() != 1:
                raise AmbiguousTimeError(where, index[part].unique(), tz, "occurred twice")
            first = np.cumsum(np.append(False, back)) == 0
            local = index[part].tz_localize(tz, ambiguous=first)
            result[part] = _seconds(local.tz_convert("UTC").tz_localize(None))
    return result


def _seconds(index: pd.DatetimeIndex) -> Times:
    return index.to_numpy().astype("datetime64[s]")


def local_clock(times: Times, tz: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Return the local minute of the day (0 to 1439) and the weekday (Monday 0) of UTC instants.

    Parameters
    ----------
    times : numpy.ndarray
        Shape ``[time]``, ``datetime64``, UTC.
    tz : str
        The zone of the clock on the wall.

    Returns
    -------
    minute : numpy.ndarray
        Shape ``[time]``, int32, minutes since local midnight.
    weekday : numpy.ndarray
        Shape ``[time]``, int8, Monday is 0.

    Examples
    --------
    >>> minute, weekday = local_clock(np.array(["2020-10-25T11:00"], "M8[s]"), "Europe/Paris")
    >>> int(minute[0]), int(weekday[0])
    (720, 6)
    """
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz)
    minute = np.asarray(local.hour, np.int32) * 60 + np.asarray(local.minute, np.int32)
    return minute, np.asarray(local.weekday, np.int8)

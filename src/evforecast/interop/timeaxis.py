"""`TimeAxis`: the time index of a sktime series, whatever its kind, as UTC times of a panel and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import HorizonError, InputError, IrregularTimeError, first_few
from evforecast.timegrid import StepLike, as_step, to_utc

__all__ = ["TimeAxis", "fixed_length"]

# Where an index that only counts its rows is laid on the clock.
_EPOCH = np.datetime64("1970-01-01", "s")
_DAY = pd.Timedelta(days=1)
_Times = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class TimeAxis:
    """A time index of equal steps: the n-th step after `first` is the UTC time ``start + n * step``.

    Times whose step divides a day keep their place on the clock. Whole numbers, months, business days and
    the like are counted: each lasts one `step`, from 1970 on.

    Attributes
    ----------
    first : pandas.Timestamp, pandas.Period or int
        The label of step 0.
    unit : pandas.Timedelta, pandas offset or int
        What to add to a label for the next one.
    start : numpy.datetime64
        The time of step 0 in a panel, UTC.
    step : numpy.timedelta64
        The step of a panel.

    Examples
    --------
    >>> axis = TimeAxis.of(pd.period_range("2020-01", periods=3, freq="M"))
    >>> axis.times(pd.PeriodIndex(["2020-03"], freq="M"))
    array(['1970-01-01T00:30:00'], dtype='datetime64[s]')
    >>> axis.labels(axis.start + np.array([12]) * axis.step)
    PeriodIndex(['2021-01'], dtype='period[M]')
    """

    first: Any
    unit: Any
    start: np.datetime64
    step: np.timedelta64

    @classmethod
    def of(
        cls, index: pd.Index, *, freq: Any = None, step: StepLike = "15min", where: str = "TimeAxis"
    ) -> TimeAxis:
        """Return the axis of times that increase.

        Parameters
        ----------
        index : pandas.DatetimeIndex, PeriodIndex or Index of integers
            At least one time, without repetition; some steps may be missing.
        freq : pandas offset, optional
            The step of `index`, where it is known.
        step : str, timedelta, numpy.timedelta64 or pandas.Timedelta
            How long one step of an index without a clock lasts in the panel.
        where : str
            What is being read, for the error messages.

        Raises
        ------
        IrregularTimeError
            If the times of a DatetimeIndex lie on no common step.
        InputError
            If the index is of another kind, or a single time without a known step.
        """
        first: Any = index[0]
        counted = as_step(step)
        if isinstance(index, pd.PeriodIndex):
            length = fixed_length(first.freq)
            if length is not None and _divides_a_day(length):
                return cls(first, 1, _seconds(first.to_timestamp(), where), as_step(length))
            return cls(first, 1, _EPOCH, counted)
        if isinstance(index, pd.DatetimeIndex):
            unit = _unit(index, freq, where)
            if isinstance(unit, pd.Timedelta) and _divides_a_day(unit):
                return cls(first, unit, _seconds(first, where), as_step(unit))
            return cls(first, unit, _EPOCH, counted)
        if pd.api.types.is_integer_dtype(index.dtype):
            return cls(int(first), 1, _EPOCH, counted)
        msg = (
            f"{where}: times are dates, periods or whole numbers, found an index of {index.dtype}."
        )
        raise InputError(msg)

    def times(self, index: pd.Index) -> _Times:
        """Return the UTC times of labels, shape ``[label]``, ``datetime64[s]``.

        Raises
        ------
        IrregularTimeError
            If a label lies between two steps.
        InputError
            If the labels are of another kind than the axis.
        """
        places = self._places(self._alike(index))
        times: _Times = self.start + places * self.step
        return times

    def labels(self, times: _Times) -> pd.Index:
        """Return the labels of UTC times of the axis, in the kind of index that it was made from."""
        places = ((times - self.start) // self.step).tolist()
        labels = [self.first + place * self.unit for place in places]
        if isinstance(self.first, pd.Timestamp):
            dates: pd.Index = pd.DatetimeIndex(labels).as_unit(self.first.unit)
            return dates
        if isinstance(self.first, pd.Period):
            return pd.PeriodIndex(labels, freq=self.first.freq)
        numbers: pd.Index = pd.Index(labels, dtype=np.int64)
        return numbers

    def steps(self, fh: Any, cutoff: np.datetime64) -> list[int]:
        """Return the steps ahead of `cutoff` that a horizon of sktime means.

        Parameters
        ----------
        fh : sktime.forecasting.base.ForecastingHorizon
            Relative or absolute.
        cutoff : numpy.datetime64
            A UTC time of the axis.

        Raises
        ------
        HorizonError
            If a step is not a whole one, or a length of time is given where steps have none.
        IrregularTimeError, InputError
            As in `times`, for an absolute horizon.
        """
        values = fh.to_pandas()
        if not fh.is_relative:
            return [int(n) for n in (self.times(values) - cutoff) // self.step]
        if pd.api.types.is_integer_dtype(values.dtype):
            return [int(n) for n in values]
        unit = self.first.freq if isinstance(self.first, pd.Period) else self.unit
        length = unit if isinstance(unit, pd.Timedelta) else fixed_length(unit)
        if length is None:
            msg = f"the horizon {fh!r} holds lengths of time, but steps of {unit} have none. Count steps."
            raise HorizonError(msg)
        steps = np.asarray(pd.to_timedelta(values) / length, dtype=np.float64)
        if (steps != np.round(steps)).any():
            msg = f"the horizon {fh!r} holds parts of a step: {first_few(steps.tolist())} steps."
            raise HorizonError(msg)
        return [int(n) for n in steps]

    def _alike(self, index: pd.Index) -> pd.Index:
        """Return labels in the kind of the axis, where dates and periods can stand for each other."""
        if isinstance(self.first, pd.Timestamp) and isinstance(index, pd.PeriodIndex):
            index = index.to_timestamp()
        elif isinstance(self.first, pd.Period) and isinstance(index, pd.DatetimeIndex):
            index = index.to_period(self.first.freqstr)
        kinds: dict[type, type] = {pd.Timestamp: pd.DatetimeIndex, pd.Period: pd.PeriodIndex}
        for label, kind in kinds.items():
            if isinstance(self.first, label) != isinstance(index, kind):
                msg = f"times of {index.dtype} where the series has {type(self.first).__name__}s."
                raise InputError(msg)
        if isinstance(index, pd.DatetimeIndex) and (index.tz is None) != (self.first.tz is None):
            msg = f"times of {index.dtype} where the series has those of {self.first!r}: one carries a zone."
            raise InputError(msg)
        return index

    def _places(self, index: pd.Index) -> npt.NDArray[np.int64]:
        places: npt.NDArray[np.int64]
        off = np.zeros(len(index), dtype=bool)
        if isinstance(index, pd.PeriodIndex):
            size = self.first.freq.n
            places, rest = np.divmod(index.asi8 - self.first.ordinal, size)
            off = rest != 0
        elif not isinstance(index, pd.DatetimeIndex):
            places = index.to_numpy(dtype=np.int64) - self.first
        elif isinstance(self.unit, pd.Timedelta):
            gaps = index - self.first
            places = np.asarray(gaps // self.unit, dtype=np.int64)
            off = np.asarray(gaps % self.unit != pd.Timedelta(0))
        else:
            low, high = min(self.first, index.min()), max(self.first, index.max())
            span = pd.date_range(low, high, freq=self.unit)
            places = span.get_indexer(index).astype(np.int64)
            off = places < 0
            places -= int(span.get_indexer(pd.DatetimeIndex([self.first]))[0])
        if off.any():
            msg = (
                f"{int(off.sum()):,} of {len(index):,} times are off the steps from {self.first} on, "
                f"each {self.unit} long: {first_few(map(str, index[off]))}. Is that the step?"
            )
            raise IrregularTimeError(msg)
        return places


def fixed_length(freq: Any) -> pd.Timedelta | None:
    """Return how long a step of a pandas offset lasts, None where that varies.

    Examples
    --------
    >>> fixed_length(pd.offsets.Day(2)), fixed_length(pd.offsets.MonthEnd())
    (Timedelta('2 days 00:00:00'), None)
    """
    if isinstance(freq, pd.offsets.Day):  # since pandas 3 a day of the calendar, no longer a Tick
        return _DAY * freq.n
    return pd.Timedelta(freq) if isinstance(freq, pd.offsets.Tick) else None


def _unit(index: pd.DatetimeIndex, freq: Any, where: str) -> Any:
    """Return the step of dates: a length of time where they are evenly spaced, else a pandas offset."""
    length = None if freq is None else fixed_length(freq)
    if freq is not None and length is None:
        return freq
    if len(index) == 1:
        if length is None:
            msg = f"{where}: a single time tells no step. Give it two rows, or a freq."
            raise InputError(msg)
        return length
    gaps = index[1:] - index[:-1]
    unit = gaps.min()
    if not (gaps % unit != pd.Timedelta(0)).any():
        return unit
    name = pd.infer_freq(index) if len(index) > 2 else None
    if name is None:
        at = int(gaps.argmin())
        msg = (
            f"{where}: {len(index):,} times lie on no common step; two of them are {unit} apart "
            f"({index[at]} and {index[at + 1]}). Observations at any time are read as a StatusLog, "
            "whose to_panel puts them on a grid."
        )
        raise IrregularTimeError(msg)
    return pd.tseries.frequencies.to_offset(name)


def _divides_a_day(length: pd.Timedelta) -> bool:
    seconds = length.total_seconds()
    return seconds > 0 and seconds == int(seconds) and 86_400 % int(seconds) == 0


def _seconds(stamp: pd.Timestamp, where: str) -> np.datetime64:
    time: np.datetime64 = to_utc(pd.DatetimeIndex([stamp]), where=where, tz="UTC")[0]
    return time

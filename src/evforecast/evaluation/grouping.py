"""Which group each case of a backtest is in, told by its axes and never written down case by case.

What cases are grouped by belongs to an origin and a horizon, or to a charger. So the groups are the pairs
of a group of (origin, horizon) and a group of chargers, and there are never more of them than cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel import Calendar
from evforecast.timegrid import Times, local_clock

__all__ = ["CLOCKS", "DAY_TYPES", "Groups", "Key", "clock_key", "key"]

Index = npt.NDArray[np.intp]
Shape = tuple[int, int, int]

DAY_TYPES = ("working day", "saturday", "sunday or holiday")
"""The names of what `Calendar.day_types` returns."""


class Key(NamedTuple):
    """One thing to group by.

    Attributes
    ----------
    codes : numpy.ndarray
        Places in `labels`, of a shape that spreads over ``[origin, horizon, evse]``.
    labels : numpy.ndarray
        The different values, sorted.
    """

    codes: Index
    labels: npt.NDArray[Any]


def key(values: npt.NDArray[Any]) -> Key:
    """Return the key of values that spread over ``[origin, horizon, evse]``.

    Examples
    --------
    >>> key(np.array([[["b"]], [["a"]]], dtype=object)).codes.tolist()
    [[[1]], [[0]]]
    """
    codes, labels = pd.factorize(values.ravel(), sort=True)
    return Key(codes.reshape(values.shape), np.asarray(labels))


def clock_key(
    name: str, origins: Times, ahead: npt.NDArray[np.timedelta64], tz: str, calendar: Calendar
) -> Key:
    """Return a key of `CLOCKS`: each instant is converted to the local clock once.

    Parameters
    ----------
    name : str
        ``day`` (of the origin), ``hour`` or ``day_type`` (of the time that is forecast).
    origins : numpy.ndarray
        ``datetime64[s]``, UTC, shape ``[origin]``.
    ahead : numpy.ndarray
        ``timedelta64[s]``, shape ``[horizon]``.
    tz : str
        The zone of the clock on the chargers' wall.
    calendar : Calendar
        The public holidays.

    Examples
    --------
    >>> origin, ahead = np.array(["2020-05-01T21:00"], "M8[s]"), np.array([1, 2], "m8[h]")
    >>> clock_key("hour", origin, ahead, "Europe/Paris", Calendar.of()).labels.tolist()
    [0, 1]
    """
    convert, at_origin = CLOCKS[name]
    times = origins[:, None] if at_origin else origins[:, None] + ahead
    instants, place = np.unique(times, return_inverse=True)
    codes, labels = key(convert(instants, tz, calendar))
    return Key(codes[place.reshape(times.shape)][..., None], labels)


def _day(times: Times, tz: str, _: Calendar) -> npt.NDArray[Any]:
    local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(tz).tz_localize(None)
    return local.to_numpy().astype("datetime64[D]").astype("datetime64[s]")


def _hour(times: Times, tz: str, _: Calendar) -> npt.NDArray[Any]:
    return local_clock(times, tz)[0].astype(np.int64) // 60


def _day_type(times: Times, tz: str, calendar: Calendar) -> npt.NDArray[Any]:
    return np.array(DAY_TYPES, dtype=object)[calendar.day_types(times, tz)]


CLOCKS: dict[str, tuple[Callable[[Times, str, Calendar], npt.NDArray[Any]], bool]] = {
    "hour": (_hour, False),
    "day_type": (_day_type, False),
    "day": (_day, True),
}
"""What the local clock tells of instants, and whether of the origin instead of the time forecast."""


class Groups:
    """The groups of the cases of a backtest by some keys.

    Parameters
    ----------
    keys : mapping of str to Key
        By name.
    shape : tuple of int
        ``(origin, horizon, evse)``.

    Attributes
    ----------
    n : int
        How many groups there are, those without a case included.

    Examples
    --------
    >>> keys = {
    ...     "horizon": key(np.array([[[1], [4]]])),
    ...     "area": key(np.array([[["x", "y", "x"]]], object)),
    ... }
    >>> groups = Groups(keys, (1, 2, 3))
    >>> groups.of(slice(0, 2)).tolist()
    [[0, 1, 0], [2, 3, 2]]
    >>> groups.table(np.arange(groups.n)).to_numpy().tolist()
    [[1, 'x'], [1, 'y'], [4, 'x'], [4, 'y']]
    """

    def __init__(self, keys: Mapping[str, Key], shape: Shape) -> None:
        n, h, m = shape
        self._keys = keys
        of_evse = [name for name, one in keys.items() if one.codes.shape[:2] == (1, 1)]
        of_time = [name for name in keys if name not in of_evse]
        time, times = _combined({name: keys[name] for name in of_time}, (n, h, 1))
        unit, units = _combined({name: keys[name] for name in of_evse}, (1, 1, m))
        self._time, self._unit, self._n_unit = time.ravel(), unit.ravel(), units.shape[1]
        self.n = times.shape[1] * units.shape[1]
        self._codes = dict(zip(of_time, np.repeat(times, units.shape[1], axis=1), strict=True))
        self._codes |= dict(zip(of_evse, np.tile(units, times.shape[1]), strict=True))

    def of(self, rows: slice) -> Index:
        """Return the group of the cases in some rows of ``[origin * horizon, evse]``."""
        groups: Index = self._time[rows, None] * self._n_unit + self._unit
        return groups

    def sorted(self, groups: Index) -> Index:
        """Return groups in the order of their labels, the first key first."""
        if not self._keys:
            return groups
        order: Index = np.lexsort([self._codes[name][groups] for name in reversed([*self._keys])])
        return groups[order]

    def table(self, groups: Index) -> pd.DataFrame:
        """Return the labels of groups, a row each."""
        return pd.DataFrame(
            {name: one.labels[self._codes[name][groups]] for name, one in self._keys.items()},
            index=range(len(groups)),
        )


def _combined(keys: Mapping[str, Key], shape: Sequence[int]) -> tuple[Index, Index]:
    """Return which combination of labels each place of `shape` has, and the combinations ``[key, …]``."""
    sizes = (1, *(len(one.labels) for one in keys.values()))
    codes = [np.zeros((1, 1, 1), np.intp), *(one.codes for one in keys.values())]
    spread = [np.broadcast_to(one, shape).ravel() for one in codes]
    found, place = np.unique(np.ravel_multi_index(spread, sizes), return_inverse=True)
    return place.reshape(-1), np.stack(np.unravel_index(found, sizes))[1:]

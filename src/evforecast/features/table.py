"""The table that a direct forecaster learns from: one row a case (a cutoff and a charger).

Every column is computed from rows up to the cutoff, whatever the panel holds after it; the calendar of
the target is known in advance. Missing stretches leave NaN, or what was seen before them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.features.neighbours import Neighbours
from evforecast.features.profile import PROFILE_DAYS, time_of_day_profile
from evforecast.features.shares import StatusCounter
from evforecast.features.state import run_history, runs
from evforecast.panel import MISSING, StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["FeatureTable", "feature_names", "lookback_steps"]

_HOUR = np.timedelta64(3600, "s")
_SHARE_HOURS = (1, 3, 6, 24, 72, 168)
_CHANGE_HOURS = (1, 4, 24, 168)
# The latest day on which the target's time of day is past, the day before it, and six days before it.
_SAME_TIME = (0, 1, 6)

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


def lookback_steps(step: np.timedelta64) -> int:
    """Return how many rows up to the cutoff a row of the table can depend on.

    Parameters
    ----------
    step : numpy.timedelta64
        The length of a step.

    Examples
    --------
    >>> lookback_steps(np.timedelta64(900, "s"))
    773
    """
    hours = PROFILE_DAYS * 24 + 1
    return int(hours * _HOUR // step) + 1


def feature_names(statuses: tuple[str, ...]) -> list[str]:
    """Return the names of the columns for a scheme's `statuses`.

    ``age`` and ``previous_age`` count rows; shares are of observed rows in the hours before the cutoff;
    ``same_time`` is the status at the target's time of day, so many days before the latest one past.

    Parameters
    ----------
    statuses : tuple of str
        The names of the statuses.

    Examples
    --------
    >>> len(feature_names(("available", "charging", "passive", "offline", "down")))
    55
    """
    return [
        "status",
        "age",
        "stale",
        "previous",
        "previous_age",
        "before_previous",
        *(f"changes_{hours}h" for hours in _CHANGE_HOURS),
        *(f"{name}_{hours}h" for hours in _SHARE_HOURS for name in statuses),
        "location_size",
        *(f"{name}_neighbours" for name in statuses),
        *(f"same_time_{days}d" for days in _SAME_TIME),
        *(f"{name}_profile" for name in statuses),
        "target_minute",
    ]


class FeatureTable:
    """Features of any cases of one panel.

    Parameters
    ----------
    panel : StatusPanel
        The past. Its whole length is prepared once; `at` then gathers.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> table = FeatureTable(panel)
    >>> rows, units = np.array([800, 801]), np.array([0, 5])
    >>> table.at(rows, units, horizon=4).shape
    (2, 55)
    """

    def __init__(self, panel: StatusPanel) -> None:
        self._panel = panel
        self._limit = lookback_steps(panel.step)
        self._state = runs(panel.codes)
        status = self._state.status
        self._changes = np.zeros(status.shape, np.uint16)
        np.cumsum(status[1:] != status[:-1], axis=0, dtype=np.uint16, out=self._changes[1:])
        size = len(panel.scheme)
        self._counter = StatusCounter(panel.codes, size)
        self._neighbours = Neighbours(status, panel.evse["location_id"], size)

    def at(self, rows: Index, units: Index, horizon: int) -> F32:
        """Return the features of cases for one horizon.

        Parameters
        ----------
        rows : numpy.ndarray
            The row of each case's cutoff, shape ``[case]``.
        units : numpy.ndarray
            The column of each case's charger, shape ``[case]``.
        horizon : int
            Steps from the cutoff to the target.

        Returns
        -------
        numpy.ndarray
            float32, shape ``[case, feature]``, in the order of `feature_names`; NaN where unknown.
        """
        return np.hstack([self.present(rows, units), self.ahead(rows, units, horizon)])

    def present(self, rows: Index, units: Index) -> F32:
        """Return the features that are the same for every horizon."""
        columns: list[npt.NDArray[np.generic]] = [
            *run_history(self._state, rows, units, self._limit)
        ]
        for hours in _CHANGE_HOURS:
            earlier = np.maximum(rows - self._rows_in(hours), 0)
            columns.append(self._changes[rows, units] - self._changes[earlier, units])
        for hours in _SHARE_HOURS:
            counts = self._counter.counts(rows - self._rows_in(hours), rows, units)
            seen = counts.sum(axis=1, keepdims=True)
            columns.extend(np.where(seen > 0, counts / np.maximum(seen, 1), np.nan).T)
        columns.append(self._neighbours.size[units])
        columns.extend(self._neighbours.counts(rows, units).T)
        return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)

    def ahead(self, rows: Index, units: Index, horizon: int) -> F32:
        """Return the features that depend on the target's time."""
        panel = self._panel
        day = panel.grid.slots_per_day
        latest = rows + horizon - -(-horizon // day) * day
        columns = [self._code_at(latest - days * day, units) for days in _SAME_TIME]
        columns.extend(time_of_day_profile(self._counter, rows, units, horizon, panel.step).T)
        minute, _ = local_clock(panel.grid.start + (rows + horizon) * panel.step, panel.tz)
        columns.append(minute.astype(np.float32))
        return np.stack(columns, axis=1).astype(np.float32)

    def _rows_in(self, hours: int) -> int:
        return int(hours * _HOUR // self._panel.step)

    def _code_at(self, rows: Index, units: Index) -> F32:
        code = self._panel.codes[np.maximum(rows, 0), units]
        return np.where((rows >= 0) & (code != MISSING), code, np.float32(np.nan)).astype(
            np.float32
        )

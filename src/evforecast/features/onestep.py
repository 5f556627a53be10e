"""Features of one step ahead that a simulated path can keep up to date, exactly.

A one-step classifier learns from `OneStepTable`, at any rows of the past. Along a path it is asked again
after every step: `OneStepState` then holds the same features of every path of every charger, and updates
them from the statuses drawn instead of computing them anew. On a path that is what really happened, both
give the same numbers. The one exception is a charger's profile, which stays as it was at the cutoff: it is
a habit of observed days, and simulated ones would only dilute it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from evforecast.features.daytypes import DayTypes
from evforecast.features.neighbours import Neighbours, location_codes
from evforecast.features.profile import time_of_day_profile
from evforecast.features.shares import StatusCounter, network_shares, shares
from evforecast.features.state import code_at, run_history, runs
from evforecast.features.table import lookback_steps
from evforecast.panel import MISSING, StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["OneStepState", "OneStepTable", "one_step_names"]

_HOUR = np.timedelta64(3600, "s")
_SHARE_HOURS = (4, 24)
_SAME_TIME_DAYS = (1, 7)

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


def one_step_names(statuses: tuple[str, ...]) -> list[str]:
    """Return the names of the columns for a scheme's `statuses`.

    The names that `evforecast.features.feature_names` has too mean the same; ``network`` shares are of all
    chargers by their last known status.

    Parameters
    ----------
    statuses : tuple of str
        The names of the statuses.

    Examples
    --------
    >>> len(one_step_names(("available", "charging", "passive", "offline", "down")))
    34
    """
    return [
        "target_minute",
        "status",
        "age",
        "stale",
        "previous",
        "previous_age",
        *(f"{name}_{hours}h" for hours in _SHARE_HOURS for name in statuses),
        "location_size",
        *(f"{name}_neighbours" for name in statuses),
        *(f"{name}_network" for name in statuses),
        *(f"same_time_{days}d" for days in _SAME_TIME_DAYS),
        *(f"{name}_profile" for name in statuses),
    ]


class OneStepTable:
    """The features of the past, to learn one step from.

    Parameters
    ----------
    panel : StatusPanel
        The past.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> OneStepTable(panel).at(np.array([800]), np.array([0])).shape
    (1, 34)
    """

    def __init__(self, panel: StatusPanel) -> None:
        size = len(panel.scheme)
        self._panel = panel
        self._limit = lookback_steps(panel.step)
        self._state = runs(panel.codes)
        self.counter = StatusCounter(panel.codes, size)
        self._neighbours = Neighbours(self._state.status, panel.evse["location_id"], size)
        self._network = network_shares(self._state.status, size)
        self._day_types = DayTypes(panel).of

    def at(self, rows: Index, units: Index) -> F32:
        """Return the features of cases for the row after each, float32 ``[case, feature]``.

        Parameters
        ----------
        rows, units : numpy.ndarray
            The row of each case's cutoff and the column of its charger, shape ``[case]``.
        """
        panel = self._panel
        minute, _ = local_clock(panel.grid.start + (rows + 1) * panel.step, panel.tz)
        history = run_history(self._state, rows, units, self._limit)
        columns: list[npt.NDArray[np.generic]] = [minute, *history[:5]]
        for hours in _SHARE_HOURS:
            counts = self.counter.counts(rows - int(hours * _HOUR // panel.step), rows, units)
            columns.extend(shares(counts).T)
        columns.append(self._neighbours.size[units])
        columns.extend(self._neighbours.counts(rows, units).T)
        columns.extend(self._network[rows].T)
        day = panel.grid.slots_per_day
        columns.extend(
            code_at(panel.codes, rows + 1 - days * day, units) for days in _SAME_TIME_DAYS
        )
        columns.extend(self.profile(rows, units, 1).T)
        return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)

    def profile(self, rows: Index, units: Index, horizon: int) -> F32:
        """Return the habits at the target's time of day (see `time_of_day_profile`)."""
        return time_of_day_profile(
            self.counter, rows, units, horizon, self._panel.step, day_types=self._day_types
        )


class OneStepState:
    """The same features of many simulated paths, from the cutoff on.

    Parameters
    ----------
    context : StatusPanel
        The recent past; its last row is the cutoff.
    horizon : int
        How many steps the paths will go, at most.
    n_paths : int
        The number of paths.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> state = OneStepState(panel, horizon=4, n_paths=3)
    >>> state.features().shape
    (3, 6, 34)
    >>> state.move(np.zeros((3, 6), np.int8))
    """

    def __init__(self, context: StatusPanel, horizon: int, n_paths: int) -> None:
        rows, units = np.full(context.n_evse, context.n_time - 1), np.arange(context.n_evse)
        size = len(context.scheme)
        table = OneStepTable(context)
        start = table.at(rows, units)
        self._features = np.broadcast_to(start, (n_paths, *start.shape)).copy()
        self._column = {name: k for k, name in enumerate(one_step_names(context.scheme.names))}
        self._limit = lookback_steps(context.step)
        self._past, self._day = context.codes, context.grid.slots_per_day
        self._drawn = np.empty((horizon, n_paths, context.n_evse), np.int8)
        self._moves = 0
        ahead = context.cutoff + np.arange(1, horizon + 2) * context.step
        self._minute = local_clock(ahead, context.tz)[0]
        self._profile = partial(table.profile, rows, units)
        self._windows = []
        for hours in _SHARE_HOURS:
            length = int(hours * _HOUR // context.step)
            counts = table.counter.counts(rows - length, rows, units)
            self._windows.append((hours, length, np.repeat(counts[None], n_paths, axis=0)))
        self._names = context.scheme.names
        location = location_codes(context)
        # A place in the counts by path, location and status.
        n_location = int(location.max(initial=-1)) + 1
        self._place = (np.arange(n_paths)[:, None] * n_location + location) * size

    @property
    def n_status(self) -> int:
        """The number of statuses."""
        return len(self._names)

    def features(self) -> F32:
        """Return the features as they are now, float32 ``[path, evse, feature]``: a view."""
        return self._features

    def move(self, status: npt.NDArray[np.int8]) -> None:
        """Go one row on.

        Parameters
        ----------
        status : numpy.ndarray
            The statuses drawn for that row, int8 ``[path, evse]``.
        """
        self._drawn[self._moves] = status
        self._moves += 1
        self._set("target_minute", self._minute[self._moves])
        self._move_runs(status)
        for hours, length, counts in self._windows:
            self._add(counts, status, 1)
            self._add(counts, self._code_at(self._moves - length), -1)
            self._set_all(f"_{hours}h", shares(counts))
        self._move_neighbours(status)
        for days in _SAME_TIME_DAYS:
            code = self._code_at(self._moves + 1 - days * self._day)
            self._set(f"same_time_{days}d", np.where(code == MISSING, np.float32(np.nan), code))
        self._set_all("_profile", self._profile(self._moves + 1))

    def _move_runs(self, status: npt.NDArray[np.int8]) -> None:
        column, limit = self._column, self._limit
        before, age, _, previous, previous_age = (
            self._features[..., column[name]].copy()
            for name in ("status", "age", "stale", "previous", "previous_age")
        )
        changed = status != before
        previous = np.where(changed, before, previous)
        previous_age = np.where(changed, age, previous_age)
        age = np.where(changed, 1, np.minimum(age + 1, limit))
        # What began more than `limit` rows ago is unknown.
        self._set("status", status)
        self._set("age", age)
        self._set("stale", 0)
        self._set("previous", np.where(age >= limit, MISSING, previous))
        self._set("previous_age", np.minimum(previous_age, limit - age))

    def _move_neighbours(self, status: npt.NDArray[np.int8]) -> None:
        size = len(self._names)
        n_place = int(self._place[-1].max()) + size if self._place.size else 0
        there = np.bincount((self._place + status).ravel(), minlength=n_place)
        counts = there[self._place[..., None] + np.arange(size)].astype(np.float32)
        self._add(counts, status, -1)
        self._set_all("_neighbours", counts)
        self._set_all("_network", network_shares(status, size)[:, None])

    def _add(self, counts: F32, status: npt.NDArray[np.int8], one: int) -> None:
        """Add one to the count of each path's and charger's status, where it is not missing."""
        flat = counts.reshape(-1)
        place = np.arange(0, flat.size, counts.shape[-1]).reshape(status.shape) + status
        flat[place[status != MISSING]] += one

    def _code_at(self, row: int) -> npt.NDArray[np.int8]:
        """Return the status of a row after the cutoff (or before it, from 0 down), ``[path, evse]``."""
        if row > 0:
            drawn: npt.NDArray[np.int8] = self._drawn[row - 1]
            return drawn
        place = len(self._past) - 1 + row
        code = self._past[place] if place >= 0 else np.int8(MISSING)
        return np.broadcast_to(code, self._drawn.shape[1:])

    def _set(self, name: str, value: npt.ArrayLike) -> None:
        self._features[..., self._column[name]] = value

    def _set_all(self, suffix: str, values: npt.NDArray[np.floating]) -> None:
        """Write one column a status, ``[..., status]``."""
        first = self._column[f"{self._names[0]}{suffix}"]
        self._features[..., first : first + len(self._names)] = values

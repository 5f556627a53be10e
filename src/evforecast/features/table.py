"""The table that a direct forecaster learns from: one row a case (a cutoff and a charger).

Every column is computed from rows up to the cutoff, whatever the panel holds after it; the calendar of
the target is known in advance. Missing stretches leave NaN, or what was seen before them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.features.daytypes import DayTypes
from evforecast.features.neighbours import Neighbours, location_codes
from evforecast.features.profile import PROFILE_DAYS, time_of_day_profile
from evforecast.features.shares import StatusCounter, network_shares, shares
from evforecast.features.state import code_at, run_history, runs
from evforecast.panel import Calendar, StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["DEFAULT_GROUPS", "GROUPS", "FeatureTable", "feature_names", "lookback_steps"]

_HOUR = np.timedelta64(3600, "s")
SHARE_HOURS = (1, 3, 6, 24, 72, 168)
CHANGE_HOURS = (1, 4, 24, 168)
# The latest day on which the target's time of day is past, the day before it, and six days before it.
SAME_TIME = (0, 1, 6)

PRESENT_GROUPS = ("state", "changes", "shares", "neighbours", "network", "static", "weather")
AHEAD_GROUPS = ("same_time", "profile", "location_profile", "calendar", "weather_ahead")
GROUPS = (*PRESENT_GROUPS, *AHEAD_GROUPS)
"""The groups of columns: those known at the cutoff, then those that depend on the target's time."""

DEFAULT_GROUPS = tuple(name for name in GROUPS if name not in {"static", "location_profile"})
"""The groups that a direct forecaster looks at; the others did not help on real data."""

# Cases computed at a time: columns come as float64 before they are stacked.
_BLOCK = 1 << 15

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


def feature_names(
    statuses: tuple[str, ...],
    groups: Sequence[str] = DEFAULT_GROUPS,
    exog: Sequence[str] = (),
) -> list[str]:
    """Return the names of the columns.

    ``age`` and ``previous_age`` count rows, ``stale`` the rows since a status was seen; shares are of
    observed rows in the hours before the cutoff; ``neighbours`` counts the other chargers of the location
    by last known status, ``network`` all chargers, as shares; ``same_time`` is the status at the target's
    time of day, so many days before the latest one past; ``profile`` is the charger's habit at the
    target's time of day (`time_of_day_profile`), ``location`` that of its location. An exogenous series
    comes as last known at the cutoff (``_now``) and as last known at the target's time of day
    (``_ahead``, its forecast by persistence).

    Parameters
    ----------
    statuses : tuple of str
        The names of the scheme's statuses.
    groups : sequence of str
        Of `GROUPS`; the order does not matter.
    exog : sequence of str
        The names of the exogenous series.

    Raises
    ------
    InputError
        If there is no such group.

    Examples
    --------
    >>> len(feature_names(("available", "charging", "passive", "offline", "down")))
    62
    """
    if strangers := set(groups) - set(GROUPS):
        msg = f"features: no group {sorted(strangers)}; choose among {GROUPS}."
        raise InputError(msg)
    columns = {
        "state": ["status", "age", "stale", "previous", "previous_age", "before_previous"],
        "changes": [f"changes_{hours}h" for hours in CHANGE_HOURS],
        "shares": [f"{name}_{hours}h" for hours in SHARE_HOURS for name in statuses],
        "neighbours": ["location_size", *(f"{name}_neighbours" for name in statuses)],
        "network": [f"{name}_network" for name in statuses],
        "static": ["lat", "lon", "model"],
        "weather": [f"{name}_now" for name in exog],
        "same_time": [f"same_time_{days}d" for days in SAME_TIME],
        "profile": [f"{name}_profile" for name in statuses],
        "location_profile": [f"{name}_location" for name in statuses],
        "calendar": ["target_minute", "day_type", "school_holiday"],
        "weather_ahead": [f"{name}_ahead" for name in exog],
    }
    return [name for group in GROUPS if group in groups for name in columns[group]]


class FeatureTable:
    """Features of any cases of one panel.

    Parameters
    ----------
    panel : StatusPanel
        The past. Its whole length is prepared once; `at` then gathers.
    groups : sequence of str
        The groups of columns wanted (see `feature_names`).
    calendar : Calendar, optional
        Public holidays, which count as Sundays, and school holidays; without it there are none.
    models : sequence of str
        The charger models by number; any other is NaN.
    exog : sequence of str
        The exogenous series of the panel to look at; one that the panel lacks is NaN.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> table = FeatureTable(panel)
    >>> rows, units = np.array([800, 801]), np.array([0, 5])
    >>> table.at(rows, units, horizon=4).shape
    (2, 62)
    """

    def __init__(
        self,
        panel: StatusPanel,
        *,
        groups: Sequence[str] = DEFAULT_GROUPS,
        calendar: Calendar | None = None,
        models: Sequence[str] = (),
        exog: Sequence[str] = (),
    ) -> None:
        self._panel, self._groups = panel, frozenset(groups)
        self._limit = lookback_steps(panel.step)
        self._days = DayTypes(panel, calendar)
        self._state = runs(panel.codes)
        status, size = self._state.status, len(panel.scheme)
        self._changes = np.zeros(status.shape, np.uint16)
        np.cumsum(status[1:] != status[:-1], axis=0, dtype=np.uint16, out=self._changes[1:])
        self._counter = StatusCounter(panel.codes, size)
        self._neighbours = Neighbours(status, panel.evse["location_id"], size)
        if "network" in groups:
            self._network = network_shares(status, size)
        if "location_profile" in groups:
            self._location_counter = StatusCounter(panel.codes, size, location_codes(panel))
        if "static" in groups:
            places = {name: float(place) for place, name in enumerate(models)}
            number = [places.get(name, np.nan) for name in panel.evse["model"]]
            self._static = np.array(
                [panel.evse["lat"], panel.evse["lon"], number], dtype=np.float64
            )
        self._series = tuple(exog)
        self._exog = _carried(panel, exog, self._limit)

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
        names = feature_names(self._panel.scheme.names, tuple(self._groups), self._series)
        table = np.empty((len(rows), len(names)), np.float32)
        for first in range(0, len(rows), _BLOCK):
            block = slice(first, first + _BLOCK)
            present = self.present(rows[block], units[block])
            table[block, : present.shape[1]] = present
            table[block, present.shape[1] :] = self.ahead(rows[block], units[block], horizon)
        return table

    def present(self, rows: Index, units: Index) -> F32:
        """Return the features that are the same for every horizon."""
        wanted = self._groups
        columns: list[npt.NDArray[np.generic]] = []
        if "state" in wanted:
            columns.extend(run_history(self._state, rows, units, self._limit))
        if "changes" in wanted:
            for hours in CHANGE_HOURS:
                earlier = np.maximum(rows - self._rows_in(hours), 0)
                columns.append(self._changes[rows, units] - self._changes[earlier, units])
        if "shares" in wanted:
            for hours in SHARE_HOURS:
                counts = self._counter.counts(rows - self._rows_in(hours), rows, units)
                columns.extend(shares(counts).T)
        if "neighbours" in wanted:
            columns.append(self._neighbours.size[units])
            columns.extend(self._neighbours.counts(rows, units).T)
        if "network" in wanted:
            columns.extend(self._network[rows].T)
        if "static" in wanted:
            columns.extend(self._static[:, units])
        if "weather" in wanted:
            columns.extend(self._exog[:, rows])
        return _stacked(columns, len(rows))

    def ahead(self, rows: Index, units: Index, horizon: int) -> F32:
        """Return the features that depend on the target's time."""
        panel, wanted = self._panel, self._groups
        day = panel.grid.slots_per_day
        latest = rows + horizon - -(-horizon // day) * day
        columns: list[npt.NDArray[np.generic]] = []
        if "same_time" in wanted:
            columns.extend(code_at(panel.codes, latest - days * day, units) for days in SAME_TIME)
        if "profile" in wanted:
            columns.extend(self._profile(self._counter, rows, units, horizon).T)
        if "location_profile" in wanted:
            columns.extend(self._profile(self._location_counter, rows, units, horizon).T)
        if "calendar" in wanted:
            target = rows + horizon
            minute, _ = local_clock(panel.grid.start + target * panel.step, panel.tz)
            columns.extend([minute, self._days.of(target), self._days.school(target)])
        if "weather_ahead" in wanted:
            columns.extend(np.where(latest >= 0, self._exog[:, np.maximum(latest, 0)], np.nan))
        return _stacked(columns, len(rows))

    def _profile(self, counter: StatusCounter, rows: Index, units: Index, horizon: int) -> F32:
        return time_of_day_profile(
            counter, rows, units, horizon, self._panel.step, day_types=self._days.of
        )

    def _rows_in(self, hours: int) -> int:
        return int(hours * _HOUR // self._panel.step)


def _carried(panel: StatusPanel, names: Sequence[str], limit: int) -> F32:
    """Return series ``[series, time]``, each value carried over a gap of less than `limit` rows."""
    values = np.full((len(names), panel.n_time), np.nan, np.float32)
    for place, name in enumerate(names):
        if panel.exog is not None and name in panel.exog:
            series = pd.Series(np.asarray(panel.exog[name], dtype=np.float64))
            values[place] = series.ffill(limit=limit)
    return values


def _stacked(columns: Sequence[npt.NDArray[np.generic]], n_case: int) -> F32:
    if not columns:
        return np.empty((n_case, 0), np.float32)
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)

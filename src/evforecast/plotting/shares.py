"""The mix of statuses of a network, by the hour of the day or over time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, band_edge, legend_above, status_colour, time_axis
from evforecast.timegrid import local_clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["shares"]

_HOURLY = 7 * 24


def shares(
    panel: StatusPanel, by: Literal["hour", "time"] = "hour", *, ax: Axes | None = None
) -> Axes:
    """Draw the share of each status among what was observed.

    Parameters
    ----------
    panel : StatusPanel
        The statuses.
    by : {'hour', 'time'}
        By the hour of the local day, all days together; or along the whole panel, hour after hour (up
        to a week) or day after day, blank where nothing was observed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    EmptyInputError
        If nothing was observed.
    InputError
        If `by` is something else.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> ax = shares(ev.simulate(n_evse=6, days=4, random_state=0), ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'hour of the local day (Europe/Paris)'
    """
    if by not in {"hour", "time"}:
        msg = f"plotting.shares: by={by!r}; choose 'hour' or 'time'."
        raise InputError(msg)
    counts = np.stack(
        [(panel.codes == code).sum(axis=1) for code in range(len(panel.scheme))], axis=1
    )
    if not counts.any():
        msg = f"plotting.shares: {panel!r} holds no observed status."
        raise EmptyInputError(msg)
    ax = axes_of(ax)
    if by == "hour":
        hour = local_clock(panel.times, panel.tz)[0] // 60
        _stack(ax, panel, _mix(counts, hour, 24), np.arange(25.0))
        ax.set(xlim=(0, 24), xticks=range(0, 25, 3))
        ax.set_xlabel(f"hour of the local day ({panel.tz})")
    else:
        # A year of hours would be thinner than a pixel each.
        hours = (panel.times[-1] - panel.times[0]) / np.timedelta64(1, "h") + 1
        edges = _edges(panel, "h" if hours <= _HOURLY else "D")
        box = np.searchsorted(edges, panel.times, side="right") - 1
        mix = _mix(counts, box, len(edges) - 1)
        places = np.asarray(date2num(edges), dtype=np.float64)
        _stack(ax, panel, mix, places)
        time_axis(ax, panel.tz)
        ax.set(xlim=(places[0], places[-1]))
    ax.set(ylim=(0, 1), ylabel="share of observed")
    ax.grid(visible=False)
    legend_above(ax, n=len(panel.scheme))
    return ax


def _edges(panel: StatusPanel, unit: Literal["h", "D"]) -> npt.NDArray[np.datetime64]:
    """Return the UTC times between which the local hours, or days, of the panel lie.

    A day of the autumn clock change has 25 hours, and stays one day.
    """
    local = pd.DatetimeIndex(panel.times[[0, -1]]).tz_localize("UTC").tz_convert(panel.tz)
    if unit == "h":
        # Zones lie whole quarters of an hour apart, so an hour of the wall clock is cut in UTC minutes.
        back = pd.Timedelta(minutes=local[0].minute, seconds=local[0].second)
        first = panel.times[0] - np.timedelta64(int(back.total_seconds()), "s")
        hour = np.timedelta64(3600, "s")
        hours: npt.NDArray[np.datetime64] = first + hour * np.arange(
            int((panel.times[-1] - first) // hour) + 2
        )
        return hours
    days = pd.date_range(
        local[0].date(), local[1].date() + dt.timedelta(days=1), freq="D", tz=panel.tz
    )
    return days.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def _mix(
    counts: npt.NDArray[np.int64], group: npt.NDArray[np.integer], n: int
) -> npt.NDArray[np.float64]:
    """Return the mean mix of each group, ``[group, status]``, NaN where nothing was observed."""
    sums = pd.DataFrame(counts).groupby(np.asarray(group)).sum().reindex(range(n), fill_value=0)
    total = sums.sum(axis=1).to_numpy(dtype=np.float64)
    return sums.to_numpy(dtype=np.float64) / np.where(total > 0, total, np.nan)[:, None]


def _stack(
    ax: Axes,
    panel: StatusPanel,
    mix: npt.NDArray[np.float64],
    edges: npt.NDArray[np.float64],
) -> None:
    """Stack steps, not lines: an hour is a box, and a gap stays a gap."""
    top = np.zeros(len(mix))
    for code, name in enumerate(panel.scheme.names):
        base, top = top, top + mix[:, code]
        ax.stairs(
            top,
            edges,
            baseline=base,
            fill=True,
            label=plain(name),
            facecolor=status_colour(name, code),
            **band_edge(ax),
        )

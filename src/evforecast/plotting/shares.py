"""The mix of statuses of a network, by the hour of the day or over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, band_edge, legend_above, status_colour, time_axis
from evforecast.timegrid import as_time, local_clock

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
        _stack(ax, panel, _mix(counts, hour, 24), np.arange(24.0), 1.0)
        ax.set(xlim=(0, 24), xticks=range(0, 25, 3))
        ax.set_xlabel(f"hour of the local day ({panel.tz})")
    else:
        # A year of hours would be thinner than a pixel each.
        hours = (panel.times[-1] - panel.times[0]) / np.timedelta64(1, "h") + 1
        width = np.timedelta64(1 if hours <= _HOURLY else 24, "h")
        start = _floor(panel.times[0], width, panel.tz)
        box = ((panel.times - start) // width).astype(np.intp)
        mix = _mix(counts, box, int(box[-1]) + 1)
        left = np.asarray(date2num(start + np.arange(len(mix)) * width), dtype=np.float64)
        days = float(width / np.timedelta64(1, "D"))
        _stack(ax, panel, mix, left, days)
        time_axis(ax, panel.tz)
        ax.set(xlim=(left[0], left[-1] + days))
    ax.set(ylim=(0, 1), ylabel="share of observed")
    ax.grid(visible=False)
    legend_above(ax, n=len(panel.scheme))
    return ax


def _floor(time: np.datetime64, width: np.timedelta64, tz: str) -> np.datetime64:
    """Return the beginning of the local hour, or day, of a time; UTC."""
    local = pd.Timestamp(time).tz_localize("UTC").tz_convert(tz)
    # Zones lie whole quarters of an hour apart, so an hour of the wall clock is cut in UTC minutes.
    back = pd.Timedelta(minutes=local.minute, seconds=local.second)
    if width > np.timedelta64(1, "h"):
        back += pd.Timedelta(hours=local.hour)
    return as_time(pd.Timestamp(time) - back)


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
    left: npt.NDArray[np.float64],
    width: float,
) -> None:
    """Stack steps, not lines: an hour is a box, and a gap stays a gap."""
    edges = np.append(left, left[-1] + width)
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

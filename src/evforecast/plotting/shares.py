"""The mix of statuses of a network, by the hour of the day or of the week, or over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, require_choice
from evforecast.panel import StatusPanel
from evforecast.plotting.stacks import local_edges, stack_steps
from evforecast.plotting.style import axes_of, legend_above, time_axis
from evforecast.timegrid import local_clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["shares"]

_HOURS_OF_WEEK = 7 * 24
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def shares(
    panel: StatusPanel, by: Literal["hour", "week", "time"] = "hour", *, ax: Axes | None = None
) -> Axes:
    """Draw the share of each status among what was observed.

    Parameters
    ----------
    panel : StatusPanel
        The statuses.
    by : {'hour', 'week', 'time'}
        By the hour of the local day, all days together; by the hour of the local week, Monday first, all
        weeks together; or along the whole panel, hour after hour (up to a week) or day after day. Blank
        where nothing was observed.
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
    require_choice(by, ("hour", "week", "time"), "plotting.shares: by")
    counts = np.stack(
        [(panel.codes == code).sum(axis=1) for code in range(len(panel.scheme))], axis=1
    )
    if not counts.any():
        msg = f"plotting.shares: {panel!r} holds no observed status."
        raise EmptyInputError(msg)
    ax = axes_of(ax)
    names = panel.scheme.names
    if by == "time":
        # A year of hours would be thinner than a pixel each.
        hours = (panel.times[-1] - panel.times[0]) / np.timedelta64(1, "h") + 1
        edges = local_edges(panel, "h" if hours <= _HOURS_OF_WEEK else "D")
        box = np.searchsorted(edges, panel.times, side="right") - 1
        places = np.asarray(date2num(edges), dtype=np.float64)
        stack_steps(ax, names, _mix(counts, box, len(edges) - 1), places)
        time_axis(ax, panel.tz)
        ax.set_xlim(places[0], places[-1])
    else:
        minute, weekday = local_clock(panel.times, panel.tz)
        n = 24 if by == "hour" else _HOURS_OF_WEEK
        hour = (minute // 60 + 24 * weekday.astype(np.int32)) % n
        stack_steps(ax, names, _mix(counts, hour, n), np.arange(n + 1.0))
        ax.set_xlim(0, n)
        if by == "hour":
            ax.set_xticks(range(0, 25, 3))
            ax.set_xlabel(f"hour of the local day ({panel.tz})")
        else:
            # A tick where a day begins; its name stands in its middle, where no tick is.
            ax.set_xticks(range(0, n + 1, 24), [])
            ax.set_xticks(range(12, n, 24), _DAYS, minor=True)
            ax.tick_params(axis="x", which="minor", length=0)
            ax.set_xlabel(f"local week ({panel.tz})")
    ax.set(ylim=(0, 1), ylabel="share of observed")
    ax.grid(visible=False)
    legend_above(ax, n=len(panel.scheme))
    return ax


def _mix(
    counts: npt.NDArray[np.int64], group: npt.NDArray[np.integer], n: int
) -> npt.NDArray[np.float64]:
    """Return the mean mix of each group, ``[group, status]``, NaN where nothing was observed."""
    sums = pd.DataFrame(counts).groupby(np.asarray(group)).sum().reindex(range(n), fill_value=0)
    total = sums.sum(axis=1).to_numpy(dtype=np.float64)
    return sums.to_numpy(dtype=np.float64) / np.where(total > 0, total, np.nan)[:, None]

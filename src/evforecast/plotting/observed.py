"""The quality of a history: how much of each charger was observed, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.dates import date2num
from matplotlib.patches import Patch

from evforecast.errors import EmptyInputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.plotting.levels import LEVELS, NAMES, level_of
from evforecast.plotting.stacks import local_edges
from evforecast.plotting.style import axes_of, legend_above, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["observed"]


def observed(panel: StatusPanel, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the times at which each charger was observed, day by day.

    Parameters
    ----------
    panel : StatusPanel
        The statuses.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A line a charger, the most observed on top; local days across, blank where nothing was observed.
        The title tells the share of all.

    Raises
    ------
    EmptyInputError
        If nothing was observed.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> ax = observed(ev.simulate(n_evse=6, days=4, random_state=0), ax=Figure().add_subplot())
    >>> ax.get_ylabel()
    'chargers, the most observed on top'
    """
    seen = panel.codes != MISSING
    if not seen.any():
        msg = f"plotting.observed: {panel!r} holds no observed status."
        raise EmptyInputError(msg)
    edges = local_edges(panel, "D")
    first = np.searchsorted(panel.times, edges[:-1])
    had = np.add.reduceat(seen, first, axis=0, dtype=np.int64)
    due = np.diff(np.append(first, panel.n_time))[:, None]
    order = np.argsort(-had.sum(axis=0), kind="stable")
    level = level_of(np.broadcast_to(due, had.shape).astype(float), had[:, order].astype(float)).T
    ax = axes_of(ax)
    nothing = len(LEVELS)
    days = date2num(edges)
    ax.imshow(
        np.ma.masked_outside(level, 0, nothing - 1),
        cmap=ListedColormap([colour for _, _, colour in LEVELS]),
        vmin=-0.5,
        vmax=nothing - 0.5,
        aspect="auto",
        interpolation="nearest",
        extent=(days[0], days[-1], panel.n_evse, 0),
    )
    time_axis(ax, panel.tz)
    ax.set_ylabel("chargers, the most observed on top")
    ax.grid(visible=False)
    ink = ax.yaxis.label.get_color()
    colours = [*(colour for _, _, colour in LEVELS), "none"]
    marks = [
        Patch(facecolor=colour, edgecolor=ink, linewidth=0.5, label=name)
        for place, (name, colour) in enumerate(zip(NAMES, colours, strict=True))
        if (level == place).any()
    ]
    ax.set_title(f"{_share(int(seen.sum()), seen.size)} of all was observed", pad=22)
    legend_above(ax, n=len(marks), handles=marks)
    return ax


def _share(had: int, due: int) -> str:
    """Return the share, rounded down: 100% is all."""
    return f"{1000 * had // due / 10:g}%"

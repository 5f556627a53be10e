"""What a warehouse costs day by day, a stacked bar a day: steps by colour, idle time hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator

from evforecast.errors import EmptyInputError
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, band_edge, legend_above, time_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["credits_by_day"]

_WIDTH = 0.8
# More steps than colours that can be told apart: the smallest are one.
_MOST = 5
_OTHERS = "other steps"
_HATCH = "/////"


def credits_by_day(
    used: pd.DataFrame,
    idle: pd.DataFrame,
    *,
    nobody: pd.Series | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the credits of each day as a bar, a colour a step, what was idle hatched in its colour.

    Parameters
    ----------
    used, idle : pandas.DataFrame
        Credits, ``[day, step]``: days (UTC) down, steps across. What is missing is zero.
    nobody : pandas.Series, optional
        Credits of each day in hours in which no step ran, drawn on top, in no colour.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The five steps that cost most stand alone, the largest at the bottom; all others are one.

    Raises
    ------
    EmptyInputError
        If there is no day.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> days = pd.to_datetime(["2026-11-27", "2026-11-28"])
    >>> used = pd.DataFrame({"load": [0.1, 0.1], "predict": [0.3, 0.5]}, index=days)
    >>> ax = credits_by_day(used, used / 2, ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['predict', 'load', 'idle']
    """
    days = used.index.union(idle.index)
    if nobody is not None:
        days = days.union(nobody.index)
    if days.empty:
        msg = "plotting.credits_by_day: there is no day. Did any step run?"
        raise EmptyInputError(msg)
    steps = used.columns.union(idle.columns)
    full = used.reindex(index=days, columns=steps).fillna(0.0)
    rest = idle.reindex(index=days, columns=steps).fillna(0.0)
    totals = (full.sum() + rest.sum()).sort_values(ascending=False, kind="stable")
    names = list(totals.index)
    groups = {str(name): [name] for name in names[:_MOST]}
    if names[_MOST:]:
        groups[_OTHERS] = names[_MOST:]
    ax = axes_of(ax)
    x = np.asarray(date2num(days.to_numpy()), dtype=np.float64) + 0.5
    colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    bottom, edge = np.zeros(len(days)), band_edge(ax)
    for place, (name, columns) in enumerate(groups.items()):
        colour = colours[place % len(colours)]
        height = full[columns].sum(axis=1).to_numpy(float)
        ax.bar(x, height, _WIDTH, bottom, color=colour, label=plain(name), **edge)
        bottom += height
        height = rest[columns].sum(axis=1).to_numpy(float)
        if height.any():
            ax.bar(
                x,
                height,
                _WIDTH,
                bottom,
                facecolor="none",
                edgecolor=colour,
                hatch=_HATCH,
                linewidth=0.8,
            )
        bottom += height
    ink = ax.yaxis.label.get_color()
    if rest.to_numpy().any():
        # of no height: only what hatching means, for the legend
        ax.bar(
            x[:1],
            [0.0],
            _WIDTH,
            facecolor="none",
            edgecolor=ink,
            hatch=_HATCH,
            linewidth=0.8,
            label="idle",
        )
    if nobody is not None and nobody.any():
        height = nobody.reindex(days).fillna(0.0).to_numpy(float)
        look: dict[str, Any] = {
            "facecolor": "none",
            "edgecolor": ink,
            "hatch": "....",
            "linewidth": 0.8,
        }
        ax.bar(x, height, _WIDTH, bottom, label="idle for nobody", **look)
        bottom += height
    ax.set(xlim=(x[0] - 0.6, x[-1] + 0.6), ylim=(0, bottom.max() * 1.05 or 1), ylabel="credits")
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.grid(visible=False, axis="x")
    time_axis(ax, "UTC")
    ax.set_xlabel("day (UTC)")
    legend_above(ax, n=len(ax.get_legend_handles_labels()[1]))
    return ax

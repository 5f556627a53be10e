"""What was collected, day by day: a band a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting.labels import plain
from evforecast.plotting.levels import LEVELS, NAMES, level_of
from evforecast.plotting.style import axes_of, legend_above, time_axis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["coverage"]

_HEIGHT = 0.5
_NOTHING = "#D1495B"


def coverage(planned: pd.DataFrame, answered: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the share of planned requests that were answered, a band a feed, day by day.

    Parameters
    ----------
    planned, answered : pandas.DataFrame
        How many requests, ``[day, feed]``: days (UTC) down, feeds across, the same in both. A day with
        none planned, or a missing number, stays blank.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Above each band its name, and the share of all days; 100% only where nothing is missing.

    Raises
    ------
    MissingColumnsError
        If `answered` lacks a feed.
    EmptyInputError
        If nothing was planned.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> days = pd.to_datetime(["2026-11-27", "2026-11-28"])
    >>> planned = pd.DataFrame({"belib-status": [96, 33]}, index=days)
    >>> ax = coverage(planned, planned.replace(96, 95), ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts]
    ['belib-status', '99.2%']
    """
    feeds = list(planned.columns)
    if missing := [str(feed) for feed in feeds if feed not in answered.columns]:
        raise MissingColumnsError(
            missing, map(str, answered.columns), "plotting.coverage: answered"
        )
    due = planned.fillna(0)
    due = due.loc[due.sum(axis=1) > 0]
    if due.empty:
        msg = "plotting.coverage: no request was planned on any day. Was anything collected?"
        raise EmptyInputError(msg)
    had = answered.reindex(index=due.index, columns=feeds).fillna(0)
    ax = axes_of(ax)
    days = np.asarray(date2num(due.index.to_numpy()), dtype=np.float64)
    levels = {
        feed: level_of(due[feed].to_numpy(float), had[feed].to_numpy(float)) for feed in feeds
    }
    for place, name in enumerate(NAMES):
        rows = [row for row, feed in enumerate(feeds) if (levels[feed] == place).any()]
        for row in rows:
            runs = _runs(days[levels[feeds[row]] == place])
            label = name if row == rows[0] else None
            ax.broken_barh(runs, (row, _HEIGHT), label=label, **_look(place))
    ink = ax.yaxis.label.get_color()
    for row, feed in enumerate(feeds):
        for x, text, side in (
            (0.0, plain(feed), "left"),
            (1.0, _share(due[feed], had[feed]), "right"),
        ):
            across = ax.get_yaxis_transform()
            ax.text(x, row - 0.08, text, transform=across, ha=side, va="bottom", color=ink)
    ax.set(xlim=(days[0], days[-1] + 1), ylim=(len(feeds) - 1 + _HEIGHT + 0.15, -0.45), yticks=[])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    time_axis(ax, "UTC")
    ax.set_xlabel("day (UTC)")
    legend_above(ax, n=len(NAMES))
    return ax


def _share(planned: pd.Series, had: pd.Series) -> str:
    """Return the share of all days, rounded down: 100% is all."""
    total = int(planned.sum())
    return f"{1000 * int(had.sum()) // total / 10:g}%" if total else "nothing planned"


def _look(place: int) -> dict[str, Any]:
    if place == len(LEVELS):
        return {"facecolor": "none", "edgecolor": _NOTHING, "hatch": "/////", "linewidth": 0.8}
    return {"facecolor": LEVELS[place][2], "edgecolor": "none", "linewidth": 0}


def _runs(days: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return where runs of successive days begin, and how many days they last."""
    parts = np.split(days, np.flatnonzero(np.diff(days) > 1) + 1)
    return [(float(part[0]), float(len(part))) for part in parts]

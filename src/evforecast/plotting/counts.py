"""How many chargers at a time: what was expected, how sure that was, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting.labels import plain
from evforecast.plotting.style import MARKERS, axes_of, legend_above, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["counts"]


def counts(
    expected: Mapping[str, pd.DataFrame],
    observed: pd.Series | None = None,
    *,
    tz: str = "UTC",
    label: str = "chargers charging",
    ax: Axes | None = None,
) -> Axes:
    """Draw expected counts over time, a line a forecast, with the interval where there is one.

    Parameters
    ----------
    expected : mapping of str to pandas.DataFrame
        By name: columns ``time`` (UTC) and ``expected``, and perhaps ``low`` and ``high``, as
        `evforecast.usecases.supplier.charging` gives for one group.
    observed : pandas.Series, optional
        What came, by time (UTC); missing where it is not known.
    tz : str
        The zone of the clock on the chargers' wall.
    label : str
        What is counted.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A band from ``low`` to ``high``; what was observed in steps, each until the next.

    Raises
    ------
    MissingColumnsError
        If a forecast lacks a column.
    EmptyInputError
        If there is no forecast, or one without a row.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> times = pd.to_datetime(["2026-11-28 10:00", "2026-11-28 11:00"])
    >>> one = pd.DataFrame({"time": times, "expected": [3.5, 4.0], "low": [1, 2], "high": [6, 7]})
    >>> ax = counts({"joint": one}, pd.Series([4, 3], times), ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['joint', 'low to high', 'observed']
    """
    if not expected or any(table.empty for table in expected.values()):
        msg = f"plotting.counts: forecasts with rows are needed; found {list(expected)}."
        raise EmptyInputError(msg)
    for name, table in expected.items():
        if missing := [column for column in ("time", "expected") if column not in table.columns]:
            raise MissingColumnsError(missing, map(str, table.columns), f"plotting.counts: {name}")
    ax = axes_of(ax)
    for place, (name, table) in enumerate(expected.items()):
        times = date2num(table["time"].to_numpy())
        line = ax.plot(
            times,
            table["expected"],
            marker=MARKERS[place % len(MARKERS)],
            markevery=max(len(times) // 12, 1),
            label=plain(name),
        )[0]
        if {"low", "high"} <= set(table.columns):
            colour = line.get_color()
            low, high = table["low"], table["high"]
            ax.fill_between(
                times, low, high, color=colour, alpha=0.25, linewidth=0, label="low to high"
            )
    if observed is not None:
        times = date2num(pd.DatetimeIndex(observed.index).to_numpy())
        ink = ax.yaxis.label.get_color()
        ax.plot(
            times,
            np.asarray(observed, float),
            color=ink,
            drawstyle="steps-post",
            linewidth=1.2,
            label="observed",
        )
    time_axis(ax, tz)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(plain(label))
    legend_above(ax, n=5)
    return ax

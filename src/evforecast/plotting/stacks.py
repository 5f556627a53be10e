"""Stacked shares: a band a status, in steps; and the local hours and days that the steps stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel import StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.style import band_edge, status_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["local_edges", "stack_steps"]


def local_edges(panel: StatusPanel, unit: Literal["h", "D"]) -> npt.NDArray[np.datetime64]:
    """Return the UTC times between which the local hours, or days, of the panel lie.

    A day of the autumn clock change has 25 hours, and stays one day.

    Parameters
    ----------
    panel : StatusPanel
        With one time at least.
    unit : {'h', 'D'}
        Hours or days.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, start="2020-10-25", random_state=0)
    >>> [str(time) for time in local_edges(panel, "D")]
    ['2020-10-24T22:00:00', '2020-10-25T23:00:00', '2020-10-26T23:00:00']
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


def stack_steps(
    ax: Axes,
    names: Sequence[str],
    heights: npt.NDArray[np.float64],
    edges: npt.NDArray[np.float64],
) -> None:
    """Stack steps, not lines: an hour is a box, and a gap stays a gap.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    names : sequence of str
        The statuses, in the order of their codes.
    heights : numpy.ndarray
        Shape ``[step, status]``; NaN where there is nothing.
    edges : numpy.ndarray
        Where the steps begin, and the end of the last, shape ``[step + 1]``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> stack_steps(ax, ["available", "down"], np.array([[0.75, 0.25]]), np.array([0.0, 1.0]))
    >>> [band.get_data().values.tolist() for band in ax.patches]
    [[0.75], [1.0]]
    """
    top = np.zeros(len(heights))
    for code, name in enumerate(names):
        base, top = top, top + heights[:, code]
        ax.stairs(
            top,
            edges,
            baseline=base,
            fill=True,
            label=plain(name),
            facecolor=status_colour(name, code),
            **band_edge(ax),
        )

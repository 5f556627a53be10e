"""The axis of horizons: from minutes to days on one logarithmic scale, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import NullLocator

from evforecast.plotting.labels import duration

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes

__all__ = ["horizon_axis"]

# Ticks nearer than this, on the log axis, would write over each other.
_CLOSEST = 1.28


def horizon_axis(ax: Axes, horizons: npt.NDArray[np.int64], step: np.timedelta64) -> None:
    """Make the axis of horizons logarithmic, with a tick at each horizon that has room for its name.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Drawn with the horizons across, in steps.
    horizons : numpy.ndarray
        In steps, ascending.
    step : numpy.timedelta64
        The length of a step.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> horizon_axis(ax, np.array([1, 4, 96]), np.timedelta64(900, "s"))
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['15 min', '1 h', '24 h']
    """
    ticks: list[int] = []
    for horizon in horizons.tolist():
        if not ticks or horizon / ticks[-1] >= _CLOSEST * (horizons[-1] / horizons[0]) ** 0.05:
            ticks.append(horizon)
    ax.set_xscale("log")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(ticks, [duration(tick * step) for tick in ticks])
    ax.set_xlabel("ahead")

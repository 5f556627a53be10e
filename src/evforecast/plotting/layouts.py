"""Seconds by layout of a migration: a bar a layout, its phases side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, band_edge, legend_above

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["layouts"]

_PHASES = {"export_s": "export", "stage_s": "stage", "load_s": "load"}
# From the theme's colours: told apart in grey print and with every kind of colour blindness.
_COLOURS = ("#0067A8", "#F2C14E", "#66C9A9")


def layouts(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    r"""Draw how long each layout of a migration took, and how many files of which size it made.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `evforecast.migration.compare_layouts`: columns ``layout``, ``files``, ``mean_mb``, and
        ``export_s``, ``stage_s`` and ``load_s`` in seconds.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingColumnsError
        If the frame lacks a column.
    EmptyInputError
        If it has no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> row = {"layout": "complete", "files": 1, "mean_mb": 50.9}
    >>> frame = pd.DataFrame([{**row, "export_s": 4.0, "stage_s": 0.1, "load_s": 2.5}])
    >>> ax = layouts(frame, ax=Figure().add_subplot())
    >>> [tick.get_text() for tick in ax.get_yticklabels()]
    ['complete\n1 file of 50.9 MB']
    """
    wanted = ("layout", "files", "mean_mb", *_PHASES)
    if missing := [name for name in wanted if name not in frame.columns]:
        raise MissingColumnsError(missing, map(str, frame.columns), "plotting.layouts")
    if frame.empty:
        msg = "plotting.layouts: the frame has no row. Was any layout compared?"
        raise EmptyInputError(msg)
    ax = axes_of(ax)
    places = np.arange(len(frame))
    left = np.zeros(len(frame))
    for (column, name), colour in zip(_PHASES.items(), _COLOURS, strict=True):
        seconds = frame[column].to_numpy(dtype=float)
        ax.barh(places, seconds, 0.62, left, label=name, color=colour, **band_edge(ax))
        left += seconds
    for place, total in zip(places, left, strict=True):
        ax.annotate(
            f"{total:,.1f} s", (total, place), (4, 0), textcoords="offset points", va="center"
        )
    sizes = frame["mean_mb"].to_numpy(dtype=float).tolist()
    names = [
        f"{plain(name)}\n{count:,} file{'' if count == 1 else 's'} of {_size(mb)}"
        for name, count, mb in zip(frame["layout"], frame["files"], sizes, strict=True)
    ]
    ax.set_yticks(places, names)
    ax.invert_yaxis()  # the first on top, as in the table
    ax.grid(visible=False, axis="y")
    ax.margins(x=0.12)
    ax.set_xlabel("seconds")
    legend_above(ax, n=len(_PHASES))
    return ax


def _size(mb: float) -> str:
    return f"{mb:,.1f} MB" if mb >= 1 else f"{mb * 1000:,.0f} kB"

"""Shares in a matrix: statuses down and across, each cell with its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap

from evforecast.plotting.labels import plain
from evforecast.plotting.style import on_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_matrix"]


def draw_matrix(
    ax: Axes, shares: npt.NDArray[np.float64], rows: Sequence[str], columns: Sequence[str]
) -> None:
    """Draw shares as cells, the larger the further from the ground's colour; NaN stays blank.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    shares : numpy.ndarray
        From 0 to 1, shape ``[row, column]``.
    rows, columns : sequence of str
        Their names.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> draw_matrix(ax, np.array([[0.25, np.nan]]), ["now"], ["free", "down"])
    >>> [text.get_text() for text in ax.texts]
    ['25%']
    """
    far = mpl.rcParams["axes.prop_cycle"].by_key()["color"][1]
    colours = LinearSegmentedColormap.from_list("shares", [ax.get_facecolor(), far])
    ax.imshow(shares, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if not np.isnan(share):
            ink = on_colour(colours(float(share)))
            ax.text(column, row, _percent(share), ha="center", va="center", color=ink)
    ax.set_xticks(range(len(columns)), [plain(name) for name in columns])
    ax.set_yticks(range(len(rows)), [plain(name) for name in rows])
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _percent(share: float) -> str:
    """Return the share as text; what is rare is not called never."""
    return "<1%" if 0 < share < 0.01 else f"{share:.0%}"

"""The mix of statuses now, beside the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evforecast.errors import EmptyInputError
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, legend_above, status_colour

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["mix_change"]

_HEIGHT = 0.38


def mix_change(now: pd.Series, usual: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw the share of each status now above the usual one, with both numbers.

    Parameters
    ----------
    now, usual : pandas.Series
        Shares from 0 to 1 by status, the same statuses in both; those of `now` give the order.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Two bars a status: a full one for now, an empty one for what is usual.

    Raises
    ------
    EmptyInputError
        If there is no status, or a share is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> now = pd.Series({"available": 0.75, "down": 0.25})
    >>> ax = mix_change(now, now.iloc[::-1], ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts]
    ['75.0%', '25.0%', '75.0%', '25.0%']
    """
    usual = usual.reindex(now.index)
    if now.empty or now.isna().any() or usual.isna().any():
        msg = f"plotting.mix_change: shares of {list(now.index)} are needed, of now and as usual."
        raise EmptyInputError(msg)
    ax = axes_of(ax)
    ink = ax.yaxis.label.get_color()
    # The first status on top, and of each pair what is now.
    places = np.arange(len(now))[::-1]
    colours = [status_colour(str(name), place) for place, name in enumerate(now.index)]
    look: dict[str, Any] = {"height": _HEIGHT, "edgecolor": ink, "linewidth": 0.8}
    bars = (
        ax.barh(places + _HEIGHT / 2, now, color=colours, label="now", **look),
        ax.barh(places - _HEIGHT / 2, usual, color="none", label="usual", **look),
    )
    for shares, drawn in zip((now, usual), bars, strict=True):
        ax.bar_label(drawn, [f"{share:.1%}" for share in shares], padding=3, fontsize=8)
    ax.set_yticks(places, [plain(name) for name in now.index])
    ax.set(xlim=(0, max(now.max(), usual.max()) * 1.15 or 1), xlabel="share of what was observed")
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    ax.grid(visible=False, axis="y")
    legend_above(ax, n=2)
    return ax

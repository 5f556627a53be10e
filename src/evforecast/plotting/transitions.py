"""What comes after what: from each status, where chargers go next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import EmptyInputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.plotting.matrices import draw_matrix
from evforecast.plotting.style import axes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["transitions"]


def transitions(panel: StatusPanel, *, ax: Axes | None = None) -> Axes:
    """Draw which status follows each: of the changes out of it, the share that leads to each other one.

    Parameters
    ----------
    panel : StatusPanel
        The statuses. Only changes between two rows that follow each other count, not over a gap.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Rows sum to 100%; beside the name of a row stands how many changes left it.

    Raises
    ------
    EmptyInputError
        If no charger ever changed.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> ax = transitions(ev.simulate(n_evse=6, days=4, random_state=0), ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'to'
    """
    before, after = panel.codes[:-1], panel.codes[1:]
    changed = (before != after) & (before != MISSING) & (after != MISSING)
    if not changed.any():
        msg = f"plotting.transitions: no charger of {panel!r} changes between two rows."
        raise EmptyInputError(msg)
    names = panel.scheme.names
    n = len(names)
    pairs = before[changed].astype(np.int64) * n + after[changed]
    counts = np.bincount(pairs, minlength=n * n).reshape(n, n)
    left = counts.sum(axis=1)
    shares = counts / np.where(left > 0, left, np.nan)[:, None]
    # Nothing changes into itself: the diagonal is no share of 0.
    np.fill_diagonal(shares, np.nan)
    ax = axes_of(ax)
    draw_matrix(
        ax,
        shares,
        [f"{name} ({count:,})" for name, count in zip(names, left.tolist(), strict=True)],
        names,
    )
    ax.set(xlabel="to", ylabel="from (changes)")
    return ax

"""How long statuses last: the share of stays that still go on after a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError
from evforecast.panel import StatusPanel
from evforecast.plotting.horizons import horizon_axis
from evforecast.plotting.labels import duration, plain
from evforecast.plotting.stretches import stretches
from evforecast.plotting.style import MARKERS, axes_of, outlined, status_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["survival"]

# With fewer stays left than this, a curve says more of single cars than of the status.
_FEWEST = 10
_TICKS_H = (0.25, 1, 4, 12, 24, 72, 168, 672, 2688)


def survival(panel: StatusPanel, *, ax: Axes | None = None) -> Axes:
    """Draw how long each status lasts: the share of stays that still go on after a time.

    Parameters
    ----------
    panel : StatusPanel
        The statuses. A stay counts from where it was seen to begin; one that runs into a gap, or into the
        end of the panel, counts for as long as it was seen (Kaplan and Meier).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A curve a status, the length of a stay across (logarithmic), as far as ten stays are left. The
        legend tells the median, where half of the stays have ended, and how many stays there are.

    Raises
    ------
    EmptyInputError
        If fewer than ten stays of any one status were seen to begin.

    References
    ----------
    Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> ax = survival(ev.simulate(n_evse=12, days=7, random_state=0), ax=Figure().add_subplot())
    >>> ax.get_ylabel()
    'share of stays that go on'
    """
    seen = stretches(panel.codes)
    curves = {}
    for code, name in enumerate(panel.scheme.names):
        counted = seen.begun & (seen.code == code)
        if counted.sum() >= _FEWEST:
            curves[code, name] = (
                *_kaplan_meier(seen.length[counted], seen.ended[counted]),
                counted.sum(),
            )
    if not curves:
        msg = f"plotting.survival: fewer than {_FEWEST} stays of any status begin in {panel!r}."
        raise EmptyInputError(msg)
    ax = axes_of(ax)
    longest = 1
    for place, ((code, name), (lengths, share, n)) in enumerate(curves.items()):
        over = lengths[share <= 0.5]
        median = duration(over[0] * panel.step) if len(over) else "beyond"
        ax.plot(
            lengths,
            share,
            drawstyle="steps-post",
            color=status_colour(name, code),
            marker=MARKERS[place],
            markevery=0.13,
            label=plain(f"{name}: median {median}, {n:,} stays"),
            path_effects=outlined(ax),
        )
        longest = max(longest, int(lengths[-1]))
    hour = np.timedelta64(3600, "s") / panel.step
    ticks = [round(hours * hour) for hours in _TICKS_H]
    horizon_axis(ax, np.array([t for t in ticks if 1 <= t <= longest] or [1]), panel.step)
    ax.set(ylim=(0, 1.02), xlabel="after", ylabel="share of stays that go on")
    # Curves only fall: the corner above them is free.
    ax.legend(loc="upper right", borderaxespad=0)
    return ax


def _kaplan_meier(
    lengths: npt.NDArray[np.intp], ended: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int_], npt.NDArray[Any]]:
    """Return lengths 1, 2, … in rows, and the share of stays that last longer than each.

    A stay seen in `n` rows ended after `n` steps, or is known to have lasted them.
    """
    size = int(lengths.max()) + 1
    over = np.bincount(lengths[ended], minlength=size)[1:]
    left = np.cumsum(np.bincount(lengths, minlength=size)[::-1])[::-1][1:]
    enough = max(int((left >= _FEWEST).sum()), 1)
    return np.arange(1, enough + 1), np.cumprod(1 - over / left)[:enough]

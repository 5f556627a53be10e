"""One look for all pictures: a colour per status, a theme for light and for dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.patheffects import AbstractPathEffect, Normal, Stroke

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

__all__ = [
    "MARKERS",
    "STATUS_COLOURS",
    "axes_of",
    "band_edge",
    "legend_above",
    "on_colour",
    "outlined",
    "set_theme",
    "status_colour",
    "theme",
    "time_axis",
]

STATUS_COLOURS = {
    "available": "#66C9A9",
    "charging": "#0067A8",
    "passive": "#F2C14E",
    "offline": "#707070",
    "down": "#A3241A",
}
"""The colour of each status, the same in every picture.

Told apart with the three kinds of colour blindness; neighbours in this order differ in lightness, so that
stacked bands can be told apart in grey print too.
"""

# The statuses of a coarser scheme: what holds has a colour, the rest steps back.
_COARSE = {
    "free": STATUS_COLOURS["available"],
    "not free": "#B9BEC5",
    "not charging": "#B9BEC5",
    "not down": "#B9BEC5",
}
_SPARE = ("#7A5195", "#4E9A06", "#CC79A7", "#8B6B4A")

# Lines are told apart by marker as well as by colour.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# Searched for: any two lie 20 or more apart in CIE L*a*b*, with every sight, and each has a contrast of 3 or
# more to its ground (the tests compute both).
_LINES_LIGHT = ("#532E94", "#028C94", "#B18A07", "#641927", "#BA2268", "#6B5F00")
_LINES_DARK = ("#BE58FF", "#58D2E6", "#FE9923", "#A7BA88", "#FF5CAD", "#DDC66A")


def _rc(*, dark: bool) -> Any:
    ink, faint, page, grid = (
        ("#E6E9ED", "#A9B1BA", "#16191D", "#353B43")
        if dark
        else ("#1D2126", "#59616B", "white", "#DADEE3")
    )
    return {
        "axes.axisbelow": True,
        "axes.edgecolor": faint,
        "axes.facecolor": page,
        "axes.grid": True,
        "axes.labelcolor": ink,
        "axes.labelsize": 9,
        "axes.prop_cycle": cycler(color=_LINES_DARK if dark else _LINES_LIGHT),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "figure.facecolor": page,
        "font.size": 9,
        "grid.color": grid,
        "grid.linewidth": 0.6,
        "image.cmap": "viridis",
        "legend.fontsize": 8.5,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "savefig.facecolor": page,
        "text.color": ink,
        "xtick.color": faint,
        "xtick.labelcolor": ink,
        "xtick.labelsize": 8.5,
        "ytick.color": faint,
        "ytick.labelcolor": ink,
        "ytick.labelsize": 8.5,
    }


@contextmanager
def theme(*, dark: bool = False) -> Iterator[None]:
    """Draw in the look of the library while the ``with`` block lasts; matplotlib's settings come back.

    Parameters
    ----------
    dark : bool
        Light lines on a dark ground. The colours of the statuses stay the same.

    Examples
    --------
    >>> with theme(dark=True):
    ...     mpl.rcParams["figure.facecolor"]
    '#16191D'
    """
    with mpl.rc_context(_rc(dark=dark)):
        yield


def set_theme(*, dark: bool = False) -> None:
    """Draw in the look of the library from here on: for the first cell of a notebook.

    Parameters
    ----------
    dark : bool
        As in `theme`.

    Examples
    --------
    >>> with mpl.rc_context():  # in a notebook, without it
    ...     set_theme(dark=True)
    ...     mpl.rcParams["figure.facecolor"]
    '#16191D'
    """
    mpl.rcParams.update(_rc(dark=dark))


def status_colour(name: str, place: int = 0) -> str:
    """Return the colour of a status.

    Parameters
    ----------
    name : str
        One of the five statuses, or of a coarser scheme (``free``, ``not free``, …).
    place : int
        The place of the status in its scheme: statuses of a scheme of your own are coloured by it.

    Returns
    -------
    str
        Like ``#66C9A9``.

    Examples
    --------
    >>> status_colour("down")
    '#A3241A'
    """
    return STATUS_COLOURS.get(name) or _COARSE.get(name) or _SPARE[place % len(_SPARE)]


def axes_of(ax: Axes | None) -> Axes:
    """Return `ax`, or the Axes of a new figure that a notebook will show.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> axes_of(ax) is ax
    True
    """
    if ax is not None:
        return ax
    # Only here: pyplot keeps every figure it makes until it is closed, and may look for a screen.
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


def band_edge(ax: Axes) -> dict[str, Any]:
    """Return the thin lines of the ground's colour that part bands, in grey print as on a screen.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> band_edge(Figure().add_subplot())["linewidth"]
    0.5
    """
    return {"edgecolor": ax.get_facecolor(), "linewidth": 0.5}


def outlined(ax: Axes) -> list[AbstractPathEffect]:
    """Return the thin dark edge, light on a dark ground, that lets a line of any colour be seen.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> len(outlined(Figure().add_subplot()))
    2
    """
    return [Stroke(linewidth=3, foreground=ax.yaxis.label.get_color()), Normal()]


def on_colour(colour: ColorType) -> str:
    """Return black or white, whichever is read more easily on `colour` (WCAG 2.2, contrast ratio).

    Examples
    --------
    >>> on_colour("#F2C14E"), on_colour("#0067A8")
    ('black', 'white')
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"


def legend_above(
    ax: Axes, *, n: int, gap: float = 0.0, handles: Sequence[Artist] | None = None
) -> None:
    """Put the legend above the Axes, in one line where `n` short names fit, `gap` of a height higher.

    It explains `handles`, or else all that has a label.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> line = ax.plot([1, 2], label="a")
    >>> legend_above(ax, n=1)
    >>> len(ax.get_legend().get_texts())
    1
    """
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1 + gap),
        ncols=min(n, 5),
        borderaxespad=0.2,
        columnspacing=1,
        handlelength=1.3,
        handletextpad=0.5,
    )


def time_axis(ax: Axes, tz: str) -> None:
    """Write UTC times across as the clock on the wall of `tz` shows them.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().add_subplot()
    >>> time_axis(ax, "Europe/Paris")
    >>> ax.get_xlabel()
    'local time (Europe/Paris)'
    """
    locator = AutoDateLocator(tz=ZoneInfo(tz), minticks=3)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=ZoneInfo(tz), show_offset=False))
    ax.set_xlabel("time (UTC)" if tz == "UTC" else f"local time ({tz})")

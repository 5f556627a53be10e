"""Where the chargers are that something is to be said of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evforecast.plotting.labels import plain
from evforecast.plotting.maps import as_map, placed
from evforecast.plotting.style import MARKERS, axes_of, legend_above

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["map_states"]


def map_states(evse: pd.DataFrame, states: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw chargers on a plain map by a word: each word has a marker and a colour of its own.

    Parameters
    ----------
    evse : pandas.DataFrame
        A table of chargers with ``lat`` and ``lon`` in degrees; those without are left out.
    states : pandas.Series
        A word by ``evse_id``; chargers without one are small grey points. Words are drawn in the order
        in which they come first, later ones on top.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The legend counts the chargers; several of one word at one point share a mark.

    Raises
    ------
    MissingColumnsError
        If the table has no column ``lat`` or ``lon``.
    EmptyInputError
        If no charger has coordinates.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> evse = pd.DataFrame({"lat": [48.85, 48.86], "lon": [2.35, 2.36]}, index=["a", "b"])
    >>> ax = map_states(evse, pd.Series({"b": "down"}), ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['down (1)']
    """
    known = placed(evse, "plotting.map_states")
    known = known.assign(state=states.reindex(known.index))
    ax = axes_of(ax)
    quiet = known[known["state"].isna()].drop_duplicates(["lat", "lon"])
    ax.scatter(quiet["lon"], quiet["lat"], s=9, color="0.6", linewidths=0)
    words = list(dict.fromkeys(states.dropna()))
    edge = ax.get_facecolor()
    for place, word in enumerate(words):
        of = known[known["state"] == word]
        points = of.drop_duplicates(["lat", "lon"])
        ax.scatter(
            points["lon"],
            points["lat"],
            s=46,
            marker=MARKERS[place % len(MARKERS)],
            linewidths=0.6,
            edgecolors=edge,
            label=plain(f"{word} ({len(of):,})"),
        )
    as_map(ax, known["lat"])
    if words:
        legend_above(ax, n=len(words))
    return ax

"""One model against another, horizon by horizon, and whether chance could do that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.evaluation import Backtest, compare
from evforecast.plotting.horizons import horizon_axis
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["versus"]


def versus(
    result: Backtest,
    model: str,
    reference: str,
    *,
    score: str = "log_loss",
    block: str = "1D",
    ax: Axes | None = None,
) -> Axes:
    """Draw how one model does against another over the horizon, with intervals.

    Parameters
    ----------
    result : Backtest
        With the forecasts of both.
    model, reference : str
        The names of the two.
    score : {'log_loss', 'brier'}
        What to compare.
    block : str
        What is drawn anew as a whole for the intervals, see `evforecast.evaluation.compare`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The ratio of mean scores; below 1 `model` is better. A full mark where the difference is shown: by
        the interval and by the test of `evforecast.evaluation.compare`, which allows for the number of
        horizons. An empty one where chance could do that, or the days are too few to tell.

    Raises
    ------
    InputError, EmptyInputError
        As `evforecast.evaluation.compare`.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> panel = ev.simulate(n_evse=6, days=14, random_state=0)
    >>> models = {"climatology": ev.Climatology([1]), "persistence": ev.Persistence([1])}
    >>> result = ev.backtest(models, panel, every="2h", last="7D")
    >>> ax = versus(result, "persistence", "climatology", ax=Figure().add_subplot())
    >>> ax.get_ylabel()
    'log loss: persistence / climatology'
    """
    table = compare(result, model, reference, score=score, block=block)
    shown = table["verdict"].isin(["better", "worse"]).to_numpy()
    horizons = table["horizon"].to_numpy(dtype=np.int64)
    ax = axes_of(ax)
    ink = ax.yaxis.label.get_color()
    ax.axhline(1, color=ink, linewidth=0.8, linestyle="--")
    line = ax.plot(horizons, table["ratio"], linewidth=1)[0]
    colour = line.get_color()
    ax.vlines(horizons, table["low"], table["high"], color=colour, linewidth=1.2)
    for full, label in ((True, "difference shown"), (False, "not shown")):
        of = shown == full
        if of.any():
            ax.plot(
                horizons[of],
                table["ratio"][of],
                linestyle="none",
                marker="o",
                markersize=6,
                color=colour,
                markerfacecolor=colour if full else ax.get_facecolor(),
                label=label,
            )
    horizon_axis(ax, horizons, result.step)
    words = score.replace("_", " ")
    ax.set_ylabel(f"{words}: {plain(model)} / {plain(reference)}")
    ax.set_title(f"below 1 {plain(model)} is better", pad=22, fontsize="medium", weight="normal")
    legend_above(ax, n=2)
    return ax

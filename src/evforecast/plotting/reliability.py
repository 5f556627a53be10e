"""Reliability diagrams: the probabilities that were said against what then happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from evforecast.evaluation import Backtest
from evforecast.evaluation import reliability as reliability_table
from evforecast.plotting.asking import ahead, horizon_slice, of_status, require_models
from evforecast.plotting.labels import plain
from evforecast.plotting.style import MARKERS, axes_of, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["reliability"]


def reliability(
    result: Backtest,
    status: str,
    models: str | Sequence[str] | None = None,
    *,
    horizon: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often a status was observed, by the probability that was forecast for it.

    Parameters
    ----------
    result : Backtest
        Forecasts and truth.
    status : str
        A status of the backtest, or a coarser target of its scheme (``free``).
    models : str or sequence of str, optional
        Which models; all by default.
    horizon : int, optional
        One horizon, in steps; all of them together by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Points on the diagonal are right; larger points stand for more cases; the bars are 95 %
        intervals as if cases were independent.

    Raises
    ------
    InputError
        If there is no such status or model.
    HorizonError
        If the backtest does not have that horizon.
    EmptyInputError
        If no truth is known.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> result = ev.backtest({"persistence": ev.Persistence()}, panel, every="6h", last="1D")
    >>> ax = reliability(result, "free", horizon=4, ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'forecast probability of free, 1 h ahead'
    """
    names = require_models(result, models, "plotting.reliability")
    result = of_status(result, status, "plotting.reliability")
    places = horizon_slice(result, horizon, "plotting.reliability")
    code = result.scheme.code(status)
    truth = result.truth[:, places]
    happened = np.where(truth < 0, -1, truth == code)
    tables = {
        name: reliability_table(result.proba[name][:, places, :, code], happened) for name in names
    }
    ax = axes_of(ax)
    ax.plot([0, 1], [0, 1], color=ax.yaxis.label.get_color(), linewidth=0.8, linestyle="--")
    for place, (name, table) in enumerate(tables.items()):
        marker = MARKERS[place % len(MARKERS)]
        line = ax.plot(
            table["forecast"],
            table["observed"],
            marker=marker,
            markersize=3,
            linewidth=1,
            label=plain(name),
        )[0]
        ax.vlines(
            table["forecast"], table["low"], table["high"], color=line.get_color(), linewidth=1
        )
        # The area of a point is its share of the cases, and never so small that it is lost.
        area = 12 + 160 * table["n"] / table["n"].sum()
        ax.scatter(
            table["forecast"],
            table["observed"],
            s=area,
            color=line.get_color(),
            marker=marker,
            zorder=3,
        )
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel(f"forecast probability of {plain(status)}{ahead(result, horizon)}")
    ax.set_ylabel("observed frequency")
    legend_above(ax, n=len(tables))
    return ax

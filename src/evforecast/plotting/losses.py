"""Where a forecast loses: the log loss by the hour, in the colours of the statuses that came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.evaluation import Backtest
from evforecast.plotting.asking import ahead, horizon_slice, require_models, truth_at
from evforecast.plotting.labels import plain
from evforecast.plotting.stacks import stack_steps
from evforecast.plotting.style import axes_of, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["losses"]


def losses(
    result: Backtest, model: str, *, horizon: int | None = None, ax: Axes | None = None
) -> Axes:
    """Draw at which hours, and with which statuses, a model loses.

    Parameters
    ----------
    result : Backtest
        Forecasts and truth.
    model : str
        One of its models.
    horizon : int, optional
        One horizon, in steps; all of them together by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The mean log loss by the local hour of the time that was forecast: the height of a colour is what
        the cases add in which that status came. Hours that were not forecast stay blank.

    Raises
    ------
    InputError
        If there is no such model.
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
    >>> losses(result, "persistence", ax=Figure().add_subplot()).get_ylabel()
    'log loss (nats)'
    """
    require_models(result, [model], "plotting.losses")
    places = horizon_slice(result, horizon, "plotting.losses")
    truth = truth_at(result, places, "plotting.losses")
    known = truth >= 0
    names = result.scheme.names
    hours = result.keys(["hour"])["hour"].reshape(result.truth.shape)[:, places][known].astype(int)
    cell = hours * len(names) + truth[known]
    loss = result.cases(model)[:, places][known]
    sums = np.bincount(cell, loss, minlength=24 * len(names)).reshape(24, -1)
    n = np.bincount(hours, minlength=24)[:, None]
    ax = axes_of(ax)
    stack_steps(ax, names, sums / np.where(n > 0, n, np.nan), np.arange(25.0))
    ax.set(xlim=(0, 24), xticks=range(0, 25, 3), ylabel="log loss (nats)")
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"local hour that was forecast{ahead(result, horizon)}")
    ax.set_title(plain(model), pad=22)
    legend_above(ax, n=len(names))
    return ax

"""Calibration over the horizon: how far what is said lies from what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from evforecast.evaluation import Backtest, calibration_interval
from evforecast.plotting.asking import of_status, require_models
from evforecast.plotting.horizons import horizon_axis
from evforecast.plotting.labels import plain
from evforecast.plotting.style import MARKERS, axes_of, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["calibration"]


def calibration(
    result: Backtest,
    status: str,
    models: str | Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the expected calibration error of a status over the horizon, a line a model.

    Parameters
    ----------
    result : Backtest
        Forecasts and truth, from two days at least.
    status : str
        A status of the backtest, or a coarser target of its scheme (``free``).
    models : str or sequence of str, optional
        Which models; all by default.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The bars are 95 % intervals from drawing whole days anew (see
        `evforecast.evaluation.calibration_interval`); one that reaches 0 says that the forecast may well
        be calibrated.

    Raises
    ------
    InputError
        If there is no such status or model, or all origins are of one day.
    EmptyInputError
        If no truth is known at a horizon.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> panel = ev.simulate(n_evse=6, days=8, random_state=0)
    >>> models = {"persistence": ev.Persistence([1, 4])}
    >>> result = ev.backtest(models, panel, every="6h", last="4D")
    >>> calibration(result, "free", ax=Figure().add_subplot()).get_ylabel()
    'calibration error of free'
    """
    names = require_models(result, models, "plotting.calibration")
    result = of_status(result, status, "plotting.calibration")
    code = result.scheme.code(status)
    happened = np.where(result.truth < 0, -1, result.truth == code)
    days = result.origins.astype("datetime64[D]")[:, None]
    ax = axes_of(ax)
    for place, name in enumerate(names):
        found = np.array(
            [
                calibration_interval(result.proba[name][:, h, :, code], happened[:, h], days)
                for h in range(len(result.horizons))
            ]
        )
        # A little apart, so that no interval hides another.
        across = result.horizons * 1.05 ** (place - (len(names) - 1) / 2)
        marker = MARKERS[place % len(MARKERS)]
        line = ax.plot(across, found[:, 0], marker=marker, label=plain(name))[0]
        ax.vlines(across, found[:, 1], found[:, 2], color=line.get_color(), linewidth=1)
    horizon_axis(ax, result.horizons, result.step)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(f"calibration error of {plain(status)}")
    legend_above(ax, n=len(names))
    return ax

"""What was said, by what then came: where the probability goes when a forecast is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.evaluation import Backtest
from evforecast.plotting.asking import ahead, horizon_slice, require_models, truth_at
from evforecast.plotting.labels import plain
from evforecast.plotting.matrices import draw_matrix
from evforecast.plotting.style import axes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion"]


def confusion(
    result: Backtest, model: str, *, horizon: int | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean probability that a model gave each status, by the status that came.

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
        Rows sum to 100%; a perfect forecast has all of it on the diagonal. Beside the name of a row stands
        how many cases came so. No threshold is chosen: a rare status can be forecast well and never be
        the likeliest.

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
    >>> ax = confusion(result, "persistence", horizon=4, ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'probability given, 1 h ahead'
    """
    require_models(result, [model], "plotting.confusion")
    places = horizon_slice(result, horizon, "plotting.confusion")
    truth = truth_at(result, places, "plotting.confusion").ravel()
    names = result.scheme.names
    proba = result.proba[model][:, places].reshape(-1, len(names))
    cases = np.bincount(truth[truth >= 0], minlength=len(names))
    shares = np.full((len(names), len(names)), np.nan)
    for code in np.flatnonzero(cases).tolist():
        shares[code] = proba[truth == code].mean(axis=0, dtype=np.float64)
    ax = axes_of(ax)
    rows = [f"{name} ({n:,})" for name, n in zip(names, cases.tolist(), strict=True)]
    draw_matrix(ax, shares, rows, names)
    ax.set_xlabel(f"probability given{ahead(result, horizon)}")
    ax.set_ylabel("what came (cases)")
    ax.set_title(plain(model))
    return ax

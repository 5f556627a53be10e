"""Score over horizon: a line a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import EmptyInputError, InputError, MissingColumnsError
from evforecast.evaluation import Backtest, skill_score
from evforecast.plotting.horizons import horizon_axis
from evforecast.plotting.labels import plain
from evforecast.plotting.style import MARKERS, axes_of, legend_above
from evforecast.timegrid import StepLike, as_step

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["skill"]

_NAMES = {"log_loss": "log loss (nats)", "brier": "Brier score", "accuracy": "accuracy"}


def skill(
    scores: Backtest | pd.DataFrame,
    score: str = "log_loss",
    *,
    reference: str | None = None,
    step: StepLike = "15min",
    ax: Axes | None = None,
) -> Axes:
    """Draw a score over the horizon, a line a model.

    Parameters
    ----------
    scores : Backtest or pandas.DataFrame
        A backtest, or its ``scores()``: columns ``model``, ``horizon`` (steps) and the score.
    score : {'log_loss', 'brier', 'accuracy'}
        What to draw. The first two are better when lower.
    reference : str, optional
        A model: draw ``1 - score / its score`` instead, which is better when higher; 0 is no better.
    step : str or timedelta
        The length of a step, for a frame; a backtest knows its own.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingColumnsError
        If the frame lacks a column.
    EmptyInputError
        If it has no rows.
    InputError
        If the reference is not among the models, or the score has no skill (accuracy).

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame({"model": ["a", "a"], "horizon": [1, 4], "log_loss": [0.1, 0.3]})
    >>> ax = skill(table, ax=Figure().add_subplot())
    >>> [tick.get_text() for tick in ax.get_xticklabels()]
    ['15 min', '1 h']
    """
    if isinstance(scores, Backtest):
        step = scores.step
        table = scores.scores()
    else:
        table = scores
    if missing := [name for name in ("model", "horizon", score) if name not in table.columns]:
        raise MissingColumnsError(missing, map(str, table.columns), "plotting.skill")
    wide = table.pivot_table(
        index="horizon", columns="model", values=score, sort=False
    ).sort_index()
    if wide.empty:
        msg = "plotting.skill: the scores hold no row. Was any truth known in the backtest?"
        raise EmptyInputError(msg)
    wide = wide[list(dict.fromkeys(table["model"]))]
    if reference is not None:
        wide = _against(wide, score, reference)
    ax = axes_of(ax)
    for place, name in enumerate(wide.columns):
        marker = MARKERS[place % len(MARKERS)]
        ax.plot(wide.index, wide[name], marker=marker, label=plain(name), clip_on=False)
    horizon_axis(ax, wide.index.to_numpy(dtype=np.int64), as_step(step))
    if reference is None:
        ax.set_ylabel(_NAMES.get(score, plain(score)))
    else:
        ax.axhline(0, color=ax.yaxis.label.get_color(), linewidth=0.8)
        ax.set_ylabel(f"skill against {plain(reference)}")
    legend_above(ax, n=wide.shape[1])
    return ax


def _against(wide: pd.DataFrame, score: str, reference: str) -> pd.DataFrame:
    if score == "accuracy":
        msg = "plotting.skill: accuracy has no skill against a reference; choose 'log_loss' or 'brier'."
        raise InputError(msg)
    if reference not in wide.columns:
        msg = (
            f"plotting.skill: reference {reference!r} is not among the models {list(wide.columns)}."
        )
        raise InputError(msg)
    base = wide[reference].to_numpy()
    others = wide.drop(columns=reference)
    return others.apply(lambda column: skill_score(column.to_numpy(), base), axis="index")

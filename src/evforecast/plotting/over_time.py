"""Log loss over time, by day or by longer spans: a line a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, HorizonError, InputError, MissingColumnsError
from evforecast.evaluation import Backtest
from evforecast.plotting.labels import plain
from evforecast.plotting.style import MARKERS, axes_of, legend_above, time_axis

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes

__all__ = ["over_time"]


def over_time(
    scores: Backtest | pd.DataFrame,
    *,
    reference: str | None = None,
    horizon: int | None = None,
    every: str = "1D",
    ax: Axes | None = None,
) -> Axes:
    """Draw the log loss over time, a line a model.

    Parameters
    ----------
    scores : Backtest or pandas.DataFrame
        A backtest, or its ``scores(("model", "horizon", "day"))``: those columns, ``log_loss`` and ``n``.
    reference : str, optional
        A model: draw the ratio to its log loss of the same time instead; below 1 is better.
    horizon : int, optional
        One horizon, in steps; all of them together by default.
    every : str
        What makes a point: a day, or more days together (``"7D"``), counted from the first.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Days of the origins across, by the local clock, a point at the first of its days; a line breaks
        where no truth is known.

    Raises
    ------
    MissingColumnsError
        If the frame lacks a column.
    EmptyInputError
        If it has no rows.
    HorizonError
        If it does not have that horizon.
    InputError
        If the reference is not among the models, or `every` is no whole number of days.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> days = pd.to_datetime(["2020-10-26", "2020-10-27"])
    >>> table = pd.DataFrame(
    ...     {"model": "a", "horizon": 4, "day": days, "log_loss": [0.2, 0.3], "n": 9}
    ... )
    >>> over_time(table, ax=Figure().add_subplot()).get_ylabel()
    'log loss (nats)'
    """
    by = ("model", "horizon", "day")
    table = scores.scores(by) if isinstance(scores, Backtest) else scores
    if missing := [name for name in (*by, "log_loss", "n") if name not in table.columns]:
        raise MissingColumnsError(missing, map(str, table.columns), "plotting.over_time")
    if table.empty:
        msg = "plotting.over_time: the scores hold no row. Has any truth come?"
        raise EmptyInputError(msg)
    if horizon is not None:
        known = sorted(set(table["horizon"]))
        if horizon not in known:
            msg = f"plotting.over_time: no horizon {horizon}; the scores have {known}."
            raise HorizonError(msg)
        table = table[table["horizon"] == horizon]
    names = list(dict.fromkeys(table["model"]))
    if reference is not None and reference not in names:
        msg = f"plotting.over_time: reference {reference!r} is not among the models {names}."
        raise InputError(msg)
    span = pd.Timedelta(every)
    if span < pd.Timedelta("1D") or span % pd.Timedelta("1D"):
        msg = f"plotting.over_time: every={every!r}; write whole days, like '7D'."
        raise InputError(msg)
    first = table["day"].min()
    table = table.assign(day=first + (table["day"] - first) // span * span)
    sums = table.assign(total=table["log_loss"] * table["n"]).groupby(["day", "model"])
    totals = sums[["total", "n"]].sum().unstack("model")  # noqa: PD010 - one cell each
    means = (totals["total"] / totals["n"])[names]
    daily = means.reindex(pd.date_range(means.index.min(), means.index.max(), freq=span))
    if reference is not None:
        daily = daily.drop(columns=reference).div(daily[reference], axis="index")
    ax = axes_of(ax)
    days = date2num(daily.index.to_numpy())
    for place, name in enumerate(daily.columns):
        ax.plot(days, daily[name], marker=MARKERS[place % len(MARKERS)], label=plain(name))
    _days_across(ax, days)
    one = span == pd.Timedelta("1D")
    ax.set_xlabel("day of the forecast" if one else f"first of {span.days} days of forecasts")
    if reference is None:
        ax.set_ylabel("log loss (nats)")
    else:
        ax.axhline(1, color=ax.yaxis.label.get_color(), linewidth=0.8, linestyle="--")
        ax.set_ylabel(f"log loss / that of {plain(reference)}")
    legend_above(ax, n=daily.shape[1])
    return ax


def _days_across(ax: Axes, days: npt.NDArray[np.float64]) -> None:
    if len(days) == 1:  # left alone, the axis would show years
        ax.set_xlim(days[0] - 1, days[0] + 1)
    time_axis(ax, "UTC")

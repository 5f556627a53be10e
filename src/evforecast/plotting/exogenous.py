"""Weather and traffic against use: whether there is more than the clock explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.style import axes_of, legend_above
from evforecast.timegrid import local_clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["exogenous"]

_Z = 1.959963984540054


def exogenous(
    panel: StatusPanel,
    series: str,
    status: str = "charging",
    *,
    bins: int = 8,
    ax: Axes | None = None,
) -> Axes:
    """Draw the share of a status by an exogenous series, beside what the hour of the week alone explains.

    Warm hours are afternoon hours, so that use goes with the temperature whether or not anybody minds the
    weather. The dashed line is the share in the same hours of the local week on other days: what lies
    between the two lines is more than habit.

    Parameters
    ----------
    panel : StatusPanel
        With exogenous series (`StatusPanel.with_exog`).
    series : str
        One of its columns.
    status : str
        The status.
    bins : int
        How many equally frequent classes of the series, about. A series of no more than so many values has
        a class for each; one value as common as a class, such as no rain, is a class of its own.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A point a class, at the mean of its series, with a 95 % interval over days.

    Raises
    ------
    InputError
        If there is no such series or status, or `bins` is less than 2.
    EmptyInputError
        If no status was observed while the series was known.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> panel = ev.simulate(n_evse=6, days=15, random_state=0)
    >>> ax = exogenous(panel, "temperature", ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['observed', 'same hour of the week, other days']
    """
    known = [] if panel.exog is None else list(panel.exog.columns)
    if panel.exog is None or series not in known:
        msg = f"plotting.exogenous: no series {series!r}; the panel has {known}."
        raise InputError(msg)
    if bins < 2:
        msg = f"plotting.exogenous: bins={bins}; two classes are the least that can be compared."
        raise InputError(msg)
    table = _by_row(panel, panel.exog[series].to_numpy(dtype=np.float64), status, bins)
    if table.empty:
        msg = f"plotting.exogenous: nothing was observed while {series!r} was known."
        raise EmptyInputError(msg)
    found = table.groupby("class").agg(
        {"value": "mean", "share": "mean", "usual": "mean", "day": "size"}
    )
    # Rows of a day depend on each other: the error of a mean comes from sums over whole days.
    gap = table["share"] - found["share"].reindex(table["class"]).to_numpy()
    by_day = gap.groupby([table["class"], table["day"]]).sum()
    error = np.sqrt((by_day**2).groupby(level=0).sum()) / found["day"]
    ax = axes_of(ax)
    line = ax.plot(found["value"], found["share"], "o-", label="observed")[0]
    low, high = found["share"] - _Z * error, found["share"] + _Z * error
    ax.vlines(found["value"], low, high, color=line.get_color(), linewidth=1.2)
    usual = "same hour of the week, other days"
    ax.plot(found["value"], found["usual"], "s--", markerfacecolor="none", label=usual)
    ax.yaxis.set_major_formatter(lambda share, _: f"{share:.3g}")
    ax.set(xlabel=plain(series), ylabel=f"share {plain(status)}")
    legend_above(ax, n=2)
    return ax


def _by_row(
    panel: StatusPanel, values: npt.NDArray[np.float64], status: str, bins: int
) -> pd.DataFrame:
    """Return a row for each time: its class, the series, the share, what is usual then, and the day."""
    seen = (panel.codes != MISSING).sum(axis=1)
    minute, weekday = local_clock(panel.times, panel.tz)
    local = pd.DatetimeIndex(panel.times).tz_localize("UTC").tz_convert(panel.tz)
    table = pd.DataFrame(
        {
            "value": values,
            "share": (panel.codes == panel.scheme.code(status)).sum(axis=1) / np.maximum(seen, 1),
            "hour": weekday.astype(np.int32) * 24 + minute // 60,
            "day": local.tz_localize(None).normalize(),
        }
    )[(seen > 0) & ~np.isnan(values)]
    week, today = table.groupby("hour")["share"], table.groupby(["hour", "day"])["share"]
    others = week.transform("size") - today.transform("size")
    table["usual"] = (week.transform("sum") - today.transform("sum")) / others.where(others > 0)
    # Both lines are of the same times: those whose hour of the week was also observed on another day.
    kept: pd.DataFrame = table.dropna(subset="usual").copy()
    kept["class"] = _classes(kept["value"], bins)
    return kept


def _classes(values: pd.Series, bins: int) -> pd.Series:
    """Return a class of each value; a value as common as a class, such as no rain, is one of its own."""
    shares = values.value_counts(normalize=True)
    if len(shares) <= bins:
        return values
    common = shares.index[0] if shares.iloc[0] >= 1 / bins else np.nan
    rest = values[values != common]
    n = max(round(bins * len(rest) / len(values)), 2)
    cut = pd.qcut(rest, n, labels=False, duplicates="drop")
    return cut.reindex(values.index, fill_value=-1)

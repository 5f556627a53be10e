"""One charger: what it did, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import date2num

from evforecast.errors import InputError
from evforecast.panel import StatusForecast, StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.stretches import stretches
from evforecast.plotting.style import axes_of, band_edge, legend_above, status_colour, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["fan"]

_SHORTEST_HISTORY = np.timedelta64(6, "h")


def fan(
    forecast: StatusForecast,
    evse_id: str,
    *,
    history: StatusPanel | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the recent statuses of one charger, then the probabilities of its next ones.

    Parameters
    ----------
    forecast : StatusForecast
        A forecast; the more horizons, the smoother the picture.
    evse_id : str
        The charger.
    history : StatusPanel, optional
        Its past: a ribbon in the colours of the statuses, blank where nothing was observed, as long as
        the forecast reaches, and at least six hours. Its zone is that of the time axis, else UTC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Local time across; the height of a colour is the probability of that status.

    Raises
    ------
    UnknownChargerError
        If the forecast, or the history, does not have the charger.
    InputError
        If the history has other statuses.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.MarkovForecaster(horizons=range(1, 17)).fit(panel).predict_proba(panel)
    >>> ax = fan(forecast, panel.evse_ids[0], history=panel, ax=Figure().add_subplot())
    >>> ax.get_ylabel()
    'probability'
    """
    one = forecast.select([evse_id])
    past = None
    if history is not None:
        past = history.select([evse_id]).until(forecast.cutoff)
        past.scheme.require_same(forecast.scheme, "plotting.fan")
    zone = "UTC" if history is None else history.tz
    ax = axes_of(ax)
    reach = one.times[-1] - one.cutoff
    start = one.cutoff
    if past is not None and past.n_time:
        start = one.cutoff - max(reach, _SHORTEST_HISTORY)
        _ribbon(ax, past.between(start, one.cutoff + one.step), one.step)
    _bands(ax, one)
    now = date2num(one.cutoff)
    ax.axvline(now, color=ax.yaxis.label.get_color(), linewidth=1.2)
    _word(ax, now, "forecast ", "left")
    if start < one.cutoff:
        _word(ax, now, "observed ", "right")
    time_axis(ax, zone)
    ax.set(xlim=(date2num(start), date2num(one.times[-1])), ylim=(0, 1), ylabel="probability")
    ax.grid(visible=False)
    # From the top: the charger, what the colours mean, which side of the line is which.
    ax.set_title(plain(evse_id), pad=34)
    legend_above(ax, n=len(one.scheme), gap=0.05)
    return ax


def _word(ax: Axes, now: float, word: str, side: str) -> None:
    """Write beside the upper end of the line of now, above the Axes."""
    ax.annotate(
        f" {word}" if side == "left" else word,
        (now, 1),
        xytext=(0, 2),
        textcoords="offset points",
        ha=side,
        fontsize="small",
    )


def _ribbon(ax: Axes, past: StatusPanel, step: np.timedelta64) -> None:
    """Fill each observed run of one status over its whole height: what is known has probability 1."""
    seen = stretches(past.codes)
    # The row at t says what holds at t; it is drawn until the next row, the last one up to now.
    left = date2num(past.times[seen.first])
    right = date2num(np.minimum(past.times[seen.first] + seen.length * step, past.times[-1]))
    names = past.scheme.names
    colours = [status_colour(names[code], code) for code in seen.code.tolist()]
    ax.bar(left, 1.0, right - left, align="edge", color=colours, linewidth=0)


def _bands(ax: Axes, one: StatusForecast) -> None:
    """Stack the probabilities; a forecast of few horizons is joined by straight lines."""
    if not len(one.horizons):
        msg = "plotting.fan: the forecast has no horizon. Ask predict_proba for some."
        raise InputError(msg)
    # From now on: the first forecast also fills the step before it.
    times = date2num(np.concatenate([[one.cutoff], one.times]))
    shares = np.concatenate([one.proba[:1, 0], one.proba[:, 0]])
    colours = [status_colour(name, code) for code, name in enumerate(one.scheme.names)]
    labels = [plain(name) for name in one.scheme.names]
    ax.stackplot(times, shares.T, labels=labels, colors=colours, **band_edge(ax))

"""Where the forecasts of a backtest start, and whether a model may be asked there."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, LeakageError, first_few
from evforecast.panel import StatusPanel
from evforecast.timegrid import TimeLike, as_time, step_text

__all__ = [
    "Fittable",
    "already_fitted",
    "fitted_before",
    "interval",
    "named_rows",
    "origin_rows",
]

Rows = npt.NDArray[np.intp]


class Fittable(Protocol):
    """What learns from a panel."""

    def fit(self, panel: StatusPanel) -> object:
        """Learn from a panel."""


_Model = TypeVar("_Model", bound=Fittable)


def interval(text: str, what: str) -> pd.Timedelta:
    """Return a length of time that a backtest was given.

    Raises
    ------
    InputError
        If it is none, or not positive.

    Examples
    --------
    >>> interval("7D", "refit")
    Timedelta('7 days 00:00:00')
    """
    try:
        length = pd.Timedelta(text)
    except (TypeError, ValueError) as error:
        msg = f"backtest: {what}={text!r} is no length of time. Write it like '3h' or '7D'."
        raise InputError(msg) from error
    if not length > pd.Timedelta(0):
        msg = f"backtest: {what}={text!r} must be a positive length of time, like '3h' or '7D'."
        raise InputError(msg)
    return length


def origin_rows(
    panel: StatusPanel,
    shortest: int,
    *,
    every: str,
    last: str | None = None,
    first_origin: TimeLike | None = None,
    last_origin: TimeLike | None = None,
) -> Rows:
    """Return the rows of evenly spaced origins, each with a truth at the shortest horizon.

    Parameters
    ----------
    panel : StatusPanel
        Past and truth.
    shortest : int
        The shortest horizon, in steps.
    every : str
        The time between two origins, a multiple of the step.
    last : str, optional
        Origins over the last such stretch; either this or `first_origin`.
    first_origin, last_origin : time, optional
        The first and the last origin.

    Returns
    -------
    numpy.ndarray
        Rows of the panel, increasing, shape ``[origin]``.

    Raises
    ------
    InputError
        If `every` is not a multiple of the step, `last` no length of time, or the first origin not in the
        panel.
    EmptyInputError
        If no origin is left.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> origin_rows(panel, 4, every="6h", last="12h")
    array([143, 167])
    """
    jump = interval(every, "every") / pd.Timedelta(panel.step)
    if jump < 1 or jump != int(jump):
        msg = f"backtest: every={every!r} is not a multiple of the step, {step_text(panel.step)}."
        raise InputError(msg)
    if (last is None) == (first_origin is None):
        msg = (
            "backtest: say either last='7D' or first_origin=..., not both and not neither; "
            "or name the origins one by one, origins=[...]."
        )
        raise InputError(msg)
    if first_origin is not None:
        first = panel.grid.position(first_origin, "after") - 1
        if first < 0 or panel.times[first] != as_time(first_origin):
            msg = f"backtest: first_origin {as_time(first_origin)} is not a time of {panel!r}."
            raise InputError(msg)
    else:
        first = panel.n_time - 1 - int(interval(str(last), "last") / pd.Timedelta(panel.step))
        if first < 0:
            msg = f"backtest: last={last!r} reaches back before {panel!r}. Say less."
            raise InputError(msg)
    stop = panel.n_time if last_origin is None else panel.grid.position(last_origin, "after")
    rows = np.arange(first, min(stop, panel.n_time - shortest), int(jump), dtype=np.intp)
    if not len(rows):
        msg = (
            f"backtest: no origin with a later truth between rows {first} and {stop} of {panel!r}."
        )
        raise EmptyInputError(msg)
    return rows


def named_rows(panel: StatusPanel, origins: Iterable[TimeLike], where: str) -> Rows:
    """Return the rows of the origins that are named one by one.

    Parameters
    ----------
    panel : StatusPanel
        Past and truth.
    origins : iterable of times
        Times of the panel, in any order; those without a zone are UTC.
    where : str
        Who asks, for the message.

    Returns
    -------
    numpy.ndarray
        Rows of the panel, increasing, each once.

    Raises
    ------
    InputError
        If one is not a time of the panel.
    EmptyInputError
        If there is none.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> named_rows(panel, panel.times[[8, 4]], "example")
    array([4, 8])
    """
    wanted = np.array([as_time(time) for time in origins], dtype="datetime64[s]")
    if not len(wanted):
        msg = f"{where}: origins is empty. Name at least one time of the panel."
        raise EmptyInputError(msg)
    rows = np.array([panel.grid.position(time, "after") - 1 for time in wanted], dtype=np.intp)
    strange = rows < 0
    strange[~strange] = panel.times[rows[~strange]] != wanted[~strange]
    if strange.any():
        msg = (
            f"{where}: {strange.sum()} of {len(wanted)} origins are not times of {panel!r}: "
            f"{first_few(wanted[strange].astype(str))}. Origins are UTC; take them from panel.times."
        )
        raise InputError(msg)
    return np.unique(rows)


def fitted_before(name: str, model: _Model, past: StatusPanel, where: str = "backtest") -> _Model:
    """Return a model that has learnt from nothing later than the end of `past`.

    Parameters
    ----------
    name : str
        What the message calls it.
    model : forecaster
        One that was fitted is returned as it is; of one that was not, a copy fitted on `past`.
    past : StatusPanel
        What is known at the first origin.
    where : str
        Who asks, for the message.

    Raises
    ------
    LeakageError
        If it was fitted on later rows.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> str(fitted_before("p", ev.Climatology(), panel.head(96)).trained_until_)
    '2020-09-28T21:45:00'
    """
    if already_fitted(name, model, past.cutoff, where):
        return model
    fresh = copy.deepcopy(model)
    fresh.fit(past)
    return fresh


def already_fitted(
    name: str, model: object, origin: np.datetime64, where: str = "backtest"
) -> bool:
    """Return whether a model was fitted, on nothing later than an origin.

    Parameters
    ----------
    name : str
        What the message calls it.
    model : forecaster
        One that was fitted tells by ``trained_until_`` what it has seen.
    origin : numpy.datetime64
        The first origin.
    where : str
        Who asks, for the message.

    Raises
    ------
    LeakageError
        If it was fitted on later rows.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> already_fitted("p", ev.Climatology().fit(panel), panel.cutoff)
    True
    """
    seen = getattr(model, "trained_until_", None)
    if seen is not None and seen > origin:
        msg = (
            f"{where}: model {name!r} was trained on rows up to {seen}, after the first origin {origin}. "
            f"Fit it on panel.until({str(origin)!r}), or choose later origins."
        )
        raise LeakageError(msg)
    return seen is not None

"""The same history with one thing changed from a known time on: to see what a monitor makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.random import RandomState, generator
from evforecast.timegrid import TimeLike

__all__ = ["fewer_visits", "freeze", "joined_later", "merge_status"]


def merge_status(panel: StatusPanel, status: str, into: str, *, since: TimeLike) -> StatusPanel:
    """Return the panel with one status reported as another from a time on.

    So a feed looks that gives up a word: ``passive`` counts as ``charging``, say.

    Parameters
    ----------
    panel : StatusPanel
        The history.
    status, into : str
        The status that vanishes, and what is reported in its place.
    since : time
        The first time that is changed.

    Raises
    ------
    UnknownStatusError, InputError
        If there is no such status.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> changed = merge_status(panel, "passive", "charging", since=panel.times[96])
    >>> int((changed.codes[96:] == panel.scheme.code("passive")).sum())
    0
    """
    codes = panel.codes.copy()
    later = codes[panel.grid.position(since, "before") :]
    later[later == panel.scheme.code(status)] = panel.scheme.code(into)
    return _with(panel, codes)


def freeze(
    panel: StatusPanel, *, since: TimeLike, until: TimeLike | None = None, share: float = 1.0
) -> StatusPanel:
    """Return the panel with chargers that say the same again and again, as when a feed is stuck.

    Parameters
    ----------
    panel : StatusPanel
        The history.
    since, until : time
        The row that is repeated, and the first one that is not any more; by default none.
    share : float
        Of the chargers: the first of the panel's locations, whole ones as far as they go.

    Raises
    ------
    InputError
        If `since` is no time of the panel, or the share not between 0 and 1.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> stuck = freeze(panel, since=panel.times[96])
    >>> bool((stuck.codes[96:] == panel.codes[96]).all())
    True
    """
    first = panel.grid.position(since, "before")
    if first >= panel.n_time or not 0 <= share <= 1:
        msg = f"freeze: since={since} is not in {panel!r}, or share={share} not between 0 and 1."
        raise InputError(msg)
    stop = panel.n_time if until is None else panel.grid.position(until, "before")
    many = round(share * panel.n_evse)
    codes = panel.codes.copy()
    codes[first:stop, :many] = codes[first, :many]
    return _with(panel, codes)


def fewer_visits(
    panel: StatusPanel,
    share: float | npt.NDArray[Any],
    *,
    since: TimeLike | None = None,
    random_state: RandomState = 0,
) -> StatusPanel:
    """Return the panel with some visits taken out: the charger is available instead.

    A visit is a run of ``charging`` and ``passive``.

    Parameters
    ----------
    panel : StatusPanel
        The history.
    share : float or numpy.ndarray
        Which share of the visits; by row of their beginning, shape ``[time]``, for a share that changes.
    since : time, optional
        Visits that began earlier stay.
    random_state : int or numpy.random.Generator
        Seed of the choice.

    Raises
    ------
    InputError
        If a share is not between 0 and 1.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> quiet = fewer_visits(panel, 1.0)
    >>> int((quiet.codes == panel.scheme.code("charging")).sum())
    0
    """
    shares = np.broadcast_to(np.asarray(share, dtype=np.float64), panel.n_time)
    if not ((shares >= 0) & (shares <= 1)).all():
        msg = f"fewer_visits: a share of visits is between 0 and 1, found {share!r}."
        raise InputError(msg)
    first = 0 if since is None else panel.grid.position(since, "before")
    rng = generator(random_state)
    busy = np.isin(panel.codes, [panel.scheme.code("charging"), panel.scheme.code("passive")])
    edge = np.zeros((1, panel.n_evse), dtype=bool)
    turns = np.diff(np.vstack([edge, busy, edge]).astype(np.int8), axis=0).T
    unit, start = np.nonzero(turns == 1)
    end = np.nonzero(turns == -1)[1]
    taken = (rng.random(len(start)) < shares[start]) & (start >= first)
    codes = panel.codes.copy()
    for column, begin, stop in zip(unit[taken], start[taken], end[taken], strict=True):
        codes[begin:stop, column] = panel.scheme.code("available")
    return _with(panel, codes)


def joined_later(panel: StatusPanel, n_before: int, *, since: TimeLike) -> StatusPanel:
    """Return the panel of a network that grew: only its first chargers are seen before a time.

    Parameters
    ----------
    panel : StatusPanel
        The grown network.
    n_before : int
        How many chargers there were before.
    since : time
        When the others join.

    Raises
    ------
    InputError
        If there are not so many.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> grown = joined_later(panel, 3, since=panel.times[96])
    >>> bool((grown.codes[:96, 3:] == -1).all())
    True
    """
    if not 0 <= n_before <= panel.n_evse:
        msg = f"joined_later: n_before={n_before}, but the panel has {panel.n_evse} chargers."
        raise InputError(msg)
    codes = panel.codes.copy()
    codes[: panel.grid.position(since, "before"), n_before:] = MISSING
    return _with(panel, codes)


def _with(panel: StatusPanel, codes: npt.NDArray[np.int8]) -> StatusPanel:
    return StatusPanel(
        codes, panel.grid, panel.evse, scheme=panel.scheme, exog=panel.exog, tz=panel.tz
    )

"""Who failed lately, and scores with and without them: those that fail all the time are easily named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import Backtest, ranking_scores
from evforecast.features import last_observed
from evforecast.panel import MISSING, StatusPanel
from evforecast.timegrid import TimeLike

__all__ = ["down_within_days", "failure_scores", "not_failed_lately"]

_SUBSETS = ("all", "not down", "not failed lately")


def not_failed_lately(panel: StatusPanel, origin: TimeLike, days: float = 7) -> pd.Index:
    """Return the chargers that were observed in the last days, and never down there.

    A forecast that knows a charger's record does well by naming those that fail all the time. What it
    knows of the others is the harder question, and this is whom to ask it about.

    Parameters
    ----------
    panel : StatusPanel
        The past; what comes after `origin` is not looked at.
    origin : time
        The last time that may be known; one without a zone is UTC.
    days : float
        How far to look back, as far as the panel reaches.

    Returns
    -------
    pandas.Index
        Their ``evse_id``, in the order of the panel.

    Raises
    ------
    InputError
        If `days` is not positive.
    EmptyInputError
        If the panel begins after `origin`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> len(not_failed_lately(panel, panel.cutoff, days=2)) <= 6
    True
    """
    past = panel.until(origin)
    down, seen = down_within_days(past, days)
    ids: pd.Index = panel.evse.index[seen & ~down]
    return ids


def down_within_days(
    past: StatusPanel, days: float
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which chargers were down, and which were observed, in the last days; each ``[evse]``.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> [len(found) for found in down_within_days(panel, 1)]
    [6, 6]
    """
    if not days > 0:
        msg = f"lately is a positive number of days, found {days!r}."
        raise InputError(msg)
    if not past.n_time:
        msg = "no time of the panel lies at or before the origin. Choose a later one."
        raise EmptyInputError(msg)
    recent = past.tail(max(round(days * past.grid.slots_per_day), 1)).codes
    down = (recent == past.scheme.code("down")).any(axis=0)
    return down, (recent != MISSING).any(axis=0)


def failure_scores(
    result: Backtest, panel: StatusPanel, *, days: float = 7, by: Sequence[str] = ("horizon",)
) -> pd.DataFrame:
    """Return the scores of a backtest of failures over all cases and over the harder ones.

    Parameters
    ----------
    result : Backtest
        Of ``target="down"``, with ``within=True`` or without.
    panel : StatusPanel
        What was backtested on.
    days : float
        How far back is lately.
    by : sequence of str
        As in `evforecast.evaluation.ranking_scores`.

    Returns
    -------
    pandas.DataFrame
        ``chargers``, then the columns of `evforecast.evaluation.ranking_scores`. Three subsets, chosen
        anew at each origin: ``"all"``; ``"not down"``, those not known to be down at the origin, for whom
        there is something to forecast; ``"not failed lately"``, see `not_failed_lately`.

    Raises
    ------
    SchemeMismatchError
        If the backtest has other than two statuses.
    InputError
        If the panel is not of the chargers of the backtest, or `days` is not positive.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=12, days=8, random_state=0)
    >>> models = {"own rate": ev.FailureRate([96])}
    >>> result = ev.backtest(models, panel, every="6h", last="3D", target="down", within=True)
    >>> failure_scores(result, panel, days=3)["chargers"].to_list()
    ['all', 'not down', 'not failed lately']
    """
    if not panel.evse.index.equals(result.evse.index):
        msg = (
            "failure_scores: the panel has other chargers than the backtest. Give the panel that was "
            "backtested on."
        )
        raise InputError(msg)
    up, fresh = [], []
    for origin in result.origins:
        past = panel.until(origin)
        down, seen = down_within_days(past, days)
        fresh.append(seen & ~down)
        # At most a day back, as the forecasters do.
        status = last_observed(past.tail(past.grid.slots_per_day).codes).status[-1]
        up.append(status != past.scheme.code("down"))
    parts = (result, result.where(np.stack(up)), result.where(np.stack(fresh)))
    tables = []
    for name, part in zip(_SUBSETS, parts, strict=True):
        table = ranking_scores(part, by)
        table.insert(0, "chargers", name)
        tables.append(table)
    return pd.concat([table for table in tables if len(table)], ignore_index=True)

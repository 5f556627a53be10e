"""The park manager, who asks which charger will fail."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evforecast.features import last_observed
from evforecast.forecasting import FailureRate
from evforecast.forecasting.failure_rate import count_failures
from evforecast.panel import MISSING, StatusForecast, StatusPanel
from evforecast.usecases.base import UseCase, probability_of
from evforecast.usecases.lately import down_within_days, failure_scores, not_failed_lately
from evforecast.usecases.repair import expected_repair

__all__ = [
    "PARK",
    "expected_repair",
    "failure_scores",
    "not_failed_lately",
    "own_rate",
    "worklist",
]

PARK = UseCase(
    "park", "Which charger will go down within a day, or two?", "down", (96, 192), within=True
)
"""The question of a park manager."""

_WITHIN = "down within"


def worklist(
    forecast: StatusForecast,
    *,
    history: StatusPanel | None = None,
    model: FailureRate | None = None,
    n: int = 10,
    days: float = 7,
) -> pd.DataFrame:
    """Return the chargers that are most likely to go down, the likeliest first.

    Parameters
    ----------
    forecast : StatusForecast
        Of ``down`` at any time up to the horizon (``within=True``), or at it; or of all statuses.
    history : StatusPanel, optional
        The past of the same chargers. It leaves out those that are down already, which need a repair
        and not a forecast (`expected_repair`), and adds what is known of each: a charger's own record
        says nearly as much as most models, and a list without it would hide that.
    model : FailureRate, optional
        Fitted on a longer past than `history`, for `p_own_rate`; by default one is fitted on `history`.
    n : int
        How many chargers.
    days : float
        How far back is lately.

    Returns
    -------
    pandas.DataFrame
        ``evse_id``, ``location_id`` and the chance at the last horizon: ``p_down_within`` of a forecast
        within, else ``p_down``. With `history` also ``status`` (the last known one), ``down_before``
        (the share of time that it was down), ``failures_per_day`` (while it was up; those within a day
        of an earlier one belong to it), ``failed_lately`` (whether it was down in the last days) and
        ``p_own_rate``, the chance of going down up to the last horizon by its own past rate alone.

    Raises
    ------
    SchemeMismatchError
        If the forecast does not tell ``down``.
    UnknownChargerError
        If `history` lacks a charger.
    EmptyInputError
        If `history` holds too little up to the cutoff of the forecast.
    InputError
        If `days` is not positive.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.SemiMarkovForecaster([96], target="down", within=True).fit(panel)
    >>> worklist(model.predict_proba(panel), history=panel, n=2).columns.to_list()
    ['evse_id', 'location_id', 'p_down_within', 'status', 'down_before', 'failures_per_day',
    'failed_lately', 'p_own_rate']
    """
    target = _WITHIN if _WITHIN in forecast.scheme.coarsenings else "down"
    chance = "p_down_within" if target == _WITHIN else "p_down"
    answer = pd.DataFrame(
        {
            "evse_id": forecast.evse.index,
            "location_id": forecast.evse["location_id"].to_numpy(),
            chance: probability_of(forecast, target)[-1],
        }
    )
    if history is not None:
        past = history.until(forecast.cutoff).select(forecast.evse_ids)
        horizon = int(forecast.horizons[-1] * forecast.step // past.step)
        record = _record(past, days).assign(p_own_rate=own_rate(past, horizon, model=model))
        answer = answer.join(record, on="evse_id")
        answer = answer[answer["status"] != "down"]
    return answer.sort_values(chance, ascending=False, kind="stable", ignore_index=True).head(n)


def own_rate(
    history: StatusPanel, horizon: int = 96, *, model: FailureRate | None = None
) -> pd.Series:
    """Return each charger's chance of being down within a horizon, from its own past failures alone.

    A charger's rate is shrunk to the network's, by as much as chargers are alike (see `FailureRate`,
    which is what to give a backtest).

    Parameters
    ----------
    history : StatusPanel
        The past; its last row is the cutoff.
    horizon : int
        Steps ahead.
    model : FailureRate, optional
        Fitted on a longer past; by default one is fitted on `history`.

    Returns
    -------
    pandas.Series
        ``p_own_rate`` by ``evse_id``; near 1 for those that are down now.

    Raises
    ------
    EmptyInputError
        If `history` has fewer than two rows, or nothing was observed.
    HorizonError
        If the horizon is not positive.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> own_rate(panel).between(0, 1).all()
    np.True_
    """
    fitted = FailureRate([horizon]).fit(history) if model is None else model
    law = fitted.predict_proba(history, [horizon])
    return pd.Series(law.proba[0, :, 1], index=history.evse.index, name="p_own_rate")


def _record(past: StatusPanel, days: float) -> pd.DataFrame:
    """Return what is known of each charger, by ``evse_id``."""
    seen = (past.codes != MISSING).sum(axis=0)
    down = (past.codes == past.scheme.code("down")).sum(axis=0)
    day = past.grid.slots_per_day
    failures, at_risk = count_failures(past.codes, past.scheme.members("down"), day)
    now = last_observed(past.codes).status[-1:].ravel()
    return pd.DataFrame(
        {
            "status": pd.Series(past.scheme.decode(now), index=past.evse.index, dtype=object),
            "down_before": down / np.maximum(seen, 1),
            "failures_per_day": np.where(
                at_risk > 0, failures / np.maximum(at_risk, 1) * day, np.nan
            ),
            "failed_lately": down_within_days(past, days)[0],
        },
        index=past.evse.index,
    )

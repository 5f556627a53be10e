"""The park manager, who asks which charger will fail."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evforecast.panel import MISSING, StatusForecast, StatusPanel
from evforecast.usecases.base import UseCase, probability_of

__all__ = ["PARK", "worklist"]

PARK = UseCase("park", "Which charger will be down tomorrow?", "down", (96, 192))


def worklist(
    forecast: StatusForecast, *, history: StatusPanel | None = None, n: int = 10
) -> pd.DataFrame:
    """Return the chargers that are most likely to go down, the likeliest first.

    Parameters
    ----------
    forecast : StatusForecast
        Of all statuses, or of ``down``.
    history : StatusPanel, optional
        The past of the same chargers. It leaves out those that are down already, which need a repair
        and not a forecast, and adds the last known status and the share of time that each was down,
        since a charger's own record says as much as most models.
    n : int
        How many chargers.

    Returns
    -------
    pandas.DataFrame
        ``evse_id``, ``location_id``, ``p_down`` (at the last horizon); with `history`,
        ``status`` and ``down_before``.

    Raises
    ------
    SchemeMismatchError
        If the forecast does not tell ``down``.
    UnknownChargerError
        If `history` lacks a charger.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Climatology(horizons=[96]).fit(panel).predict_proba(panel)
    >>> worklist(forecast, history=panel, n=2).columns.to_list()
    ['evse_id', 'location_id', 'p_down', 'status', 'down_before']
    """
    answer = pd.DataFrame(
        {
            "evse_id": forecast.evse.index,
            "location_id": forecast.evse["location_id"].to_numpy(),
            "p_down": probability_of(forecast, "down")[-1],
        }
    )
    if history is not None:
        past = history.until(forecast.cutoff).select(forecast.evse_ids)
        seen = past.codes != MISSING
        last = past.n_time - 1 - seen[::-1].argmax(axis=0)
        now = past.codes[last, np.arange(past.n_evse)]
        answer["status"] = pd.Series(past.scheme.decode(now), dtype=object)
        down = (past.codes == past.scheme.code("down")).sum(axis=0)
        answer["down_before"] = down / np.maximum(seen.sum(axis=0), 1)
        answer = answer[answer["status"] != "down"]
    return answer.sort_values("p_down", ascending=False, kind="stable", ignore_index=True).head(n)

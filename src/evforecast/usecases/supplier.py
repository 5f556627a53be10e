"""The energy supplier, who asks how much charging there will be, where and when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import MissingColumnsError
from evforecast.panel import StatusForecast
from evforecast.usecases.base import UseCase, probability_of

__all__ = ["SUPPLIER", "charging"]

SUPPLIER = UseCase(
    "supplier",
    "How many chargers will be charging, where and when?",
    "charging",
    (16, 32, 48, 96, 192),
)

# The interval covers 90 % of the outcomes, if chargers behave independently.
_LEVEL = 0.9


def charging(forecast: StatusForecast, *, by: str | None = "area") -> pd.DataFrame:
    """Return how many chargers are expected to charge, by group and time, with an interval.

    Parameters
    ----------
    forecast : StatusForecast
        Of all statuses, or of ``charging``.
    by : str or None
        A column of the table of chargers; None for the whole network. Chargers without a group count
        under ``"unknown"``.

    Returns
    -------
    pandas.DataFrame
        ``time`` (UTC), the group, ``expected`` (chargers), ``low`` and ``high`` (the central 90 % of the
        Poisson-binomial distribution: chargers taken as independent, so too narrow where they move
        together) and ``n`` (chargers in the group).

    Raises
    ------
    MissingColumnsError
        If the table of chargers has no column `by`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Climatology(horizons=[16, 96]).fit(panel).predict_proba(panel)
    >>> charging(forecast, by=None).columns.to_list()
    ['time', 'network', 'expected', 'low', 'high', 'n']
    """
    if by is not None and by not in forecast.evse.columns:
        raise MissingColumnsError(
            [by], forecast.evse.columns, "supplier.charging, the table of chargers"
        )
    column = by or "network"
    labels = (
        forecast.evse[by].fillna("unknown") if by else pd.Series("all", index=forecast.evse.index)
    )
    group, names = pd.factorize(labels.astype(str), sort=True)
    p = probability_of(forecast, "charging").astype(np.float64)
    rows = []
    for place, time in enumerate(forecast.times):
        for number, name in enumerate(names):
            members = p[place, group == number]
            low, high = _interval(members)
            rows.append((time, name, members.sum(), low, high, len(members)))
    return pd.DataFrame(rows, columns=["time", column, "expected", "low", "high", "n"])


def _interval(p: npt.NDArray[np.float64]) -> tuple[int, int]:
    """Return the central interval of the number of events with chances `p` (Poisson-binomial)."""
    law = np.ones(1)
    for chance in p:
        law = np.convolve(law, [1 - chance, chance])
    below = np.cumsum(law)
    low = int(np.searchsorted(below, (1 - _LEVEL) / 2))
    return low, int(np.searchsorted(below, (1 + _LEVEL) / 2))

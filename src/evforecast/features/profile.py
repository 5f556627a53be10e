"""A charger's habits at the time of day that is asked for, from the days before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from evforecast.features.shares import StatusCounter

__all__ = ["PROFILE_DAYS", "time_of_day_profile"]

PROFILE_DAYS = 8  # days looked back: a whole week, and the day before it

# Chosen on two splits of real data; the losses are flat around them.
DECAY = 0.85  # weight of a day against the day after it
PRIOR_DAYS = 4.0  # days that the charger's week, with the network's daily shape, is worth
OTHER_TYPE = 0.5  # weight of a day of another type than the target's: working day, Saturday, Sunday
HALF_WINDOW = np.timedelta64(3600, "s")  # rows within an hour of the time asked for count

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


def time_of_day_profile(
    counter: StatusCounter,
    rows: Index,
    units: Index,
    horizon: int,
    step: np.timedelta64,
    *,
    day_types: Callable[[Index], npt.NDArray[np.int8]] | None = None,
) -> F32:
    """Return each charger's share of each status around the target's time of day on past days.

    The newest day counts most, and a day of the target's type more than another. With little history the
    shares lean on the charger's last week, tilted by how the network at that time of day differs from its
    own week.

    Parameters
    ----------
    counter : StatusCounter
        Of the panel.
    rows, units : numpy.ndarray
        The cases: the row of the cutoff and the column of the charger, shape ``[case]``.
    horizon : int
        Steps from the cutoff to the target.
    step : numpy.timedelta64
        The length of a step.
    day_types : callable, optional
        Gives the type of the day of each row, of those after the panel too (see `Calendar.day_types`).

    Returns
    -------
    numpy.ndarray
        float32, shape ``[case, status]``, each row summing to 1; no row after the cutoff is used.

    Examples
    --------
    >>> counter = StatusCounter(np.zeros((96, 1), np.int8), 2)
    >>> quarter = np.timedelta64(900, "s")
    >>> time_of_day_profile(counter, np.array([95]), np.array([0]), 4, quarter).round(2).tolist()
    [[1.0, 0.0]]
    """
    day = int(np.timedelta64(86_400, "s") // step)
    half = int(HALF_WINDOW // step)
    own = np.zeros((len(rows), counter.n_status), np.float32)
    own_days = np.zeros((len(rows), 1), np.float32)
    network = np.zeros((len(rows), counter.n_status))
    target_type = None if day_types is None else day_types(rows + horizon)
    decay = 1.0
    for back in range(-(-horizon // day), PROFILE_DAYS + 1):
        centre = rows + horizon - back * day
        weight: npt.NDArray[np.float64] | float = decay
        if day_types is not None:
            same = day_types(centre) == target_type
            weight = decay * np.where(same, 1.0, OTHER_TYPE)[:, None]
        window = (centre - half - 1, np.minimum(centre + half, rows))
        counts = counter.counts(*window, units)
        seen = counts.sum(axis=1, keepdims=True)
        own += weight * counts / np.maximum(seen, 1)
        own_days += weight * (seen > 0)
        everyone = counter.network_counts(*window)
        network += weight * everyone / np.maximum(everyone.sum(axis=1, keepdims=True), 1)
        decay *= DECAY
    week = 7 * day
    network_week = _share(counter.network_counts(rows - week, rows), np.full(counter.n_status, 1.0))
    own_week = _share(counter.counts(rows - week, rows, units), network_week)
    tilt = np.maximum(_share(network, network_week), 1e-4) / np.maximum(network_week, 1e-4)
    prior = own_week * tilt
    prior /= prior.sum(axis=1, keepdims=True)
    profile: F32 = ((own + PRIOR_DAYS * prior) / (own_days + PRIOR_DAYS)).astype(np.float32)
    return profile


def _share(
    counts: npt.NDArray[np.floating], fallback: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return counts as shares, leaning on `fallback` by a hundredth of a case: never empty, never zero."""
    base = fallback / fallback.sum(axis=-1, keepdims=True)
    total = counts.sum(axis=1, keepdims=True)
    share: npt.NDArray[np.float64] = (counts + 0.01 * base) / (total + 0.01)
    return share

"""How chargers move together within a step, and draws that keep it.

Each charger's next status is drawn by one uniform number through its own law, statuses in the order of
the scheme: a small number means the first status (available), a large one the last (down). Chargers move
together when their numbers do, and each keeps its own law whatever the numbers of the others:

- at a location, with chance ``location``, all follow one number (two sockets of a post that one vehicle
  blocks, a post that loses its connection);
- over the network, the numbers' normal scores share a factor of variance ``network`` (a busy hour, an
  outage), which goes on to the next step with correlation ``memory``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

__all__ = ["Dependence", "JointDraws", "estimate_dependence", "pick"]

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_MOST_NETWORK = 0.5  # a factor of more than half the variance would be a fault of the data
_TINY = 1e-6


@dataclass(frozen=True)
class Dependence:
    """How far chargers move together; all zero means independent.

    Attributes
    ----------
    location : float
        The chance, from 0 to 1, that the chargers of a location follow one number in a step.
    network : float
        The share of the variance of the normal scores that the whole network has in common.
    memory : float
        The correlation of the network's factor from one step to the next.
    """

    location: float = 0.0
    network: float = 0.0
    memory: float = 0.0


class JointDraws:
    """A stream of uniform numbers ``[path, evse]``, one array a step, dependent as fitted.

    Parameters
    ----------
    dependence : Dependence
        How far chargers move together.
    location : numpy.ndarray
        The location of each charger as a number from 0, shape ``[evse]``.
    n_paths : int
        The number of paths.
    rng : numpy.random.Generator
        Where the numbers come from.

    Examples
    --------
    >>> draws = JointDraws(
    ...     Dependence(location=1.0), np.array([0, 0, 1]), 4, np.random.default_rng(0)
    ... )
    >>> u = draws.step()
    >>> u.shape, bool((u[:, 0] == u[:, 1]).all()), bool((u[:, 0] == u[:, 2]).any())
    ((4, 3), True, False)
    """

    def __init__(
        self, dependence: Dependence, location: Index, n_paths: int, rng: np.random.Generator
    ) -> None:
        self._dependence, self._location, self._rng = dependence, location, rng
        self._n_locations = int(location.max(initial=-1)) + 1
        self._n_paths = n_paths
        self._factor = rng.standard_normal((n_paths, 1))

    def step(self) -> F32:
        """Return the numbers of the next step, float32 ``[path, evse]``."""
        rng, fitted = self._rng, self._dependence
        u = rng.random((self._n_paths, len(self._location)), dtype=np.float32)
        if fitted.location > 0:
            places = (self._n_paths, self._n_locations)
            follows = rng.random(places, dtype=np.float32) < fitted.location
            common = rng.random(places, dtype=np.float32)
            u = np.where(follows[:, self._location], common[:, self._location], u)
        if fitted.network > 0:
            noise = rng.standard_normal(self._factor.shape)
            self._factor *= fitted.memory
            self._factor += np.sqrt(1 - fitted.memory**2) * noise
            own = np.sqrt(1 - fitted.network) * ndtri(u.astype(np.float64))
            u = ndtr(own + np.sqrt(fitted.network) * self._factor).astype(np.float32)
        return u


def pick(law: npt.NDArray[np.floating], u: F32) -> npt.NDArray[np.int8]:
    """Return the status that a uniform number picks from a law.

    Parameters
    ----------
    law : numpy.ndarray
        Shape ``[..., status]``, summing to 1.
    u : numpy.ndarray
        Shape ``[...]``, from 0 to 1.

    Examples
    --------
    >>> pick(np.array([[0.5, 0.5]]), np.array([0.6], np.float32))
    array([1], dtype=int8)
    """
    below = np.cumsum(law[..., :-1], axis=-1)
    picked: npt.NDArray[np.int8] = (u[..., None] >= below).sum(axis=-1, dtype=np.int8)
    return picked


def estimate_dependence(p: F64, event: npt.NDArray[np.bool_], location: Index) -> Dependence:
    """Estimate from one-step forecasts how far chargers move together, by the method of moments.

    With uniform numbers shared by a location, two chargers with chances ``p`` and ``q`` covary by
    ``min(p, q) - p q``; with a common factor of variance ``r``, by ``r f(p) f(q)`` to first order, where
    ``f`` is the normal density at the quantile. What the residuals covary by is compared with the sum of
    these over all pairs.

    Parameters
    ----------
    p : numpy.ndarray
        float64 ``[time, evse]``: the chance of the event one step ahead, NaN where either end is missing.
    event : numpy.ndarray
        bool ``[time, evse]``: whether it happened.
    location : numpy.ndarray
        The location of each charger as a number from 0, shape ``[evse]``.

    Returns
    -------
    Dependence

    References
    ----------
    The common factor is the one-factor Gaussian copula of Vasicek (2002), The distribution of loan
    portfolio value, Risk 15(12).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.random((2000, 50)) < 0.3
    >>> both = np.repeat(shared, 2, axis=1)
    >>> fitted = estimate_dependence(np.full((2000, 100), 0.3), both, np.arange(100) // 2)
    >>> round(fitted.location, 2), round(fitted.network, 2)
    (1.0, 0.0)
    """
    known = ~np.isnan(p)
    residual = np.where(known, event - np.where(known, p, 0), 0)
    safe = np.clip(np.where(known, p, 0.5), _TINY, 1 - _TINY)
    density = np.where(known, np.exp(-(ndtri(safe) ** 2) / 2) / np.sqrt(2 * np.pi), 0)

    covary, most = 0.0, 0.0
    by_location = np.zeros((len(p), int(location.max(initial=-1)) + 1))
    density_by_location = by_location.copy()
    for place, members in enumerate(_members(location)):
        by_location[:, place] = residual[:, members].sum(axis=1)
        density_by_location[:, place] = density[:, members].sum(axis=1)
        if len(members) > 1:
            own = (residual[:, members] ** 2).sum()
            covary += float((by_location[:, place] ** 2).sum() - own) / 2
            most += _common_covariance(p[:, members])
    at_location = min(max(covary / most, 0.0), 1.0) if most > 0 else 0.0

    now, later = (
        _between_locations(by_location, lag)
        / max(_between_locations(density_by_location, lag), _TINY)
        for lag in (0, 1)
    )
    if now <= 0:
        return Dependence(at_location)
    memory = min(max(later / now, 0.0), 0.99)
    return Dependence(at_location, min(now, _MOST_NETWORK), memory)


def _members(location: Index) -> list[Index]:
    """Return the chargers of each location."""
    order = np.argsort(location, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(location[order])) + 1) if len(order) else []


def _common_covariance(p: F64) -> float:
    """Return the sum over pairs and times of ``min(p, q) - p q``; shape ``[time, member]``, NaN unknown."""
    rising = np.sort(p, axis=1)  # NaN last
    known = (~np.isnan(rising)).sum(axis=1, keepdims=True)
    # In rising order, the k-th is the smaller of the two in as many pairs as there are after it.
    after = np.maximum(known - 1 - np.arange(p.shape[1]), 0)
    filled = np.nan_to_num(rising)
    products = (filled.sum(axis=1) ** 2 - (filled**2).sum(axis=1)) / 2
    return float((filled * after).sum() - products.sum())


def _between_locations(values: F64, lag: int) -> float:
    """Return the sum over times and pairs of different locations of ``values[t] * values[t + lag]``."""
    early, late = values[: len(values) - lag], values[lag:]
    return float((early.sum(axis=1) * late.sum(axis=1)).sum() - (early * late).sum())

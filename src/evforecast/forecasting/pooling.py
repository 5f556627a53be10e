"""The logarithmic pool of two laws."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

__all__ = ["logarithmic_pool", "weighted_pool"]

# What a law gives a status at least before pooling: one model alone cannot rule a status out.
SMALLEST = 1e-5


def logarithmic_pool(
    one: npt.NDArray[np.floating], other: npt.NDArray[np.floating], weight: float
) -> npt.NDArray[np.floating]:
    """Return the weighted geometric mean of two laws, normalised.

    Parameters
    ----------
    one, other : numpy.ndarray
        ``[..., status]``, of one shape.
    weight : float
        Of the second, from 0 to 1.

    References
    ----------
    Genest and Zidek (1986), Combining Probability Distributions, doi:10.1214/ss/1177013825.

    Examples
    --------
    >>> logarithmic_pool(np.array([0.5, 0.5]), np.array([0.9, 0.1]), 0.5).round(2).tolist()
    [0.75, 0.25]
    """
    return weighted_pool([one, other], [1 - weight, weight])


def weighted_pool(
    laws: Iterable[npt.NDArray[np.floating]], weights: Iterable[float]
) -> npt.NDArray[np.floating]:
    """Return the weighted geometric mean of any number of laws ``[..., status]``, normalised.

    Parameters
    ----------
    laws : iterable of numpy.ndarray
        Of one shape; each gives every status at least .00001 here.
    weights : iterable of float
        As many, summing to 1.

    Examples
    --------
    >>> weighted_pool([np.array([0.5, 0.5]), np.array([0.9, 0.1])], [0, 1]).round(2).tolist()
    [0.9, 0.1]
    """
    pooled: npt.NDArray[np.floating] = np.ones(())
    for law, weight in zip(laws, weights, strict=True):
        pooled = pooled * np.maximum(law, SMALLEST) ** weight
    normalised: npt.NDArray[np.floating] = pooled / pooled.sum(axis=-1, keepdims=True)
    return normalised

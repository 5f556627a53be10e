"""Counts of statuses and transitions, taken from the panel block by block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evforecast.panel import Codes

__all__ = ["local_part", "marginal", "pair_counts", "shrink", "status_counts"]

FloatArray = npt.NDArray[np.float64]

# Rows a block: the index arrays of a block stay in the cache, and memory does not grow with the year.
_BLOCK = 2048


def pair_counts(codes: Codes, lag: int, n_status: int) -> FloatArray:
    """Count pairs (status at t, status at t + lag) by charger; shape ``[evse, status, status]``.

    Examples
    --------
    >>> pair_counts(np.array([[0], [1], [-1], [1]], np.int8), 1, 2)[0].tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    n_time, n_evse = codes.shape
    width = (n_status + 1) ** 2
    counts = np.zeros(n_evse * width)
    offset = np.arange(n_evse) * width
    for start in range(0, n_time - lag, _BLOCK):
        stop = min(start + _BLOCK, n_time - lag)
        now = codes[start:stop].astype(np.int16) + 1
        later = codes[start + lag : stop + lag].astype(np.int16) + 1
        key = now * (n_status + 1) + later + offset
        counts += np.bincount(key.ravel(), minlength=len(counts))
    # row and column 0 hold the pairs with a missing end
    return counts.reshape(n_evse, n_status + 1, n_status + 1)[:, 1:, 1:]


def status_counts(
    codes: Codes, part: npt.NDArray[np.integer], n_part: int, n_status: int
) -> FloatArray:
    """Count statuses by part of the day and charger; shape ``[part, evse, status]``.

    `part`, shape ``[time]``, says which part of the day a row belongs to.

    Examples
    --------
    >>> status_counts(np.array([[0], [1], [1]], np.int8), np.array([0, 1, 1]), 2, 2)[:, 0].tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    counts = np.zeros((n_part, codes.shape[1], n_status))
    for place in range(n_part):
        rows = codes[part == place]
        for status in range(n_status):
            counts[place, :, status] = np.count_nonzero(rows == status, axis=0)
    return counts


def shrink(counts: FloatArray, prior: FloatArray, weight: float) -> FloatArray:
    """Return shares ``(counts + weight * prior) / (total + weight)`` over the last axis.

    The mean of a Dirichlet posterior whose prior is worth `weight` observations.

    Examples
    --------
    >>> shrink(np.array([3.0, 1.0]), np.array([0.5, 0.5]), 4.0).tolist()
    [0.625, 0.375]
    """
    total = counts.sum(axis=-1, keepdims=True)
    shares: FloatArray = (counts + weight * prior) / (total + weight)
    return shares


def marginal(counts: FloatArray) -> FloatArray:
    """Return the share of each status (last axis) over all others, never quite zero.

    Examples
    --------
    >>> marginal(np.array([[3.0, 0.0], [1.0, 0.0]])).round(3).tolist()
    [1.0, 0.0]
    """
    totals = counts.reshape(-1, counts.shape[-1]).sum(axis=0) + 1e-3
    shares: FloatArray = totals / totals.sum()
    return shares


def local_part(minute: npt.NDArray[np.integer], n_part: int) -> npt.NDArray[np.intp]:
    """Return which of `n_part` equal parts of the local day a minute of the day falls in.

    Examples
    --------
    >>> local_part(np.array([0, 719, 720]), 2).tolist()
    [0, 0, 1]
    """
    return (minute.astype(np.intp) * n_part) // 1440

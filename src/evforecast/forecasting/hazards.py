"""Hazards of leaving a status: by time in it, time of day and charger, each level shrunk to the one above.

The chance that a charger in status ``s`` for ``a`` rows is in status ``i != s`` in the next row is

    base[part of day, s, bin(a), i] * ratio[unit, group(a), s, i] * daily[unit, hour, s, i]

``base`` is the network's, with its daily shape; ``ratio`` and ``daily`` say how much more often than
expected this charger makes this move, at this age and at this hour: (observed + c) / (expected + c), the
mean of a gamma prior worth c expected moves (gamma-Poisson shrinkage; Clayton and Kaldor 1987,
doi:10.2307/2532003). Ratios multiply, so a charger with little history keeps the network's shape of
durations and of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evforecast.features import runs
from evforecast.forecasting.counting import shrink
from evforecast.panel import Codes

__all__ = ["MAX_EXIT", "PARTS", "UNIT_PARTS", "Hazards", "fit_hazards"]

PARTS = 48  # half-hours: the network has the data for a fine daily shape
UNIT_PARTS = 24  # hours, smoothed over neighbours: one charger has not
MAX_EXIT = np.float32(0.95)  # the most that ratios may push the chance of a change in one step

# Weights of the priors, in moves. Chosen on two splits of real data; the losses are flat around them.
_NETWORK_WEIGHT = 20.0
_DAY_WEIGHT = 2.0
_UNIT_WEIGHT = 1.0
_HOUR_REACH = 3  # hours on either side that a charger's hour borrows from

# Chargers counted at a time: the keys stay in the cache, and memory does not grow with them.
_BLOCK = 32

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Hazards:
    """The fitted tables.

    Attributes
    ----------
    edges : numpy.ndarray
        The first age, in rows, of each age bin, shape ``[bin]``.
    group : numpy.ndarray
        The age group that each bin belongs to, shape ``[bin]``.
    base : numpy.ndarray
        float32 ``[part, status, bin, to]``, zero where ``to`` is the status itself.
    ratio : numpy.ndarray
        float32 ``[unit + 1, group, status, to]``; the last unit is one never seen: ones.
    daily : numpy.ndarray
        float32 ``[unit + 1, hour, status, to]``; likewise.
    """

    edges: Index
    group: Index
    base: F32
    ratio: F32
    daily: F32

    @property
    def n_status(self) -> int:
        """The number of statuses."""
        return int(self.base.shape[1])

    def one_step(self, unit: int, part: int, hour: int, status: int, age: int) -> F32:
        """Return the law of the next row's status for one state, shape ``[status]``: the definition."""
        place = np.searchsorted(self.edges, age, side="right") - 1
        move: F32 = self.base[part, status, place] * self.ratio[unit, self.group[place], status]
        move = move * self.daily[unit, hour, status]
        move = move * min(np.float32(1), MAX_EXIT / max(move.sum(), np.float32(1e-12)))
        move[status] = 1 - move.sum()
        return move

    def laws(self, unit: Index, part: Index, hour: Index, status: Index, age: Index) -> F32:
        """Return the laws of the next row's status for many states: `one_step`, vectorised.

        Parameters
        ----------
        unit, part, hour, status, age : numpy.ndarray
            As in `one_step`, of shapes that broadcast to ``[...]``.

        Returns
        -------
        numpy.ndarray
            float32 ``[..., status]``.
        """
        place = self.bin_of(age)
        move: F32 = self.base[part, status, place] * self.ratio[unit, self.group[place], status]
        move *= self.daily[unit, hour, status]
        leaving = move.sum(axis=-1, keepdims=True)
        move *= np.minimum(np.float32(1), MAX_EXIT / np.maximum(leaving, np.float32(1e-12)))
        stay = 1 - move.sum(axis=-1)
        np.put_along_axis(move, np.broadcast_to(status, stay.shape)[..., None], stay[..., None], -1)
        return move

    def bin_of(self, age: Index) -> Index:
        """Return the age bin of each age in rows."""
        table = np.searchsorted(self.edges, np.arange(self.edges[-1] + 1), side="right") - 1
        places: Index = table[np.minimum(age, self.edges[-1])]
        return places


def fit_hazards(
    codes: Codes, part: Index, edges: Index, group_edges: Index, n_status: int
) -> Hazards:
    """Count the moves and shrink them, level after level.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``, -1 where missing; a move counts where both its rows are observed.
    part : numpy.ndarray
        Which half-hour of the local day each row is in, shape ``[time]``.
    edges, group_edges : numpy.ndarray
        The first age of each bin, and of each age group, in rows; each group edge is a bin edge.
    n_status : int
        The number of statuses.

    Returns
    -------
    Hazards
    """
    group = np.searchsorted(group_edges, edges, side="right") - 1
    shape = (PARTS, n_status, len(edges), n_status)
    network = np.zeros(shape)
    for _, counts in _blocks(codes, part, edges, shape):
        network += counts.sum(axis=0)
    base = _network_hazard(network)
    n_unit = codes.shape[1]
    ratio = np.ones((n_unit + 1, len(group_edges), n_status, n_status), np.float32)
    daily = np.ones((n_unit + 1, UNIT_PARTS, n_status, n_status), np.float32)
    first_bin = np.searchsorted(edges, group_edges)
    kernel = _ring_kernel()
    for start, counts in _blocks(codes, part, edges, shape):
        units = slice(start, start + len(counts))
        ratio[units], daily[units] = _unit_ratios(
            counts.astype(np.float32), base, first_bin, kernel
        )
    return Hazards(edges, group, base, ratio, daily)


def _blocks(
    codes: Codes, part: Index, edges: Index, shape: tuple[int, int, int, int]
) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Yield (first unit, counts ``[unit, part, status, bin, to]``) for blocks of chargers."""
    n_time, n_unit = codes.shape
    _, n_status, n_bin, _ = shape
    size = int(np.prod(shape))
    bin_of = (np.searchsorted(edges, np.arange(n_time + 1), side="right") - 1).astype(np.int32)
    next_part = part[1:].astype(np.int32)[:, None] * n_status
    for start in range(0, n_unit, _BLOCK):
        block = np.ascontiguousarray(codes[:, start : start + _BLOCK])
        state = runs(block)
        width = block.shape[1]
        key = (next_part + state.status[:-1]) * n_bin + bin_of[state.age[:-1]]
        key *= n_status
        key += block[1:]
        key += np.arange(width, dtype=np.int32) * size
        both = (block[:-1] >= 0) & (block[1:] >= 0)
        counts = np.bincount(key[both], minlength=width * size)
        yield start, counts.reshape(width, *shape)


def _network_hazard(counts: npt.NDArray[np.float64]) -> F32:
    """Return the network's hazard ``[part, status, bin, to]``: by age, times the shape of the day."""
    n_status = counts.shape[1]
    by_age = counts.sum(axis=0)
    # A status never left in training is almost never left: the diagonal keeps its row a distribution.
    plain = by_age.sum(axis=1, keepdims=True) + 1e-2 * np.eye(n_status)[:, None] + 1e-3
    hazard = shrink(by_age, plain / plain.sum(axis=-1, keepdims=True), _NETWORK_WEIGHT)
    observed = counts.sum(axis=2)
    expected = np.einsum("psb,sbi->psi", counts.sum(axis=-1), hazard)
    day = (_smooth(observed) + _DAY_WEIGHT) / (_smooth(expected) + _DAY_WEIGHT)
    base = hazard[None] * day[:, :, None]
    base[:, np.arange(n_status), :, np.arange(n_status)] = 0
    return base.astype(np.float32)


def _smooth(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return counts with those of the two neighbouring half-hours, half as heavy, on the ring of a day."""
    return counts + (np.roll(counts, 1, axis=0) + np.roll(counts, -1, axis=0)) / 2


def _ring_kernel() -> F32:
    """Return triangular weights ``[hour, hour]`` between hours of the day."""
    hour = np.arange(UNIT_PARTS)
    apart = np.abs(hour[:, None] - hour[None, :])
    apart = np.minimum(apart, UNIT_PARTS - apart)
    kernel: F32 = np.maximum(0, 1 - apart / (_HOUR_REACH + 1)).astype(np.float32)
    return kernel


def _unit_ratios(counts: F32, base: F32, first_bin: Index, kernel: F32) -> tuple[F32, F32]:
    """Return one block's ``ratio [unit, group, status, to]`` and ``daily [unit, hour, status, to]``."""
    width, _, n_status, n_bin, _ = counts.shape
    split = (UNIT_PARTS, PARTS // UNIT_PARTS, n_status, n_bin)
    exposure = counts.sum(axis=-1).reshape(width, *split)
    expected = np.einsum("uqrsb,qrsbi->uqsbi", exposure, base.reshape(*split, n_status))
    observed = counts.reshape(width, *split, n_status).sum(axis=2)
    expected = np.add.reduceat(expected, first_bin, axis=3)
    observed = np.add.reduceat(observed, first_bin, axis=3)
    overall = _ratio(observed.sum(axis=(1, 3)), expected.sum(axis=(1, 3)))
    expected *= overall[:, None, :, None]
    by_age = _ratio(observed.sum(axis=1), expected.sum(axis=1))
    expected *= by_age[:, None]
    near_observed = np.einsum("vq,uqsi->uvsi", kernel, observed.sum(axis=3))
    near_expected = np.einsum("vq,uqsi->uvsi", kernel, expected.sum(axis=3))
    ratio = (overall[:, :, None] * by_age).transpose(0, 2, 1, 3)
    return ratio, _ratio(near_observed, near_expected)


def _ratio(observed: F32, expected: F32) -> F32:
    return (observed + np.float32(_UNIT_WEIGHT)) / (expected + np.float32(_UNIT_WEIGHT))

"""Exact propagation of a semi-Markov chain: the law of the status at each later row, no path sampled.

The state is (status, age). Ages never need a grid of their own: all mass that entered a status in one
step has one age ever after, so the mass is kept by the step of its entry (a cohort), and the cohorts of
an age bin are a slice. Beside them, each charger has the run that was open when it was last observed.
A charger last observed g rows before the cutoff sets out there, g rows earlier than one seen at it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evforecast.forecasting.hazards import MAX_EXIT, Hazards

__all__ = ["OpenRuns", "propagate"]

# Chargers a pass: their cohorts stay in the cache.
_CHUNK = 400

F32 = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OpenRuns:
    """Where each charger stood when it was last observed; arrays ``[evse]``.

    Attributes
    ----------
    unit : numpy.ndarray
        Its row in the tables of the hazards; the last row is a charger never seen in training.
    status : numpy.ndarray
        Its status.
    age : numpy.ndarray
        The age of its run, in rows, at that time.
    stale : numpy.ndarray
        How many rows before the cutoff that was.
    """

    unit: Index
    status: Index
    age: Index
    stale: Index

    def part(self, chunk: slice) -> OpenRuns:
        """Return some of the chargers."""
        return OpenRuns(self.unit[chunk], self.status[chunk], self.age[chunk], self.stale[chunk])


def propagate(
    hazards: Hazards,
    start: OpenRuns,
    part: Index,
    hour: Index,
    horizons: npt.NDArray[np.int64],
    *,
    kept: Index | None = None,
) -> F32:
    """Return the law of the status `horizons` rows after the cutoff.

    Parameters
    ----------
    hazards : Hazards
        The fitted tables.
    start : OpenRuns
        The chargers.
    part, hour : numpy.ndarray
        The half-hour and the hour of the local day of the rows from ``1 - max(stale)`` to
        ``max(horizons)`` after the cutoff.
    horizons : numpy.ndarray
        Rows after the cutoff, increasing.
    kept : numpy.ndarray, optional
        Statuses that are never left once they hold after the cutoff: their chances are then those of
        having been there at all by the horizon (first passage).

    Returns
    -------
    numpy.ndarray
        float32 ``[horizon, evse, status]``.
    """
    lead = int(start.stale.max(initial=0))
    bases = (hazards.base, hazards.base if kept is None else hazards.base.copy())
    if kept is not None:
        bases[1][:, kept] = 0
    result = np.empty((len(horizons), len(start.unit), hazards.n_status), np.float32)
    for first in range(0, len(start.unit), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        result[:, chunk] = _propagate(
            hazards,
            start.part(chunk),
            horizons + lead,
            bases=bases,
            part=part,
            hour=hour,
            lead=lead,
        )
    return result


def _propagate(
    hazards: Hazards,
    start: OpenRuns,
    wanted: npt.NDArray[np.int64],
    *,
    bases: tuple[F32, F32],
    part: Index,
    hour: Index,
    lead: int,
) -> F32:
    """Propagate one chunk; step k is the row ``k - lead`` after the cutoff.

    The second of the `bases` serves the moves out of the rows after the cutoff.
    """
    everyone = np.arange(len(start.unit))
    n_step, size = int(wanted[-1]), hazards.n_status
    bins = _bin_slices(hazards, n_step)
    # Ratios by age group, and by hour, of each status and charger, to each other status.
    ratio = np.ascontiguousarray(hazards.ratio[start.unit].transpose(1, 2, 0, 3))
    daily = np.ascontiguousarray(hazards.daily[start.unit].transpose(1, 2, 0, 3))
    set_out = lead - start.stale
    open_mass = np.ones(len(everyone), np.float32)
    # By step of entry, status and charger.
    cohort = np.zeros((n_step + 1, size, len(everyone)), np.float32)
    result = np.empty((len(wanted), len(everyone), size), np.float32)
    now = -1
    for step in range(1, n_step + 1):
        base = bases[step > lead + 1][part[step - 1]]
        if hour[step - 1] != now:
            now = hour[step - 1]
            rates = ratio * daily[now]
        entering = _cohort_moves(hazards, cohort, step, base=base, rates=rates, bins=bins)

        age = np.maximum(start.age + (step - 1 - set_out), 1)
        place = np.searchsorted(hazards.edges, age, side="right") - 1
        move = base[start.status, place]
        move = move * ratio[hazards.group[place], start.status, everyone]
        move *= daily[now, start.status, everyone]
        leaving = move.sum(axis=1)
        capped = np.minimum(np.float32(1), MAX_EXIT / np.maximum(leaving, np.float32(1e-12)))
        move *= capped[:, None]
        move *= np.where(step > set_out, open_mass, np.float32(0))[:, None]
        open_mass = open_mass - move.sum(axis=1)

        cohort[step] = (entering + move).T
        if step in wanted:
            law = cohort[1 : step + 1].sum(axis=0).T
            law[everyone, start.status] += open_mass
            result[np.searchsorted(wanted, step)] = law
    return result


def _bin_slices(hazards: Hazards, n_step: int) -> list[tuple[int, int, int]]:
    """Return (group, first bin, stop bin) for the age bins that a cohort can reach."""
    reached = int(np.searchsorted(hazards.edges, n_step, side="right"))
    groups = hazards.group[:reached]
    return [
        (int(g), int(np.flatnonzero(groups == g)[0]), int(np.flatnonzero(groups == g)[-1]) + 1)
        for g in np.unique(groups)
    ]


def _cohort_moves(
    hazards: Hazards,
    cohort: F32,
    step: int,
    *,
    base: F32,
    rates: F32,
    bins: list[tuple[int, int, int]],
) -> F32:
    """Move the cohorts by one row, in place; return what enters each status, ``[evse, to]``.

    A cohort that entered at step e has age ``step - e`` in the row before this one.
    """
    edges = hazards.edges
    entering = np.zeros((cohort.shape[2], cohort.shape[1]), np.float32)
    for group, first, stop in bins:
        if step - 1 < edges[first]:
            break
        shape = base[:, first:stop]  # [status, bin, to]
        leaving = np.matmul(rates[group], shape.transpose(0, 2, 1))  # [status, evse, bin]
        capped = np.minimum(leaving, MAX_EXIT)
        mass = np.zeros(leaving.shape, np.float32)
        for place in range(first, stop):
            youngest = step - edges[place]
            oldest = 1 if place + 1 == len(edges) else max(1, step - edges[place + 1] + 1)
            if youngest < 1:
                break
            run = cohort[oldest : youngest + 1]
            mass[..., place - first] = run.sum(axis=0)
            run *= 1 - capped[..., place - first]
        mass *= capped / np.maximum(leaving, np.float32(1e-12))
        entering += (np.matmul(mass, shape) * rates[group]).sum(axis=0)
    return entering

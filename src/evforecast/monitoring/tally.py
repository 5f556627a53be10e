"""What came, by stretch of time, against what the same hours of the week used to bring.

A network has its hours: nothing is said by Monday morning differing from Sunday night. All measures of
drift are made here in one way. What is counted is laid out by block (a day, say, counted back from the end)
and by slot (the hour of the week, local time). The slots of a reference give the rate to expect; a block is
held against the sum of the rates of its own slots. How far the blocks of the reference themselves stray,
each held against all the others, is what is usual.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, StepMismatchError
from evforecast.panel import MISSING, Calendar, StatusPanel
from evforecast.timegrid import StepLike, step_text

__all__ = [
    "Deviation",
    "Slots",
    "Tally",
    "change_tally",
    "deviation",
    "laid_out",
    "mix_tally",
    "require_same_step",
    "value_tally",
]

Floats = npt.NDArray[np.float64]
_WEEKS_FOR_HOURS_OF_THE_WEEK = 3
_SUNDAY = 6
# From the median size of a normal variable to its standard deviation.
_NORMAL = 1.4826
# A block of which less came than this share of an ordinary one says nothing of the whole.
_FEWEST = 0.1


@dataclass(frozen=True)
class Slots:
    """Which hours are alike.

    Parameters
    ----------
    tz : str
        The zone of the clock on the wall.
    weekly : bool
        Whether each hour of the week stands alone (168 slots), or only each hour of the day (24).
    calendar : Calendar, optional
        Its public holidays count as Sundays.

    Examples
    --------
    >>> Slots("Europe/Paris", weekly=True).of(np.array(["2020-10-26T08:30"], "M8[s]"))
    array([9])
    """

    tz: str
    weekly: bool
    calendar: Calendar | None = None

    @classmethod
    def suiting(cls, reference: StatusPanel, calendar: Calendar | None = None) -> Slots:
        """Return hours of the week where the reference holds three of each, else hours of the day."""
        weeks = reference.n_time * reference.step / np.timedelta64(7, "D")
        return cls(reference.tz, bool(weeks >= _WEEKS_FOR_HOURS_OF_THE_WEEK), calendar)

    @property
    def n(self) -> int:
        """How many there are."""
        return 168 if self.weekly else 24

    def of(self, times: npt.NDArray[np.datetime64]) -> npt.NDArray[np.intp]:
        """Return the slot of each instant (UTC), shape ``[time]``."""
        local = pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(self.tz)
        hour = local.hour.to_numpy().astype(np.intp)
        if not self.weekly:
            return hour
        weekday = local.weekday.to_numpy().astype(np.intp)
        if self.calendar is not None:
            dates = local.tz_localize(None).to_numpy().astype("datetime64[D]")
            weekday = np.where(np.isin(dates, self.calendar.public), _SUNDAY, weekday)
        return weekday * 24 + hour


@dataclass(frozen=True, eq=False)
class Tally:
    """Amounts by block and slot.

    Attributes
    ----------
    exposure : numpy.ndarray
        What could have come: float64, shape ``[block, slot, condition]``.
    outcome : numpy.ndarray
        What came of it: float64, shape ``[block, slot, condition, outcome]``.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=2, random_state=0)
    >>> mix_tally(panel, Slots(panel.tz, weekly=False)).outcome.shape
    (2, 24, 1, 5)
    """

    exposure: Floats
    outcome: Floats

    @property
    def n_blocks(self) -> int:
        """The number of blocks."""
        return len(self.exposure)


@dataclass(frozen=True, eq=False)
class Deviation:
    """How a block differs from what its hours led to expect.

    Attributes
    ----------
    value : numpy.ndarray
        Measures of the difference, 0 for none, shape ``[measure]``; NaN where they cannot be taken.
    usual : numpy.ndarray
        The same of each block of the reference against all its others, shape ``[block, measure]``.
    observed, expected : numpy.ndarray
        What came and what was expected, shape ``[condition, outcome]``.

    Examples
    --------
    >>> usual = np.array([[0.02], [-0.01], [0.03]])
    >>> Deviation(np.array([0.1]), usual, np.ones((1, 1)), np.ones((1, 1))).spread().round(3)
    array([0.03])
    """

    value: Floats
    usual: Floats
    observed: Floats
    expected: Floats

    def spread(self) -> Floats:
        """Return the usual size of each measure, shape ``[measure]``, NaN without two usual ones.

        It is 1.4826 times the median of their sizes, the standard deviation of a normal law with mean 0;
        a few days that strayed far (an outage, a holiday) do not move it.
        """
        sizes = np.abs(self.usual)
        enough = np.isfinite(sizes).sum(axis=0) > 1
        spread = np.full(sizes.shape[1], np.nan)
        spread[enough] = _NORMAL * np.nanmedian(sizes[:, enough], axis=0)
        return spread


Measure = Callable[[Floats, Floats, Floats], Floats]
"""From exposure ``[block, condition]``, observed and expected ``[block, condition, outcome]`` to measures
``[block, measure]``."""


def require_same_step(reference: StatusPanel, current: StatusPanel, where: str) -> None:
    """Raise StepMismatchError unless two panels have the same step.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=2, random_state=0)
    >>> require_same_step(panel.head(96), panel.tail(96), "drift")
    """
    if reference.step != current.step:
        msg = (
            f"{where}: the reference has steps of {step_text(reference.step)}, the current stretch of "
            f"{step_text(current.step)}. Resample one of them first."
        )
        raise StepMismatchError(msg)


def mix_tally(panel: StatusPanel, slots: Slots, *, block: StepLike = "1D") -> Tally:
    """Count the chargers in each status: of one condition (observed), as many outcomes as statuses.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=2, random_state=0)
    >>> tally = mix_tally(panel, Slots(panel.tz, weekly=False))
    >>> bool(tally.exposure.sum() == (panel.codes >= 0).sum())
    True
    """
    counts = np.stack(
        [(panel.codes == code).sum(axis=1) for code in range(len(panel.scheme))], axis=1
    )
    return _of_panel(panel, slots, block, counts.sum(axis=1)[:, None], counts[:, None, :])


def change_tally(panel: StatusPanel, slots: Slots, *, block: StepLike = "1D") -> Tally:
    """Count where chargers went in a step: conditions and outcomes are the statuses before and after.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=2, random_state=0)
    >>> change_tally(panel, Slots(panel.tz, weekly=False)).outcome.shape
    (2, 24, 5, 5)
    """
    k = len(panel.scheme)
    before, after = panel.codes[:-1].astype(np.int16), panel.codes[1:].astype(np.int16)
    pair = np.where((before != MISSING) & (after != MISSING), before * k + after, MISSING)
    cells = np.zeros((panel.n_time, k * k), dtype=np.int64)
    for cell in range(k * k):
        cells[1:, cell] = (pair == cell).sum(axis=1)
    moves = cells.reshape(-1, k, k)
    return _of_panel(panel, slots, block, moves.sum(axis=2), moves)


def value_tally(panel: StatusPanel, column: str, slots: Slots, *, block: StepLike = "1D") -> Tally:
    """Sum an exogenous series: one condition (known), one outcome (the sum of its values).

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=2, random_state=0)
    >>> value_tally(panel, "temperature", Slots(panel.tz, weekly=False)).outcome.shape
    (2, 24, 1, 1)
    """
    if panel.exog is None or column not in panel.exog.columns:
        msg = f"value_tally: {panel!r} has no exogenous series {column!r}."
        raise InputError(msg)
    values = panel.exog[column].to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    return _of_panel(
        panel, slots, block, known[:, None], np.where(known, values, 0.0)[:, None, None]
    )


def deviation(reference: Tally, current: Tally, measure: Measure) -> Deviation:
    """Hold the last block of `current` against a reference.

    Parameters
    ----------
    reference, current : Tally
        Of the same kind and slots.
    measure : callable
        What is made of exposure, observed and expected.

    Returns
    -------
    Deviation
        Its values are NaN where less than half of what could have come falls on slots of the reference,
        or this is less than a tenth of what a block of the reference holds in the mean.

    Raises
    ------
    EmptyInputError
        If one of them has no block.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=5, random_state=0)
    >>> slots = Slots(panel.tz, weekly=False)
    >>> past, now = mix_tally(panel.head(384), slots), mix_tally(panel.tail(96), slots)
    >>> found = deviation(past, now, lambda n, o, e: (o - e)[:, 0] / n)
    >>> found.value.shape, found.usual.shape
    ((5,), (4, 5))
    """
    if not reference.n_blocks or not current.n_blocks:
        msg = (
            f"drift: the reference has {reference.n_blocks} whole blocks, the current stretch "
            f"{current.n_blocks}; each needs one. Take a longer stretch, or a shorter block."
        )
        raise EmptyInputError(msg)
    exposure, outcome = reference.exposure.sum(axis=0), reference.outcome.sum(axis=0)
    last = Tally(current.exposure[-1:], current.outcome[-1:])
    n = reference.n_blocks
    value, observed, expected = _against(last, exposure[None], outcome[None], n, measure)
    others = exposure - reference.exposure, outcome - reference.outcome, n - 1
    usual, _, _ = _against(reference, *others, measure)
    return Deviation(value[0], usual, observed[0], expected[0])


def _against(
    tally: Tally, exposure: Floats, outcome: Floats, n: int, measure: Measure
) -> tuple[Floats, Floats, Floats]:
    """Hold every block against rates of `n` others, over slots and conditions that have a rate."""
    known = exposure > 0
    rate = outcome / np.where(known, exposure, 1.0)[..., None]
    compared = np.where(known, tally.exposure, 0.0)
    expected = (compared[..., None] * rate).sum(axis=1)
    observed = np.where(known[..., None], tally.outcome, 0.0).sum(axis=1)
    could = tally.exposure.sum(axis=(1, 2))
    covered = compared.sum(axis=(1, 2))
    fewest = _FEWEST * exposure.sum(axis=(1, 2)) / max(n, 1)
    enough = (covered > 0) & (covered >= fewest) & (2 * covered >= could)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = measure(compared.sum(axis=1), observed, expected)
    return np.where(enough[:, None], values, np.nan), observed, expected


def laid_out(
    times: npt.NDArray[np.datetime64],
    slots: Slots,
    block: np.timedelta64,
    exposure: npt.NDArray[Any],
    outcome: npt.NDArray[Any],
) -> Tally:
    """Sum rows into blocks counted back from the last row, and slots; rows short of a block are left out.

    Parameters
    ----------
    times : numpy.ndarray
        Of the ends of the rows, increasing, shape ``[row]``; each row stands for `block` divided by a
        whole number, a single one for a block.
    slots : Slots
        Which hours are alike.
    block : numpy.timedelta64
        The length of a block.
    exposure, outcome : numpy.ndarray
        Shapes ``[row, condition]`` and ``[row, condition, outcome]``.

    Examples
    --------
    >>> times = np.datetime64("2020-10-26", "s") + np.arange(5) * np.timedelta64(6, "h")
    >>> tally = laid_out(
    ...     times,
    ...     Slots("UTC", weekly=False),
    ...     np.timedelta64(12, "h"),
    ...     np.ones((5, 1)),
    ...     np.ones((5, 1, 1)),
    ... )
    >>> tally.exposure.sum(axis=(1, 2))
    array([2., 2.])
    """
    back = (times[-1] - times) // block if len(times) else np.empty(0, dtype=np.int64)
    step = np.diff(times).min() if len(times) > 1 else block
    # The first block is whole when its first row is within a step of its beginning.
    n = int((times[-1] - times[0] + step) // block) if len(times) else 0
    kept = back < n
    key = (n - 1 - back[kept]) * slots.n + slots.of(times[kept])

    def summed(amounts: npt.NDArray[Any]) -> Floats:
        cells = amounts[kept].reshape(len(key), math.prod(amounts.shape[1:])).T
        table = [np.bincount(key, weights=cell, minlength=n * slots.n) for cell in cells]
        return np.stack(table, axis=1).reshape(n, slots.n, *amounts.shape[1:]).astype(np.float64)

    return Tally(summed(exposure), summed(outcome))


def _of_panel(
    panel: StatusPanel,
    slots: Slots,
    block: StepLike,
    exposure: npt.NDArray[Any],
    outcome: npt.NDArray[Any],
) -> Tally:
    rows = pd.Timedelta(block) / pd.Timedelta(panel.step)
    if rows < 1 or rows != int(rows):
        msg = f"drift: a block of {block!r} is not a multiple of the step, {step_text(panel.step)}."
        raise StepMismatchError(msg)
    short = slice(panel.n_time % int(rows), None)
    return laid_out(
        panel.times[short], slots, int(rows) * panel.step, exposure[short], outcome[short]
    )

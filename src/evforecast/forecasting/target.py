"""What is forecast: all statuses, a coarser target at a time, or a target at least once by a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.panel import MISSING, Codes, StatusScheme

__all__ = ["codes_after", "future_codes", "target_scheme"]


def target_scheme(scheme: StatusScheme, target: str | None, *, within: bool) -> StatusScheme:
    """Return the statuses of the forecasts.

    Parameters
    ----------
    scheme : StatusScheme
        The statuses of the panel.
    target : str or None
        A coarsening of them; None for all statuses.
    within : bool
        Whether the target counts at any time up to the horizon, instead of at the horizon.

    Raises
    ------
    InputError
        If there is no such coarsening, or `within` without one.

    Examples
    --------
    >>> from evforecast import STATUS
    >>> target_scheme(STATUS, "down", within=True).names
    ('not down within', 'down within')
    """
    if target is None:
        if within:
            msg = "within=True asks whether a target occurs by the horizon: name it, target='down' say."
            raise InputError(msg)
        return scheme
    return scheme.within(target) if within else scheme.coarsen(target)


def future_codes(
    codes: Codes,
    scheme: StatusScheme,
    horizon: int,
    target: str | None = None,
    *,
    within: bool = False,
) -> Codes:
    """Return what a forecast from each row will be held against.

    Parameters
    ----------
    codes : numpy.ndarray
        int8 ``[time, evse]``, -1 where missing.
    scheme : StatusScheme
        Its statuses.
    horizon : int
        Rows from the cutoff to the target.
    target, within
        As in `target_scheme`.

    Returns
    -------
    numpy.ndarray
        int8 ``[time - horizon, evse]``, in the codes of `target_scheme`. With `within`, 1 where the
        target was observed in one of the `horizon` rows after the cutoff; where it was not, 0 if at
        least half of those rows were observed, else -1.

    Examples
    --------
    >>> from evforecast import STATUS
    >>> down = np.array([[0], [4], [0], [0], [-1]], np.int8)
    >>> future_codes(down, STATUS, 2, "down", within=True).ravel().tolist()
    [1, 0, 0]
    """
    n = max(len(codes) - horizon, 0)
    if target is None:
        return codes[len(codes) - n :]
    if not within:
        return scheme.coarsen_codes(codes[len(codes) - n :], target)
    hits = _in_window(np.isin(codes, scheme.members(target)), n, horizon)
    seen = _in_window(codes != MISSING, n, horizon)
    happened = np.where(2 * seen >= horizon, np.int8(0), np.int8(MISSING))
    happened[hits > 0] = 1
    return happened


def codes_after(
    codes: Codes,
    scheme: StatusScheme,
    rows: npt.NDArray[np.integer[Any]],
    horizons: npt.NDArray[np.integer[Any]],
    target: str | None = None,
    *,
    within: bool = False,
) -> Codes:
    """Return what forecasts from some rows are held against, at several horizons.

    Parameters
    ----------
    codes, scheme, target, within
        As in `future_codes`.
    rows : numpy.ndarray
        The cutoffs, shape ``[origin]``; nothing is known of those before the first row or too late.
    horizons : numpy.ndarray
        Steps ahead, shape ``[horizon]``.

    Returns
    -------
    numpy.ndarray
        int8 ``[origin, horizon, evse]``, -1 where it was not, or not yet, observed.

    Examples
    --------
    >>> from evforecast import STATUS
    >>> down = np.array([[0], [4], [0], [0], [-1]], np.int8)
    >>> codes_after(down, STATUS, np.array([0, 3]), np.array([1, 2]), "down").tolist()
    [[[1], [0]], [[-1], [-1]]]
    """
    found = np.full((len(rows), len(horizons), codes.shape[1]), MISSING, dtype=np.int8)
    for place, horizon in enumerate(horizons.tolist()):
        future = future_codes(codes, scheme, horizon, target, within=within)
        known = (rows >= 0) & (rows < len(future))
        found[known, place] = future[rows[known]]
    return found


def _in_window(holds: np.ndarray, n: int, horizon: int) -> np.ndarray:
    """Return how many of the rows (t, t + horizon] hold, for the first `n` rows t."""
    running = np.cumsum(holds, axis=0, dtype=np.int32)
    counts: np.ndarray = running[horizon : horizon + n] - running[:n]
    return counts

"""Whether intervals of counts hold what they promise: draws of joint futures against what came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation.origins import fitted_before, named_rows
from evforecast.panel import MISSING, StatusPanel, StatusPaths
from evforecast.panel.evse import groups
from evforecast.random import RandomState, generator
from evforecast.timegrid import TimeLike

__all__ = ["PathSampler", "central_interval", "count_coverage"]

_KINDS = ("joint", "independent")


class PathSampler(Protocol):
    """What draws joint futures."""

    def fit(self, panel: StatusPanel) -> object:
        """Learn from a panel."""

    def sample_paths(
        self,
        context: StatusPanel,
        horizons: Sequence[int] | None = None,
        *,
        n_paths: int = 200,
        random_state: RandomState = None,
    ) -> StatusPaths:
        """Draw futures from the last row of a panel."""


def central_interval(
    draws: npt.NDArray[Any], level: float
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the central interval of draws, their first axis, with ends that were drawn.

    Parameters
    ----------
    draws : numpy.ndarray
        Shape ``[path, ...]``.
    level : float
        The share of draws in it, at least: draws of counts have ties.

    Returns
    -------
    low, high : numpy.ndarray
        Shape ``[...]``; both ends belong to the interval.

    Raises
    ------
    InputError
        If `level` is not between 0 and 1.

    Examples
    --------
    >>> low, high = central_interval(np.arange(100), 0.9)
    >>> int(low), int(high)
    (4, 94)
    """
    if not 0 < level < 1:
        msg = f"an interval has a level between 0 and 1, found {level!r}; 0.9 say."
        raise InputError(msg)
    low, high = np.quantile(
        draws, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf"
    )
    return low, high


def count_coverage(
    model: PathSampler,
    panel: StatusPanel,
    origins: Iterable[TimeLike],
    *,
    target: str,
    by: str | None = None,
    horizons: Sequence[int] | None = None,
    level: float = 0.9,
    n_paths: int = 200,
    random_state: RandomState = 0,
) -> pd.DataFrame:
    """Return how often the true number of chargers in a target lay in its interval.

    The intervals are made twice from the same draws: with chargers moving together as drawn, and with
    each charger's paths shuffled, so that its own chances stay and what chargers share is lost.

    Parameters
    ----------
    model : forecaster with sample_paths
        Fitted on nothing later than the first origin, or not fitted: then a copy is, up to there.
    panel : StatusPanel
        Past and truth.
    origins : iterable of times
        The cutoffs, times of the panel.
    target : str
        A coarsening of the statuses, ``"charging"`` say.
    by : str or None
        A column of the table of chargers; None counts all of them together.
    horizons : sequence of int, optional
        Steps ahead; by default those of the model.
    level : float
        What the intervals are to cover.
    n_paths : int
        Futures drawn from each origin.
    random_state : int, numpy.random.Generator or None
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        By horizon and ``chargers`` (``"joint"`` or ``"independent"``): ``level``; ``claimed``, the share
        of draws in the interval (more than the level, as counts are whole); ``inside``, the share of
        true counts in it; ``width`` (mean, chargers); ``pit``, the mean share of draws below the truth
        plus half of those equal to it, 0.5 where counts are forecast neither too low nor too high; and
        ``n``, how many counts. A true count is of the chargers observed at that time, and the draws are
        counted over the same ones; times and groups without any are left out.

    Raises
    ------
    LeakageError
        If the model was trained on rows after the first origin.
    EmptyInputError
        If there is no origin, or nothing was observed after them.
    InputError
        If an origin is no time of the panel, or the level not between 0 and 1.
    MissingColumnsError
        If the table of chargers has no column `by`.

    References
    ----------
    Czado, Gneiting and Held (2009), Predictive model assessment for count data,
    doi:10.1111/j.1541-0420.2009.01191.x.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.SemiMarkovForecaster([4])
    >>> table = count_coverage(model, panel, panel.times[200:300:20], target="charging", n_paths=50)
    >>> table[["horizon", "chargers", "n"]].to_numpy().tolist()
    [[4, 'joint', 5], [4, 'independent', 5]]
    """
    groups(panel.evse, by, "count_coverage")
    rows = named_rows(panel, origins, "count_coverage")
    ready = fitted_before("model", model, panel.head(int(rows[0]) + 1), "count_coverage")
    rng = generator(random_state)
    found = []
    for row in rows.tolist():
        paths = ready.sample_paths(
            panel.head(row + 1), horizons, n_paths=n_paths, random_state=rng
        ).coarsen(target)
        truth = np.full(paths.codes.shape[1:], MISSING, dtype=np.int8)
        inside = row + paths.horizons < panel.n_time
        truth[inside] = panel.scheme.coarsen_codes(
            panel.codes[row + paths.horizons[inside]], target
        )
        for kind in _KINDS:
            drawn = paths.codes if kind == "joint" else rng.permuted(paths.codes, axis=0)
            found.append(_compared(paths, drawn, truth, (target, by, level)).assign(chargers=kind))
    cases = pd.concat(found, ignore_index=True)
    if cases.empty:
        msg = (
            f"count_coverage: no charger was observed at the horizons after the origins "
            f"{panel.times[rows[0]]} to {panel.times[rows[-1]]}. Choose earlier ones."
        )
        raise EmptyInputError(msg)
    cases["chargers"] = pd.Categorical(cases["chargers"], _KINDS)
    grouped = cases.groupby(["horizon", "chargers"], observed=True, sort=True)
    table = grouped[["claimed", "inside", "width", "pit"]].mean()
    table["n"] = grouped.size()
    table.insert(0, "level", level)
    return table.reset_index().astype({"chargers": object})


def _compared(
    paths: StatusPaths,
    drawn: npt.NDArray[np.int8],
    truth: npt.NDArray[np.int8],
    what: tuple[str, str | None, float],
) -> pd.DataFrame:
    """Compare counts of draws and truth over the chargers that were observed: a row a case."""
    target, by, level = what
    seen = truth != MISSING
    counts = _counts(paths, np.where(seen, drawn, 0), target, by)
    actual = _counts(paths, np.where(seen, truth, 0)[None], target, by)[0]
    known = _counts(paths, seen[None], target, by)[0] > 0
    low, high = central_interval(counts, level)
    result = pd.DataFrame(
        {
            "horizon": np.broadcast_to(paths.horizons[:, None], actual.shape)[known],
            "claimed": ((counts >= low) & (counts <= high)).mean(axis=0)[known],
            "inside": ((actual >= low) & (actual <= high))[known],
            "width": (high - low)[known],
            "pit": ((counts < actual).mean(axis=0) + (counts == actual).mean(axis=0) / 2)[known],
        }
    )
    return result.astype({"inside": float})


def _counts(
    paths: StatusPaths, holds: npt.NDArray[Any], target: str, by: str | None
) -> npt.NDArray[np.int64]:
    """Count over the chargers where `holds` is 1, ``[path, horizon, group]``."""
    same = StatusPaths(
        holds.astype(np.int8),
        cutoff=paths.cutoff,
        step=paths.step,
        horizons=paths.horizons.tolist(),
        evse=paths.evse,
        scheme=paths.scheme,
    )
    return same.counts(target, by=by)[0]

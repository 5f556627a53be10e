"""`StatusPaths`: draws of joint futures of all chargers, for what a single probability cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.panel.evse import groups, positions
from evforecast.panel.forecast import StatusForecast
from evforecast.panel.scheme import CODE_DTYPE, StatusScheme

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["StatusPaths"]


class StatusPaths:
    """Joint futures from one cutoff: int8 ``[path, horizon, evse]``, every path equally likely.

    A forecast gives each charger's chances; how many of a group will be free, or whether any is, depends
    on how chargers move together. In a path they move together.

    Parameters
    ----------
    codes : numpy.ndarray
        Integer codes of `scheme`, shape ``[path, horizon, evse]``; none is missing.
    cutoff : numpy.datetime64
        The last time that the model knew, UTC.
    step : numpy.timedelta64
        The length of a step.
    horizons : sequence of int
        The numbers of steps ahead, increasing, shape ``[horizon]``.
    evse : pandas.DataFrame
        The table of chargers.
    scheme : StatusScheme
        The names of the codes.

    Raises
    ------
    InputError
        If shapes disagree, there is no path, or a code is missing or outside the scheme.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> paths = ev.SemiMarkovForecaster().fit(panel).sample_paths(panel, [4, 8], n_paths=10)
    >>> paths
    <StatusPaths: 10 paths x 2 horizons x 6 chargers, cutoff 2020-10-01T21:45:00 UTC>
    >>> paths.counts("free")[0].shape
    (10, 2, 1)
    """

    def __init__(
        self,
        codes: npt.NDArray[Any],
        *,
        cutoff: np.datetime64,
        step: np.timedelta64,
        horizons: Sequence[int],
        evse: pd.DataFrame,
        scheme: StatusScheme,
    ) -> None:
        steps = np.asarray(horizons, dtype=np.int64)
        if codes.ndim != 3 or not len(codes) or codes.shape[1:] != (len(steps), len(evse)):
            msg = (
                f"StatusPaths: codes are {codes.shape}, but there are {len(steps)} horizons and "
                f"{len(evse)} chargers; the first axis is the path, and one at least is needed."
            )
            raise InputError(msg)
        scheme.check(codes)
        if codes.size and codes.min() < 0:
            msg = "StatusPaths: a path holds a missing status; a draw of the future has none."
            raise InputError(msg)
        self.codes = codes.astype(CODE_DTYPE, copy=False)
        self.cutoff, self.step, self.horizons = cutoff, step, steps
        self.evse, self.scheme = evse, scheme

    def __repr__(self) -> str:
        """Say how many paths, horizons and chargers there are."""
        n, h, m = self.codes.shape
        return (
            f"<StatusPaths: {n:,} paths x {h} horizons x {m:,} chargers, cutoff {self.cutoff} UTC>"
        )

    @property
    def n_paths(self) -> int:
        """The number of paths."""
        return len(self.codes)

    @property
    def times(self) -> npt.NDArray[np.datetime64]:
        """The instants of the horizons, shape ``[horizon]``, UTC."""
        return self.cutoff + self.horizons * self.step

    def select(self, evse_ids: Sequence[str]) -> StatusPaths:
        """Return the paths of the named chargers, in the order given.

        Raises
        ------
        UnknownChargerError
            If an id is not in the paths.
        """
        places = positions(self.evse, [evse_ids] if isinstance(evse_ids, str) else list(evse_ids))
        return self._like(self.codes[:, :, places], self.evse.iloc[places], self.scheme)

    def coarsen(self, target: str) -> StatusPaths:
        """Return the paths in two statuses, ``not target`` and `target`."""
        codes = self.scheme.coarsen_codes(self.codes, target)
        return self._like(codes, self.evse, self.scheme.coarsen(target))

    def to_forecast(self) -> StatusForecast:
        """Return the share of paths in each status: a forecast with the noise of `n_paths` draws."""
        shares = [(self.codes == code).mean(axis=0) for code in range(len(self.scheme))]
        return StatusForecast(
            np.stack(shares, axis=-1),
            cutoff=self.cutoff,
            step=self.step,
            horizons=self.horizons.tolist(),
            evse=self.evse,
            scheme=self.scheme,
        )

    def counts(
        self, target: str, *, by: str | None = None
    ) -> tuple[npt.NDArray[np.int64], pd.Index]:
        """Return how many chargers of each group are in the target, path by path.

        Parameters
        ----------
        target : str
            A coarsening of the statuses: ``"free"``, ``"charging"``, ``"down"``.
        by : str or None
            A column of the table of chargers; None for all chargers together.

        Returns
        -------
        counts : numpy.ndarray
            int64, shape ``[path, horizon, group]``.
        names : pandas.Index
            The groups; chargers without one are under ``"unknown"``.

        Raises
        ------
        MissingColumnsError
            If the table of chargers has no column `by`.
        """
        group, names = groups(self.evse, by, "StatusPaths.counts")
        holds = self.scheme.coarsen_codes(self.codes, target)
        n, h, m = holds.shape
        key = np.arange(n * h)[:, None] * len(names) + group
        counts = np.bincount(
            key.ravel(), weights=holds.reshape(n * h, m).ravel(), minlength=n * h * len(names)
        )
        return counts.reshape(n, h, len(names)).astype(np.int64), names

    def _like(
        self, codes: npt.NDArray[Any], evse: pd.DataFrame, scheme: StatusScheme
    ) -> StatusPaths:
        return StatusPaths(
            codes,
            cutoff=self.cutoff,
            step=self.step,
            horizons=self.horizons.tolist(),
            evse=evse,
            scheme=scheme,
        )

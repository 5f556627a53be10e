"""Sampled paths of a process known one step at a time: joint over chargers, batched over paths."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.forecasting.base import StatusForecaster, check_horizons
from evforecast.forecasting.dependence import Dependence, JointDraws, pick
from evforecast.panel import StatusPanel, StatusPaths
from evforecast.random import RandomState, generator

__all__ = ["PathForecaster", "Walk", "location_codes", "sample"]


class Walk(Protocol):
    """Where every path of every charger stands, and the law of what comes next."""

    def law(self) -> npt.NDArray[np.floating]:
        """Return the law of the next row's status, ``[path, evse, status]``."""

    def move(self, status: npt.NDArray[np.int8]) -> None:
        """Go one row on, to the statuses drawn from the last law, ``[path, evse]``."""


def sample(
    walk: Walk, draws: JointDraws, horizons: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Draw paths up to the last horizon.

    Parameters
    ----------
    walk : Walk
        At the cutoff.
    draws : JointDraws
        The uniform numbers, one array a step.
    horizons : numpy.ndarray
        Steps ahead to keep, increasing.

    Returns
    -------
    paths : numpy.ndarray
        int8 ``[path, horizon, evse]``.
    mean : numpy.ndarray
        float32 ``[horizon, evse, status]``: the mean over paths of the last step's law, which tells the
        chances with less noise than the share of paths (Rao-Blackwell; Gelfand and Smith 1990,
        doi:10.1080/01621459.1990.10476213).
    """
    paths, means = [], []
    wanted = set(horizons.tolist())
    for step in range(1, int(horizons[-1]) + 1):
        law = walk.law()
        status = pick(law, draws.step())
        walk.move(status)
        if step in wanted:
            paths.append(status)
            means.append(law.mean(axis=0, dtype=np.float32))
    return np.stack(paths, axis=1), np.stack(means)


def location_codes(panel: StatusPanel) -> npt.NDArray[np.intp]:
    """Return the location of each charger as a number from 0, shape ``[evse]``."""
    return pd.factorize(np.asarray(panel.evse["location_id"], dtype=object))[0]


class PathForecaster(StatusForecaster):
    """A forecaster that knows one step, and can therefore draw joint futures.

    A subclass sets ``dependence_`` in `_fit` and writes `_walk`.

    Attributes
    ----------
    dependence_ : Dependence
        How far chargers of a location, and of the network, move together within a step.
    """

    dependence_: Dependence

    @abstractmethod
    def _walk(self, context: StatusPanel, horizon: int, n_paths: int, draws: JointDraws) -> Walk:
        """Return the walk at the cutoff; `draws` moves it there from a charger's last observation."""

    def sample_paths(
        self,
        context: StatusPanel,
        horizons: Sequence[int] | None = None,
        *,
        n_paths: int = 200,
        random_state: RandomState = None,
    ) -> StatusPaths:
        """Draw joint futures of all chargers of `context`.

        Parameters
        ----------
        context : StatusPanel
            The recent past; its last row is the cutoff.
        horizons : sequence of int, optional
            Steps ahead to keep; by default those given at construction.
        n_paths : int
            How many futures.
        random_state : int, numpy.random.Generator or None
            Seed of the draws.

        Returns
        -------
        StatusPaths
            Of all statuses, whatever `target` is: `StatusPaths.coarsen` and `counts` take targets.

        Raises
        ------
        InputError
            If there is to be no path.
        NotFittedError, HorizonError, SchemeMismatchError, StepMismatchError, EmptyInputError
            As `predict_proba`.
        """
        self._check_context(context, "sample_paths")
        if n_paths < 1:
            msg = (
                f"{type(self).__name__}.sample_paths: n_paths must be at least 1, found {n_paths}."
            )
            raise InputError(msg)
        steps = check_horizons(self.horizons if horizons is None else horizons)
        codes, _ = self._sample(
            context.tail(self.lookback), steps, n_paths, generator(random_state)
        )
        return StatusPaths(
            codes,
            cutoff=context.cutoff,
            step=context.step,
            horizons=steps.tolist(),
            evse=context.evse,
            scheme=self.scheme_,
        )

    def _sample(
        self,
        context: StatusPanel,
        horizons: npt.NDArray[np.int64],
        n_paths: int,
        rng: np.random.Generator,
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        """Return paths and mean laws from at most `lookback` rows (see `sample`)."""
        draws = JointDraws(self.dependence_, location_codes(context), n_paths, rng)
        return sample(self._walk(context, int(horizons[-1]), n_paths, draws), draws, horizons)

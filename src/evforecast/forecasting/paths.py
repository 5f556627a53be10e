"""Sampled paths of a process known one step at a time: joint over chargers, batched over paths."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.features import location_codes
from evforecast.forecasting.base import StatusForecaster, check_horizons
from evforecast.forecasting.dependence import Dependence, JointDraws, pick
from evforecast.panel import StatusPanel, StatusPaths
from evforecast.random import RandomState, generator

__all__ = ["PathForecaster", "Walk", "first_passage", "sample"]


_TINY = 1e-9
_PRIOR_PATHS = 2.0  # chosen on real data; the losses are flat around it


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
        doi:10.1080/01621459.1990.10476213), leaning on all chargers' mean where it is noisy.
    """
    paths, means = [], []
    wanted = set(horizons.tolist())
    for step in range(1, int(horizons[-1]) + 1):
        law = walk.law()
        status = pick(law, draws.step())
        walk.move(status)
        if step in wanted:
            paths.append(status)
            means.append(_steadied(law))
    return np.stack(paths, axis=1), np.stack(means)


def _steadied(law: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the mean law over paths ``[evse, status]``, with a prior worth up to two paths.

    Where the paths tell little apart from chance (all of them in one state, by luck), a mean over few of
    them is too sure. The prior is the mean over chargers, and counts as much as paths differ: not at all
    after one step, where all say the same.
    """
    mean = law.mean(axis=0)
    within = 1 - (law**2).sum(axis=-1).mean()
    total = 1 - (mean**2).sum(axis=-1).mean()
    weight = _PRIOR_PATHS * (1 - within / total) if total > _TINY else 0.0
    steadied: npt.NDArray[np.float32] = (len(law) * mean + weight * mean.mean(axis=0)).astype(
        np.float32
    )
    return steadied / np.float32(len(law) + weight)


def first_passage(
    walk: Walk, draws: JointDraws, horizons: npt.NDArray[np.int64], members: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Estimate the chance of having been in some statuses by each horizon.

    Paths are drawn as if the statuses were closed, and each carries the chance that it was kept out by
    luck, the product of the chances of not entering at each step: rare events need no more paths than
    common ones (importance sampling; Owen 2013, Monte Carlo theory, methods and examples, chapter 9).

    Parameters
    ----------
    walk, draws, horizons
        As in `sample`.
    members : numpy.ndarray
        The statuses.

    Returns
    -------
    numpy.ndarray
        float64 ``[horizon, evse, 2]``: the chances of no and of yes.
    """
    kept_out: npt.NDArray[np.float64] | float = 1.0
    results = []
    wanted = set(horizons.tolist())
    for step in range(1, int(horizons[-1]) + 1):
        law = np.array(walk.law(), dtype=np.float64)
        outside = 1 - law[..., members].sum(axis=-1)
        kept_out = kept_out * np.clip(outside, 0, 1)
        law += _TINY  # a path that cannot stay out goes anywhere, with no weight
        law[..., members] = 0
        walk.move(pick(law / law.sum(axis=-1, keepdims=True), draws.step()))
        if step in wanted:
            no = np.mean(kept_out, axis=0)
            results.append(np.stack([no, 1 - no], axis=-1))
    return np.stack(results)


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

    def _pass_first(
        self,
        context: StatusPanel,
        horizons: npt.NDArray[np.int64],
        n_paths: int,
        rng: np.random.Generator,
    ) -> npt.NDArray[np.float64]:
        """Return the chances of the target by each horizon (see `first_passage`)."""
        walk, draws, back = self._set_out(context, int(horizons[-1]), n_paths, rng)
        members = self.scheme_.members(str(self.target))
        return first_passage(walk, draws, horizons, members)[:, back]

    def _sample(
        self,
        context: StatusPanel,
        horizons: npt.NDArray[np.int64],
        n_paths: int,
        rng: np.random.Generator,
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        """Return paths and mean laws from at most `lookback` rows (see `sample`)."""
        walk, draws, back = self._set_out(context, int(horizons[-1]), n_paths, rng)
        codes, law = sample(walk, draws, horizons)
        return codes[:, :, back], law[:, back]

    def _set_out(
        self, context: StatusPanel, horizon: int, n_paths: int, rng: np.random.Generator
    ) -> tuple[Walk, JointDraws, npt.NDArray[np.intp]]:
        """Return the walk and its numbers, and the way back to the order of the chargers.

        The chargers walk in the order of their ids, so that what is drawn does not depend on theirs.
        """
        order = np.argsort(np.asarray(context.evse.index, dtype=str), kind="stable")
        ordered = context.select([context.evse_ids[place] for place in order])
        draws = JointDraws(self.dependence_, location_codes(ordered), n_paths, rng)
        return self._walk(ordered, horizon, n_paths, draws), draws, np.argsort(order)

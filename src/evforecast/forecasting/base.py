"""The one base class of the forecasters: what they share, and the shape of what they must write.

A forecaster keeps tables or models, never data: `predict_proba` is handed the recent panel, whose last
row is the cutoff, and can therefore not look past it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from evforecast.errors import EmptyInputError, HorizonError, NotFittedError, StepMismatchError
from evforecast.forecasting.target import target_scheme
from evforecast.panel import MISSING, StatusForecast, StatusPanel, StatusScheme
from evforecast.timegrid import step_text

if TYPE_CHECKING:
    from typing import Self

__all__ = ["DEFAULT_HORIZONS", "StatusForecaster", "check_horizons"]

DEFAULT_HORIZONS = (1, 4, 12, 24, 48, 96)
"""The steps ahead that are forecast unless others are asked for: a quarter of an hour to a day."""

# Float noise and impossible zeros: every status keeps at least this much, so that no score is infinite.
FLOOR = 1e-6


class StatusForecaster(BaseEstimator, ABC):
    """Base of all forecasters: `fit` on a panel, `predict_proba` from a recent panel.

    A subclass stores its parameters verbatim in ``__init__``, writes `_fit` and `_predict`, and says how
    much history a forecast reads (`lookback`). `evforecast.testing.check_forecaster` tells whether it
    keeps the promises.

    Attributes
    ----------
    scheme_ : StatusScheme
        The statuses that it learnt.
    step_ : numpy.timedelta64
        The step of the panel that it learnt from.
    evse_ids_ : pandas.Index
        The chargers that it knows; it serves others too.
    trained_from_, trained_until_ : numpy.datetime64
        The first and the last time that it has seen.
    """

    horizons: Sequence[int]

    @property
    @abstractmethod
    def lookback(self) -> int:
        """How many of the last rows of the context a forecast may depend on."""

    @property
    def any_horizon(self) -> bool:
        """Whether any horizon can be asked for, not only those given at construction."""
        return True

    @abstractmethod
    def _fit(self, panel: StatusPanel) -> None:
        """Learn from a panel with at least one observed status."""

    @abstractmethod
    def _predict(
        self, context: StatusPanel, horizons: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.floating]:
        """Return non-negative weights ``[horizon, evse, status]`` from at most `lookback` rows."""

    @property
    def target_scheme_(self) -> StatusScheme:
        """The statuses of the forecasts: those learnt, unless the forecaster has a coarser target."""
        return target_scheme(
            self.scheme_, getattr(self, "target", None), within=getattr(self, "within", False)
        )

    def fit(self, panel: StatusPanel) -> Self:
        """Learn from `panel`, all rows of it.

        Parameters
        ----------
        panel : StatusPanel
            The past, cut where the training is to end (``panel.until(cutoff)``).

        Returns
        -------
        StatusForecaster
            Itself.

        Raises
        ------
        EmptyInputError
            If there are fewer than two rows, or nothing was observed.
        HorizonError
            If `horizons` are not positive whole numbers.
        InputError
            If the target is no coarsening of the panel's statuses.
        """
        check_horizons(self.horizons)
        if panel.n_time < 2:
            msg = (
                f"{type(self).__name__}.fit: {panel!r} is too short to learn from. "
                "Was it cut near its first time?"
            )
            raise EmptyInputError(msg)
        if not (panel.codes != MISSING).any():
            msg = (
                f"{type(self).__name__}.fit: {panel!r} holds no observed status. "
                "Check the cut and the source."
            )
            raise EmptyInputError(msg)
        self.scheme_ = panel.scheme
        self.step_ = panel.step
        self.evse_ids_ = panel.evse.index
        self.trained_from_, self.trained_until_ = panel.grid.start, panel.cutoff
        self.target_scheme_  # noqa: B018 - an unknown target is refused before any work
        self._fit(panel)
        return self

    def predict_proba(
        self, context: StatusPanel, horizons: Sequence[int] | None = None
    ) -> StatusForecast:
        """Forecast from the last row of `context`.

        Parameters
        ----------
        context : StatusPanel
            The recent past; its last row is the cutoff. Chargers may be others than in training.
        horizons : sequence of int, optional
            Steps ahead; by default those given at construction.

        Returns
        -------
        StatusForecast
            Every distribution is complete: chargers with gaps, or never seen, get one too.

        Raises
        ------
        NotFittedError
            Before `fit`.
        HorizonError
            If a horizon is not positive, or this forecaster was not fitted for it.
        SchemeMismatchError, StepMismatchError, EmptyInputError
            If the context has other statuses, another step, or no rows.
        """
        self._check_context(context, "predict_proba")
        steps = check_horizons(self.horizons if horizons is None else horizons)
        if not self.any_horizon and not set(steps.tolist()) <= set(self.horizons):
            msg = (
                f"{type(self).__name__} was fitted for horizons {sorted(self.horizons)}, "
                f"not for {sorted(set(steps.tolist()) - set(self.horizons))}. Fit it with them."
            )
            raise HorizonError(msg)
        weights = np.asarray(self._predict(context.tail(self.lookback), steps), dtype=np.float64)
        weights = np.maximum(weights, 0) + FLOOR
        return StatusForecast(
            weights / weights.sum(axis=-1, keepdims=True),
            cutoff=context.cutoff,
            step=context.step,
            horizons=steps.tolist(),
            evse=context.evse,
            scheme=self.target_scheme_,
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Write this fitted forecaster to one file without pickle, to be read by `evforecast.load`.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced at the end, in one step.

        Raises
        ------
        NotFittedError
            Before `fit`.
        InputError
            If it holds something that such a file cannot, a classifier that is not scikit-learn's
            histogram gradient boosting say.
        """
        from evforecast.forecasting.saving import save

        save(self, path)

    def _check_context(self, context: StatusPanel, where: str) -> None:
        """Raise unless this forecaster is fitted and `context` fits it."""
        name = f"{type(self).__name__}.{where}"
        if not hasattr(self, "trained_until_"):
            msg = f"{type(self).__name__} is not fitted. Call fit(panel) first."
            raise NotFittedError(msg)
        self.scheme_.require_same(context.scheme, name)
        if context.step != self.step_:
            msg = (
                f"{name}: the context has steps of {step_text(context.step)}, the model learnt "
                f"{step_text(self.step_)}. Call context.resample(...)."
            )
            raise StepMismatchError(msg)
        if not context.n_time:
            msg = f"{name}: the context has no rows, so no cutoff."
            raise EmptyInputError(msg)

    def _units(self, context: StatusPanel) -> npt.NDArray[np.intp]:
        """Return, for each charger of `context`, its place in `evse_ids_`, -1 if it was never seen."""
        return self.evse_ids_.get_indexer(context.evse.index)


def check_horizons(horizons: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return horizons as increasing int64, shape ``[horizon]``.

    Raises
    ------
    HorizonError
        If there are none, or one is not a positive whole number.

    Examples
    --------
    >>> check_horizons([4, 1])
    array([1, 4])
    """
    values = np.asarray(horizons)
    if values.dtype.kind not in "iuf":
        msg = f"horizons are numbers of steps, found {horizons!r}."
        raise HorizonError(msg)
    if (
        values.ndim != 1
        or not len(values)
        or (values != values.astype(np.int64)).any()
        or values.min() < 1
    ):
        msg = f"horizons must be one or more positive whole numbers of steps, found {horizons!r}."
        raise HorizonError(msg)
    return np.unique(values.astype(np.int64))

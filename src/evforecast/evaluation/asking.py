"""What a backtest asks of every model, and the one place where a model is handed a panel.

Whatever is handed over was cut at an origin here, so a model cannot be shown what came after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError, SchemeMismatchError
from evforecast.panel import StatusForecast, StatusPanel, StatusScheme

__all__ = ["Forecaster", "Question", "as_asked"]


class Forecaster(Protocol):
    """What the backtest needs of a model."""

    def fit(self, panel: StatusPanel) -> object:
        """Learn from a panel."""

    def predict_proba(
        self, context: StatusPanel, horizons: Sequence[int] | None = None
    ) -> StatusForecast:
        """Forecast from the last row of a panel."""


def as_asked(
    forecast: StatusForecast, fine: StatusScheme, wanted: StatusScheme, target: str | None
) -> StatusForecast | None:
    """Return a forecast in the statuses that were asked for, None where it does not tell them.

    Parameters
    ----------
    forecast : StatusForecast
    fine : StatusScheme
        The statuses of the panel.
    wanted : StatusScheme
        Those that were asked for.
    target : str or None
        The coarsening that they are of.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> forecast = ev.Persistence([4]).fit(panel).predict_proba(panel)
    >>> as_asked(forecast, panel.scheme, panel.scheme.coarsen("free"), "free").scheme.names
    ('not free', 'free')
    """
    if forecast.scheme == wanted:
        return forecast
    if target is not None and forecast.scheme == fine and wanted == fine.coarsen(target):
        return forecast.coarsen(target)
    return None


@dataclass(frozen=True, eq=False)
class Question:
    """The panel, the origins and what is to be forecast from each.

    Attributes
    ----------
    panel : StatusPanel
        Past and truth.
    rows : numpy.ndarray
        The rows of the origins, increasing, shape ``[origin]``.
    steps : numpy.ndarray
        Steps ahead, shape ``[horizon]``.
    scheme : StatusScheme
        The statuses to be forecast.
    target : str or None
        The coarsening that they are of.
    window : int or None
        How many of the last rows a model may be fitted on; None for all.
    """

    panel: StatusPanel
    rows: npt.NDArray[np.intp]
    steps: npt.NDArray[np.int64]
    scheme: StatusScheme
    target: str | None
    window: int | None

    def context(self, place: int) -> StatusPanel:
        """Return what is known at an origin, a view."""
        return self.panel.head(int(self.rows[place]) + 1)

    def past(self, place: int) -> StatusPanel:
        """Return what a model may learn from at an origin, a view."""
        known = self.context(place)
        return known if self.window is None else known.tail(self.window)

    def until(self, place: int) -> Question:
        """Return the question without what came after an origin, to be sent to another process."""
        return replace(self, panel=self.context(place))

    def answer(self, name: str, model: Forecaster, place: int) -> npt.NDArray[np.float32]:
        """Return a model's probabilities from an origin, ``[horizon, evse, status]``.

        Raises
        ------
        SchemeMismatchError
            If it forecasts other statuses.
        InputError
            If it forecasts other horizons or chargers.
        """
        context = self.context(place)
        forecast = self._on_scheme(model.predict_proba(context, self.steps.tolist()), name)
        if not np.array_equal(forecast.horizons, self.steps) or not forecast.evse.index.equals(
            context.evse.index
        ):
            msg = (
                f"backtest: model {name!r} was asked for {len(self.steps)} horizons of "
                f"{context.n_evse} chargers, and gave others: {forecast!r}."
            )
            raise InputError(msg)
        return forecast.proba

    def _on_scheme(self, forecast: StatusForecast, name: str) -> StatusForecast:
        fine, wanted, target = self.panel.scheme, self.scheme, self.target
        same = as_asked(forecast, fine, wanted, target)
        if same is not None:
            return same
        if target is not None and wanted == fine.within(target):
            advice = (
                f"The chances at a time do not tell the chance of {target!r} at any time up to it: "
                f"give the model target={target!r}, within=True."
            )
        elif target is not None and forecast.scheme == fine.within(target):
            advice = "Pass within=True to score that."
        else:
            advice = "Pass target=... to score a coarser target that all models share."
        msg = f"backtest: model {name!r} forecasts {forecast.scheme.names}, not {wanted.names}. {advice}"
        raise SchemeMismatchError(msg)

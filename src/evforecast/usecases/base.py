"""What a use case is: a question, the target that answers it, and the forecasters to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evforecast.errors import SchemeMismatchError
from evforecast.forecasting import DirectForecaster, SemiMarkovForecaster
from evforecast.panel import StatusForecast
from evforecast.random import RandomState

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["UseCase", "probability_of"]


@dataclass(frozen=True)
class UseCase:
    """One person's question about the chargers.

    Attributes
    ----------
    name : str
        Who asks.
    question : str
        What they ask, in a sentence.
    target : str
        The coarsening of the statuses that answers it.
    horizons : tuple of int
        The steps ahead that matter, in quarter-hours.

    Examples
    --------
    >>> from evforecast.usecases import USE_CASES
    >>> USE_CASES["driver"].target
    'free'
    """

    name: str
    question: str
    target: str
    horizons: tuple[int, ...]

    def direct(self, random_state: RandomState = None) -> DirectForecaster:
        """Return an unfitted direct forecaster of the target: one model a horizon."""
        return DirectForecaster(self.horizons, target=self.target, random_state=random_state)

    def recursive(self) -> SemiMarkovForecaster:
        """Return an unfitted recursive forecaster, of all statuses: coarsen what it forecasts."""
        return SemiMarkovForecaster(self.horizons)


def probability_of(forecast: StatusForecast, target: str) -> npt.NDArray[np.float32]:
    """Return the probability of a target, ``[horizon, evse]``, from a fine or a coarse forecast.

    Parameters
    ----------
    forecast : StatusForecast
        Of all statuses, or of the target alone.
    target : str
        A coarsening of the statuses, ``"free"`` say.

    Raises
    ------
    SchemeMismatchError
        If the forecast's statuses do not tell the target.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Climatology(horizons=[4]).fit(panel).predict_proba(panel)
    >>> probability_of(forecast, "free").shape
    (1, 6)
    """
    if target not in forecast.scheme.coarsenings:
        msg = (
            f"a forecast of {forecast.scheme.names} does not tell {target!r}; "
            "forecast all statuses, or that target."
        )
        raise SchemeMismatchError(msg)
    holds: npt.NDArray[np.float32] = forecast.scheme.coarsen_proba(forecast.proba, target)[..., 1]
    return holds

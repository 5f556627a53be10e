"""What a use case is: a question, the target that answers it, and the forecasters to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from evforecast.errors import SchemeMismatchError, StepMismatchError
from evforecast.forecasting import DirectForecaster, SemiMarkovForecaster
from evforecast.panel import StatusForecast
from evforecast.random import RandomState
from evforecast.timegrid import StepLike, as_step, step_text

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["UseCase", "probability_of"]

_QUARTER_HOUR = np.timedelta64(900, "s")


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
    within : bool
        Whether the target counts at any time up to a horizon, instead of at it.
    prefers : {'direct', 'recursive'}
        Which of the two ways `default` goes.

    Examples
    --------
    >>> from evforecast.usecases import USE_CASES
    >>> USE_CASES["driver"].target
    'free'
    >>> USE_CASES["park"].horizons_for("1h")
    (24, 48)
    """

    name: str
    question: str
    target: str
    horizons: tuple[int, ...]
    within: bool = False
    prefers: Literal["direct", "recursive"] = "direct"

    def horizons_for(self, step: StepLike) -> tuple[int, ...]:
        """Return the horizons in steps of a panel, those that are whole numbers of them.

        Raises
        ------
        StepMismatchError
            If none is.
        """
        size = as_step(step)
        ahead = [h * _QUARTER_HOUR for h in self.horizons]
        whole = tuple(int(time // size) for time in ahead if not (time % size).astype(int))
        if not whole:
            msg = (
                f"UseCase.horizons_for: the {self.name} looks {step_text(ahead[0])} to "
                f"{step_text(ahead[-1])} ahead, never a whole number of steps of {step_text(size)}. "
                "Use a step that divides a quarter of an hour."
            )
            raise StepMismatchError(msg)
        return whole

    def direct(
        self, random_state: RandomState = None, *, step: StepLike = "15min"
    ) -> DirectForecaster:
        """Return an unfitted direct forecaster of the target: one model a horizon."""
        return DirectForecaster(
            self.horizons_for(step),
            target=self.target,
            within=self.within,
            random_state=random_state,
        )

    def recursive(self, *, step: StepLike = "15min") -> SemiMarkovForecaster:
        """Return an unfitted recursive forecaster, which needs one model for all horizons.

        Its forecasts are of all statuses, to be coarsened, unless the question is `within`. Its
        `sample_paths` draws joint futures.
        """
        if self.within:
            return SemiMarkovForecaster(self.horizons_for(step), target=self.target, within=True)
        return SemiMarkovForecaster(self.horizons_for(step))

    def default(
        self, random_state: RandomState = None, *, step: StepLike = "15min"
    ) -> DirectForecaster | SemiMarkovForecaster:
        """Return the unfitted forecaster to begin with, by either way."""
        if self.prefers == "direct":
            return self.direct(random_state, step=step)
        return self.recursive(step=step)


def probability_of(forecast: StatusForecast, target: str) -> npt.NDArray[np.float32]:
    """Return the probability of a target, ``[horizon, evse]``, from a fine or a coarse forecast.

    Parameters
    ----------
    forecast : StatusForecast
        Of all statuses, or of the target alone.
    target : str
        A coarsening of the statuses, ``"free"`` say; ``"down within"`` of a forecast of that.

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

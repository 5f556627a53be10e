"""What forecasters built around another one take from it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from evforecast.forecasting.base import StatusForecaster

__all__ = ["Around"]


class Around(StatusForecaster):
    """Base of forecasters whose horizons, target and reach are those of one that they were given."""

    @property
    @abstractmethod
    def _inner(self) -> StatusForecaster:
        """The forecaster that was given, unfitted."""

    @property
    def horizons(self) -> Sequence[int]:  # type: ignore[override] # a parameter elsewhere, not here
        """Those of the forecaster inside."""
        return self._inner.horizons

    @property
    def target(self) -> str | None:
        """That of the forecaster inside."""
        return getattr(self._inner, "target", None)

    @property
    def within(self) -> bool:
        """Whether the forecaster inside tells its target by a time."""
        return bool(getattr(self._inner, "within", False))

    @property
    def any_horizon(self) -> bool:
        """Whether the forecaster inside serves any horizon."""
        return self._inner.any_horizon

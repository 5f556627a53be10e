"""Forecasters of a status: all are fitted on a panel and forecast from the recent panel."""

from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.climatology import Climatology
from evforecast.forecasting.direct import DirectForecaster
from evforecast.forecasting.failure_rate import FailureRate
from evforecast.forecasting.markov import MarkovForecaster
from evforecast.forecasting.persistence import Persistence
from evforecast.forecasting.recursive import RecursiveForecaster
from evforecast.forecasting.saving import describe, load, save
from evforecast.forecasting.semimarkov import SemiMarkovForecaster

__all__ = [
    "DEFAULT_HORIZONS",
    "Climatology",
    "DirectForecaster",
    "FailureRate",
    "MarkovForecaster",
    "Persistence",
    "RecursiveForecaster",
    "SemiMarkovForecaster",
    "StatusForecaster",
    "describe",
    "load",
    "save",
]

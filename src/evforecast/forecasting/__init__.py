"""Forecasters of a status: all are fitted on a panel and forecast from the recent panel."""

from evforecast.forecasting.base import DEFAULT_HORIZONS, StatusForecaster
from evforecast.forecasting.blend import Blend
from evforecast.forecasting.calibrated import Calibrated
from evforecast.forecasting.climatology import Climatology
from evforecast.forecasting.direct import DirectForecaster
from evforecast.forecasting.failure_rate import FailureRate
from evforecast.forecasting.markov import MarkovForecaster
from evforecast.forecasting.occupied import OccupiedFeed
from evforecast.forecasting.persistence import Persistence
from evforecast.forecasting.recursive import RecursiveForecaster
from evforecast.forecasting.saving import describe, load, save
from evforecast.forecasting.semimarkov import SemiMarkovForecaster

__all__ = [
    "DEFAULT_HORIZONS",
    "Blend",
    "Calibrated",
    "Climatology",
    "DirectForecaster",
    "FailureRate",
    "MarkovForecaster",
    "OccupiedFeed",
    "Persistence",
    "RecursiveForecaster",
    "SemiMarkovForecaster",
    "StatusForecaster",
    "describe",
    "load",
    "save",
]

"""What a forecaster sees of the past: computed from the panel, never from a row after the cutoff."""

from evforecast.features.daytypes import DayTypes
from evforecast.features.lagged import lag_blocks, lag_feature_names, lag_features
from evforecast.features.neighbours import Neighbours, location_codes
from evforecast.features.onestep import OneStepState, OneStepTable, one_step_names
from evforecast.features.profile import time_of_day_profile
from evforecast.features.shares import StatusCounter
from evforecast.features.state import LastObserved, Runs, last_observed, runs
from evforecast.features.table import (
    DEFAULT_GROUPS,
    GROUPS,
    FeatureTable,
    feature_names,
    lookback_steps,
)

__all__ = [
    "DEFAULT_GROUPS",
    "GROUPS",
    "DayTypes",
    "FeatureTable",
    "LastObserved",
    "Neighbours",
    "OneStepState",
    "OneStepTable",
    "Runs",
    "StatusCounter",
    "feature_names",
    "lag_blocks",
    "lag_feature_names",
    "lag_features",
    "last_observed",
    "location_codes",
    "lookback_steps",
    "one_step_names",
    "runs",
    "time_of_day_profile",
]

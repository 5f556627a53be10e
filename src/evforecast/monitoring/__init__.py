"""Forecasts in production: how good they are, and whether the world has changed."""

from evforecast.monitoring.chargers import ChargerLimits, charger_checks, charger_table
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.monitoring.drift import (
    DriftLimits,
    change_drift,
    drift_checks,
    exog_drift,
    mix_drift,
)
from evforecast.monitoring.monitor import Limits, Monitoring, monitor
from evforecast.monitoring.performance import (
    PerformanceLimits,
    expected_scores,
    performance_checks,
)
from evforecast.monitoring.predictions import (
    forecast_age_check,
    prediction_checks,
    prediction_drift,
)
from evforecast.monitoring.promotion import PromotionDecision, PromotionPolicy, decide_promotion
from evforecast.monitoring.realised import Realised, join_truth
from evforecast.monitoring.retraining import (
    RetrainingDecision,
    RetrainingPolicy,
    decide_retraining,
)
from evforecast.monitoring.schema import age_check, cadence_check, column_checks, word_check
from evforecast.monitoring.store import ForecastStore
from evforecast.monitoring.tally import Deviation

__all__ = [
    "ChargerLimits",
    "Check",
    "Checks",
    "Deviation",
    "DriftLimits",
    "ForecastStore",
    "Limits",
    "Monitoring",
    "PerformanceLimits",
    "PromotionDecision",
    "PromotionPolicy",
    "Realised",
    "RetrainingDecision",
    "RetrainingPolicy",
    "age_check",
    "cadence_check",
    "change_drift",
    "charger_checks",
    "charger_table",
    "column_checks",
    "decide_promotion",
    "decide_retraining",
    "drift_checks",
    "exog_drift",
    "expected_scores",
    "forecast_age_check",
    "grade",
    "join_truth",
    "mix_drift",
    "monitor",
    "performance_checks",
    "prediction_checks",
    "prediction_drift",
    "word_check",
]

"""Scores, reliability, intervals, and the backtest that cannot look ahead."""

from evforecast.evaluation.bootstrap import ratio_interval
from evforecast.evaluation.calibration import reliability
from evforecast.evaluation.rolling import Backtest, backtest
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score

__all__ = [
    "Backtest",
    "accuracy",
    "backtest",
    "brier_score",
    "log_score",
    "ratio_interval",
    "reliability",
    "skill_score",
]

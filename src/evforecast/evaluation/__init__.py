"""Scores, reliability, intervals, and the backtest that cannot look ahead."""

from evforecast.evaluation.bootstrap import ratio_interval
from evforecast.evaluation.calibration import calibration_error, reliability
from evforecast.evaluation.coverage import central_interval, count_coverage
from evforecast.evaluation.ranking import auc, average_precision, ranking_scores
from evforecast.evaluation.result import Backtest
from evforecast.evaluation.rolling import backtest
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score

__all__ = [
    "Backtest",
    "accuracy",
    "auc",
    "average_precision",
    "backtest",
    "brier_score",
    "calibration_error",
    "central_interval",
    "count_coverage",
    "log_score",
    "ranking_scores",
    "ratio_interval",
    "reliability",
    "skill_score",
]

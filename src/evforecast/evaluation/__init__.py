"""Scores, reliability, intervals, and the backtest that cannot look ahead."""

from evforecast.evaluation.averaging import weighted_mean
from evforecast.evaluation.bootstrap import ratio_interval
from evforecast.evaluation.calibration import (
    calibration_error,
    calibration_interval,
    reliability,
)
from evforecast.evaluation.comparison import compare, verdict_text
from evforecast.evaluation.counts import crps, ranked_probability_score
from evforecast.evaluation.coverage import central_interval, count_coverage
from evforecast.evaluation.decomposition import brier_decomposition
from evforecast.evaluation.energy import energy_score
from evforecast.evaluation.paired_tests import diebold_mariano, holm
from evforecast.evaluation.ranking import auc, average_precision, ranking_scores
from evforecast.evaluation.result import Backtest
from evforecast.evaluation.rolling import backtest
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score
from evforecast.evaluation.sharpness import entropy

__all__ = [
    "Backtest",
    "accuracy",
    "auc",
    "average_precision",
    "backtest",
    "brier_decomposition",
    "brier_score",
    "calibration_error",
    "calibration_interval",
    "central_interval",
    "compare",
    "count_coverage",
    "crps",
    "diebold_mariano",
    "energy_score",
    "entropy",
    "holm",
    "log_score",
    "ranked_probability_score",
    "ranking_scores",
    "ratio_interval",
    "reliability",
    "skill_score",
    "verdict_text",
    "weighted_mean",
]

"""The three use cases on the same origins: how well each target is told, and what it is told against."""

from __future__ import annotations

from typing import Any

import pandas as pd

import evforecast as ev
from evforecast.evaluation import count_coverage, ranking_scores
from evforecast.usecases import USE_CASES
from evforecast.usecases.lately import failure_scores

_COLUMNS = ["log_loss", "brier", "auc", "average_precision", "ece", "base_rate", "n"]


def targets(panel: ev.StatusPanel, past: ev.StatusPanel, origins: dict[str, Any]) -> pd.DataFrame:
    """Return the scores of the direct and the recursive way for each target at its horizons."""
    tables = []
    for name, horizons in (("free", [1, 4, 8, 16]), ("charging", [16, 48, 96]), ("down", [96])):
        models = {
            "direct": ev.DirectForecaster(horizons, target=name, random_state=0),
            "recursive": ev.SemiMarkovForecaster(horizons, target=name),
            "climatology": ev.Climatology(horizons),
            "persistence": ev.Persistence(horizons),
        }
        ready = {key: model.fit(past) for key, model in models.items()}
        result = ev.backtest(ready, panel, horizons=horizons, target=name, **origins)
        tables.append(ranking_scores(result).assign(target=name))
    return pd.concat(tables, ignore_index=True)[["target", "model", "horizon", *_COLUMNS]]


def failures(panel: ev.StatusPanel, past: ev.StatusPanel, origins: dict[str, Any]) -> pd.DataFrame:
    """Return the scores of *goes down within 24 h*, on all chargers and on those up to now."""
    park = USE_CASES["park"]
    options = {"target": "down", "within": True}
    models = {
        "direct": ev.DirectForecaster([park.horizons[0]], random_state=0, **options),
        "recursive": ev.SemiMarkovForecaster([park.horizons[0]], **options),
        "own past rate": ev.FailureRate([park.horizons[0]]),
    }
    ready = {key: model.fit(past) for key, model in models.items()}
    result = ev.backtest(ready, panel, horizons=[park.horizons[0]], **options, **origins)
    table = failure_scores(result, panel, days=7)
    return table[["chargers", "model", "horizon", *_COLUMNS]]


def counts(panel: ev.StatusPanel, past: ev.StatusPanel, origins: list[Any]) -> pd.DataFrame:
    """Return how often the number of chargers charging lay in its 90 % interval, by kind of group."""
    model = ev.SemiMarkovForecaster([4, 16, 48, 96]).fit(past)
    tables = []
    for by in (None, "area", "location_id"):
        table = count_coverage(model, panel, origins, target="charging", by=by, n_paths=200)
        tables.append(table.assign(by=by or "all"))
    return pd.concat(tables, ignore_index=True)

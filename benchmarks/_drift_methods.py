"""What raises an alarm on a day, given the days before: ours and others', on the same data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from evforecast.monitoring import charger_checks, charger_table, drift_checks
from evforecast.panel import StatusPanel

Alarms = dict[str, bool]
# Weather and traffic stray by themselves; all methods here look at statuses and chargers.
_STATUS_CHECKS = {"status mix", "changes", "frozen", "vanished status", "new status"}
# Evidently gets each fourth row: hourly statuses, a third of a million in eight weeks.
_THINNED = 4


def ours(reference: StatusPanel, current: StatusPanel) -> Alarms:
    """Return whether a check of drift, or of the chargers, is a WARNING or worse, or an ERROR."""
    found = [c for c in drift_checks(reference, current) if c.check in _STATUS_CHECKS]
    found += charger_checks(charger_table(reference, current))
    status = {check.status for check in found}
    return {
        "evforecast, WARNING": bool(status & {"WARNING", "ERROR"}),
        "evforecast, ERROR": "ERROR" in status,
    }


def chi_squared(reference: StatusPanel, current: StatusPanel) -> Alarms:
    """Return whether Pearson's test of the status counts of the two rejects at 5 %, and at a millionth."""
    counts = np.array([_counts(panel) for panel in (reference, current)])
    counts = counts[:, counts.sum(axis=0) > 0]
    p = chi2_contingency(counts)[1] if (counts.sum(axis=1) > 0).all() else 1.0
    return {"chi-squared, p < 0.05": p < 0.05, "chi-squared, p < 1e-6": p < 1e-6}


def evidently() -> Callable[[StatusPanel, StatusPanel], Alarms] | None:
    """Return evidently's drift of the column of statuses, by its default and by PSI, if it is installed."""
    try:
        from evidently import DataDefinition, Dataset, Report
        from evidently.metrics import ValueDrift
    except ImportError:
        return None
    definition = DataDefinition(categorical_columns=["status"])

    def frame(panel: StatusPanel) -> Any:
        codes = panel.codes[::_THINNED]
        names = panel.scheme.decode(codes[codes >= 0])
        return Dataset.from_pandas(pd.DataFrame({"status": names.astype(str)}), definition)

    def alarms(reference: StatusPanel, current: StatusPanel) -> Alarms:
        found = {}
        for name, method, threshold in (("default", None, 0.1), ("PSI", "psi", 0.1)):
            metric = ValueDrift(column="status", method=method, threshold=threshold)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = Report([metric]).run(frame(current), frame(reference)).dict()
            found[f"evidently, {name}"] = bool(result["metrics"][0]["value"] > threshold)
        return found

    return alarms


def _counts(panel: StatusPanel) -> np.ndarray:
    return np.bincount(panel.codes[panel.codes >= 0], minlength=len(panel.scheme))

"""What monitoring found, in an evaluation store of DSS."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from evforecast.dataiku.checks import as_metrics
from evforecast.dataiku.client import dss
from evforecast.monitoring import Monitoring

__all__ = ["monitoring_metrics", "push_evaluation"]

_SCORES = ("log_loss", "brier", "accuracy")


def push_evaluation(
    store: str, metrics: Mapping[str, float], *, labels: Mapping[str, str], name: str | None = None
) -> None:
    """Add an evaluation to a model evaluation store of the project, and run the store's checks.

    Parameters
    ----------
    store : str
        The id of the store, which stands in its address; not its name.
    metrics : mapping of str to float
        What is not finite is left out.
    labels : mapping of str to str
        What the evaluation is of: ``{"model": "city-3", "as_of": "2026-11-28T08:15"}``. DSS shows them as
        ``evforecast:model``.
    name : str, optional
        What people read.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), evaluation_stores=["skill"]):
    ...     push_evaluation("skill", {"log loss": 0.4}, labels={"model": "city-3"})
    """
    handle = dss().api_client().get_default_project().get_model_evaluation_store(store)
    measured = [
        handle.MetricDefinition(re.sub(r"\W+", "_", key), float(value), key)
        for key, value in metrics.items()
        if math.isfinite(value)
    ]
    said = [handle.LabelDefinition(f"evforecast:{key}", value) for key, value in labels.items()]
    handle.add_custom_model_evaluation(measured, name=name, labels=said)
    handle.run_checks()


def monitoring_metrics(found: Monitoring) -> dict[str, float]:
    """Return the measures of a look at a network: the champion's scores by horizon, and the checks.

    Parameters
    ----------
    found : Monitoring

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import monitor
    >>> panel = ev.simulate(n_evse=12, days=8, random_state=0)
    >>> monitoring_metrics(monitor(panel))["OK"] > 0
    True
    """
    scores = found.scores()
    own = scores[scores["model"] == found.champion]
    metrics: dict[str, float] = {}
    for row in own.to_dict("records"):
        for name in _SCORES:
            metrics[f"{name} at horizon {int(row['horizon'])}"] = float(row[name])
    return metrics | as_metrics(found.checks)

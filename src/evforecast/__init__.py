"""Forecast the status of public EV chargers, and carry the whole life of such a project.

Nothing heavy is imported here: each public name loads its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from evforecast._version import __version__

if TYPE_CHECKING:
    from evforecast import (
        collect,
        dataiku,
        errors,
        evaluation,
        features,
        forecasting,
        interop,
        inwarehouse,
        migration,
        monitoring,
        panel,
        plotting,
        registry,
        reporting,
        scenarios,
        sources,
        testing,
        usecases,
        warehouse,
    )
    from evforecast.evaluation import backtest
    from evforecast.forecasting import (
        Blend,
        Calibrated,
        Climatology,
        DirectForecaster,
        FailureRate,
        MarkovForecaster,
        OccupiedFeed,
        Persistence,
        RecursiveForecaster,
        SemiMarkovForecaster,
        load,
    )
    from evforecast.migration import MigrationPlan, migrate
    from evforecast.panel import (
        STATUS,
        Calendar,
        StatusForecast,
        StatusLog,
        StatusPanel,
        StatusPaths,
        StatusScheme,
        Vocabulary,
        simulate,
    )
    from evforecast.registry import Registry
    from evforecast.warehouse import connect

_LAZY = {
    "STATUS": "panel",
    "Calendar": "panel",
    "StatusForecast": "panel",
    "StatusLog": "panel",
    "StatusPanel": "panel",
    "StatusPaths": "panel",
    "StatusScheme": "panel",
    "Vocabulary": "panel",
    "simulate": "panel",
    "Blend": "forecasting",
    "Calibrated": "forecasting",
    "Climatology": "forecasting",
    "DirectForecaster": "forecasting",
    "FailureRate": "forecasting",
    "MarkovForecaster": "forecasting",
    "OccupiedFeed": "forecasting",
    "Persistence": "forecasting",
    "RecursiveForecaster": "forecasting",
    "SemiMarkovForecaster": "forecasting",
    "load": "forecasting",
    "backtest": "evaluation",
    "MigrationPlan": "migration",
    "migrate": "migration",
    "Registry": "registry",
    "connect": "warehouse",
}
_PACKAGES = (
    "collect",
    "dataiku",
    "errors",
    "evaluation",
    "features",
    "forecasting",
    "interop",
    "inwarehouse",
    "migration",
    "monitoring",
    "panel",
    "plotting",
    "registry",
    "reporting",
    "scenarios",
    "sources",
    "testing",
    "usecases",
    "warehouse",
)

__all__ = [
    "STATUS",
    "Blend",
    "Calendar",
    "Calibrated",
    "Climatology",
    "DirectForecaster",
    "FailureRate",
    "MarkovForecaster",
    "MigrationPlan",
    "OccupiedFeed",
    "Persistence",
    "RecursiveForecaster",
    "Registry",
    "SemiMarkovForecaster",
    "StatusForecast",
    "StatusLog",
    "StatusPanel",
    "StatusPaths",
    "StatusScheme",
    "Vocabulary",
    "__version__",
    "backtest",
    "collect",
    "connect",
    "dataiku",
    "errors",
    "evaluation",
    "features",
    "forecasting",
    "interop",
    "inwarehouse",
    "load",
    "migrate",
    "migration",
    "monitoring",
    "panel",
    "plotting",
    "registry",
    "reporting",
    "scenarios",
    "simulate",
    "sources",
    "testing",
    "usecases",
    "warehouse",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name in _LAZY:
        value = getattr(importlib.import_module(f"evforecast.{_LAZY[name]}"), name)
    elif name in _PACKAGES:
        value = importlib.import_module(f"evforecast.{name}")
    else:
        msg = f"module 'evforecast' has no attribute {name!r}"
        raise AttributeError(msg)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)

"""What runs inside the warehouse: forecasts and preparation where the data are, and what they cost.

Nothing is imported here before it is used: the handler runs from a zip that holds no more than it needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evforecast.inwarehouse.bundle import Bundle, make_bundle
    from evforecast.inwarehouse.check import CheckLine, check_account
    from evforecast.inwarehouse.deploying import deploy, deployment_script
    from evforecast.inwarehouse.deployment import Deployment
    from evforecast.inwarehouse.frames import coerce_frame
    from evforecast.inwarehouse.handler import ForecastPartition
    from evforecast.inwarehouse.job import ForecastJob, forecast_columns
    from evforecast.inwarehouse.predict import Predicted, forecast_in_warehouse
    from evforecast.inwarehouse.reach import can_push_down, exog_series, reach_of
    from evforecast.inwarehouse.storing import store_panel

_LAZY = {
    "Bundle": "bundle",
    "CheckLine": "check",
    "Deployment": "deployment",
    "ForecastJob": "job",
    "ForecastPartition": "handler",
    "Predicted": "predict",
    "can_push_down": "reach",
    "check_account": "check",
    "coerce_frame": "frames",
    "deploy": "deploying",
    "deployment_script": "deploying",
    "exog_series": "reach",
    "forecast_columns": "job",
    "forecast_in_warehouse": "predict",
    "make_bundle": "bundle",
    "reach_of": "reach",
    "store_panel": "storing",
}

__all__ = [
    "Bundle",
    "CheckLine",
    "Deployment",
    "ForecastJob",
    "ForecastPartition",
    "Predicted",
    "can_push_down",
    "check_account",
    "coerce_frame",
    "deploy",
    "deployment_script",
    "exog_series",
    "forecast_columns",
    "forecast_in_warehouse",
    "make_bundle",
    "reach_of",
    "store_panel",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _LAZY:
        msg = f"module 'evforecast.inwarehouse' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"evforecast.inwarehouse.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)

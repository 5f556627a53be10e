"""Inside Dataiku: datasets, managed folders and variables of a project as what the library works on.

Nothing of Dataiku is imported before something is done with it, so this package can be imported anywhere.
"""

from evforecast.dataiku.checks import (
    as_metrics,
    as_outcome,
    check_dataset,
    read_checks,
    write_checks,
)
from evforecast.dataiku.client import NotInDataikuError
from evforecast.dataiku.cookbook import RECIPES, recipe
from evforecast.dataiku.datasets import (
    dss_schema,
    read_frame,
    read_frames,
    write_frame,
    write_frames,
)
from evforecast.dataiku.evaluations import monitoring_metrics, push_evaluation
from evforecast.dataiku.folders import bring_down, download, paths_in, send_up, upload
from evforecast.dataiku.forecasts import read_forecasts, write_forecasts
from evforecast.dataiku.fresh import collect, load
from evforecast.dataiku.registry import FolderRegistry, open_registry
from evforecast.dataiku.selftest import check
from evforecast.dataiku.statuses import read_evse, read_log, read_panel, write_log, write_panel
from evforecast.dataiku.steps import features_now, forecast_all, look, look_at, promote, retrain
from evforecast.dataiku.variables import set_variable, variable

__all__ = [
    "RECIPES",
    "FolderRegistry",
    "NotInDataikuError",
    "as_metrics",
    "as_outcome",
    "bring_down",
    "check",
    "check_dataset",
    "collect",
    "download",
    "dss_schema",
    "features_now",
    "forecast_all",
    "load",
    "look",
    "look_at",
    "monitoring_metrics",
    "open_registry",
    "paths_in",
    "promote",
    "push_evaluation",
    "read_checks",
    "read_evse",
    "read_forecasts",
    "read_frame",
    "read_frames",
    "read_log",
    "read_panel",
    "recipe",
    "retrain",
    "send_up",
    "set_variable",
    "upload",
    "variable",
    "write_checks",
    "write_forecasts",
    "write_frame",
    "write_frames",
    "write_log",
    "write_panel",
]

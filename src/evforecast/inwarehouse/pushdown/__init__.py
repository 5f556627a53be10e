"""Preparation inside the warehouse, as SQL for DuckDB and Snowflake: log to grid, grid to features."""

from evforecast.inwarehouse.pushdown.grid import GRID, GridRows, grid_query
from evforecast.inwarehouse.pushdown.lags import lag_query
from evforecast.inwarehouse.pushdown.latest import latest_query
from evforecast.inwarehouse.pushdown.log import LogTable, Span
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.inwarehouse.pushdown.resample import Resampled, Resampling, to_grid
from evforecast.inwarehouse.pushdown.store import write_features, write_lags
from evforecast.inwarehouse.pushdown.table import GROUPS_IN_SQL, NOT_IN_SQL, feature_query
from evforecast.inwarehouse.pushdown.window import create_grid_window, grid_window

__all__ = [
    "GRID",
    "GROUPS_IN_SQL",
    "NOT_IN_SQL",
    "GridRows",
    "LogTable",
    "PanelTable",
    "Resampled",
    "Resampling",
    "Span",
    "create_grid_window",
    "feature_query",
    "grid_query",
    "grid_window",
    "lag_query",
    "latest_query",
    "to_grid",
    "write_features",
    "write_lags",
]

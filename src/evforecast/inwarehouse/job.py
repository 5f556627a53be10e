"""`ForecastJob`: a model's file, the tables that its forecasts come from, and the one they go to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evforecast._version import __version__
from evforecast.errors import InputError
from evforecast.forecasting import describe, load
from evforecast.forecasting.base import check_horizons
from evforecast.inwarehouse.handler import ForecastPartition, probability_names
from evforecast.inwarehouse.reach import Reach, exog_series, reach_of
from evforecast.inwarehouse.rows import ROWS_AT_ONCE, RowsQuery
from evforecast.panel import StatusScheme
from evforecast.timegrid import require_zone
from evforecast.warehouse import Column, Dialect, TableName

if TYPE_CHECKING:
    import numpy as np

__all__ = ["KEY", "ForecastJob", "forecast_columns"]

KEY = ("model", "cutoff", "horizon", "evse_id")
"""What names a row of the table of forecasts."""


def forecast_columns(scheme: StatusScheme) -> list[Column]:
    """Return the columns of the table of forecasts.

    Parameters
    ----------
    scheme : StatusScheme
        The statuses of the forecasts (``model.target_scheme_``).

    Examples
    --------
    >>> from evforecast import STATUS
    >>> [column.name for column in forecast_columns(STATUS)][4:]
    ['p_available', 'p_charging', 'p_passive', 'p_offline', 'p_down']
    """
    return [
        Column("model", "text"),
        Column("cutoff", "timestamp"),
        Column("horizon", "int4"),
        Column("evse_id", "text"),
        *(Column(name, "float8") for name in probability_names(scheme)),
    ]


@dataclass(frozen=True)
class ForecastJob:
    """What is to be forecast, from what and into what; `of` reads it from a model's file.

    Attributes
    ----------
    path : Path
        The file of the model.
    name : str
        What the column ``model`` of the forecasts says.
    tz : str
        The zone of the clock on the chargers' wall.
    horizons : tuple of int
        Steps ahead.
    sha256 : str
        Of the model.
    reach : {'charger', 'location', 'network'}
        How far a forecast looks.
    lookback : int
        Rows of the grid that it looks at.
    step : numpy.timedelta64
        Of the grid.
    series : tuple of str
        The exogenous series that it looks at.
    columns : tuple of Column
        Of the table of forecasts.
    grid, evse, into : TableName
        The statuses on their grid, the chargers, the forecasts.
    exog : TableName or None
        The series.
    """

    path: Path
    name: str
    tz: str
    horizons: tuple[int, ...]
    sha256: str
    reach: Reach
    lookback: int
    step: np.timedelta64
    series: tuple[str, ...]
    columns: tuple[Column, ...]
    grid: TableName
    evse: TableName
    exog: TableName | None
    into: TableName

    @classmethod
    def of(
        cls,
        path: str | Path,
        *,
        name: str,
        tz: str,
        horizons: Sequence[int] | None = None,
        grid: TableName | str = "status_grid",
        evse: TableName | str = "evse",
        exog: TableName | str | None = None,
        into: TableName | str = "forecast",
    ) -> ForecastJob:
        """Return the job of a model's file; parameters as for `forecast_in_warehouse`.

        Raises
        ------
        FileFormatError
            If the file is no model, or damaged.
        HorizonError, InputError
            If the horizons, the name or the zone are none, or the model looks at series and no table has
            them.
        """
        require_zone(tz, "ForecastJob")
        if not name.isprintable() or not name.strip() or name != name.strip():
            msg = f"ForecastJob: name={name!r}: forecasts need a name, of one line, to be told apart by."
            raise InputError(msg)
        model = load(path)
        series = exog_series(model)
        if series and exog is None:
            msg = (
                f"{path}: the {type(model).__name__} looks at the series {', '.join(series)}. Name the table "
                "that has them, with a column time and one a series: exog=…"
            )
            raise InputError(msg)
        steps = check_horizons(model.horizons if horizons is None else horizons)
        return cls(
            path=Path(path).absolute(),
            name=name,
            tz=tz,
            horizons=tuple(steps.tolist()),
            sha256=str(describe(path)["sha256"]),
            reach=reach_of(model),
            lookback=model.lookback,
            step=model.step_,
            series=series,
            columns=tuple(forecast_columns(model.target_scheme_)),
            grid=TableName.parse(grid),
            evse=TableName.parse(evse),
            exog=None if exog is None else TableName.parse(exog),
            into=TableName.parse(into),
        )

    @property
    def slug(self) -> str:
        """The name, as far as it can stand in any name: of a file, a function, a task."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_") or "model"

    @property
    def mark(self) -> str:
        """Eight digits that differ where the model, its name, the zone or the horizons do."""
        facts = json.dumps([self.sha256, self.name, self.tz, self.horizons])
        return hashlib.sha256(facts.encode()).hexdigest()[:8]

    @property
    def label(self) -> str:
        """What the names of all that is made for it end with: the name, the package's version, the mark."""
        return f"{self.slug}_{__version__.replace('.', '_')}_{self.mark}"

    def query(self, dialect: Dialect) -> RowsQuery:
        """Return the query for its rows, in as many partitions as the model allows."""
        whole = self.reach == "network"
        return RowsQuery(
            dialect,
            self.grid,
            self.evse,
            self.exog,
            lookback=self.lookback,
            step=self.step,
            series=self.series,
            per_partition=0 if whole else max(ROWS_AT_ONCE // self.lookback, 1),
        )

    def handler(self) -> ForecastPartition:
        """Return a handler of a partition, as Snowflake makes one, for the file where it lies."""
        facts = {
            "model_file": str(self.path),
            "sha256": self.sha256,
            "name": self.name,
            "tz": self.tz,
            "horizons": self.horizons,
        }
        made: ForecastPartition = type("Forecast", (ForecastPartition,), facts)()
        return made

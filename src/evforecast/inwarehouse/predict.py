"""A forecast of the whole network into a table of the warehouse, where the data are."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evforecast.errors import EmptyInputError, InputError
from evforecast.forecasting import StatusForecaster, save
from evforecast.inwarehouse.driving import drive
from evforecast.inwarehouse.job import ForecastJob
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.rows import PARTITION
from evforecast.inwarehouse.statements import function_name, merge_forecast
from evforecast.inwarehouse.trouble import explained
from evforecast.timegrid import TimeLike, as_time
from evforecast.warehouse import Column, TableName, Warehouse, quote

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Predicted", "forecast_in_warehouse", "make_forecast_table"]


@dataclass(frozen=True)
class Predicted:
    """What `forecast_in_warehouse` did.

    Attributes
    ----------
    cutoff : numpy.datetime64
        UTC.
    chargers, partitions : int
        How many were forecast, in how many parts.
    rows_in, rows : int
        Rows that the handler was given, and rows of the forecast.
    inserted, updated : int
        Rows of the table that are new, and that said something else before.
    seconds : float
    """

    cutoff: np.datetime64
    chargers: int
    partitions: int
    rows_in: int
    rows: int
    inserted: int
    updated: int
    seconds: float


def forecast_in_warehouse(
    warehouse: Warehouse,
    model: StatusForecaster | str | Path,
    *,
    cutoff: TimeLike,
    name: str,
    tz: str,
    horizons: Sequence[int] | None = None,
    grid: TableName | str = "status_grid",
    evse: TableName | str = "evse",
    exog: TableName | str | None = None,
    into: TableName | str = "forecast",
) -> Predicted:
    """Forecast every charger and merge the rows into a table, all of them or none.

    On Snowflake the function of the model is called there (`deploy` makes it), in one statement. On
    DuckDB its handler is given the same rows here, read by SQL partition by partition, and what it
    yields is merged in one transaction. Both give what ``model.predict_proba`` gives for the same history.
    Asked again, it changes nothing.

    Parameters
    ----------
    warehouse : Warehouse
    model : StatusForecaster or path
        Fitted, or the file that its `save` wrote.
    cutoff : time
        The last time that the forecast may know, on the grid.
    name : str
        What the column ``model`` says.
    tz : str
        The zone of the clock on the chargers' wall, as in the panel that the model learnt from.
    horizons : sequence of int, optional
        Steps ahead; by default those of the model.
    grid, evse : str or TableName
        The statuses on their grid (``time``, ``evse_id``, ``code``), and the chargers (``evse_id``,
        ``location_id``, ``area``, ``lat``, ``lon``, ``model``). One that reports without being in that table
        is forecast too, at a location of its own.
    exog : str or TableName, optional
        Series of the whole network, a column ``time`` and one a series, where the model looks at some.
    into : str or TableName
        The table of forecasts (`forecast_columns`), made if it is not there.

    Returns
    -------
    Predicted

    Raises
    ------
    InputError
        If the model cannot be saved, looks at series and no table is named, or `into` has other columns.
    EmptyInputError
        If the grid has no row in the time that the model looks at, or there is no charger.
    WarehouseError, TransientError
        If the warehouse refuses; then nothing was written.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> folder = tempfile.mkdtemp()
    >>> panel = ev.simulate(n_evse=3, days=3, random_state=0)
    >>> model = ev.Persistence([1, 4]).fit(panel)
    >>> with ev.connect(f"duckdb:///{folder}/ev.duckdb") as warehouse:
    ...     for statement in (
    ...         "CREATE TABLE status_grid (time TIMESTAMP, evse_id TEXT, code INT2)",
    ...         "CREATE TABLE evse (evse_id TEXT, location_id TEXT, area TEXT, lat FLOAT8, "
    ...         "lon FLOAT8, model TEXT)",
    ...         "INSERT INTO status_grid VALUES ('2020-10-26 00:00', 'a', 0)",
    ...     ):
    ...         _ = warehouse.run(statement)
    ...     done = forecast_in_warehouse(
    ...         warehouse, model, cutoff="2020-10-26 00:00", name="persistence", tz="Europe/Paris"
    ...     )
    >>> done.chargers, done.rows, done.inserted
    (1, 2, 2)
    """
    start = time.perf_counter()
    at = as_time(cutoff)
    with tempfile.TemporaryDirectory(prefix="evforecast-") as folder:
        job = ForecastJob.of(
            _file(model, Path(folder)),
            name=name,
            tz=tz,
            horizons=horizons,
            grid=grid,
            evse=evse,
            exog=exog,
            into=into,
        )
        sql = instant(warehouse.dialect, at)
        _require_rows(warehouse, job, sql, at)
        make_forecast_table(warehouse, job.into, job.columns)
        by = _by_function if warehouse.dialect.name == "snowflake" else _by_handler
        chargers, partitions, rows_in, inserted, updated = by(warehouse, job, sql, Path(folder))
    return Predicted(
        cutoff=at,
        chargers=chargers,
        partitions=partitions,
        rows_in=rows_in,
        rows=chargers * len(job.horizons),
        inserted=inserted,
        updated=updated,
        seconds=time.perf_counter() - start,
    )


def make_forecast_table(warehouse: Warehouse, table: TableName, columns: Sequence[Column]) -> None:
    """Make the table of forecasts if it does not stand.

    Parameters
    ----------
    warehouse : Warehouse
    table : TableName
    columns : sequence of Column
        See `forecast_columns`.

    Raises
    ------
    InputError
        If it stands, and has other columns: a model of other statuses.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.inwarehouse import forecast_columns
    >>> with ev.connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     table = TableName.parse("forecast")
    ...     make_forecast_table(warehouse, table, forecast_columns(ev.STATUS))
    ...     len(warehouse.columns(table))
    9
    """
    found = warehouse.columns(table)
    if found is None:
        warehouse.create(table, columns, transient=False)
        return
    there, wanted = {column.name for column in found}, [column.name for column in columns]
    if there != set(wanted):
        msg = (
            f"table {table}: its columns are {', '.join(sorted(there))}; this model's forecasts have "
            f"{', '.join(wanted)}. Keep forecasts of other statuses in another table: into=…"
        )
        raise InputError(msg)


def _file(model: StatusForecaster | str | Path, folder: Path) -> Path:
    """Return the file of a model: what runs is always what the file holds."""
    if isinstance(model, str | Path):
        return Path(model)
    path = folder / "model.evf"
    save(model, path)
    return path


def _require_rows(warehouse: Warehouse, job: ForecastJob, cutoff: str, at: np.datetime64) -> None:
    """Raise if nothing was observed: the forecast would be an average that nobody asked for."""
    found = warehouse.run(
        f"SELECT COUNT(*) FROM ({job.query(warehouse.dialect).seen(cutoff)}) AS w"
    )
    if not int(found[0][0]):
        latest = warehouse.run(f"SELECT MAX({quote('time')}) FROM {job.grid.sql}")[0][0]
        msg = (
            f"{job.grid}: no status in the {job.lookback:,} steps up to {at} UTC; "
            f"{'the table is empty' if latest is None else f'the last one is of {latest} UTC'}. "
            "Load first, or give another cutoff."
        )
        raise EmptyInputError(msg)


def _by_handler(
    warehouse: Warehouse, job: ForecastJob, cutoff: str, folder: Path
) -> tuple[int, int, int, int, int]:
    done = drive(warehouse, job, cutoff, folder)
    return done.chargers, done.partitions, done.rows_in, done.merged.inserted, done.merged.updated


def _by_function(
    warehouse: Warehouse, job: ForecastJob, cutoff: str, _: Path
) -> tuple[int, int, int, int, int]:
    rows = job.query(warehouse.dialect).sql(cutoff)
    with explained(function_name(job)):
        partitions, rows_in, chargers = warehouse.run(
            f"SELECT COUNT(DISTINCT {quote(PARTITION)}), COUNT(*), COUNT(DISTINCT {quote('evse_id')}) "
            f"FROM ({rows}) AS r"
        )[0]
        inserted, updated = warehouse.run(merge_forecast(job, cutoff))[0]
    return int(chargers), int(partitions), int(rows_in), int(inserted), int(updated)

"""The last rows of a grid up to a cutoff: what a forecast is made from."""

from __future__ import annotations

import numpy as np

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.grid import GRID
from evforecast.inwarehouse.pushdown.phrases import instant, require_dialect
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time
from evforecast.warehouse import Dialect, TableName, quote
from evforecast.warehouse.statements import column_list, names

__all__ = ["create_grid_window", "grid_window"]


def grid_window(
    dialect: Dialect,
    cutoff: TimeLike,
    steps: int,
    *,
    step: StepLike = "15min",
    grid: TableName | str = "status_grid",
) -> str:
    """Return the query of the cells in the last rows up to a cutoff: time, evse_id, code.

    Parameters
    ----------
    dialect : Dialect
    cutoff : time
        The last row, included.
    steps : int
        How many rows: the `lookback` of a forecaster.
    step : str or timedelta
        Of the grid.
    grid : TableName or str

    Raises
    ------
    InputError
        If `steps` is no number of rows.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> print(grid_window(DUCKDB, "2020-10-25T12:00", 4).partition("WHERE ")[2])
    "time" > '2020-10-25 11:00:00'::TIMESTAMP AND "time" <= '2020-10-25 12:00:00'::TIMESTAMP
    """
    require_dialect(dialect)
    if steps < 1:
        msg = f"grid_window: steps={steps} is no number of rows; give 1 or more."
        raise InputError(msg)
    last, time = as_time(cutoff), quote("time")
    before = last - steps * as_step(step)
    return (
        f"SELECT {names(GRID)} FROM {TableName.parse(grid).sql} "
        f"WHERE {time} > {instant(dialect, before)} AND {time} <= {instant(dialect, last)}"
    )


def create_grid_window(
    dialect: Dialect,
    *,
    step: StepLike = "15min",
    grid: TableName | str = "status_grid",
    name: TableName | str = "grid_window",
) -> str:
    """Return the statement that makes `grid_window` a function of the warehouse, of a cutoff and steps.

    It is called by ``SELECT * FROM TABLE("grid_window"(…, 773))`` in Snowflake, where it is a table function
    in SQL, and without ``TABLE`` in DuckDB, where it is a macro.

    Parameters
    ----------
    dialect : Dialect
    step : str or timedelta
        Of the grid.
    grid, name : TableName or str
        The table, and the function.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> print(create_grid_window(DUCKDB)[:55])
    CREATE OR REPLACE MACRO "grid_window"(cutoff, steps) AS
    """
    require_dialect(dialect)
    called, size, time = (
        TableName.parse(name).sql,
        int(as_step(step).astype(np.int64)),
        quote("time"),
    )
    body = f"SELECT {names(GRID)} FROM {TableName.parse(grid).sql} WHERE {time} <= cutoff AND {time} > "
    if dialect.name == "duckdb":
        return (
            f"CREATE OR REPLACE MACRO {called}(cutoff, steps) AS TABLE {body}"
            f"cutoff - to_seconds(CAST(steps AS BIGINT) * {size})"
        )
    # what the table says of gaps is no part of a function's signature
    columns = column_list(dialect, GRID).replace(" NOT NULL", "")
    return (
        f"CREATE OR REPLACE FUNCTION {called}(cutoff TIMESTAMP_NTZ, steps NUMBER) "
        f"RETURNS TABLE ({columns}) AS $${body}DATEADD('second', -steps * {size}, cutoff)$$"
    )

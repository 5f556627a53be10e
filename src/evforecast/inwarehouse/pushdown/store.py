"""Tables of features in the warehouse, filled there."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.errors import InputError
from evforecast.features import feature_names, lag_feature_names
from evforecast.features.lagged import LAGS
from evforecast.inwarehouse.pushdown.lags import lag_query
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.pushdown.table import GROUPS_IN_SQL, feature_query
from evforecast.panel import Calendar
from evforecast.warehouse import Column, TableName, Warehouse, quote
from evforecast.warehouse.statements import names

__all__ = ["write_features", "write_lags"]


def write_features(
    warehouse: Warehouse,
    panel: PanelTable,
    horizons: Sequence[int],
    *,
    into: TableName | str = "features",
    groups: Sequence[str] = GROUPS_IN_SQL,
    calendar: Calendar | None = None,
    first: int | None = None,
    last: int | None = None,
) -> int:
    """Write the features of cases into a table, in the place of those of the same cutoffs and horizons.

    It is one transaction, and may be run again.

    Parameters
    ----------
    warehouse : Warehouse
    panel : PanelTable
    horizons : sequence of int
        Steps ahead.
    into : TableName or str
        ``cutoff``, ``horizon``, ``evse_id`` and a float8 column a feature; made if it is not there.
    groups, calendar, first, last
        As for `feature_query`.

    Returns
    -------
    int
        The rows written.

    Raises
    ------
    InputError
        As `feature_query`, or if the table has other columns.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     for sql in (
    ...         "CREATE TABLE evse AS SELECT 'a' AS evse_id, 'x' AS location_id",
    ...         "CREATE TABLE status_grid AS SELECT TIMESTAMP '2020-10-25 00:00:00' AS time, "
    ...         "'a' AS evse_id, CAST(4 AS SMALLINT) AS code",
    ...     ):
    ...         _ = warehouse.run(sql)
    ...     panel = PanelTable.of("2020-10-25", "2020-10-25T00:15")
    ...     print(write_features(warehouse, panel, [1], groups=["state"]))
    ...     print(warehouse.run("SELECT status, age, stale FROM features"))
    1
    [(4.0, 2.0, 1.0)]
    """
    rows, dialect = panel.grid_rows, warehouse.dialect
    listed = feature_names(panel.scheme.names, groups)
    columns = [
        Column("cutoff", "timestamp", nullable=False),
        Column("horizon", "int4", nullable=False),
        Column("evse_id", "text", nullable=False),
        *(Column(name, "float8") for name in listed),
    ]
    queries = {
        horizon: feature_query(
            dialect, panel, horizon, groups=groups, calendar=calendar, first=first, last=last
        )
        for horizon in horizons
    }
    end = rows.n - 1 if last is None else last
    begin = end if first is None else first
    cutoffs = _between(warehouse, panel, "cutoff", begin, end)
    table = _made(warehouse, into, columns)
    written = 0
    with warehouse.transaction():
        for horizon, query in queries.items():
            where = f"{cutoffs} AND {quote('horizon')} = {int(horizon)}"
            warehouse.run(f"DELETE FROM {table.sql} WHERE {where}")
            written += _insert(warehouse, table, columns, query, {"horizon": str(int(horizon))})
    return written


def write_lags(
    warehouse: Warehouse,
    panel: PanelTable,
    *,
    into: TableName | str = "lags",
    lags: Sequence[int] = LAGS,
    window: int | None = None,
    start: int | None = None,
    stop: int | None = None,
) -> int:
    """Write the table of lags, in the place of the rows of the same times.

    Parameters
    ----------
    warehouse : Warehouse
    panel : PanelTable
    into : TableName or str
        ``time``, ``evse_id`` and a float8 column a feature; made if it is not there.
    lags, window, start, stop
        As for `lag_query`.

    Returns
    -------
    int
        The rows written.

    Raises
    ------
    InputError
        As `lag_query`, or if the table has other columns.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     for sql in (
    ...         "CREATE TABLE evse AS SELECT 'a' AS evse_id, 'x' AS location_id",
    ...         "CREATE TABLE status_grid AS SELECT TIMESTAMP '2020-10-25 00:00:00' AS time, "
    ...         "'a' AS evse_id, CAST(4 AS SMALLINT) AS code",
    ...     ):
    ...         _ = warehouse.run(sql)
    ...     panel = PanelTable.of("2020-10-25", "2020-10-25T00:15")
    ...     print(write_lags(warehouse, panel, lags=[1]))
    ...     print(warehouse.run("SELECT lag_1, down_share, slot, weekday FROM lags"))
    1
    [(4.0, 1.0, 1.0, 6.0)]
    """
    query = lag_query(warehouse.dialect, panel, lags=lags, window=window, start=start, stop=stop)
    columns = [
        Column("time", "timestamp", nullable=False),
        Column("evse_id", "text", nullable=False),
        *(Column(name, "float8") for name in lag_feature_names(panel.scheme.names, lags)),
    ]
    begin = max(lags) if start is None else start
    end = panel.grid_rows.n if stop is None else stop
    times = _between(warehouse, panel, "time", begin, end - 1)
    table = _made(warehouse, into, columns)
    with warehouse.transaction():
        warehouse.run(f"DELETE FROM {table.sql} WHERE {times}")
        return _insert(warehouse, table, columns, query, {})


def _between(warehouse: Warehouse, panel: PanelTable, column: str, first: int, last: int) -> str:
    """Return the condition that a time is one of some rows of a panel."""
    start, step = panel.grid_rows.start, panel.grid_rows.step
    return (
        f"{quote(column)} >= {instant(warehouse.dialect, start + first * step)} "
        f"AND {quote(column)} <= {instant(warehouse.dialect, start + last * step)}"
    )


def _made(warehouse: Warehouse, into: TableName | str, columns: Sequence[Column]) -> TableName:
    """Make a table unless it stands; refuse one with other columns."""
    table = TableName.parse(into)
    warehouse.create(table, columns, transient=False)
    found = [column.name for column in warehouse.columns(table) or ()]
    wanted = [column.name for column in columns]
    if sorted(found) != sorted(wanted):
        odd = sorted(set(found) ^ set(wanted))
        msg = f"{table}: its columns are not those of the features asked for: {odd}. Name another table."
        raise InputError(msg)
    return table


def _insert(
    warehouse: Warehouse,
    table: TableName,
    columns: Sequence[Column],
    query: str,
    fixed: dict[str, str],
) -> int:
    """Insert a query; columns that it does not have are fixed."""
    values = ", ".join(fixed.get(column.name, quote(column.name)) for column in columns)
    sql = f"INSERT INTO {table.sql} ({names(columns)}) SELECT {values} FROM ({query}) AS q"
    return int(warehouse.run(sql)[0][0])

"""The handler of Snowflake driven here, on the rows of another warehouse: the same rows, the same code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evforecast.inwarehouse.job import KEY, ForecastJob
from evforecast.inwarehouse.rows import INPUT_COLUMNS, PARTITION
from evforecast.inwarehouse.storing import FORMAT, merge_files, write_rows
from evforecast.warehouse import Merged, TableName, Warehouse, quote
from evforecast.warehouse.naming import literal
from evforecast.warehouse.statements import names

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Driven", "drive"]


class Driven(NamedTuple):
    """What was done.

    Attributes
    ----------
    chargers, partitions : int
    rows_in : int
        Rows that the handler was given.
    merged : Merged
    """

    chargers: int
    partitions: int
    rows_in: int
    merged: Merged


def drive(warehouse: Warehouse, job: ForecastJob, cutoff: str, folder: Path) -> Driven:
    """Forecast partition by partition, and merge all rows at the end.

    Parameters
    ----------
    warehouse : Warehouse
        DuckDB: it writes the rows of a partition to a file, and reads the forecasts from files.
    job : ForecastJob
        Its table of forecasts has to stand.
    cutoff : str
        As SQL.
    folder : Path
        For files on the way.

    Examples
    --------
    See `evforecast.inwarehouse.forecast_in_warehouse`.
    """
    query = job.query(warehouse.dialect)
    rows_in, files = 0, []
    with _chargers(warehouse, query.chargers_sql(cutoff), job.into) as chargers:
        listed = warehouse.run(
            f"SELECT {quote(PARTITION)}, COUNT(*) FROM {chargers.sql} GROUP BY 1 ORDER BY 1"
        )
        rows = query.sql(cutoff, chargers=chargers.sql)
        for partition, _ in listed:
            frame = _read(warehouse, rows, int(partition), folder / f"rows{FORMAT.suffix}")
            rows_in += len(frame)
            files.append(folder / f"forecast-{partition}{FORMAT.suffix}")
            write_rows(_tables(job.handler().end_partition(frame)), files[-1])
    merged = merge_files(warehouse, files, job.into, job.columns, KEY)
    return Driven(sum(count for _, count in listed), len(listed), rows_in, merged)


@contextmanager
def _chargers(warehouse: Warehouse, query: str, into: TableName) -> Iterator[TableName]:
    """Make a table of the chargers and their partitions, for as long as it is needed."""
    table = TableName((f"{into.name}__chargers",))
    warehouse.run(f"CREATE OR REPLACE TEMP TABLE {table.sql} AS {query}")
    try:
        yield table
    finally:
        warehouse.run(f"DROP TABLE IF EXISTS {table.sql}")


def _read(warehouse: Warehouse, rows: str, partition: int, file: Path) -> pd.DataFrame:
    """Return the rows of one partition."""
    import pyarrow.parquet as pq

    warehouse.run(
        f"COPY (SELECT {names(INPUT_COLUMNS)} FROM ({rows}) AS r WHERE {quote(PARTITION)} = {partition}) "
        f"TO {literal(str(file))} (FORMAT PARQUET)"
    )
    frame: pd.DataFrame = pq.read_table(file).to_pandas()
    return frame


def _tables(frames: Iterator[pd.DataFrame]) -> Iterator[pa.Table]:
    import pyarrow as pa

    return (pa.Table.from_pandas(frame, preserve_index=False) for frame in frames)

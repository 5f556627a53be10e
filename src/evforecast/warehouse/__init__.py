"""Warehouses behind one protocol, DuckDB in a file and Snowflake, and fingerprints they agree on."""

from evforecast.warehouse.base import (
    CopyError,
    FileFormat,
    LoadedFile,
    Merged,
    StagedFile,
    Warehouse,
    WarehouseError,
)
from evforecast.warehouse.columns import Column, Kind
from evforecast.warehouse.connect import connect
from evforecast.warehouse.dialects import DUCKDB, POSTGRES, SNOWFLAKE, Dialect
from evforecast.warehouse.duckdb import DuckDBWarehouse
from evforecast.warehouse.fingerprint import (
    ColumnPrint,
    Fingerprint,
    fingerprint_sql,
    read_fingerprints,
)
from evforecast.warehouse.naming import TableName, quote

__all__ = [
    "DUCKDB",
    "POSTGRES",
    "SNOWFLAKE",
    "Column",
    "ColumnPrint",
    "CopyError",
    "Dialect",
    "DuckDBWarehouse",
    "FileFormat",
    "Fingerprint",
    "Kind",
    "LoadedFile",
    "Merged",
    "StagedFile",
    "TableName",
    "Warehouse",
    "WarehouseError",
    "connect",
    "fingerprint_sql",
    "quote",
    "read_fingerprints",
]

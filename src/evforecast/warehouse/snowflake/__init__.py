"""Snowflake as a warehouse: connect, stage, load, compare; or write the same as a script to run by hand."""

from evforecast.warehouse.snowflake.script import migration_script
from evforecast.warehouse.snowflake.settings import SnowflakeSettings
from evforecast.warehouse.snowflake.warehouse import SnowflakeWarehouse

__all__ = ["SnowflakeSettings", "SnowflakeWarehouse", "migration_script"]

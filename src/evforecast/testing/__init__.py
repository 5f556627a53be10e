"""What proves that forecasters, feeds and warehouses keep their promises; histories with a known change."""

from evforecast.testing.conformance import CHECKS, check_forecaster
from evforecast.testing.emulated import emulated_snowflake
from evforecast.testing.fake_dataiku import FakeDss, fake_dss
from evforecast.testing.feeds import FEED_CHECKS, check_feed
from evforecast.testing.postgres import postgres_server
from evforecast.testing.shifts import fewer_visits, freeze, joined_later, merge_status
from evforecast.testing.warehouses import WAREHOUSE_CHECKS, check_warehouse

__all__ = [
    "CHECKS",
    "FEED_CHECKS",
    "WAREHOUSE_CHECKS",
    "FakeDss",
    "check_feed",
    "check_forecaster",
    "check_warehouse",
    "emulated_snowflake",
    "fake_dss",
    "fewer_visits",
    "freeze",
    "joined_later",
    "merge_status",
    "postgres_server",
]

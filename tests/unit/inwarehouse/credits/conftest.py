"""A session of Snowflake: the emulator, and an account that answers for what it does not know."""

import pytest
from recorded_views import Account, answering

from evforecast.warehouse import DuckDBWarehouse


@pytest.fixture(scope="module")
def session(emulator):
    import fakesnow

    from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

    with fakesnow.patch():
        settings = SnowflakeSettings(
            "fakesnow", "fake", password="snow", database="ev", schema="s1"
        )
        with SnowflakeWarehouse.connect(settings) as warehouse:
            yield warehouse


@pytest.fixture
def account():
    account = Account()
    with answering(account):
        yield account


@pytest.fixture
def warehouse(session, account):
    """Return the session, where no view has been recorded."""
    yield session
    account.forget(session)


@pytest.fixture
def duckdb(tmp_path):
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as warehouse:
        yield warehouse

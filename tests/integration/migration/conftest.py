"""Warehouses to migrate to: DuckDB, and Snowflake emulated in the process and behind HTTP."""

import itertools
from contextlib import ExitStack

import pytest

from evforecast.warehouse import connect
from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

_COUNTER = itertools.count()


@pytest.fixture(params=["duckdb", "snowflake in the process", "snowflake over HTTP"])
def open_warehouse(request, tmp_path):
    """Return what opens each kind of warehouse in turn; a second call opens the same one again."""
    with ExitStack() as stack:
        if request.param == "duckdb":
            address = f"duckdb:///{tmp_path / 'ev.duckdb'}"
            yield lambda: stack.enter_context(connect(address))
            return
        options = {}
        request.getfixturevalue("emulator")
        if request.param == "snowflake over HTTP":
            options = dict(request.getfixturevalue("emulator_server"))
        else:
            import fakesnow

            stack.enter_context(fakesnow.patch())
        settings = SnowflakeSettings(
            options.pop("account", "fakesnow"),
            options.pop("user", "fake"),
            password=options.pop("password", "snow"),
            database=f"ev{next(_COUNTER)}",
            schema="public",
            options=options,
        )
        yield lambda: stack.enter_context(SnowflakeWarehouse.connect(settings))


@pytest.fixture
def warehouse(open_warehouse):
    """Return each kind of warehouse in turn, empty."""
    return open_warehouse()


@pytest.fixture
def duck(tmp_path):
    """Return the embedded warehouse, empty."""
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as opened:
        yield opened

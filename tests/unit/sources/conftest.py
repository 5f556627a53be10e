"""Real rows for the readers' tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data():
    """Return the folder of real data, or skip."""
    folder = os.environ.get("EVFORECAST_DATA")
    if not folder:
        pytest.skip("EVFORECAST_DATA does not name the folder of real data")
    return Path(folder)

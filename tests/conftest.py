"""Fixtures that every test may ask for."""

import os
from pathlib import Path

import pytest


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

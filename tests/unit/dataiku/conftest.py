"""A fake DSS with what the recipes use, and a small city."""

import numpy as np
import pytest

import evforecast as ev
from evforecast.testing.fake_dataiku import fake_dss

DATASETS = ("status", "status_grid", "features", "forecast", "scores", "coverage", "checks", "evse")
FOLDERS = ("fresh", "models", "reports")


@pytest.fixture
def dss(tmp_path):
    with fake_dss(
        tmp_path / "dss", datasets=DATASETS, folders=FOLDERS, evaluation_stores=["skill"]
    ) as installed:
        yield installed


@pytest.fixture(scope="session")
def city():
    return ev.simulate(n_evse=5, days=9, random_state=0)


@pytest.fixture(scope="session")
def small(city):
    """Return a day of the city, with a gap and a charger that was never seen."""
    part = city.between(city.times[96], city.times[192])
    codes = part.codes.copy()
    codes[10:14] = -1
    codes[:, 3] = -1
    codes[[0, 95], 0] = 1
    return ev.StatusPanel(codes, part.grid, part.evse, scheme=part.scheme)


@pytest.fixture
def clock():
    return lambda: np.datetime64("2026-11-28T08:15:03", "s")

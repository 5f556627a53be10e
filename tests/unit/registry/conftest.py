import itertools

import numpy as np
import pytest

import evforecast as ev
from evforecast.registry import Registry

START = np.datetime64("2020-11-09T00:00:00")


@pytest.fixture(scope="session")
def panel():
    return ev.simulate(n_evse=6, days=4, random_state=0)


@pytest.fixture(scope="session")
def models(panel):
    """Return forecasters that differ."""
    return [ev.Persistence(horizons=[n]).fit(panel) for n in range(1, 5)]


@pytest.fixture
def registry(tmp_path):
    """Return an empty registry whose clock goes on an hour with every look."""
    hours = itertools.count()
    return Registry(tmp_path / "models", clock=lambda: START + np.timedelta64(next(hours), "h"))


@pytest.fixture
def filled(registry, panel, models):
    """Return a registry with three versions of ``driver``, the first of them the champion."""
    for model in models[:3]:
        registry.publish(model, name="driver", data=panel)
    registry.set_alias("driver", "champion", 1, by="ann", reason="the first")
    return registry

import shutil
from functools import cache

import numpy as np
import pytest

import evforecast as ev
from evforecast.inwarehouse.java import JavaScorer, compile_scorer

NO_JAVA = shutil.which("javac") is None or shutil.which("java") is None


@pytest.fixture
def needs_java():
    if NO_JAVA:
        pytest.skip("there is no javac or no java on the PATH")


@pytest.fixture(scope="session")
def city():
    return ev.simulate(n_evse=12, days=10, random_state=3)


@pytest.fixture(scope="session")
def fitted(city):
    """Return a way to fit small direct forecasters, each once."""

    @cache
    def fit(**parameters):
        chosen = {"horizons": (1, 4), "max_rows": 1500, "random_state": 0} | parameters
        return ev.DirectForecaster(**chosen).fit(city.head(city.n_time - 60))

    return fit


@pytest.fixture(scope="session")
def compiled(fitted):
    @cache
    def compile_it(**parameters):
        return compile_scorer(JavaScorer.of(fitted(**parameters)))

    return compile_it


@pytest.fixture
def rng():
    return np.random.default_rng(0)

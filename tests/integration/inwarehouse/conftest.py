"""The network that parity is shown on."""

import pytest

import evforecast as ev


@pytest.fixture(scope="session")
def city():
    """A month of a small city: long enough to be recalibrated."""
    return ev.simulate(n_evse=10, days=31, random_state=3)


@pytest.fixture(scope="session")
def context(city):
    return city.head(31 * 96 - 50)

"""A small city, its forecasts, and what monitoring found: as it is, and in trouble."""

import numpy as np
import pytest

import evforecast as ev
from evforecast.monitoring import monitor
from evforecast.plotting import Picture

HOURS = 4
FIRST, EVERY = 20 * 96, 6 * HOURS


@pytest.fixture(scope="session")
def city():
    """Four weeks of 24 chargers, the feed without a gap."""
    panel = ev.simulate(n_evse=24, days=28, random_state=1)
    codes = panel.codes.copy()
    for row in range(1, len(codes)):
        codes[row] = np.where(codes[row] < 0, codes[row - 1], codes[row])
    codes[0] = np.maximum(codes[0], 0)
    return ev.StatusPanel(np.maximum(codes, 0), panel.grid, panel.evse, tz=panel.tz)


@pytest.fixture(scope="session")
def given(city):
    """Forecasts of the last eight days, every six hours, 1 h and 24 h ahead."""
    models = {
        "markov": ev.MarkovForecaster([4, 96]),
        "persistence": ev.Persistence([4, 96]),
        "climatology": ev.Climatology([4, 96]),
        "shadow": ev.SemiMarkovForecaster([4, 96]),
    }
    fitted = {name: model.fit(city.head(FIRST)) for name, model in models.items()}
    cuts = range(FIRST, city.n_time + 1, EVERY)
    return {
        name: [model.predict_proba(city.head(n)) for n in cuts] for name, model in fitted.items()
    }


@pytest.fixture(scope="session")
def look(given):
    """Return what looks at a panel, with all forecasts."""

    def at(panel, **changes):
        asked = {
            "forecasts": given,
            "champion": "markov",
            "challengers": ["shadow"],
            "baselines": ["persistence", "climatology"],
            "trained_until": panel.times[FIRST - 1],
        }
        return monitor(panel, **{**asked, **changes})

    return at


@pytest.fixture(scope="session")
def found(city, look):
    """Return what is found of the city as it is."""
    return look(city)


@pytest.fixture(scope="session")
def troubled(city):
    """Return the city with a status gone, and chargers silent, frozen and new in the last days."""
    codes = city.codes.copy()
    lately = city.n_time - 96
    passive, charging = (city.scheme.code(name) for name in ("passive", "charging"))
    codes[lately:][codes[lately:] == passive] = charging
    codes[-5 * 96 :, 2:10] = city.scheme.code("available")
    codes[lately - 10 :, 0] = -1
    codes[:lately, 1] = -1
    return ev.StatusPanel(codes, city.grid, city.evse, tz=city.tz)


@pytest.fixture(scope="session")
def trouble(troubled, look):
    """Return what is found of the city in trouble."""
    return look(troubled)


@pytest.fixture
def no_pictures(monkeypatch):
    """Draw nothing: most of a report's seconds are its pictures."""
    blank = Picture(b"light", b"dark", "image/svg+xml", (4.8, 3.2))
    for section in ("skill", "chargers", "monitoring"):
        monkeypatch.setattr(f"evforecast.reporting.{section}.picture", lambda *_, **__: blank)

"""A small city, forecast and scored by simple models; pictures without a screen."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import evforecast as ev


@pytest.fixture(autouse=True)
def no_screen():
    """Draw into memory, and leave no figure open."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def ax():
    """Return Axes that pyplot does not know; what is drawn on them is also rendered once, at the end."""
    with mpl.rc_context({"figure.max_open_warning": 0}):
        figure = Figure(layout="constrained")
        yield figure.add_subplot()
        figure.draw_without_rendering()


@pytest.fixture(scope="session")
def panel():
    """Six days of twelve chargers, with a gap of three hours for all."""
    full = ev.simulate(n_evse=12, days=6, random_state=0)
    codes = full.codes.copy()
    codes[200:212] = -1
    return ev.StatusPanel(codes, full.grid, full.evse, exog=full.exog, tz=full.tz)


@pytest.fixture(scope="session")
def result(panel):
    """Return a backtest of three models at four horizons."""
    horizons = [1, 4, 16, 96]
    models = {
        "markov": ev.MarkovForecaster(horizons),
        "persistence": ev.Persistence(horizons),
        "climatology": ev.Climatology(horizons),
    }
    return ev.backtest(models, panel, every="6h", last="2D")


@pytest.fixture(scope="session")
def forecast(panel):
    """Return a forecast for every step of a day."""
    return ev.MarkovForecaster(range(1, 97)).fit(panel).predict_proba(panel)


@pytest.fixture
def odd_names(panel):
    """Return the panel with an id that a formula or a page might trip over."""
    table = panel.evse.copy()
    table.index = np.array(["<script>$x$</script>", *table.index[1:]], dtype=object)
    table.index.name = "evse_id"
    return ev.StatusPanel(panel.codes, panel.grid, table, tz=panel.tz)

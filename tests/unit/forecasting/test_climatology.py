import numpy as np
import pytest

from evforecast import Climatology
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import TimeGrid, as_step, as_time


def panel_of(codes, tz="UTC", start="2020-01-01", step="15min"):
    codes = np.asarray(codes, np.int8)
    ids = [f"c{i}" for i in range(codes.shape[1])]
    return StatusPanel(codes, TimeGrid(as_time(start), as_step(step), len(codes)), ids, tz=tz)


@pytest.mark.conformance
def test_conformance():
    check_forecaster(Climatology(horizons=[1, 4, 96]))


def test_it_gives_the_share_of_the_local_hour():
    hours = np.arange(96 * 30) // 4 % 24
    day = ((hours >= 8) & (hours < 20)).astype(int)[:, None]
    panel = panel_of(np.repeat(day, 2, axis=1))
    model = Climatology(horizons=[1]).fit(panel)
    noon = model.predict_proba(panel.head(96 * 2 + 48), [1, 48]).proba[:, 0, 1]
    assert noon[0] > 0.9
    assert noon[1] < 0.1


def test_little_history_leans_on_the_network():
    codes = np.full((96 * 20, 3), 0)
    codes[:, 1] = 1
    codes[8:, 2] = -1
    codes[:8, 2] = 1
    p = Climatology(horizons=[1]).fit(panel_of(codes)).predict_proba(panel_of(codes)).proba[0]
    assert p[0, 0] > 0.99
    assert p[1, 1] > 0.99
    assert 0.6 < p[2, 1] < 0.99


def test_a_weight_of_more_days_pulls_harder():
    codes = np.full((96 * 3, 4), 0)
    codes[:, 3] = 1
    loose = Climatology(horizons=[1], unit_weight=1.0).fit(panel_of(codes))
    tight = Climatology(horizons=[1], unit_weight=500.0).fit(panel_of(codes))
    p = [m.predict_proba(panel_of(codes)).proba[0, 3, 1] for m in (loose, tight)]
    assert p[1] < p[0]

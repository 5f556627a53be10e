import numpy as np
import pytest

from evforecast import SemiMarkovForecaster, simulate
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import TimeGrid, as_step, as_time


@pytest.mark.conformance
def test_conformance():
    check_forecaster(SemiMarkovForecaster(horizons=[1, 4, 96]))


def test_it_learns_how_long_a_status_lasts():
    """A charger that changes every seventh row, always: the chance depends on the age alone."""
    codes = np.repeat(np.tile([0, 1], 500), 7)[:, None].astype(np.int8)
    grid = TimeGrid(as_time("2020-01-01"), as_step("15min"), len(codes))
    model = SemiMarkovForecaster(horizons=[1]).fit(StatusPanel(codes, grid, ["a"]))
    changes = []
    for row in range(2100, 2107):
        p = model.predict_proba(StatusPanel(codes, grid, ["a"]).head(row + 1)).proba[0, 0]
        changes.append(1 - p[codes[row, 0]])
    # Ages 1, 2, 3-4 never see a change; of ages 5 to 7, one bin, one in three does.
    assert changes[:4] == pytest.approx([0] * 4, abs=0.02)
    assert changes[4:] == pytest.approx([1 / 3] * 3, abs=0.05)


def test_longer_steps_and_shorter_ones_cover_the_same_ages():
    for step, n_bin in (("5min", 8), ("15min", 8), ("1h", 6)):
        panel = simulate(n_evse=4, days=4, step="5min", random_state=0).resample(step)
        model = SemiMarkovForecaster(horizons=[1]).fit(panel)
        edges = model.hazards_.edges * (panel.step / np.timedelta64(60, "s"))
        assert len(edges) == n_bin
        assert 1435 <= edges[-1] <= 1500  # a day, in minutes
        assert np.isfinite(model.predict_proba(panel).proba).all()


def test_having_been_down_by_then_is_what_the_paths_say():
    """First passage, exactly: a charger that is down at the cutoff counts only if it is down later."""
    city = simulate(n_evse=40, days=10, random_state=0)
    ends = city.head(40)
    model = SemiMarkovForecaster([1, 8, 96], target="down", within=True).fit(city)
    p = model.predict_proba(ends).proba[..., 1]
    codes = model.sample_paths(ends, range(1, 97), n_paths=1500, random_state=0).codes
    for place, horizon in enumerate((1, 8, 96)):
        shares = (codes[:, :horizon] == 4).any(axis=1).mean(axis=0)
        error = np.sqrt(p[place] * (1 - p[place]) / 1500) + 2e-3
        assert (np.abs(shares - p[place]) / error).max() < 5
    assert (p[0] <= p[1] + 1e-6).all()
    assert (p[1] < p[2]).all()
    assert (ends.codes[-1] == 4).any()


def test_a_target_at_a_time_is_the_sum_of_its_statuses():
    city = simulate(n_evse=6, days=4, random_state=0)
    fine = SemiMarkovForecaster([1, 8]).fit(city).predict_proba(city)
    coarse = SemiMarkovForecaster([1, 8], target="free").fit(city).predict_proba(city)
    np.testing.assert_allclose(coarse.proba, fine.coarsen("free").proba, atol=1e-5)


def test_what_lasts_is_expected_to_last():
    """A status left in every seventh row, and one left after about seventy."""
    rng = np.random.default_rng(0)
    codes = np.concatenate(
        [np.repeat([0, 1], [max(1, rng.poisson(7)), max(1, rng.poisson(70))]) for _ in range(80)]
    ).astype(np.int8)[:, None]
    grid = TimeGrid(as_time("2020-01-01"), as_step("15min"), len(codes))
    panel = StatusPanel(codes, grid, ["a"])
    model = SemiMarkovForecaster().fit(panel)
    began = np.flatnonzero(np.diff(codes[:, 0]) == 1)[40] + 1
    short = model.remaining_steps(panel.head(began - 1))
    long = model.remaining_steps(panel.head(began + 1))
    assert 50 < long[0] < 90
    assert short[0] < 6
    unknown = StatusPanel(np.full((5, 1), -1, np.int8), grid.slice(0, 5), ["a"])
    assert np.isnan(model.remaining_steps(unknown)).all()


def test_the_clock_of_the_forecast_is_local():
    """At a local hour the chance of a change is the same before and after the clock change."""
    start = as_time("2020-10-18 22:00")
    grid = TimeGrid(start, as_step("15min"), 96 * 12)
    local_hour = ((grid.times - as_time("2020-10-18 22:00")).astype(int) // 3600) % 24
    change = grid.times >= as_time("2020-10-25 01:00")
    local_hour = (local_hour - change) % 24
    codes = ((local_hour >= 8) & (local_hour < 18)).astype(np.int8)[:, None]
    panel = StatusPanel(np.repeat(codes, 3, axis=1), grid, ["a", "b", "c"], tz="Europe/Paris")
    model = SemiMarkovForecaster().fit(panel.until("2020-10-24 22:00"))
    winter = model.predict_proba(
        panel.until("2020-10-27 05:00"), [8, 12]
    )  # 06:00 local, to 08:00 and 09:00
    assert winter.proba[1, 0, 1] > 0.6
    assert winter.proba[0, 0, 1] < winter.proba[1, 0, 1]

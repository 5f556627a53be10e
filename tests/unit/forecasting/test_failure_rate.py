import numpy as np
import pytest
from scipy import stats

from evforecast import FailureRate
from evforecast.errors import InputError
from evforecast.forecasting.failure_rate import count_failures
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import TimeGrid, as_step, as_time

DAY = 96


def panel_of(codes):
    codes = np.asarray(codes, np.int8)
    ids = [f"c{i}" for i in range(codes.shape[1])]
    return StatusPanel(codes, TimeGrid(as_time("2020-01-01"), as_step("15min"), len(codes)), ids)


def city(rates, days, seed=0):
    """Return chargers that fail at their own rate a day, for a quarter of an hour each time."""
    rng = np.random.default_rng(seed)
    return panel_of(4 * (rng.random((days * DAY, len(rates))) < np.asarray(rates) / DAY))


@pytest.mark.conformance
def test_conformance():
    check_forecaster(FailureRate(horizons=[4, 96]))


def count_slowly(column, same):
    """Walk one charger's rows."""
    status, counted, failures, at_risk = None, None, 0, 0
    for row, code in enumerate(column):
        begins = code == 4 and status is not None and status != 4
        if begins and (counted is None or row - counted >= same):
            failures, counted = failures + 1, row
        at_risk += code not in {-1, 4}
        status = status if code == -1 else code
    return failures, at_risk


def test_counts_against_a_walk():
    codes = np.random.default_rng(0).choice([-1, 0, 1, 4], (300, 40), p=[0.2, 0.6, 0.1, 0.1])
    for same in (1, 7, 96):
        failures, at_risk = count_failures(codes.astype(np.int8), np.array([4]), same)
        expected = [count_slowly(column, same) for column in codes.T]
        assert list(zip(failures, at_risk, strict=True)) == expected


def test_the_chance_is_that_of_the_gamma_poisson_mixture():
    model = FailureRate([DAY]).fit(city([0.02] * 20 + [0.3] * 20, 30))
    context = city([0] * 40, 2)
    p = model.predict_proba(context).proba[0, :, 1]
    shape = model.shape_ + model.failures_
    scale = 1 / (model.shape_ / model.rate_ + model.at_risk_)
    # The chance of no failure, averaged over the gamma law of the rate.
    none = [
        stats.gamma(a, scale=s).expect(lambda rate: np.exp(-rate * DAY))
        for a, s in zip(shape, scale, strict=True)
    ]
    np.testing.assert_allclose(1 - p, none, rtol=1e-3)


def test_chargers_that_differ_keep_their_own_rate_and_those_alike_share_one():
    differ = FailureRate().fit(city([0.01] * 30 + [0.5] * 30, 60))
    alike = FailureRate().fit(city([0.1] * 60, 60))
    assert differ.shape_ < 2
    assert alike.shape_ > 20
    # failures within a day of another are one, so half a failure a day counts as less
    assert alike.rate_ * DAY == pytest.approx(0.1, rel=0.15)
    p = differ.predict_proba(city([0] * 60, 2), [DAY]).proba[0, :, 1]
    assert p[:30].max() < p[30:].min()


def test_a_charger_never_seen_gets_the_network_s_rate():
    model = FailureRate([DAY]).fit(city([0.1] * 60, 60))
    stranger = StatusPanel(
        np.zeros((DAY, 1), np.int8), TimeGrid(as_time("2020-03-01"), as_step("15min"), DAY), ["new"]
    )
    p = model.predict_proba(stranger).proba[0, 0, 1]
    assert p == pytest.approx(1 - np.exp(-0.1), abs=0.02)


def test_what_is_down_now_stays_so():
    codes = np.zeros((20 * DAY, 5), np.int8)
    codes[500:900, 0] = 4
    model = FailureRate([1, DAY]).fit(panel_of(codes))
    now = np.zeros((DAY, 5), np.int8)
    now[-10:, 2] = 4
    now[-3:, 2] = -1  # last seen down
    p = model.predict_proba(panel_of(now)).proba[..., 1]
    assert (p[:, 2] > 0.99).all()
    assert (np.delete(p, 2, axis=1) < 0.1).all()


def test_where_nothing_failed_yet_it_may_and_where_all_is_down_it_works():
    calm = FailureRate([DAY]).fit(city([0] * 5, 10))
    assert 0 < calm.predict_proba(city([0] * 5, 2)).proba[0, 0, 1] < 0.05
    broken = panel_of(np.full((3 * DAY, 2), 4))
    assert (FailureRate([DAY]).fit(broken).predict_proba(broken).proba[..., 1] > 0.9).all()


def test_the_target_is_one_of_the_scheme():
    with pytest.raises(InputError, match="no coarsening 'broken'"):
        FailureRate(target="broken").fit(city([0.1], 3))

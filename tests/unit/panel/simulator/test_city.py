"""The network: ids, places, and who is frozen, chronic or frail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.panel import STATUS
from evforecast.panel.simulator import city as module
from evforecast.panel.simulator.city import found_city, some

BIG = found_city(np.random.default_rng(0), 9_000)


@settings(max_examples=25)
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32))
def test_table_of_any_size(n, seed):
    city = found_city(np.random.default_rng(seed), n)
    assert len(city.evse) == n
    assert city.evse.index.is_unique
    assert city.n_location == -(-n // 3)
    assert (city.evse["location_id"] == [f"S{place + 1}" for place in city.location]).all()
    assert city.evse.notna().all(axis=None)


def test_chargers_of_a_location_share_its_place():
    same = BIG.evse.groupby("location_id")[["lat", "lon", "area", "model"]].nunique()
    assert (same == 1).all(axis=None)


def test_in_paris():
    # around Notre-Dame, 48.8566 N 2.3522 E; the city is 18 km from west to east
    assert BIG.evse["lat"].between(48.80, 48.92).all()
    assert BIG.evse["lon"].between(2.22, 2.45).all()
    assert BIG.evse["lat"].mean() == pytest.approx(48.8566, abs=0.01)
    assert set(BIG.evse["area"]) == {str(code) for code in range(75_001, 75_021)}


def test_frozen_chargers():
    # ytrain_describe_after_ffill: 24 of 210 chargers have one status, 12 times Down, 12 Available
    frozen = BIG.frozen >= 0
    assert frozen.mean() == pytest.approx(24 / 210, abs=0.02)
    down = (BIG.frozen == STATUS.code("down"))[frozen].mean()
    assert down == pytest.approx(0.5, abs=0.07)
    assert set(BIG.frozen) == {-1, STATUS.code("available"), STATUS.code("down")}


def test_few_take_most_failures():
    rate = np.sort(BIG.down_rate)[::-1]
    assert rate[: len(rate) // 5].sum() > 0.75 * rate.sum()
    assert rate.mean() == pytest.approx(module.DOWNS_PER_DAY, rel=0.1)


def test_busy_locations_have_busy_chargers():
    log = np.log(BIG.pull).reshape(-1, 3)
    assert np.corrcoef(log[:, 0], log[:, 1])[0, 1] > 0.5
    assert BIG.pull.mean() == pytest.approx(module.VISITS_PER_DAY, rel=0.05)


def test_shares_add_up():
    assert sum(module.MODEL_SHARES) == pytest.approx(1)
    assert sum(module.KIND_SHARES) == pytest.approx(1)


@given(n=st.integers(0, 200), share=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_some_are_as_many_as_whole_numbers_allow(n, share, seed):
    chosen = some(np.random.default_rng(seed), n, share)
    assert len(chosen) == n
    assert abs(chosen.sum() - share * n) < 1 + 1e-9


def test_some_may_be_anyone():
    often = np.mean([some(np.random.default_rng(seed), 10, 0.25) for seed in range(800)], axis=0)
    assert often == pytest.approx(0.25, abs=0.06)

"""Outages and gaps: rates, shares, order, tails, and the search for the first one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.panel.simulator.city import found_city
from evforecast.panel.simulator.durations import DAY
from evforecast.panel.simulator.hours import WARM_UP_DAYS, Hours
from evforecast.panel.simulator.outages import Spells, before, outages

YEAR = Hours.of(
    np.datetime64("2019-10-27T23:00:00", "s"), (WARM_UP_DAYS + 349) * 24, "Europe/Paris"
)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    city = found_city(rng, 1_500)
    return city, outages(rng, city, YEAR)


def share_of_time(spells, unit):
    start, end = np.minimum(spells.start, YEAR.end), np.minimum(spells.end, YEAR.end)
    return (end - start)[np.isin(spells.unit, unit)].sum() / (YEAR.end * len(unit))


@pytest.mark.parametrize("kind", ["down", "offline"])
def test_in_order_and_without_overlap(drawn, kind):
    spells = getattr(drawn[1], kind)
    same = spells.unit[1:] == spells.unit[:-1]
    assert (np.diff(spells.unit) >= 0).all()
    assert (spells.start[1:] >= spells.end[:-1])[same].all()
    assert (spells.end > spells.start).all()


def test_chronic_ones_have_their_share(drawn):
    city, wrong = drawn
    chronic = np.flatnonzero(city.offline_share > 0)
    assert share_of_time(wrong.offline, chronic) == pytest.approx(
        city.offline_share[chronic].mean(), abs=0.06
    )
    others = np.flatnonzero(city.offline_share == 0)
    assert share_of_time(wrong.offline, others) < 0.1


def test_frozen_chargers_never_fail(drawn):
    city, wrong = drawn
    assert not np.isin(wrong.down.unit, np.flatnonzero(city.frozen >= 0)).any()


def test_from_hours_to_weeks(drawn):
    length = drawn[1].down.end - drawn[1].down.start
    assert np.quantile(length, 0.25) < 0.1 * DAY
    assert np.quantile(length, 0.99) > 3 * DAY
    assert length.max() > 14 * DAY


def test_repaired_chargers_fail_again_soon(drawn):
    _, wrong = drawn
    often = np.flatnonzero(np.bincount(wrong.down.unit) > 15)
    ratios = []
    for unit in often:
        start, end = (part[wrong.down.unit == unit] for part in (wrong.down.start, wrong.down.end))
        up = start[1:] - end[:-1]
        ratios.append(up.std() / up.mean())
    # 1 where the next failure does not depend on the last one
    assert np.median(ratios) > 1.15


def test_late_commissioned_locations(drawn):
    city, wrong = drawn
    late = (wrong.unseen.start == 0) & (wrong.unseen.end > (WARM_UP_DAYS + 40) * DAY)
    # ytrain_missing_counts: 5 of 210 chargers lack 4,761 to 7,277 of 31,232 rows
    assert late.sum() / city.n_location == pytest.approx(0.035, abs=0.02)


def test_network_wide_gaps():
    # the challenge has 31,232 rows where its grid has 33,504 slots: 6.8 % are missing for everyone
    shares = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        spells = outages(rng, found_city(rng, 3), YEAR).city_unseen
        shares.append(share_of_time(spells, [0]))
    assert np.mean(shares) == pytest.approx(0.068, abs=0.015)


@given(
    bounds=st.lists(st.integers(0, 60), min_size=0, max_size=8, unique=True),
    split=st.integers(0, 4),
    look=st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(1, 20)),
)
def test_before_equals_a_plain_search(bounds, split, look):
    bounds = sorted(bounds[: len(bounds) // 2 * 2])
    start, end = np.array(bounds[::2], float), np.array(bounds[1::2], float)
    # the same stretches at two units, so that the border between units is crossed
    unit = np.repeat([0, 1], [len(start), min(split, len(start))])
    start = np.concatenate([start, start[: min(split, len(start))]])
    end = np.concatenate([end, end[: min(split, len(end))]])
    where, a, b = look[0], float(look[1]), float(look[1] + look[2])
    hits = [s for u, s, e in zip(unit, start, end, strict=True) if u == where and s < b and e > a]
    found = before(Spells(unit, start, end), np.array([where]), np.array([a]), np.array([b]))
    assert found.item() == (min(hits) if hits else np.inf)

"""Instants of local stamps, row by row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.sources._instants import MISSING, NEVER, TWICE, UNREADABLE, instants
from evforecast.timegrid import to_utc


def read(*stamps, groups=None):
    return instants(stamps, np.zeros(len(stamps)) if groups is None else np.array(groups))


def test_ordinary_stamps_are_those_of_to_utc():
    stamps = ["2020-07-01 12:00:00", "2020-12-01T12:00", "2020-03-29 03:00:00"]
    utc, reason = read(*stamps)
    assert utc.tolist() == to_utc(stamps, where="test", tz="Europe/Paris").tolist()
    assert utc.dtype == "datetime64[s]"
    assert reason.tolist() == [None] * 3


def test_stamps_with_and_without_zone_may_be_mixed():
    utc, reason = read("2024-01-04T22:00:00+01:00", "2024-01-04T22:00:00Z", "2024-01-04 22:00")
    assert [time.hour for time in utc.tolist()] == [21, 22, 21]
    assert reason.tolist() == [None] * 3


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (None, MISSING),
        (float("nan"), MISSING),
        ("  ", MISSING),
        ("yesterday", UNREADABLE),
        ("2020-13-01 00:00:00", UNREADABLE),
        ("2020-03-29 02:00:00", NEVER),
        ("2020-03-29 02:59:59", NEVER),
        ("2020-10-25 02:00:00", TWICE),
    ],
)
def test_a_stamp_that_is_no_instant_has_a_reason(stamp, expected):
    utc, reason = read("2020-01-01 00:00:00", stamp)
    assert np.isnat(utc).tolist() == [False, True]
    assert reason.tolist() == [None, expected]


@given(
    start=st.sampled_from(
        ["2020-10-24T20:00", "2020-10-25T00:00", "2020-03-28T22:00", "2020-06-01"]
    ),
    n=st.integers(2, 30),
    arcs=st.lists(st.integers(0, 3), min_size=2, max_size=60),
)
@settings(max_examples=80, deadline=None)
def test_hours_written_in_order_come_back(start, n, arcs):
    """Arcs in any order among each other, each of them hour after hour, across both changes."""
    times = np.datetime64(start, "s") + np.arange(n) * np.timedelta64(3600, "s")
    counts = dict.fromkeys(arcs, 0)
    expected, groups = [], []
    for arc in arcs:
        if counts[arc] < n:
            expected.append(times[counts[arc]])
            groups.append(arc)
            counts[arc] += 1
    expected, groups = np.array(expected, "datetime64[s]"), np.array(groups)
    local = pd.DatetimeIndex(expected).tz_localize("UTC").tz_convert("Europe/Paris")
    utc, reason = instants(local.strftime("%Y-%m-%d %H:%M:%S"), groups)
    # the first autumn hour of an arc that stops before the second cannot be told
    wall = pd.Series(local.tz_localize(None))
    pairs = pd.DataFrame({"arc": groups, "wall": wall}).duplicated(keep=False).to_numpy()
    open_ = (wall == pd.Timestamp("2020-10-25 02:00")).to_numpy() & ~pairs
    assert np.isnat(utc).tolist() == open_.tolist()
    assert (reason[open_] == TWICE).all()
    assert (utc[~open_] == expected[~open_]).all()


def test_the_two_autumn_hours_must_follow_each_other():
    twice = "2020-10-25 02:00:00"
    weeks = read("2020-10-25 01:00:00", twice, "2020-10-26 00:00:00", twice, "2020-10-25 03:00:00")
    assert weeks[1].tolist() == [None, TWICE, None, TWICE, None]
    three = read(twice, twice, twice)
    assert three[1].tolist() == [TWICE] * 3
    backwards = read("2020-10-25 03:00:00", twice, twice, "2020-10-25 01:00:00")
    assert backwards[1].tolist() == [None, TWICE, TWICE, None]
    other = read(twice, twice, groups=["1", "2"])
    assert other[1].tolist() == [TWICE] * 2


def test_no_stamps():
    utc, reason = read()
    assert (len(utc), utc.dtype, len(reason)) == (0, "datetime64[s]", 0)

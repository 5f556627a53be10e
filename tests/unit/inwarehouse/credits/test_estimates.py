from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_views import at, frame, query

from evforecast.inwarehouse.credits.amounts import HOUR, UNIT
from evforecast.inwarehouse.credits.estimates import estimated, starts
from evforecast.inwarehouse.credits.records import queries

EIGHT = at("08:00").value // 1000
NINE = EIGHT + HOUR


def costs(*rows, rate=36):
    """Estimate at 36 credits an hour: a hundredth of a credit a second."""
    found = queries(frame("queries", *rows))
    return estimated(found, {one.id: Decimal(rate) for one in found})


def cents(found):
    return {
        name: {hour: Fraction(units * 100, UNIT) for hour, units in hours.items()}
        for name, hours in found.items()
    }


def test_alone():
    assert cents(costs(query("a", "08:00", 10))) == {"a": {EIGHT: 10}}


def test_at_the_same_time_each_pays_an_equal_part():
    # a alone 5 s; both 10 s; b alone 5 s
    found = cents(costs(query("a", "08:00", 15), query("b", "08:00:05", 15)))
    assert found == {"a": {EIGHT: 10}, "b": {EIGHT: 10}}


def test_other_clusters_and_other_warehouses_are_paid_beside():
    one, two = query("a", "08:00", 10), query("b", "08:00", 10, CLUSTER_NUMBER=2)
    three = query("c", "08:00", 10, WAREHOUSE_NAME="LOAD")
    assert cents(costs(one, two, three)) == {name: {EIGHT: 10} for name in "abc"}


def test_over_two_hours():
    assert cents(costs(query("a", "08:59:50", 30))) == {"a": {EIGHT: 10, NINE: 20}}


def test_only_the_execution_is_paid_which_comes_last():
    row = query("a", "08:00", 30, EXECUTION_TIME=12_000, COMPILATION_TIME=18_000)
    assert cents(costs(row)) == {"a": {EIGHT: 12}}


def test_three_share_a_second_to_the_last_digit():
    found = costs(*(query(name, "08:00", 1) for name in "abc"))
    assert found == {name: {EIGHT: 3_333_333_333} for name in "abc"}


def test_what_takes_no_time_costs_nothing():
    assert costs(query("a", "08:00"), query("b", "08:00", 10))["b"] == {EIGHT: UNIT // 10}
    assert costs(query("a", "08:00")) == {}


def test_one_without_a_rate_costs_nothing_and_takes_nothing():
    found = queries(frame("queries", query("a", "08:00", 10), query("b", "08:00", 10)))
    assert cents(estimated(found, {"a": Decimal(36)})) == {"a": {EIGHT: 10}}


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 2)), min_size=1, max_size=7
)


@settings(max_examples=40, deadline=None)
@given(spans)
def test_second_by_second_it_is_the_same(spans):
    rows = [
        query(
            str(n),
            at("08:59:40") + pd.Timedelta(seconds=start),
            length,
            CLUSTER_NUMBER=c,
        )
        for n, (start, length, c) in enumerate(spans)
    ]
    slow = defaultdict(lambda: defaultdict(Fraction))
    for second in range(62):
        for cluster in (1, 2):
            running = [
                n
                for n, (s, length, c) in enumerate(spans)
                if c == cluster and s <= second < s + length
            ]
            for n in running:
                slow[str(n)][EIGHT if second < 20 else NINE] += Fraction(1, len(running))
    found = cents(costs(*rows))
    assert found.keys() == slow.keys()
    for name, hours in slow.items():
        assert found[name].keys() == hours.keys()
        for hour, wanted in hours.items():
            assert abs(found[name][hour] - wanted) <= Fraction(100, 2 * UNIT)


def begun(*rows):
    found = queries(frame("queries", *rows))
    rates = {one.id: Decimal(60) for one in found}  # a credit a minute
    return [(one.query, one.unused // 10**6, one.units) for one in starts(found, rates)]


def test_the_rest_of_the_first_minute_belongs_to_the_query_that_waited():
    row = query("a", "08:00", 15, QUEUED_PROVISIONING_TIME=900)
    assert begun(row, query("b", "08:00:10", 15), query("c", "08:00:50", 60)) == [
        ("a", 25, 416_666_666_667)
    ]


def test_a_minute_that_is_used_costs_no_more():
    assert begun(query("a", "08:00", 60, QUEUED_PROVISIONING_TIME=900)) == [("a", 0, 0)]
    assert begun(query("a", "08:00", 600)) == []


@pytest.mark.parametrize(("second", "number"), [("08:00:59", 1), ("08:01:00", 2)])
def test_starts_within_a_minute_are_one(second, number):
    times = {"a": "08:00", "b": second}
    rows = [query(name, time, 1, QUEUED_PROVISIONING_TIME=5) for name, time in times.items()]
    assert len(begun(*rows)) == number


def test_what_ran_before_the_start_is_not_its_minute():
    rows = query("b", "07:50", 630), query("a", "08:00", 10, QUEUED_PROVISIONING_TIME=5)
    assert begun(*rows) == [("a", 30, UNIT // 2)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 90), st.booleans()), max_size=7))
def test_the_unused_seconds_of_a_minute_counted_one_by_one(spans):
    rows = [
        query(
            str(n),
            at("08:00") + pd.Timedelta(seconds=s),
            length,
            QUEUED_PROVISIONING_TIME=int(cold),
        )
        for n, (s, length, cold) in enumerate(spans)
    ]
    running = {second for s, length, _ in spans for second in range(s, s + length)}
    wanted, until = [], 0
    for begin, name in sorted((s, str(n)) for n, (s, _, cold) in enumerate(spans) if cold):
        if begin >= until:
            until = begin + 60
            wanted.append((name, 60 - len(running & set(range(begin, until)))))
    assert [(name, unused) for name, unused, _ in begun(*rows)] == wanted

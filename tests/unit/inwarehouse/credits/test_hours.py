from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.inwarehouse.credits.hours import IDLE, OTHERS, UNKNOWN, Part, Rest, share_idle
from evforecast.inwarehouse.credits.records import Metered


def metered(compute, queries, hour=0, warehouse="EV"):
    return Metered(warehouse, hour, compute, 0, queries)


def test_idle_is_shared_by_what_queries_cost():
    parts = [Part("a", "EV", 0, 30), Part("b", "EV", 0, 10)]
    idle, rest = share_idle(parts, [metered(100, 80)])
    # of 7.5 and 2.5, and 10 for the others: the first of equal fractions goes up
    assert idle == [8, 2]
    assert rest == [Rest("EV", 0, OTHERS, 50)]


def test_an_hour_without_ours_is_idle_and_others():
    _, rest = share_idle([], [metered(100, 80)])
    assert rest == [Rest("EV", 0, OTHERS, 80), Rest("EV", 0, IDLE, 20)]


def test_queries_that_cost_more_than_the_hour_leave_no_idle_below_zero():
    # the two columns do not come at the same time
    assert share_idle([], [metered(100, 120)])[1] == [Rest("EV", 0, OTHERS, 100)]


def test_an_hour_of_idle_only():
    assert share_idle([], [metered(100, 0)])[1] == [Rest("EV", 0, IDLE, 100)]


def test_where_snowflake_does_not_say_idle_is_not_invented():
    idle, rest = share_idle([Part("a", "EV", 0, 30)], [metered(100, None)])
    assert idle == [0]
    assert rest == [Rest("EV", 0, UNKNOWN, 70)]


def test_an_hour_that_is_not_metered():
    assert share_idle([Part("a", "EV", 5, 30)], [metered(100, 80)])[0] == [None]
    assert share_idle([Part("a", "LOAD", 0, 30)], [metered(100, 80)])[0] == [None]


def test_more_than_snowflake_says_of_all_queries_is_taken_as_it_is():
    # of a query of several hours it is not recorded what it cost in each
    idle, rest = share_idle([Part("a", "EV", 0, 90)], [metered(100, 80)])
    assert (idle, rest) == ([10], [])
    idle, rest = share_idle([Part("a", "EV", 0, 110)], [metered(100, 80)])
    assert (idle, rest) == ([0], [Rest("EV", 0, OTHERS, -10)])


parts = st.lists(
    st.builds(
        Part,
        query=st.text("abc", min_size=1, max_size=2),
        warehouse=st.sampled_from(["EV", "LOAD"]),
        hour=st.integers(0, 2),
        units=st.integers(0, 10**9),
    ),
    max_size=12,
)
hours = st.dictionaries(
    st.tuples(st.sampled_from(["EV", "LOAD"]), st.integers(0, 2)),
    st.tuples(st.integers(0, 10**10), st.none() | st.integers(0, 10**10)),
)


@given(parts, hours)
def test_nothing_is_lost_and_nothing_is_made(parts, hours):
    rows = [metered(*values, hour=hour, warehouse=name) for (name, hour), values in hours.items()]
    idle, rest = share_idle(parts, rows)
    for (name, hour), (compute, queries) in hours.items():
        here = [n for n, part in enumerate(parts) if (part.warehouse, part.hour) == (name, hour)]
        own = sum(parts[n].units for n in here)
        shares = [idle[n] for n in here]
        left = sum(one.units for one in rest if (one.warehouse, one.hour) == (name, hour))
        assert own + sum(shares) + left == compute
        assert min(shares, default=0) >= 0
        if queries is not None and own:
            whole = max(queries, own)
            for n in here:
                exact = Fraction(max(compute - whole, 0) * parts[n].units, whole)
                assert abs(idle[n] - exact) < 1


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_hours_does_not_matter(order):
    rows = [metered(100, 80, hour=h) for h in (0, 1)][::order]
    assert share_idle([Part("a", "EV", 1, 40)], rows)[0] == [10]

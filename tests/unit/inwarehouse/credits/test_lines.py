from decimal import Decimal

import numpy as np
import pytest
from recorded_views import frame, query

from evforecast.inwarehouse.credits.amounts import UNIT
from evforecast.inwarehouse.credits.lines import Tally
from evforecast.inwarehouse.credits.records import queries

DAY = np.datetime64("2026-11-27")


def line(tally, **more):
    options = {"price": None, "has_bill": True, "has_queries": True} | more
    return tally.line(DAY, "r1", "predict", **options)


def test_credits_add_up_and_cost_what_the_price_says():
    tally = Tally(compute=3 * UNIT, idle=UNIT, acceleration=UNIT // 2, cloud_billed=UNIT // 4)
    assert line(tally).total == Decimal("4.75")
    assert line(tally).cost is None
    assert line(tally, price=Decimal("3.9")).cost == Decimal("18.525")
    assert line(tally, price=Decimal(0)).cost == 0


@pytest.mark.parametrize(
    ("change", "basis"),
    [
        ({}, "billed"),
        ({"open": True}, "attributed"),
        ({"old": {"a"}}, "attributed"),
        ({"estimated": True}, "estimate"),
    ],
    ids=["final", "an open hour", "something may come", "by the clock"],
)
def test_basis(change, basis):
    tally = Tally(**({"ids": {"a", "b"}, "old": {"a", "b"}} | change))
    assert line(tally).basis == basis
    assert line(tally, has_bill=False).basis == (
        "estimate" if basis == "estimate" else "attributed"
    )


def test_completeness():
    assert line(Tally(ids=set("abcd"), old=set("abc"))).completeness == 0.75
    assert line(Tally()).completeness == 1


def test_what_was_not_read_is_not_zero():
    tally = Tally(
        ids={"a"}, asked=queries(frame("queries", query("a", "08:00", 2, ROWS_PRODUCED=3)))
    )
    read, not_read = line(tally), line(tally, has_queries=False)
    assert (read.failed, read.rows, read.elapsed) == (0, 3, 2)
    assert (not_read.failed, not_read.rows, not_read.elapsed, not_read.queries) == (
        None,
        None,
        None,
        1,
    )


def test_several_words_stand_in_order():
    tally = Tally(warehouses={"B", "A"}, as_of={"2026-11-28", "2026-11-27"})
    assert (line(tally).warehouse, line(tally).as_of) == ("A, B", "2026-11-27, 2026-11-28")

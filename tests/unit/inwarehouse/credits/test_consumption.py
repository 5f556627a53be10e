"""Every number here was worked out by hand; the comments show how."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_views import at, cost, day, frame, hour, query, tag

from evforecast.errors import InputError
from evforecast.inwarehouse.credits import Views, consumption

LATER = "2026-11-29"
TODAY, TOMORROW = np.datetime64("2026-11-27"), np.datetime64("2026-11-28")
LOAD = {"QUERY_TAG": tag("load"), "WAREHOUSE_NAME": "LOAD", "WAREHOUSE_SIZE": "Small"}
FIGURES = ("compute", "idle", "acceleration", "cloud_used", "cloud_billed", "total")


def credits_of(line):
    """Return compute, idle, acceleration, cloud services used and billed, and the total."""
    return [float(getattr(line, name)) for name in FIGURES]


def of(found, step="predict", day=TODAY):
    (line,) = [line for line in found.lines if (line.step, line.day) == (step, day)]
    return line


def recorded(cloud="0.405", **more):
    """Two warehouses for three hours: two queries of `predict`, one of `load` that fails.

    a  predict  EV    08:10:00 - 08:16:00             0.10 credits
    b  predict  EV    08:54:00 - 09:06:00             0.12, half of it in each hour
    c  load     LOAD  08:20:00 - 08:21:00, failed     0.30, and 0.05 for acceleration
    """
    load_cloud = Decimal(cloud) - Decimal("0.035")
    views = {
        "queries": frame(
            "queries",
            query("a", "08:10", 360, CREDITS_USED_CLOUD_SERVICES=0.0031, ROWS_PRODUCED=100),
            query("b", "08:54", 720, CREDITS_USED_CLOUD_SERVICES=0.005, BYTES_SCANNED=2048),
            query(
                "c", "08:20", 60, EXECUTION_STATUS="FAIL", CREDITS_USED_CLOUD_SERVICES=0.081, **LOAD
            ),
        ),
        "attribution": frame(
            "attribution",
            cost("a", "08:10", 360, 0.1),
            cost("b", "08:54", 720, 0.12),
            cost(
                "c",
                "08:20",
                60,
                0.3,
                QUERY_TAG=tag("load"),
                WAREHOUSE_NAME="LOAD",
                CREDITS_USED_QUERY_ACCELERATION=0.05,
            ),
        ),
        "metering": frame(
            "metering",
            hour("08:00", Decimal("0.5"), Decimal("0.4"), Decimal("0.02")),
            hour("09:00", Decimal("0.3"), Decimal("0.1"), Decimal("0.015")),
            hour("10:00", Decimal("0.25"), Decimal(0)),
            hour("08:00", Decimal(2), Decimal("1.5"), load_cloud, WAREHOUSE_NAME="LOAD"),
        ),
    }
    return Views(**(views | more))


def test_the_day_by_hand():
    found = consumption(recorded(), now=LATER, price="3.9", currency="EUR")
    # EV at 8: 0.5 of which 0.4 queries and 0.1 idle. Ours 0.1 + 0.06 = 0.16, so 0.16 / 0.4 of the idle, 0.04.
    # EV at 9: 0.3 of which 0.1 queries and 0.2 idle. Ours 0.06, so 0.6 of the idle, 0.12.
    # Compute and idle 0.22 + 0.16.
    # All warehouses 0.5 + 0.3 + 0.25 + 2 = 3.05, a tenth 0.305; cloud services 0.405, so 0.1 is billed.
    # Ours 0.0031 + 0.005 = 0.0081 of 0.405, a fiftieth: 0.002. Together 0.22 + 0.16 + 0.002.
    assert credits_of(of(found)) == [0.22, 0.16, 0, 0.0081, 0.002, 0.382]
    # LOAD at 8: 2 of which 1.5 queries and 0.5 idle. Ours 0.3, a fifth: 0.1.
    # 0.081 of 0.405, a fifth: 0.02. Together 0.3 + 0.1 + 0.05 + 0.02.
    assert credits_of(of(found, "load")) == [0.3, 0.1, 0.05, 0.081, 0.02, 0.47]
    assert of(found).cost == Decimal("1.4898")  # 0.382 x 3.9
    assert of(found, "load").cost == Decimal("1.833")  # 0.47 x 3.9
    assert (found.total, found.cost, found.currency) == (Decimal("0.852"), Decimal("3.3228"), "EUR")


def test_what_is_not_ours_by_hand():
    found = consumption(recorded(), now=LATER)
    assert found.rest == (
        (TODAY, "EV", "idle", Decimal("0.25")),  # at 10 nobody of ours
        (TODAY, "EV", "other queries", Decimal("0.42")),  # 0.5 - 0.16 - 0.04, and 0.3 - 0.06 - 0.12
        (TODAY, "LOAD", "other queries", Decimal("1.6")),  # 2 - 0.3 - 0.1
    )
    assert (found.metered, found.unmetered) == (Decimal("3.05"), 0)
    ours = sum(line.compute + line.idle for line in found.lines)
    assert ours == Decimal("0.78")
    assert ours + sum(row[-1] for row in found.rest) == found.metered


def test_below_a_tenth_cloud_services_are_not_billed():
    found = consumption(recorded(cloud="0.305"), now=LATER)
    assert credits_of(of(found))[3:] == [0.0081, 0, 0.38]
    assert credits_of(of(found, "load"))[3:] == [0.081, 0, 0.45]
    above = consumption(
        recorded(cloud="0.324"), now=LATER
    )  # 0.019 above; ours a 40th and a quarter
    assert credits_of(of(above))[4] == 0.000475
    assert credits_of(of(above, "load"))[4] == 0.00475


def test_what_queries_did():
    line = of(consumption(recorded(), now=LATER))
    assert (line.queries, line.failed, line.rows, line.scanned) == (2, 0, 100, 2048)
    assert (line.elapsed, line.executing, line.queued, line.compiling) == (1080, 1080, 0, 0)
    assert (line.warehouse, line.size, line.run, line.as_of) == ("EV", "X-Small", "r1", "")
    failed = of(consumption(recorded(), now=LATER), "load")
    assert (failed.queries, failed.failed, failed.warehouse, failed.size) == (1, 1, "LOAD", "Small")


# ------------------------------------------------------------------------------------ basis, completeness


BILL = frame(
    "daily",
    day("2026-11-27", "WAREHOUSE_METERING", Decimal("3.05"), Decimal("0.405"), Decimal("-0.324")),
    day("2026-11-27", "SERVERLESS_TASK", Decimal("0.7"), Decimal("0.05"), Decimal(0)),
    day("2026-11-27", "PIPE", Decimal(0), Decimal(0), Decimal(0)),
)


def test_as_it_was_billed():
    found = consumption(recorded(daily=BILL), now=LATER)
    # 0.405 - 0.324 = 0.081 is billed, not 0.1: a fiftieth and a fifth
    assert credits_of(of(found))[4] == 0.00162
    assert credits_of(of(found, "load"))[4] == 0.0162
    assert found.serverless == ((TODAY, "SERVERLESS_TASK", Decimal("0.75")),)
    assert {line.basis for line in found.lines} == {"billed"}
    assert found.basis == "billed"
    assert consumption(recorded(), now=LATER).basis == "attributed"


@pytest.mark.parametrize(
    ("now", "basis"), [("2026-11-28 05:59:59", "attributed"), ("2026-11-28 06:00", "billed")]
)
def test_a_day_is_billed_when_nothing_is_added_any_more(now, basis):
    assert consumption(recorded(daily=BILL), now=now).basis == basis


def test_an_hour_that_is_not_metered_is_not_billed_yet():
    views = recorded(daily=BILL)
    found = consumption(recorded(daily=BILL, metering=views.metering.iloc[[0, 2, 3]]), now=LATER)
    # without 9 o'clock: 0.22 + 0.04
    assert credits_of(of(found))[:2] == [0.22, 0.04]
    assert of(found).basis == "attributed"
    assert of(found, "load").basis == "billed"
    assert found.unmetered == Decimal("0.06")


@pytest.mark.parametrize(
    ("now", "share"),
    [("2026-11-27 16:15:59", 0), ("2026-11-27 16:16", 0.5), ("2026-11-27 17:06", 1)],
)
def test_completeness_is_the_share_that_is_older_than_eight_hours(now, share):
    assert of(consumption(recorded(), now=now)).completeness == share


# -------------------------------------------------------------------------------------------- estimates


def test_what_is_not_attributed_yet_is_estimated():
    views = recorded(attribution=recorded().attribution.iloc[[0]])
    found = consumption(views, now="2026-11-27 12:00")
    # b: 12 minutes at 1 credit an hour, 0.1 in each hour; a as attributed. c: a minute at 2, 2 / 60.
    # EV at 8: ours 0.1 + 0.1 = 0.2 of 0.4, half of the idle 0.1. At 9: 0.1 of 0.1, all of the idle 0.2.
    assert credits_of(of(found))[:3] == [0.3, 0.25, 0]
    assert of(found, "load").compute == Decimal("0.033333333333")
    assert {line.basis for line in found.lines} == {"estimate"}


def test_what_is_not_attributed_after_eight_hours_costs_nothing():
    # shorter than a tenth of a second, as a rule
    views = recorded(attribution=recorded().attribution.iloc[[0]])
    found = consumption(views, now=LATER)
    assert credits_of(of(found))[:2] == [0.1, 0.025]  # 0.1 of 0.4: a quarter of 0.1
    assert credits_of(of(found, "load"))[:2] == [0, 0]
    assert of(found, "load").basis == "attributed"
    assert of(found).completeness == 1


def test_without_any_grant_by_the_clock():
    none = {"attribution": None, "metering": None, "latency": np.timedelta64(0, "s")}
    found = consumption(recorded(**none), now="2026-11-27 10:00")
    # a 0.1, b 0.2; c a minute at 2. Cloud services of ours 0.0891; a tenth of 0.3 + 0.0333… is 0.0333…:
    # 0.055766666667 is billed, of which 0.0081 / 0.0891 = 1 / 11.
    line = of(found)
    assert (line.compute, line.idle, line.cloud_billed) == (
        Decimal("0.3"),
        0,
        Decimal("0.005069696970"),
    )
    assert of(found, "load").cloud_billed == Decimal("0.050696969697")
    assert (found.basis, line.completeness) == ("estimate", 1)
    assert (found.metered, found.rest) == (0, ())


def test_the_minute_of_a_start_is_paid_for():
    row = query("a", "08:00", 15, QUEUED_PROVISIONING_TIME=700)
    found = consumption(Views(queries=frame("queries", row)), now=LATER)
    line = of(found)
    # 15 s and 45 s more at 1 credit an hour: 1 / 240 and 1 / 80
    assert (line.compute, line.idle) == (Decimal("0.004166666667"), Decimal("0.0125"))
    assert (line.starts, line.short_start, line.queued) == (1, True, 0.7)
    assert found.unmetered == Decimal("0.016666666667")


def test_the_minute_counts_for_the_rule_of_a_tenth():
    row = query("a", "08:00", 15, QUEUED_PROVISIONING_TIME=700, CREDITS_USED_CLOUD_SERVICES=0.01)
    line = of(consumption(Views(queries=frame("queries", row)), now=LATER))
    # a minute at 1 credit an hour is 1 / 60, a tenth of it 1 / 600
    assert line.cloud_billed == Decimal("0.008333333333")


def test_of_attributed_credits_the_minute_is_not_estimated():
    row = query("a", "08:00", 15, QUEUED_PROVISIONING_TIME=700)
    attributed = frame("attribution", cost("a", "08:00", 15, 0.004))
    found = consumption(Views(queries=frame("queries", row), attribution=attributed), now=LATER)
    assert credits_of(of(found))[:2] == [0.004, 0]
    assert (found.unmetered, of(found).short_start) == (Decimal("0.004"), True)


def test_a_pending_query_in_a_metered_hour_has_its_share_of_idle_and_no_minute_beside():
    row = query("a", "08:00", 36, QUEUED_PROVISIONING_TIME=700)
    views = Views(
        queries=frame("queries", row),
        attribution=frame("attribution"),
        metering=frame("metering", hour("08:00", 0.05, 0.02)),
    )
    found = consumption(views, now="2026-11-27 12:00")
    # 0.01 by the clock of 0.02: half of the idle 0.03
    assert credits_of(of(found))[:2] == [0.01, 0.015]
    assert found.unmetered == 0


def test_a_metered_hour_has_the_minute_in_it():
    row = query("a", "08:00", 15, QUEUED_PROVISIONING_TIME=700)
    found = consumption(
        Views(
            queries=frame("queries", row),
            attribution=frame("attribution", cost("a", "08:00", 15, 0.004)),
            metering=frame("metering", hour("08:00", 0.017, 0.004)),
        ),
        now=LATER,
    )
    assert credits_of(of(found))[:2] == [0.004, 0.013]
    assert (of(found).starts, of(found).short_start) == (1, True)


def test_a_start_that_is_used_for_a_minute():
    line = of(
        consumption(
            Views(queries=frame("queries", query("a", "08:00", 60, QUEUED_PROVISIONING_TIME=700))),
            now=LATER,
        )
    )
    assert (line.starts, line.short_start, line.idle) == (1, False, 0)


def test_rates_that_are_not_known_are_said_and_not_invented():
    row = query("a", "08:00", 3600, WAREHOUSE_TYPE="SNOWPARK-OPTIMIZED", WAREHOUSE_SIZE="Medium")
    views = Views(queries=frame("queries", row))
    found = consumption(views, now=LATER)
    assert found.total == 0
    assert "'EV' is of type SNOWPARK-OPTIMIZED and size Medium" in found.notes[0]
    assert "rates={'EV': {'Medium': …}}" in found.notes[0]
    given = consumption(views, now=LATER, rates={"EV": {"Medium": 6}})
    assert (given.total, given.notes) == (6, ())


def test_a_statement_that_needs_no_warehouse_costs_no_compute():
    row = query("a", "08:00", 3600, WAREHOUSE_SIZE=None, CREDITS_USED_CLOUD_SERVICES=0.01)
    line = of(consumption(Views(queries=frame("queries", row)), now=LATER))
    assert (line.compute, line.cloud_billed, line.warehouse) == (0, Decimal("0.01"), "")


# --------------------------------------------------------------------------------------- edges of days


def test_over_midnight_each_day_has_its_part():
    start = at("23:54")
    found = consumption(
        Views(
            queries=frame("queries", query("a", start, 1080, CREDITS_USED_CLOUD_SERVICES=0.01)),
            attribution=frame(
                "attribution", cost("a", start, 1080, 0.3, CREDITS_USED_QUERY_ACCELERATION=0.09)
            ),
            metering=frame(
                "metering",
                hour("23:00", 0.2, 0.1),
                hour(at("00:00", day="2026-11-28"), 0.5, 0.4),
            ),
        ),
        now=LATER,
    )
    # 6 of 18 minutes before midnight: 0.1 and 0.2, 0.03 and 0.06. Idle: all of 0.1; half of 0.1.
    # Cloud services are counted on the day on which the query began, and nothing is metered of them.
    assert credits_of(of(found)) == [0.1, 0.1, 0.03, 0.01, 0, 0.23]
    assert credits_of(of(found, day=TOMORROW)) == [0.2, 0.05, 0.06, 0, 0, 0.31]
    assert [line.queries for line in found.lines] == [1, 0]
    assert [line.completeness for line in found.lines] == [1, 1]
    assert [line.elapsed for line in found.lines] == [1080, 0]


@pytest.mark.parametrize(
    ("start", "days"), [("23:59:00", [0.3]), ("23:59:06", [0.27, 0.03])], ids=["at", "after"]
)
def test_an_end_at_midnight_is_of_the_day_before(start, days):
    attributed = frame("attribution", cost("a", start, 60, 0.3))
    found = consumption(Views(attribution=attributed), now=LATER)
    assert [float(line.compute) for line in found.lines] == days


# ---------------------------------------------------------------------------------- queries in queries


def test_what_ran_inside_a_procedure_belongs_to_its_step():
    rows = [
        query("call", "08:00", 100),
        query("one", "08:00:10", 40, BYTES_SCANNED=7),
        query("two", "08:01:00", 30, QUERY_TAG="of the procedure", EXECUTION_STATUS="FAIL"),
    ]
    attributed = [
        cost("call", "08:00", 100, 0.01),
        cost("one", "08:00:10", 40, 0.02, ROOT_QUERY_ID="call"),
        cost("two", "08:01:00", 30, 0.03, ROOT_QUERY_ID="call", QUERY_TAG="of the procedure"),
        cost("deep", "08:01:05", 3, 0.04, ROOT_QUERY_ID="call", QUERY_TAG=None),
        cost("other", "08:01:05", 3, 9, ROOT_QUERY_ID="their call", QUERY_TAG=None),
    ]
    views = Views(queries=frame("queries", *rows), attribution=frame("attribution", *attributed))
    (line,) = consumption(views, now=LATER).lines
    assert float(line.compute) == 0.1
    assert (line.queries, line.failed, line.scanned) == (4, 1, 7)
    assert line.elapsed == 100  # those inside ran within them


def test_a_query_that_is_its_own_root_is_not_inside_another():
    attributed = frame("attribution", cost("a", "08:00", 10, 0.02, ROOT_QUERY_ID="a"))
    views = Views(queries=frame("queries", query("a", "08:00", 10)), attribution=attributed)
    assert of(consumption(views, now=LATER)).elapsed == 10


def test_a_query_inside_keeps_its_tag_where_the_other_is_not_ours():
    attributed = frame(
        "attribution", cost("one", "08:00", 1, 0.02, ROOT_QUERY_ID="a task of theirs")
    )
    assert credits_of(of(consumption(Views(attribution=attributed), now=LATER)))[0] == 0.02


def test_other_peoples_queries_are_not_ours():
    rows = [
        query("a", "08:00", 10, QUERY_TAG=t)
        for t in ("", None, "dbt", '{"app":"other","run":"r1"}')
    ]
    attributed = [
        cost(f"b{n}", "08:00", 10, 0.1, QUERY_TAG=row["QUERY_TAG"]) for n, row in enumerate(rows)
    ]
    views = Views(queries=frame("queries", *rows), attribution=frame("attribution", *attributed))
    assert consumption(views, now=LATER).lines == ()


def test_ours_outside_a_step():
    views = Views(
        queries=frame("queries", query("a", "08:00", 3600, QUERY_TAG='{"app":"evforecast"}'))
    )
    (line,) = consumption(views, now=LATER).lines
    assert (line.step, line.run, float(line.total)) == ("(no step)", "", 1)


# -------------------------------------------------------------------------------- several, and without


def test_runs_and_steps_and_sizes_stay_apart():
    rows = [
        query("a", "08:00", 3600, QUERY_TAG=tag(run="r1", as_of="2026-11-27T08:00:00Z")),
        query("b", "09:00", 3600, QUERY_TAG=tag(run="r2")),
        query(
            "c",
            "10:00",
            3600,
            QUERY_TAG=tag(run="r2"),
            WAREHOUSE_SIZE="Medium",
            WAREHOUSE_NAME="BIG",
        ),
        query("d", "10:00", 3600, QUERY_TAG=tag("load", run="r2"), CLUSTER_NUMBER=2),
    ]
    found = consumption(Views(queries=frame("queries", *rows)), now=LATER)
    assert [(one.run, one.step, float(one.total)) for one in found.lines] == [
        ("r1", "predict", 1),
        ("r2", "load", 1),
        ("r2", "predict", 5),
    ]
    assert (found.lines[2].warehouse, found.lines[2].size) == ("BIG, EV", "Medium, X-Small")
    assert found.lines[0].as_of == "2026-11-27T08:00:00Z"


def test_with_attribution_alone():
    found = consumption(recorded(queries=None, metering=None), now=LATER)
    line = of(found)
    assert (line.queries, line.failed, line.elapsed, line.size) == (2, None, None, "")
    assert credits_of(line) == [0.22, 0, 0, 0, 0, 0.22]
    assert (found.unmetered, found.basis) == (Decimal("0.52"), "attributed")


def test_an_adaptive_warehouse():
    rows = [
        query(
            "a", "08:00", 60, WAREHOUSE_NAME="AD", WAREHOUSE_TYPE="ADAPTIVE", WAREHOUSE_SIZE=None
        ),
        query("b", "08:10", 60),
    ]
    views = Views(
        queries=frame("queries", *rows),
        attribution=frame("attribution", cost("b", "08:10", 60, 0.02)),
        metering=frame(
            "metering", hour("08:00", 0.1, 0.02), hour("08:00", 0.7, None, WAREHOUSE_NAME="AD")
        ),
        daily=BILL,
    )
    found = consumption(views, now=LATER)
    assert credits_of(of(found))[:2] == [0.02, 0.08]
    assert found.rest == ((TODAY, "AD", "not told", Decimal("0.7")),)
    assert "'AD' is adaptive" in found.notes[0]
    assert len(found.notes) == 1
    assert of(found).warehouse == "AD, EV"


def test_idle_that_is_not_told_yet_is_not_billed():
    metering = recorded().metering
    metering.loc[1, "CREDITS_ATTRIBUTED_COMPUTE_QUERIES"] = None
    found = consumption(recorded(metering=metering, daily=BILL), now=LATER)
    assert credits_of(of(found))[:2] == [0.22, 0.04]
    assert of(found).basis == "attributed"
    assert (TODAY, "EV", "not told", Decimal("0.24")) in found.rest


def test_a_function_that_knows_no_spill():
    rows = [
        query(
            "a", "08:00", 1, BYTES_SPILLED_TO_LOCAL_STORAGE=None, BYTES_SPILLED_TO_REMOTE_STORAGE=5
        )
    ]
    line = of(consumption(Views(queries=frame("queries", *rows)), now=LATER))
    assert (line.spilled_local, line.spilled_remote) == (None, 5)


def test_nothing():
    found = consumption(Views(), now=LATER, price=4)
    assert (found.lines, found.total, found.cost, found.basis) == ((), 0, None, "estimate")
    empty = Views(**{view: frame(view) for view in ("queries", "attribution", "metering", "daily")})
    assert consumption(empty, now=LATER).lines == ()


@pytest.mark.parametrize("price", [-1, "x", float("inf")])
def test_a_price_that_is_none(price):
    with pytest.raises(InputError, match="price"):
        consumption(Views(), now=LATER, price=price)


def test_the_order_of_rows_does_not_matter():
    views = recorded(daily=BILL)
    other = Views(
        **{
            name: getattr(views, name).iloc[::-1].reset_index(drop=True)
            for name in ("queries", "attribution", "metering", "daily")
        }
    )
    assert consumption(views, now=LATER).to_dict() == consumption(other, now=LATER).to_dict()


# ---------------------------------------------------------------------------------------- always


amounts = st.decimals(0, 5, places=9, allow_nan=False)
asked = st.lists(
    st.fixed_dictionaries(
        {
            "minute": st.integers(0, 26 * 60),
            "seconds": st.integers(0, 3 * 3600),
            "credits": st.none() | amounts,
            "step": st.sampled_from(["load", "predict", None]),
            "warehouse": st.sampled_from(["EV", "LOAD"]),
            "cloud": st.decimals(0, 1, places=6, allow_nan=False),
            "cold": st.booleans(),
        }
    ),
    max_size=8,
)
measured = st.dictionaries(
    st.tuples(st.integers(0, 30), st.sampled_from(["EV", "LOAD"])),
    st.tuples(amounts, st.none() | amounts, st.decimals(0, 1, places=9, allow_nan=False)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    asked, measured, st.sampled_from(["2026-11-27 12:00", "2026-11-28 06:00", LATER]), st.booleans()
)
def test_parts_add_up_to_the_last_digit(asked, measured, now, has_attribution):
    queries, attributed = [], []
    for number, one in enumerate(asked):
        start = at("00:00") + pd.Timedelta(minutes=one["minute"])
        more = {
            "WAREHOUSE_NAME": one["warehouse"],
            "QUERY_TAG": tag(one["step"]) if one["step"] else None,
        }
        wait = {
            "QUEUED_PROVISIONING_TIME": 10 * one["cold"],
            "CREDITS_USED_CLOUD_SERVICES": one["cloud"],
        }
        queries.append(query(str(number), start, one["seconds"], **more, **wait))
        if one["credits"] is not None:
            attributed.append(cost(str(number), start, one["seconds"], one["credits"], **more))
    hours = [
        hour(at("00:00") + pd.Timedelta(hours=n), *values, WAREHOUSE_NAME=name)
        for (n, name), values in measured.items()
    ]
    found = consumption(
        Views(
            queries=frame("queries", *queries),
            attribution=frame("attribution", *attributed) if has_attribution else None,
            metering=frame("metering", *hours),
        ),
        now=now,
        price="3.90",
    )
    ours = sum(line.compute + line.idle for line in found.lines)
    rest = sum(row[-1] for row in found.rest)
    assert ours + rest == found.metered + found.unmetered
    for line in found.lines:
        assert line.total == line.compute + line.idle + line.acceleration + line.cloud_billed
        assert line.cost == line.total * Decimal("3.90")
        assert min(line.compute, line.idle, line.cloud_billed) >= 0
        assert 0 <= line.completeness <= 1
    if has_attribution and now == LATER:  # nothing is pending any more
        told = sum(
            one["credits"]
            for one in asked
            if one["step"] is not None and one["credits"] is not None
        )
        assert sum(line.compute for line in found.lines) == told
    for names in (("day",), ("run",), ("step",), ("day", "step")):
        table = found.by(*names)
        assert table["total"].sum() == pytest.approx(float(found.total), abs=1e-9)

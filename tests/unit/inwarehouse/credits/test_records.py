from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from recorded_views import at, cost, day, frame, hour, query

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.amounts import HOUR, UNIT
from evforecast.inwarehouse.credits.records import attributed, billed, day_of, metered, queries

EIGHT = at("08:00").value // 1000


def test_a_query():
    row = query(
        "a",
        "08:00",
        10.5,
        EXECUTION_TIME=8000,
        COMPILATION_TIME=500,
        QUEUED_PROVISIONING_TIME=1000,
        QUEUED_REPAIR_TIME=10,
        QUEUED_OVERLOAD_TIME=200,
        ROWS_PRODUCED=7,
        BYTES_SCANNED=1024,
        BYTES_SPILLED_TO_LOCAL_STORAGE=5,
        BYTES_SPILLED_TO_REMOTE_STORAGE=None,
        CREDITS_USED_CLOUD_SERVICES=0.000012,
    )
    (found,) = queries(frame("queries", row))
    assert (found.start, found.end) == (EIGHT, EIGHT + 10_500_000)
    assert found.begin == EIGHT + 2_500_000
    assert (found.elapsed, found.compiling, found.executing) == (10_500, 500, 8000)
    assert (found.queued, found.provisioning) == (1210, 1000)
    assert (found.rows, found.scanned, found.spilled) == (7, 1024, (5, None))
    assert found.cloud == 12 * UNIT // 10**6
    assert (found.tag.step, found.tag.run, found.failed) == ("predict", "r1", False)


@pytest.mark.parametrize(
    ("word", "failed"),
    [
        ("SUCCESS", False),
        ("success", False),
        ("FAIL", True),
        ("fail", True),
        ("INCIDENT", True),
        ("FAILED_WITH_ERROR", True),
        ("FAILED_WITH_INCIDENT", True),
    ],
)
def test_what_failed_in_the_words_of_the_view_and_of_the_functions(word, failed):
    assert queries(frame("queries", query("a", "08:00", EXECUTION_STATUS=word)))[0].failed is failed


def test_one_that_still_runs_has_not_ended():
    running = query("a", "08:00", 10, END_TIME=pd.Timestamp("1970-01-01", tz="UTC"))
    assert queries(frame("queries", running)) == []


def test_what_comes_twice_counts_once():
    assert len(queries(frame("queries", query("a", "08:00"), query("a", "08:00")))) == 1
    assert (
        len(attributed(frame("attribution", cost("a", "08:00", 1, 1), cost("a", "08:00", 1, 1))))
        == 1
    )
    assert len(metered(frame("metering", hour("08:00", 1, 1), hour("08:00", 1, 1)))) == 1
    assert len(billed(frame("daily", *2 * [day("2026-11-27", "PIPE", 1, 0, 0)]))) == 1


# as the connector hands them over, and as they come from a file
@pytest.mark.parametrize(
    "as_read",
    [
        lambda column: column,
        lambda column: column.dt.tz_localize(None),
        lambda column: column.dt.tz_convert("America/Los_Angeles"),
        lambda column: pd.Series([one.to_pydatetime() for one in column], dtype=object),
        lambda column: column.astype(str),
        lambda column: column.dt.tz_localize(None).astype("datetime64[s]"),
    ],
    ids=["aware", "naive is UTC", "another zone", "datetimes", "texts", "seconds"],
)
def test_times_in_every_form(as_read):
    recorded = frame("queries", query("a", "08:00", 10), query("b", "08:30", 20))
    recorded["START_TIME"] = as_read(recorded["START_TIME"])
    recorded["END_TIME"] = as_read(recorded["END_TIME"])
    one, two = queries(recorded)
    assert (one.start, one.end) == (EIGHT, EIGHT + 10_000_000)
    assert (two.start, two.end) == (EIGHT + HOUR // 2, EIGHT + HOUR // 2 + 20_000_000)


def test_numbers_as_the_connector_hands_them_over():
    recorded = frame("metering", hour("08:00", Decimal("0.500000001"), Decimal("0.1"), Decimal(0)))
    (found,) = metered(recorded)
    assert (found.compute, found.queries, found.cloud) == (500_000_001_000, UNIT // 10, 0)
    empty = frame(
        "queries", query("a", "08:00", ROWS_PRODUCED=None), query("b", "08:00", ROWS_PRODUCED=3)
    )
    assert [one.rows for one in queries(empty)] == [0, 3]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, ""])
def test_missing_words(missing):
    recorded = frame("queries", query("a", "08:00", WAREHOUSE_SIZE=missing, QUERY_TAG=missing))
    (found,) = queries(recorded)
    assert (found.size, found.tag) == (None, None)


def test_an_adaptive_warehouse_does_not_say_what_queries_cost():
    assert metered(frame("metering", hour("08:00", 1, None)))[0].queries is None
    assert metered(frame("metering", hour("08:00", 1, 0)))[0].queries == 0


def test_hours_in_a_zone_of_half_hours_are_hours_of_utc():
    recorded = frame("metering", hour(pd.Timestamp("2026-11-27 13:30+05:30"), 1, 1))
    assert metered(recorded)[0].hour == EIGHT


def test_a_day_of_a_service():
    (found,) = billed(frame("daily", day("2026-11-27", "WAREHOUSE_METERING", 3, 0.5, -0.3)))
    assert found.day == np.datetime64("2026-11-27")
    assert (found.cloud, found.adjustment) == (UNIT // 2, -3 * UNIT // 10)
    assert found.billed == 3_200_000_000_000


def test_what_ran_inside_another_and_no_acceleration():
    one, two = attributed(
        frame(
            "attribution",
            cost("a", "08:00", 5, 0.1, CREDITS_USED_QUERY_ACCELERATION=0.25),
            cost("b", "08:00", 5, 0.1, ROOT_QUERY_ID="a", END_TIME=at("07:59")),
        )
    )
    assert (one.root, one.acceleration) == (None, UNIT // 4)
    assert (two.root, two.acceleration) == ("a", 0)
    assert two.end == two.start


def test_times_that_are_none_are_said():
    with pytest.raises(InputError, match="queries: END_TIME: 1 times are missing"):
        queries(frame("queries", query("a", "08:00", END_TIME=None)))
    with pytest.raises(InputError, match="metering: START_TIME: not times"):
        metered(frame("metering", hour("08:00", 1, 1, START_TIME="noon")))


def test_an_empty_view_has_no_rows():
    assert (queries(frame("queries")), attributed(frame("attribution"))) == ([], [])
    assert (metered(frame("metering")), billed(frame("daily"))) == ([], [])


def test_a_day_begins_at_midnight():
    midnight = at("00:00").value // 1000
    assert day_of(midnight) == np.datetime64("2026-11-27")
    assert day_of(midnight - 1) == np.datetime64("2026-11-26")

"""The statements run in the emulator, on tables that stand for the views."""

import logging
import uuid

import numpy as np
import pandas as pd
import pytest
from recorded_views import WARNINGS, at, cost, day, frame, hour, query, tag

from evforecast.clock import utc_now
from evforecast.errors import InputError
from evforecast.inwarehouse.credits import Budget, consumption, read_views, reading, tagged
from evforecast.inwarehouse.credits.session import parameter
from evforecast.inwarehouse.credits.views import COLUMNS
from evforecast.warehouse import WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]

SINCE, UNTIL, LATER = "2026-11-27", "2026-11-28", "2026-11-29"
QUERIES = frame(
    "queries",
    query("a", "08:10", 360.5, ROWS_PRODUCED=7, BYTES_SPILLED_TO_LOCAL_STORAGE=5),
    query("b", "09:00", 60, QUERY_TAG="dbt"),
    query("before", at("23:59:59", day="2026-11-26"), 1),
    query("first", "00:00:00", 1),
    query("last", "23:59:59", 1),
    query("after", at("00:00:00", day="2026-11-28"), 1),
)
ATTRIBUTION = frame(
    "attribution",
    cost("a", "08:10", 360.5, 0.1),
    cost("b", "09:00", 60, 0.2, QUERY_TAG="dbt"),
    cost("inside", "08:11", 10, 0.05, ROOT_QUERY_ID="a", QUERY_TAG="of the procedure"),
    cost("theirs", "08:11", 10, 0.05, ROOT_QUERY_ID="b", QUERY_TAG=None),
)
METERING = frame(
    "metering",
    hour("08:00", 0.5, 0.4, 0.02),
    hour("08:00", 0.7, None, WAREHOUSE_NAME="AD"),
    hour(at("00:00", day="2026-11-28"), 9, 9),
)
DAILY = frame(
    "daily",
    day("2026-11-27", "WAREHOUSE_METERING", 0.5, 0.06, -0.05),
    day("2026-11-28", "WAREHOUSE_METERING", 9, 9, -9),
)
ALL = {"queries": QUERIES, "attribution": ATTRIBUTION, "metering": METERING, "daily": DAILY}


def read(warehouse, now=LATER, **more):
    return read_views(warehouse, SINCE, UNTIL, now=now, **more)


def test_all_views_by_their_times_and_of_queries_ours(warehouse, account):
    account.record(warehouse, **ALL)
    found = read(warehouse)
    assert found.refused == ()
    assert sorted(found.queries["QUERY_ID"]) == ["a", "first", "last"]
    assert sorted(found.attribution["QUERY_ID"]) == ["a", "inside"]
    assert found.metering["CREDITS_USED_COMPUTE"].astype(float).tolist() == [0.5, 0.7]
    assert found.metering["CREDITS_ATTRIBUTED_COMPUTE_QUERIES"].isna().tolist() == [False, True]
    assert len(found.daily) == 1
    assert found.latency == np.timedelta64(45, "m")
    assert len(account.asked) == 4  # the end is so long ago that the own history has nothing to add


def test_what_is_read_is_what_was_recorded(warehouse, account):
    account.record(warehouse, **ALL)
    found = consumption(read(warehouse), now=LATER)
    # 0.1 and, inside, 0.05 of 0.4; idle 0.1 x 0.15 / 0.4; the others have begun on the day too
    (line,) = found.lines
    assert (line.queries, float(line.compute), float(line.idle)) == (4, 0.15, 0.0375)
    assert (line.rows, line.spilled_local, line.elapsed) == (7, 5, 362.5)
    assert line.cloud_billed == 0


def test_no_grant_at_all_the_users_own_queries_of_seven_days(warehouse, account):
    account.history = [query("a", "08:00", 36), query("b", "08:30", 36, QUERY_TAG=None)]
    found = read(warehouse, now="2026-11-28")
    assert [one.view for one in found.refused] == [
        "QUERY_HISTORY",
        "QUERY_ATTRIBUTION_HISTORY",
        "WAREHOUSE_METERING_HISTORY",
        "METERING_DAILY_HISTORY",
    ]
    assert {one.code for one in found.refused} == {2003}
    assert "GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER" in found.refused[0].remedy
    assert "GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER" in found.refused[2].remedy
    assert found.latency == 0
    result = consumption(found, now=UNTIL)
    assert (float(result.total), result.basis) == (0.01, "estimate")
    assert result.lines[0].completeness == 1
    assert result.lines[0].spilled_local is None
    assert result.refused == found.refused


def test_with_usage_viewer_credits_are_attributed_and_metered(warehouse, account):
    account.record(warehouse, attribution=ATTRIBUTION, metering=METERING, daily=DAILY)
    account.history = [query("a", "08:10", 360.5), query("inside", "08:11", 10)]
    found = read(warehouse)
    assert [one.view for one in found.refused] == ["QUERY_HISTORY"]
    (line,) = consumption(found, now=LATER).lines
    assert (float(line.compute), float(line.idle), line.basis) == (0.15, 0.0375, "billed")
    assert line.elapsed == 360.5


def test_with_governance_viewer_alone_idle_is_not_known(warehouse, account):
    account.record(warehouse, queries=QUERIES, attribution=ATTRIBUTION)
    found = read(warehouse)
    assert [one.view for one in found.refused] == [
        "WAREHOUSE_METERING_HISTORY",
        "METERING_DAILY_HISTORY",
    ]
    (line,) = consumption(found, now=LATER).lines
    assert (float(line.compute), float(line.idle), line.basis) == (0.15, 0, "attributed")


@pytest.mark.parametrize("code", [2003, 2043, 3001])
def test_a_refusal_is_told_with_its_number(warehouse, account, code, caplog):
    account.errors.append(("QUERY_ATTRIBUTION", SnowflakeError("not authorized", code)))
    with caplog.at_level(logging.INFO):
        found = read(warehouse)
    refusal = found.refused[1]
    assert (refusal.view, refusal.code) == ("QUERY_ATTRIBUTION_HISTORY", code)
    assert f"(error {code:06d}): not authorized" in str(refusal)
    assert "QUERY_ATTRIBUTION_HISTORY is not read: not authorized" in caplog.text


def test_any_other_error_is_one(warehouse, account):
    account.errors.append(("QUERY_ATTRIBUTION", SnowflakeError("no warehouse is running", 606)))
    with pytest.raises(WarehouseError, match="no warehouse is running"):
        read(warehouse)


def test_the_session_alone_where_the_user_may_not_be_asked(warehouse, account):
    account.history = [query("a", "08:00", 36)]
    account.errors.append(("BY_USER", SnowflakeError("no", 3001)))
    found = read(warehouse)
    assert [one.view for one in found.refused][-1] == "QUERY_HISTORY_BY_USER"
    assert found.queries["QUERY_ID"].tolist() == ["a"]
    account.errors.append(("BY_SESSION", SnowflakeError("no", 3001)))
    found = read(warehouse)
    assert found.queries is None
    assert found.latency == np.timedelta64(45, "m")
    assert consumption(found, now=LATER).lines == ()


def test_the_latest_queries_come_from_the_own_history(warehouse, account):
    account.record(warehouse, **ALL)
    account.history = [
        query("last", "23:59:59", 1, ROWS_PRODUCED=99),
        query("new", "23:50", 36),
        query("tomorrow", at("00:00", day="2026-11-28"), 1),
        query("too old to be asked for", "20:00", 1),
    ]
    found = read(warehouse, now=UNTIL)
    assert sorted(found.queries["QUERY_ID"]) == ["a", "first", "last", "new"]
    rows = found.queries.set_index("QUERY_ID")["ROWS_PRODUCED"]
    assert rows["last"] == 0  # as it is recorded
    assert found.latency == 0
    assert "START => TO_TIMESTAMP_LTZ('2026-11-27 23:00:00" in account.asked[-1]
    assert "END => TO_TIMESTAMP_LTZ('2026-11-28 00:00:00" in account.asked[-1]


def test_the_future_is_not_asked_for(warehouse, account):
    read_views(warehouse, SINCE, "2026-12-31", now=UNTIL)
    assert "END => TO_TIMESTAMP_LTZ('2026-11-28 00:00:00" in account.asked[-1]


def test_seven_days_are_the_most_that_is_asked_for(warehouse, account):
    read_views(warehouse, "2026-11-01", "2026-11-28", now="2026-11-28")
    assert "START => TO_TIMESTAMP_LTZ('2026-11-21 00:05:00" in account.asked[-1]
    account.asked.clear()
    found = read_views(warehouse, "2026-11-01", "2026-11-02", now="2026-11-28")
    assert not [one for one in account.asked if "INFORMATION_SCHEMA" in one]
    assert found.queries is None


@pytest.mark.parametrize("number", [2, 3, 4, 7])
def test_more_rows_than_a_page_holds_come_page_by_page(warehouse, account, monkeypatch, number):
    monkeypatch.setattr("evforecast.inwarehouse.credits.statements.AT_ONCE", 3)
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    times = [at("08:00") + pd.Timedelta(minutes=n // 2) for n in range(number)]  # two at a time
    account.history = [query(str(n), time, 1) for n, time in enumerate(times)]
    found = read(warehouse)
    assert sorted(found.queries["QUERY_ID"]) == [str(n) for n in range(number)]
    pages = [one for one in account.asked if "INFORMATION_SCHEMA" in one]
    assert len(pages) == {2: 1, 3: 2, 4: 2, 7: 4}[number]


def test_more_in_one_instant_than_a_page_holds_is_said(warehouse, account, monkeypatch):
    monkeypatch.setattr("evforecast.inwarehouse.credits.statements.AT_ONCE", 3)
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    account.history = [query(str(n), "08:00", 1) for n in range(4)]
    with pytest.raises(WarehouseError, match="3 queries ended at 2026-11-27T08:00:01"):
        read(warehouse)


def test_whole_hours_and_days_are_read(warehouse, account, monkeypatch):
    bound = []
    run = warehouse.run
    monkeypatch.setattr(
        warehouse, "run", lambda sql, values=(): bound.append(list(values)) or run(sql, values)
    )
    account.record(warehouse, **ALL)
    bound.clear()
    read_views(warehouse, "2026-11-27 08:20", "2026-11-27 09:20", now=LATER)
    assert bound[0][:2] == ["2026-11-27 08:20:00+00:00", "2026-11-27 09:20:00+00:00"]
    assert bound[2] == ["2026-11-27 08:00:00+00:00", "2026-11-27 10:00:00+00:00"]
    assert bound[3] == ["2026-11-27", "2026-11-28"]


def test_empty_views_are_frames_without_rows(warehouse, account):
    account.record(warehouse, **{view: frame(view) for view in ALL})
    found = read(warehouse, now=UNTIL)
    for view, columns in COLUMNS.items():
        assert list(getattr(found, view).columns) == list(columns)
        assert getattr(found, view).empty
    assert consumption(found, now=UNTIL).lines == ()


def test_what_cannot_be_read_is_said(warehouse, account, duckdb):
    with pytest.raises(InputError, match="is not before until"):
        read_views(warehouse, UNTIL, UNTIL)
    with pytest.raises(InputError, match="costs no credits"):
        read_views(duckdb, SINCE, UNTIL)
    assert account.asked == []


def test_a_name_of_a_run_that_looks_like_sql(warehouse, account):
    name = "'; DROP TABLE x; --"
    account.record(
        warehouse, queries=frame("queries", query("a", "08:00", 36, QUERY_TAG=tag(run=name)))
    )
    assert [line.run for line in consumption(read(warehouse), now=LATER).lines] == [name]


# ----------------------------------------------------------------------------------------------- live


@pytest.mark.live
def test_a_real_account_knows_what_a_tagged_query_did():
    from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

    settings = SnowflakeSettings.from_environment()
    if not (settings.account or settings.connection):
        pytest.skip("EVFORECAST_SNOWFLAKE_ACCOUNT or _CONNECTION names no Snowflake account")
    run = f"evforecast-test-{uuid.uuid4().hex}"
    with SnowflakeWarehouse.connect(settings) as real:
        before = [parameter(real, name) for name in ("QUERY_TAG", "STATEMENT_TIMEOUT_IN_SECONDS")]
        with (
            Budget(1).guard(real, run=run) as meter,
            tagged(real, step="predict", run=run, as_of=utc_now()),
        ):
            assert real.run("SELECT COUNT(*) FROM TABLE(GENERATOR(ROWCOUNT => 1000))") == [(1000,)]
            meter.check()
        after = [parameter(real, name) for name in ("QUERY_TAG", "STATEMENT_TIMEOUT_IN_SECONDS")]
        assert [one.value for one in after] == [one.value for one in before]
        now = utc_now()
        views = read_views(
            real, now - np.timedelta64(1, "h"), now + np.timedelta64(1, "s"), now=now
        )
        (line,) = [line for line in consumption(views, now=now).lines if line.run == run]
        assert (line.step, line.failed) == ("predict", 0)
        assert line.queries >= 1

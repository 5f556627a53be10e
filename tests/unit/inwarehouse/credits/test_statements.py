import numpy as np
import pytest

from evforecast.inwarehouse.credits.statements import (
    ATTRIBUTION,
    DAILY,
    METERING,
    OURS,
    QUERIES,
    own_history,
    view,
)
from evforecast.inwarehouse.credits.tags import Tag
from evforecast.inwarehouse.credits.views import COLUMNS

sqlglot = pytest.importorskip("sqlglot")
WHEN = np.datetime64("2026-11-28T08:15:00.5", "us")
VIEWS = {QUERIES: "queries", ATTRIBUTION: "attribution", METERING: "metering", DAILY: "daily"}


@pytest.mark.parametrize("table", VIEWS, ids=lambda table: table.name)
def test_the_query_of_a_view_is_grammatical_and_binds_its_values(table):
    sql, values = view(table)
    parsed = sqlglot.parse_one(sql, read="snowflake")
    assert parsed.named_selects == list(COLUMNS[VIEWS[table]])
    assert len(list(parsed.find_all(sqlglot.exp.Placeholder))) == len(values) == sql.count("?")
    assert f'FROM "SNOWFLAKE"."ACCOUNT_USAGE"."{table.name}"' in sql
    assert "evforecast" not in sql


def test_times_come_as_utc_whatever_the_session_has():
    assert "CONVERT_TIMEZONE('UTC', START_TIME)::TIMESTAMP_NTZ AS START_TIME" in view(QUERIES)[0]


def test_all_warehouses_are_read_and_of_queries_ours():
    assert "QUERY_TAG" not in view(METERING)[0]
    assert view(QUERIES)[0].endswith("AND QUERY_TAG LIKE ?")
    assert view(ATTRIBUTION)[1] == ("since", "until", "ours") * 2


def test_the_pattern_is_that_of_our_tags():
    inside = OURS.strip("%")
    assert inside in Tag("predict", "r1", "").text
    assert "_" not in inside


@pytest.mark.parametrize("scope", ["USER", "SESSION"])
def test_the_own_history_names_its_times_and_filters_nothing(scope):
    sql = own_history(scope, np.datetime64("2026-11-28", "s"), WHEN)
    parsed = sqlglot.parse_one(sql, read="snowflake")
    assert parsed.named_selects == list(COLUMNS["queries"])
    assert (
        f"INFORMATION_SCHEMA.QUERY_HISTORY_BY_{scope}(END_TIME_RANGE_START => "
        "TO_TIMESTAMP_LTZ('2026-11-28 00:00:00.000000+00:00'), END_TIME_RANGE_END => "
        "TO_TIMESTAMP_LTZ('2026-11-28 08:15:00.500000+00:00'), RESULT_LIMIT => 10000)"
    ) in sql
    assert "WHERE" not in sql
    assert "NULL AS BYTES_SPILLED_TO_LOCAL_STORAGE" in sql  # the functions have no such column

import dataclasses

import numpy as np
import pandas as pd
import pytest

from evforecast.inwarehouse.handler import INPUT
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.rows import INPUT_COLUMNS, RowsQuery, latest
from evforecast.warehouse import DUCKDB, SNOWFLAKE, TableName

QUARTER = np.timedelta64(900, "s")


def query_of(**options):
    facts = {"lookback": 193, "step": QUARTER, **options}
    table = TableName.parse
    return RowsQuery(DUCKDB, table("status_grid"), table("evse"), facts.pop("exog", None), **facts)


def asked(warehouse, query, cutoff):
    """Return the rows as a frame, and the partition of each."""
    sql = query.sql(cutoff if isinstance(cutoff, str) else instant(DUCKDB, cutoff))
    rows = pd.DataFrame(warehouse.run(sql), columns=["partition", *INPUT])
    return rows.drop(columns="partition"), rows["partition"]


def as_set(frame):
    """Return rows to be compared in any order, gaps as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    plain["time"] = [None if time is None else pd.Timestamp(time) for time in plain["time"]]
    return sorted(map(repr, plain.itertuples(index=False)))


@pytest.mark.parametrize("lookback", [1, 193, 5000])
@pytest.mark.parametrize("row", [899, 500])
def test_rows_are_those_written_one_by_one(warehouse, context, rows_of, lookback, row):
    found, partition = asked(warehouse, query_of(lookback=lookback), context.times[row])
    expected = rows_of(context.head(row + 1), lookback)
    assert as_set(found) == as_set(expected)
    assert set(partition) == {0}


def test_series_too(warehouse, context, rows_of):
    exog = TableName.parse("weather")
    query = query_of(exog=exog, series=("temperature", "rain_level"))
    found, _ = asked(warehouse, query, context.cutoff)
    expected = rows_of(context, 193, series=["temperature", "rain_level"])
    with_value = found[found["series"].isna() | found["value"].notna()]
    assert as_set(with_value) == as_set(expected)


def test_a_name_of_a_series_is_a_text(warehouse, context):
    warehouse.run('ALTER TABLE weather RENAME COLUMN temperature TO "it\'s hot"')
    query = query_of(exog=TableName.parse("weather"), series=("it's hot",), lookback=2)
    found, _ = asked(warehouse, query, context.cutoff)
    assert set(found["series"].dropna()) == {"it's hot"}


def test_the_latest_time_is_a_cutoff(warehouse, context):
    query = query_of()
    later, _ = asked(warehouse, query, latest(query.grid))
    named, _ = asked(warehouse, query, context.cutoff)
    assert as_set(later) == as_set(named)


def test_partitions_hold_whole_locations_and_every_row(warehouse, context):
    one, _ = asked(warehouse, query_of(), context.cutoff)
    found, partition = asked(warehouse, query_of(per_partition=2), context.cutoff)
    parts = set(partition)
    assert len(parts) > 2
    # the first time stands in each partition
    of_charger = found["evse_id"].notna()
    assert as_set(found[of_charger]) == as_set(one[one["evse_id"].notna()])
    assert set(partition[~of_charger]) == parts
    place = found["evse_id"].map(context.evse["location_id"])
    assert partition[of_charger].groupby(place[of_charger]).nunique().max() == 1


def test_a_charger_that_is_not_in_the_table_is_not_lost(warehouse, context):
    warehouse.run(
        f"INSERT INTO status_grid VALUES ('{context.cutoff}', 'stray', 3), "
        f"('{context.cutoff - QUARTER}', 'stray', 3)"
    )
    found, partition = asked(warehouse, query_of(per_partition=2), context.cutoff)
    mine = found[found["evse_id"] == "stray"]
    assert sorted(mine["code"].fillna(-1).tolist()) == [-1, 3, 3]
    assert len(set(partition[mine.index])) == 1
    assert mine["location_id"].isna().all()


def test_a_sample_is_of_whole_locations_and_always_the_same(warehouse, context):
    evse = context.evse["location_id"]
    found, _ = asked(warehouse, query_of(percent=50), context.cutoff)
    again, _ = asked(warehouse, query_of(percent=50), context.cutoff)
    assert as_set(found) == as_set(again)
    chosen = set(found["evse_id"].dropna())
    assert 0 < len(chosen) < len(evse)
    for place in evse.unique():
        members = set(evse.index[evse == place])
        assert members <= chosen or not members & chosen
    assert set(found.dropna(subset="code")["evse_id"]) <= chosen


def test_statuses_are_counted_alone(warehouse, context):
    query = query_of(lookback=10)
    found = warehouse.run(query.seen(instant(DUCKDB, context.cutoff)))
    assert len(found) == int((context.tail(10).codes >= 0).sum())


def test_columns_have_the_types_of_the_function():
    assert [column.name for column in INPUT_COLUMNS] == list(INPUT)
    assert {column.kind for column in INPUT_COLUMNS} == {"text", "timestamp", "int2", "float8"}


def test_it_is_grammatical_in_snowflake():
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot comes with the emulator only")
    query = dataclasses.replace(
        query_of(
            exog=TableName.parse('a."b c".d'), series=('a "series"',), per_partition=7, percent=5
        ),
        dialect=SNOWFLAKE,
    )
    parsed = sqlglot.parse_one(query.sql(latest(query.grid)), dialect="snowflake")
    tables = {table.name for table in parsed.find_all(sqlglot.exp.Table)}
    assert {"status_grid", "evse", "d"} <= tables

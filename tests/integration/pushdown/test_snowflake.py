"""Preparation in Snowflake's SQL: run by its connector on the emulator, and read by a parser."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import evforecast as ev
from evforecast.features import FeatureTable, feature_names, lag_feature_names, lag_features
from evforecast.inwarehouse.pushdown import (
    GROUPS_IN_SQL,
    GridRows,
    LogTable,
    PanelTable,
    Resampling,
    create_grid_window,
    feature_query,
    grid_query,
    grid_window,
    lag_query,
    latest_query,
    to_grid,
    write_features,
)
from evforecast.panel import STATUS, VOCABULARIES, Calendar, StatusLog
from evforecast.timegrid import as_step, as_time
from evforecast.warehouse import SNOWFLAKE, Column, FileFormat, TableName

pytestmark = [
    pytest.mark.integration,
    # the emulator's own, about how it asks DuckDB 2
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result makes an extra copy"),
]

LOG = (
    Column("evse_id", "text"),
    Column("collected_at", "timestamp"),
    Column("observed_at", "timestamp"),
    Column("status", "text"),
    Column("n", "int8"),
)


@pytest.fixture(scope="module")
def warehouse(emulator):
    import fakesnow

    from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

    settings = SnowflakeSettings(
        "fakesnow", "fake", password="snow", database="pushdown", schema="s1"
    )
    with fakesnow.patch(), SnowflakeWarehouse.connect(settings) as opened:
        yield opened


def load(warehouse, tmp_path, name, columns, frame):
    """Make a table of a frame, by the stage."""
    table, file = TableName((name,)), tmp_path / f"{name}.parquet"
    rows = pa.Table.from_pandas(frame[[column.name for column in columns]], preserve_index=False)
    pq.write_table(rows, file, coerce_timestamps="us", version="2.6")
    warehouse.create(table, columns, transient=True)
    warehouse.put([file], name)
    warehouse.copy_into(table, columns, name, {file.name: FileFormat("parquet")})
    warehouse.purge(name)


@pytest.fixture
def panel(warehouse, tmp_path):
    """Return a panel with gaps whose tables are in the warehouse."""
    rng = np.random.default_rng(0)
    plain = ev.simulate(n_evse=4, days=9, random_state=0)
    codes = np.where(rng.random(plain.codes.shape) < 0.1, -1, plain.codes).astype(np.int8)
    made = ev.StatusPanel(codes, plain.grid, plain.evse, tz="Europe/Paris")
    row, unit = np.nonzero(codes >= 0)
    ids = made.evse.index.to_numpy(dtype=object)
    cells = {"time": made.grid.times[row], "evse_id": ids[unit], "code": codes[row, unit]}
    columns = (Column("time", "timestamp"), Column("evse_id", "text"), Column("code", "int2"))
    load(warehouse, tmp_path, "status_grid", columns, pd.DataFrame(cells))
    chargers = made.evse.reset_index()
    load(
        warehouse,
        tmp_path,
        "evse",
        (Column("evse_id", "text"), Column("location_id", "text")),
        chargers,
    )
    return made


def random_log(seed):
    """Return a log with duplicates, ties, gaps, late rows, no status and unknown words."""
    rng = np.random.default_rng(seed)
    n = 80
    observed = as_time("2020-10-24T23:00") + (rng.integers(0, 72, n) * 200).astype("timedelta64[s]")
    later = (rng.integers(0, 4, n) * 600).astype("timedelta64[s]")
    words = np.array([*STATUS.names, None, "on fire"], dtype=object)
    return pd.DataFrame(
        {
            "evse_id": rng.choice(np.array(["a", "b", "c"], dtype=object), n),
            "collected_at": observed + later,
            "observed_at": observed,
            "status": words[rng.integers(0, len(words), n)],
            "n": np.arange(n),
        }
    )


@pytest.mark.parametrize("age", [None, "1h"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_grid_is_the_panel_also_bit_by_bit(warehouse, tmp_path, seed, age):
    frame = random_log(seed)
    load(warehouse, tmp_path, "status", LOG, frame)
    for name in ("grid_of_log", "apart"):
        warehouse.drop(TableName((name,)))
    log = LogTable("status", duplicates="last", order="n")
    plan = Resampling(log, "15min", age, into="grid_of_log", apart="apart")
    middle = frame["collected_at"].median().to_pydatetime()
    used = frame[frame["status"] != "on fire"]
    for times in ({"as_of": middle}, {"collected_after": middle}, {}):
        done = to_grid(warehouse, plan, **times)
    assert (done.written, done.removed) == (0, 0)
    assert done.set_apart == len(frame) - len(used)
    panel = StatusLog(used, tz="UTC", duplicates="last").to_panel("15min", max_age=age)
    row, unit = np.nonzero(panel.codes >= 0)
    want = {
        (pd.Timestamp(panel.grid.times[r]).to_pydatetime(), panel.evse.index[u], panel.codes[r, u])
        for r, u in zip(row, unit, strict=True)
    }
    found = warehouse.run('SELECT "time", "evse_id", "code" FROM "grid_of_log"')
    assert len(found) == len(want)
    assert set(found) == want
    reasons = warehouse.run('SELECT DISTINCT "reason" FROM "apart"')
    assert reasons == [("unknown word",)]


def test_the_words_of_a_feed_are_mapped(warehouse, tmp_path):
    words = [*VOCABULARIES["belib"].words, "", "no such word", None]
    frame = random_log(0).head(len(words)).assign(status=words)
    load(warehouse, tmp_path, "status", LOG, frame)
    log = LogTable("status", words=VOCABULARIES["belib"])
    rows = warehouse.run(f'SELECT {log.code(SNOWFLAKE)} FROM "status" ORDER BY "n"')
    want = VOCABULARIES["belib"].decode(words, unknown="missing").codes.tolist()
    assert [-1 if code is None else code for (code,) in rows] == want


def test_the_tables_of_features_are_those_of_the_panel(warehouse, panel):
    table = PanelTable.of(panel.grid.start, panel.grid.last, tz=panel.tz)
    order = np.argsort(panel.evse.index.to_numpy())
    names = lag_feature_names(panel.scheme.names)
    listed = ", ".join(f'"{name}"' for name in names)
    query = lag_query(SNOWFLAKE, table, stop=panel.n_time + 1)
    rows = warehouse.run(f'SELECT {listed} FROM ({query}) ORDER BY "time", "evse_id"')
    want = lag_features(panel, stop=panel.n_time + 1)[:, :, order].transpose(1, 2, 0)
    np.testing.assert_array_equal(
        np.array(rows, np.float64).astype(np.float32).reshape(want.shape), want
    )

    groups = [group for group in GROUPS_IN_SQL if group != "profile"]
    assert write_features(warehouse, table, [4], groups=groups) == panel.n_evse
    listed = ", ".join(f'"{name}"' for name in feature_names(panel.scheme.names, groups))
    rows = warehouse.run(f'SELECT {listed} FROM "features" ORDER BY "evse_id"')
    cutoff = np.full(panel.n_evse, panel.n_time - 1)
    want = FeatureTable(panel, groups=groups).at(cutoff, order, 4)
    np.testing.assert_array_equal(np.array(rows, np.float64).astype(np.float32), want)


def test_the_window_of_a_cutoff_is_read(warehouse, panel):
    rows = warehouse.run(grid_window(SNOWFLAKE, panel.cutoff, 10))
    assert len(rows) == (panel.tail(10).codes >= 0).sum()


def statements():
    """Return all that is written for Snowflake, by name."""
    log = LogTable("status", words=VOCABULARIES["belib"], duplicates="last", order="n")
    day, step = as_time("2020-10-25"), as_step("15min")
    table = PanelTable.of("2020-10-25", "2020-10-26", tz="Europe/Paris", grid="raw.status_grid")
    calendar = Calendar.of(public=["2020-10-25"], school=["2020-10-26"])
    rows = GridRows(day, day + 9 * step, step, 5 * step)
    return {
        "grid": grid_query(SNOWFLAKE, log, rows, as_of=day),
        "set apart": log.set_apart(SNOWFLAKE, rows.span(day)),
        "repeats": log.repeats(SNOWFLAKE, rows.span(day)),
        "latest": latest_query("status", ["evse_id", "collected_at"], ["n"]),
        "lags": lag_query(SNOWFLAKE, table, start=0),
        "features": feature_query(SNOWFLAKE, table, 4, calendar=calendar),
        "window": grid_window(SNOWFLAKE, day, 773),
        "function": create_grid_window(SNOWFLAKE),
    }


@pytest.mark.parametrize("name", statements())
def test_a_parser_of_snowflake_reads_every_statement(name):
    sqlglot = pytest.importorskip("sqlglot", reason="sqlglot is not installed")
    sql = statements()[name]
    parsed = sqlglot.parse_one(sql, read="snowflake")
    assert not list(parsed.find_all(sqlglot.exp.Command))
    # what the emulator cannot run is not known to work
    assert not [join for join in parsed.find_all(sqlglot.exp.Join) if join.method == "ASOF"]

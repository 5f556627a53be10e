"""A warehouse in a file, panels and logs in it, and the emulated Snowflake beside it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

import evforecast as ev
from evforecast.panel import STATUS, StatusPanel
from evforecast.timegrid import TimeGrid, as_time
from evforecast.warehouse import DuckDBWarehouse

BEFORE_AUTUMN = as_time("2020-10-20")  # the clocks of Paris went back on the 25th


@pytest.fixture(scope="module")
def duck(tmp_path_factory):
    with DuckDBWarehouse(tmp_path_factory.mktemp("warehouse") / "ev.duckdb") as warehouse:
        yield warehouse


@pytest.fixture
def fill(duck, tmp_path):
    """Return what makes a table of a frame."""

    def filled(name, frame):
        file, table = (
            tmp_path / f"{name}.parquet",
            pa.Table.from_pandas(frame, preserve_index=False),
        )
        # a column of nothing is text in a warehouse
        texts = [
            field.with_type(pa.string()) if pa.types.is_null(field.type) else field
            for field in table.schema
        ]
        pq.write_table(table.cast(pa.schema(texts)), file, coerce_timestamps="us", version="2.6")
        duck.run(f"CREATE OR REPLACE TABLE \"{name}\" AS SELECT * FROM read_parquet('{file}')")

    return filled


@pytest.fixture
def put(fill):
    """Return what makes the tables of a panel."""

    def filled(panel):
        row, unit = np.nonzero(panel.codes >= 0)
        ids = panel.evse.index.to_numpy(dtype=object)
        cells = {
            "time": panel.grid.times[row],
            "evse_id": ids[unit],
            "code": panel.codes[row, unit],
        }
        fill("status_grid", pd.DataFrame(cells).astype({"code": "int16"}))
        fill("evse", panel.evse.reset_index()[["evse_id", "location_id"]])

    return filled


@pytest.fixture(scope="session")
def gappy():
    """Return a panel with gaps, one charger never seen and others seen late, over the end of summer time."""

    def made(seed, n_evse=6, days=10):
        rng = np.random.default_rng(seed)
        panel = ev.simulate(n_evse=n_evse, days=days, random_state=seed)
        codes = panel.codes.copy()
        codes[rng.random(codes.shape) < rng.choice([0.05, 0.5])] = -1
        codes[: rng.integers(1, 30), :3] = -1
        codes[:, 1] = -1
        grid = TimeGrid(BEFORE_AUTUMN, panel.step, panel.n_time)
        return StatusPanel(codes, grid, panel.evse, tz="Europe/Paris")

    return made


_OFFSETS = st.one_of(st.integers(0, 4 * 3600), st.integers(0, 24).map(lambda n: n * 600))
_ROWS = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    _OFFSETS,  # observed: on the grid now and then, and at the same time as others
    st.one_of(st.just(0), st.integers(-100, 3000)),  # collected so much later
    st.sampled_from([*STATUS.names, None, "on fire"]),
)


def log_frame(rows):
    """Return rows of a log as a frame; ``n`` is their order."""
    base = as_time("2020-10-24T23:00")
    observed = base + np.array([row[1] for row in rows], dtype="timedelta64[s]")
    later = np.array([row[2] for row in rows], dtype="timedelta64[s]")
    return pd.DataFrame(
        {
            "evse_id": np.array([row[0] for row in rows], dtype=object),
            "observed_at": observed,
            "collected_at": observed + later,
            "status": pd.Series([row[3] for row in rows], dtype=object),
            "n": np.arange(len(rows)),
        }
    )


@pytest.fixture(scope="session")
def log_frames():
    """Return a strategy of logs: duplicates, ties, gaps, out of order, unknown words."""
    return st.lists(_ROWS, min_size=1, max_size=40).map(log_frame)


def cells_of(panel):
    """Return the cells of a panel that are not missing, as rows of a grid."""
    row, unit = np.nonzero(panel.codes >= 0)
    times = pd.DatetimeIndex(panel.grid.times[row]).to_pydatetime()
    ids = panel.evse.index.to_numpy(dtype=object)[unit]
    return sorted(zip(times.tolist(), ids.tolist(), panel.codes[row, unit].tolist(), strict=True))


@pytest.fixture(scope="session")
def cells():
    return cells_of

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from evforecast.errors import FileFormatError
from evforecast.panel import (
    StatusForecast,
    StatusLog,
    StatusPanel,
    StatusScheme,
    evse_table,
    storage,
)
from evforecast.timegrid import TimeGrid, as_step, as_time


@pytest.fixture
def panel():
    rng = np.random.default_rng(0)
    grid = TimeGrid(as_time("2020-10-24"), as_step("5min"), 50)
    table = evse_table(
        ["a", 'b "quoted"', "c"],
        pd.DataFrame({"evse_id": ["a"], "lat": [48.1], "street": ["rue É"], "kw": [7.5]}),
    )
    exog = pd.DataFrame({"rain": rng.random(50, np.float32)}, index=pd.DatetimeIndex(grid.times))
    exog.iloc[3] = np.nan
    codes = rng.integers(-1, 5, (50, 3)).astype(np.int8)
    codes[:, 2] = -1
    return StatusPanel(codes, grid, table, exog=exog, tz="Europe/Paris")


def test_panel_round_trip(panel, tmp_path):
    panel.save(tmp_path / "p.parquet")
    assert StatusPanel.load(tmp_path / "p.parquet").equals(panel)


def test_an_empty_panel_round_trips(panel, tmp_path):
    empty = panel.until("2000-01-01")
    empty.save(tmp_path / "p.parquet")
    again = StatusPanel.load(tmp_path / "p.parquet")
    assert again.n_time == 0
    assert again.evse.equals(panel.evse)


def test_names_travel_with_the_codes(panel, tmp_path):
    path = tmp_path / "p.parquet"
    panel.save(path)
    rows = duckdb.read_parquet(str(path)).project('"evse:a"').fetchall()
    assert [row[0] for row in rows] == panel.scheme.decode(panel.codes[:, 0]).tolist()


def test_another_order_of_names_in_the_dictionary_does_not_matter(panel, tmp_path):
    path = tmp_path / "p.parquet"
    scheme = StatusScheme(panel.scheme.names[::-1], panel.scheme.coarsenings)
    turned = np.where(panel.codes >= 0, 4 - panel.codes, -1).astype(np.int8)
    other = StatusPanel(turned, panel.grid, panel.evse, scheme=scheme)
    other.save(path)
    again = StatusPanel.load(path)
    assert again.scheme.names == scheme.names
    assert (again.scheme.decode(again.codes) == panel.scheme.decode(panel.codes)).all()


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_damaged_files_are_named(panel, tmp_path, damage):
    path = tmp_path / "p.parquet"
    panel.save(path)
    whole = path.read_bytes()
    path.write_bytes(
        {"cut": whole[: len(whole) // 2], "text": b"time,a\n1,2\n", "empty": b""}[damage]
    )
    with pytest.raises(FileFormatError, match=r"p\.parquet: not a readable Parquet file"):
        StatusPanel.load(path)


def test_other_kinds_of_files_are_refused(panel, tmp_path):
    path = tmp_path / "p.parquet"
    panel.save(path)
    with pytest.raises(FileFormatError, match="holds panel"):
        StatusForecast.load(path)
    with pytest.raises(FileFormatError, match="where a log"):
        StatusLog.load(path)
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(FileFormatError, match="no evforecast object"):
        StatusPanel.load(path)
    with pytest.raises(FileNotFoundError):
        StatusPanel.load(tmp_path / "nothing.parquet")


def test_a_failed_write_leaves_the_old_file_and_no_rest(panel, tmp_path, monkeypatch):
    path = tmp_path / "p.parquet"
    panel.save(path)
    before = path.read_bytes()

    def fail(_table, where, **_options):
        where.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OSError, match="No space"):
        panel.head(3).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.parquet"]


def test_format_number_is_checked(panel, tmp_path, monkeypatch):
    panel.save(tmp_path / "p.parquet")
    monkeypatch.setattr(storage, "_FORMAT", 2)
    with pytest.raises(FileFormatError, match="format 1"):
        StatusPanel.load(tmp_path / "p.parquet")

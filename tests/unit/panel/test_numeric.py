import numpy as np
import pandas as pd
import pytest

from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    InputError,
    MissingColumnsError,
    UnknownStatusError,
)
from evforecast.panel import StatusPanel, evse_table
from evforecast.timegrid import TimeGrid, as_step, as_time


def make(n_time=20):
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 5, (n_time, 5)).astype(np.int8)
    ids = ["S0-T0", "S0-T1", "S1-T0", "S1-T1", "S2-T0"]
    table = evse_table(ids, pd.DataFrame({"evse_id": ids, "area": ["x", "x", "y", "y", None]}))
    grid = TimeGrid(as_time("2020-10-24 22:00"), as_step("15min"), n_time)
    return StatusPanel(codes, grid, table)


def test_multiindex_round_trip_and_equality_with_pandas_own_way():
    panel = make()
    y = panel.to_multiindex()
    assert y.index.is_monotonic_increasing
    slow = panel.to_long().set_index(["evse_id", "time"]).sort_index()
    assert (y["status"].to_numpy() == slow["status"].cat.codes.to_numpy()).all()
    assert StatusPanel.from_multiindex(y, evse=panel.evse).equals(panel)
    sparse = panel.to_multiindex(drop_missing=True).sample(frac=1, random_state=0)
    assert StatusPanel.from_multiindex(sparse, evse=panel.evse).equals(panel)


def test_multiindex_slices_keep_only_their_times():
    panel = make()
    y = panel.to_multiindex()
    part = y[y.index.get_level_values("time") >= "2020-10-25"]
    assert StatusPanel.from_multiindex(part).grid.start == np.datetime64("2020-10-25")


def test_multiindex_refuses():
    y = make().to_multiindex()
    with pytest.raises(InputError, match="1 index levels"):
        StatusPanel.from_multiindex(y.droplevel(0))
    with pytest.raises(EmptyInputError):
        StatusPanel.from_multiindex(y.head(0))
    with pytest.raises(DuplicateObservationError):
        StatusPanel.from_multiindex(pd.concat([y, y.head(1)]))
    with pytest.raises(InputError, match="table of chargers lacks"):
        StatusPanel.from_multiindex(y, evse=evse_table(["other"]))


def test_onehot_sums_to_one_or_is_missing():
    panel = make()
    onehot = panel.to_onehot()
    y = panel.to_multiindex()["status"].to_numpy()
    assert onehot.dtypes.eq(np.float32).all()
    assert (onehot.sum(axis=1)[y >= 0] == 1).all()
    assert onehot[y < 0].isna().all(axis=None)
    assert (onehot[y >= 0].to_numpy().argmax(axis=1) == y[y >= 0]).all()


def test_counts_against_a_slow_group_by():
    panel = make(30)
    counts = panel.to_counts(by="area", status=["charging", "passive"])
    long = panel.to_long(drop_missing=True)
    long["area"] = long.evse_id.astype(str).map(panel.evse.area).fillna("unknown")
    long["time"] = long.time.dt.tz_localize(None)  # counts are naive UTC, for sktime
    long["hit"] = long.status.isin(["charging", "passive"])
    slow = long.groupby(["time", "area"]).hit.sum().unstack().reindex(counts.index)  # noqa: PD010 - the slow way
    pd.testing.assert_frame_equal(
        counts, slow[counts.columns].astype(float), check_names=False, check_freq=False
    )
    assert (panel.to_counts(by=None)["all"].dropna() <= panel.n_evse).all()


def test_counts_refuse():
    with pytest.raises(MissingColumnsError, match="table of chargers"):
        make().to_counts(by="street")
    with pytest.raises(UnknownStatusError):
        make().to_counts(status="busy")

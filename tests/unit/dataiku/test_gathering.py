import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.dataiku.gathering import Gathered
from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    InputError,
    IrregularTimeError,
)
from evforecast.panel import StatusPanel

STEP = np.timedelta64(900, "s")
START = np.datetime64("2020-11-08T00:00:00", "s")

CELLS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 12), st.integers(0, 4)), min_size=1, max_size=60
)


def chunk(cells):
    rows, places, codes = zip(*cells, strict=True)
    return (
        START + np.array(rows) * STEP,
        pd.Series([f"{place:03d}" for place in places], dtype=object),
        np.array(codes, dtype=np.int8),
    )


def gathered(chunks, duplicates="last"):
    found = Gathered(STEP, "test", duplicates)
    for cells in chunks:
        found.add(*chunk(cells))
    grid, codes = found.result()
    return StatusPanel(codes.copy(), grid, found.ids)


@given(CELLS, st.integers(1, 10), st.sampled_from(["last", "first"]))
def test_same_as_a_panel_from_one_frame(cells, size, duplicates):
    chunks = [cells[i : i + size] for i in range(0, len(cells), size)]
    times, ids, codes = chunk(cells)
    frame = pd.DataFrame({"time": times, "evse_id": ids, "status": codes})
    whole = StatusPanel.from_long(frame, step="15min", tz="UTC", duplicates=duplicates)
    found = gathered(chunks, duplicates)
    assert found.evse_ids == whole.evse_ids
    assert found.grid == whole.grid
    np.testing.assert_array_equal(found.codes, whole.codes)


@pytest.mark.parametrize(
    "chunks", [[[(0, 0, 1), (0, 0, 2)]], [[(0, 0, 1)], [(0, 0, 2)]]], ids=["in one", "in two"]
)
def test_repeats_raise_if_asked(chunks):
    with pytest.raises(DuplicateObservationError, match="000 at 2020-11-08T00:00:00") as caught:
        gathered(chunks, "raise")
    assert caught.value.count == 1


def test_missing_is_no_observation():
    found = Gathered(STEP, "test", "last")
    found.add(*chunk([(0, 0, 1), (1, 1, -1)]))
    found.add(*chunk([(0, 0, -1)]))
    assert found.ids == ["000"]
    assert found.result()[1].tolist() == [[1]]


def test_off_the_grid():
    found = Gathered(STEP, "dataset X", "last")
    found.add(START + np.array([300], "m8[s]"), pd.Series(["a"]), np.array([1], np.int8))
    with pytest.raises(IrregularTimeError, match=r"dataset X: 1 times .* read_log"):
        found.add(*chunk([(0, 0, 1)]))
    assert found.result()[0].start == START + np.timedelta64(300, "s")


def test_nothing():
    with pytest.raises(EmptyInputError, match="no status was observed"):
        Gathered(STEP, "test", "last").result()
    with pytest.raises(InputError, match="duplicates"):
        Gathered(STEP, "test", "never")

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evforecast as ev
from evforecast.panel import fingerprint as fingerprint_module
from evforecast.panel.fingerprint import panel_fingerprint
from evforecast.timegrid import TimeGrid, as_step, as_time

CODES = np.array([[0, 1, -1], [2, 3, 4]], np.int8)
EVSE = pd.DataFrame({"evse_id": ["a", "b", "c"], "area": ["75011", None, "x"], "lat": [48.8, 0, 1]})


def panel(codes=CODES, start="2020-10-25", step="15min", evse=EVSE, exog=None, **options):
    table = ev.panel.evse_table(list(evse["evse_id"]), evse)
    grid = TimeGrid(as_time(start), as_step(step), len(codes))
    made = ev.StatusPanel(codes, grid, table, **options)
    if exog is not None:
        made = made.with_exog(pd.DataFrame(exog, index=pd.DatetimeIndex(grid.times)))
    return made


def test_it_is_the_same_everywhere():
    # What a card says of its data must hold on another machine, with other versions of the packages.
    known = "1f2b42228d20f679b9695ceff431459e08015d13351bfaf2e92e1bd0a3c46858"
    assert panel_fingerprint(panel(exog={"t": [1.5, np.nan]}, tz="Europe/Paris")) == known


OTHERS = {
    "a status": panel(np.array([[0, 1, -1], [2, 3, 3]], np.int8)),
    "a missing one": panel(np.array([[0, 1, -1], [2, 3, -1]], np.int8)),
    "turned": panel(CODES.reshape(3, 2), evse=EVSE.head(2)),
    "start": panel(start="2020-10-26"),
    "step": panel(step="5min"),
    "zone": panel(tz="Europe/Paris"),
    "names": panel(scheme=ev.StatusScheme(("a", "b", "c", "d", "e"))),
    "ids": panel(evse=EVSE.assign(evse_id=["a", "b", "d"])),
    "ids in another order": panel(evse=EVSE.iloc[[1, 0, 2]]),
    "area": panel(evse=EVSE.assign(area=["75012", None, "x"])),
    "no area": panel(evse=EVSE.assign(area=["75011", "None", "x"])),
    "latitude": panel(evse=EVSE.assign(lat=[48.8, 0, 1.0000001])),
    "another column": panel(evse=EVSE.assign(kilowatts=[7, 22, 50])),
    "weather": panel(exog={"t": [1.0, 2.0]}),
    "other weather": panel(exog={"t": [1.0, np.nan]}),
    "weather by another name": panel(exog={"u": [1.0, 2.0]}),
    "weather without a column": panel(exog={}),
}


def test_what_differs_in_anything_has_another():
    prints = {name: panel_fingerprint(other) for name, other in OTHERS.items()}
    prints["the panel"] = panel_fingerprint(panel())
    assert len(set(prints.values())) == len(prints)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_equal_has_the_same(name):
    one = OTHERS[name]
    other = one.select(one.evse_ids).between(one.grid.start, one.cutoff + one.step)
    assert one.equals(other)
    assert panel_fingerprint(one) == panel_fingerprint(other)


def test_zeros_and_nans_are_one():
    one, other = panel(exog={"t": [0.0, np.nan]}), panel(exog={"t": [-0.0, -np.nan]})
    assert one.equals(other)
    assert panel_fingerprint(one) == panel_fingerprint(other)


WHOLE = ev.simulate(n_evse=6, days=1, random_state=0)


@given(st.integers(1, 40), st.integers(0, 40))
def test_neither_the_block_nor_the_memory_matters(block, rows):
    cut = WHOLE.head(rows).select(WHOLE.evse_ids[::2])
    assert not cut.codes.flags.c_contiguous or rows <= 1
    copied = ev.StatusPanel(cut.codes.copy(), cut.grid, cut.evse, exog=cut.exog, tz=cut.tz)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fingerprint_module, "_BLOCK", block)
        in_blocks = panel_fingerprint(cut)
    assert in_blocks == panel_fingerprint(copied)


def test_a_saved_panel_has_the_same(tmp_path):
    one = OTHERS["other weather"]
    one.save(tmp_path / "panel.parquet")
    assert panel_fingerprint(ev.StatusPanel.load(tmp_path / "panel.parquet")) == panel_fingerprint(
        one
    )

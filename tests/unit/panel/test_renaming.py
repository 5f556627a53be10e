import numpy as np
import pytest

from evforecast import StatusPanel
from evforecast.errors import InputError, UnknownChargerError
from evforecast.timegrid import TimeGrid, as_step, as_time

GRID = TimeGrid(as_time("2020-01-01"), as_step("15min"), 4)


def panel(codes):
    return StatusPanel(np.array(codes, np.int8).T, GRID, ["old", "b", "new"], tz="Europe/Paris")


def test_ids_change_and_nothing_else():
    before = panel([[0, 1, 2, 3], [1, 1, 1, 1], [4, 4, -1, 4]])
    after = before.rename({"old": "x"})
    assert after.evse_ids == ["x", "b", "new"]
    assert (after.codes == before.codes).all()
    assert after.tz == before.tz
    assert before.evse_ids[0] == "old"
    assert before.rename({}).evse_ids == before.evse_ids


def test_a_history_goes_on_under_the_new_id():
    after = panel([[0, 1, -1, -1], [1, 1, 1, 1], [-1, -1, -1, 4]]).rename({"old": "new"})
    assert after.evse_ids == ["b", "new"]
    assert after.codes[:, 1].tolist() == [0, 1, -1, 4]


def test_two_that_were_seen_together_are_not_one():
    together = panel([[0, 1, 2, -1], [1, 1, 1, 1], [-1, 3, 3, 4]])
    with pytest.raises(InputError, match="both observed 2 times, first at 2020-01-01T00:15:00"):
        together.rename({"old": "new"})
    with pytest.raises(UnknownChargerError, match="'z'"):
        together.rename({"z": "y"})

"""Changed histories: what is changed is changed from the time on, and nothing else."""

import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.testing import fewer_visits, freeze, joined_later, merge_status

CHARGING, PASSIVE = ev.STATUS.code("charging"), ev.STATUS.code("passive")
ROW = 150


@pytest.fixture(scope="module")
def panel():
    return ev.simulate(n_evse=20, days=4, random_state=3)


def visits(codes):
    """Return (charger, first row, last row) of each run of charging and passive, one row at a time."""
    found = []
    for unit in range(codes.shape[1]):
        begin = None
        for row in range(len(codes) + 1):
            busy = row < len(codes) and codes[row, unit] in (CHARGING, PASSIVE)
            if busy and begin is None:
                begin = row
            if not busy and begin is not None:
                found.append((unit, begin, row - 1))
                begin = None
    return found


def test_merge_status_moves_all_of_one_status_and_nothing_before(panel):
    changed = merge_status(panel, "passive", "charging", since=panel.times[ROW])
    assert (changed.codes[:ROW] == panel.codes[:ROW]).all()
    wanted = np.where(panel.codes[ROW:] == PASSIVE, CHARGING, panel.codes[ROW:])
    assert (changed.codes[ROW:] == wanted).all()
    assert (panel.codes[ROW:] == PASSIVE).any()


def test_freeze_repeats_one_row_and_then_goes_on(panel):
    stuck = freeze(panel, since=panel.times[ROW], until=panel.times[ROW + 50], share=0.5)
    assert (stuck.codes[ROW : ROW + 50, :10] == panel.codes[ROW, :10]).all()
    assert (stuck.codes[ROW : ROW + 50, 10:] == panel.codes[ROW : ROW + 50, 10:]).all()
    assert (stuck.codes[ROW + 50 :] == panel.codes[ROW + 50 :]).all()
    assert (stuck.codes[:ROW] == panel.codes[:ROW]).all()


def test_fewer_visits_takes_out_whole_visits_that_began_later(panel):
    quiet = fewer_visits(panel, 0.5, since=panel.times[ROW], random_state=1)
    before, after = set(visits(panel.codes)), set(visits(quiet.codes))
    assert after < before
    gone = before - after
    assert all(begin >= ROW for _, begin, _ in gone)
    later = [visit for visit in before if visit[1] >= ROW]
    assert 0.25 < len(gone) / len(later) < 0.75
    touched = np.zeros_like(panel.codes, dtype=bool)
    for unit, begin, last in gone:
        touched[begin : last + 1, unit] = True
    assert (quiet.codes[touched] == ev.STATUS.code("available")).all()
    assert (quiet.codes[~touched] == panel.codes[~touched]).all()


def test_fewer_visits_takes_a_share_by_row_and_a_seed(panel):
    rows = np.where(np.arange(panel.n_time) < ROW, 0.0, 1.0)
    assert all(begin < ROW for _, begin, _ in visits(fewer_visits(panel, rows).codes))
    one, two = (fewer_visits(panel, 0.5, random_state=seed) for seed in (1, 1))
    assert one.equals(two)


def test_joined_later_hides_the_others_until_then(panel):
    grown = joined_later(panel, 7, since=panel.times[ROW])
    assert (grown.codes[:ROW, 7:] == -1).all()
    assert (grown.codes[:, :7] == panel.codes[:, :7]).all()
    assert (grown.codes[ROW:] == panel.codes[ROW:]).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda panel: merge_status(panel, "passiv", "charging", since=panel.times[0]),
        lambda panel: freeze(panel, since="2050-01-01"),
        lambda panel: freeze(panel, since=panel.times[0], share=1.5),
        lambda panel: fewer_visits(panel, -0.1),
        lambda panel: joined_later(panel, 21, since=panel.times[0]),
    ],
)
def test_refuses_what_cannot_be(panel, change):
    with pytest.raises(InputError):
        change(panel)

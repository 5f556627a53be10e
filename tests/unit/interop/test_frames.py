import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sktime", reason="sktime is not installed")

import evforecast as ev
from evforecast.errors import (
    DuplicateObservationError,
    InputError,
    UnknownStatusError,
)
from evforecast.interop.frames import Classes, merge, rows_of, to_panel, values_of
from evforecast.interop.timeaxis import TimeAxis


@pytest.fixture(scope="module")
def panel():
    return ev.simulate(n_evse=4, days=2, random_state=0)


def panel_of(y, scheme=None):
    rows, values = rows_of(y.index), values_of(y)
    classes = Classes.learn(values, scheme)
    return to_panel(rows, classes.encode(values), TimeAxis.of(rows.used), classes, tz="UTC")


def test_a_panel_comes_back(panel):
    for drop in (False, True):
        back = panel_of(panel.to_multiindex(drop_missing=drop))
        assert back.grid == panel.grid
        assert back.evse_ids == panel.evse_ids
        np.testing.assert_array_equal(back.codes, panel.codes)


def test_agrees_with_unstacking(panel):
    y = panel.to_multiindex()
    shuffled = y.sample(frac=0.7, random_state=0).sort_index()
    slow = shuffled["status"].unstack(0).sort_index()  # noqa: PD010 - the slow way
    fast = panel_of(shuffled)
    kept = (slow.index - slow.index[0]) // pd.Timedelta(fast.step)
    np.testing.assert_array_equal(
        fast.codes[kept][:, [fast.evse_ids.index(name) for name in slow.columns]],
        slow.fillna(-1).to_numpy(),
    )


def test_levels_that_no_row_uses_are_left_out(panel):
    past = panel.to_multiindex()
    part = past[(past.index.get_level_values(1) < past.index[9][1])].loc[panel.evse_ids[1:3]]
    back = panel_of(part)
    assert (back.n_time, back.evse_ids) == (9, panel.evse_ids[1:3])


def test_a_hierarchy_says_where_the_chargers_are(panel):
    y = panel.to_multiindex()
    places = ["L1", "L1", "L2", "L2"]
    where = dict(zip(panel.evse_ids, places, strict=True))
    flat = y.reset_index()
    flat["location_id"] = flat["evse_id"].map(where)
    deep = panel_of(flat.set_index(["location_id", "evse_id", "time"]))
    assert deep.evse["location_id"].tolist() == places
    assert deep.evse_ids == [f"{where[name]}/{name}" for name in panel.evse_ids]
    np.testing.assert_array_equal(deep.codes, panel.codes)


def test_a_plain_index_is_one_series():
    y = pd.DataFrame({"y": [0, 1, 1]}, index=pd.RangeIndex(3))
    assert panel_of(y).codes.ravel().tolist() == [0, 1, 1]


def test_repeated_rows_are_an_error():
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 2)])
    with pytest.raises(DuplicateObservationError):
        panel_of(pd.DataFrame({"y": [0, 1, 1]}, index=index))


@pytest.mark.parametrize(
    "column",
    [
        np.array([0, 1, -1], np.int8),
        np.array([0.0, 1.0, np.nan]),
        pd.array([0, 1, None], dtype="Int8"),
        np.array([False, True, True]),
    ],
)
def test_every_way_to_write_codes_gives_the_usual_statuses(column):
    values = values_of(pd.DataFrame({"y": column}))
    classes = Classes.learn(values, None)
    assert classes.scheme is ev.STATUS
    assert classes.encode(values).tolist()[:2] == [0, 1]


def test_other_values_are_their_own_classes():
    values = np.array([3.5, np.nan, 7.0, 3.5])
    classes = Classes.learn(values, None)
    assert classes.scheme.names == ("3.5", "7.0")
    assert classes.encode(values).tolist() == [0, -1, 1, 0]
    with pytest.warns(UserWarning, match="1 rows hold 1 values that fit did not see, the first 9"):
        assert classes.encode(np.array([9.0, 7.0])).tolist() == [-1, 1]


def test_a_scheme_lets_no_other_value_in():
    classes = Classes.learn(np.array([0, 1, 1]), ev.STATUS.coarsen("charging"))
    assert classes.scheme.names == ("not charging", "charging")
    with pytest.raises(UnknownStatusError, match=r"2 unknown status word.*\n.*'4' x 2") as error:
        classes.encode(np.array([4, 4, 1, 7, -1]))
    assert error.value.counts == {"4": 2, "7": 1}


def test_more_values_than_a_byte_holds_stand_for_the_nearest():
    values = np.arange(200.0)
    with pytest.warns(UserWarning, match="200 different values, so these are no statuses"):
        classes = Classes.learn(values, None)
    assert len(classes.numbers) == 127
    assert np.abs(classes.numbers[classes.encode(values)] - values).max() <= 1


def test_infinite_values_are_refused():
    with pytest.raises(InputError, match="infinite"):
        Classes.learn(np.array([0.0, np.inf]), None)


def test_merging_forgets_what_comes_later(panel):
    assert merge(panel, panel.head(10)).equals(merge(panel.head(10), panel.head(10)))


def test_merging_overlays_what_was_observed(panel):
    early, late = panel.head(100), panel.tail(panel.n_time - 90)
    np.testing.assert_array_equal(merge(early, late).codes, panel.codes)
    np.testing.assert_array_equal(
        merge(late.head(20), panel.between(panel.times[0], panel.times[60])).codes,
        panel.head(60).codes,
    )


def test_merging_adds_chargers(panel):
    one, other = panel.select(panel.evse_ids[:3]), panel.select(panel.evse_ids[2:])
    both = merge(one, other)
    assert both.evse_ids == panel.evse_ids
    np.testing.assert_array_equal(both.codes, panel.codes)

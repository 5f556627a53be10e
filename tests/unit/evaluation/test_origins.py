import numpy as np
import pandas as pd
import pytest

from evforecast import Climatology, simulate
from evforecast.errors import EmptyInputError, InputError, LeakageError
from evforecast.evaluation.origins import (
    already_fitted,
    fitted_before,
    interval,
    named_rows,
    origin_rows,
)


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=3, days=3, random_state=0)


def test_evenly_spaced_and_each_with_a_truth(panel):
    rows = origin_rows(panel, 10, every="2h", last="1D")
    assert rows[0] == panel.n_time - 1 - 96
    assert (np.diff(rows) == 8).all()
    assert rows[-1] + 10 < panel.n_time <= rows[-1] + 8 + 10


def test_a_last_origin_between_two_times_is_not_passed(panel):
    first, last = panel.times[100], panel.times[120] + np.timedelta64(60, "s")
    rows = origin_rows(panel, 1, every="1h", first_origin=first, last_origin=last)
    assert rows.tolist() == [100, 104, 108, 112, 116, 120]


def test_named_ones_come_once_and_in_order_whatever_their_zone(panel):
    times = pd.DatetimeIndex(panel.times[[9, 5, 9]]).tz_localize("UTC").tz_convert("Asia/Tokyo")
    assert named_rows(panel, times, "test").tolist() == [5, 9]


@pytest.mark.parametrize("shift", [-1, 10**6, 60])
def test_what_is_no_time_of_the_panel_is_named(panel, shift):
    strange = panel.times[0] + np.timedelta64(shift, "s")
    with pytest.raises(InputError, match=f"test: 1 of 2 origins are not times.*{strange}"):
        named_rows(panel, [panel.times[3], strange], "test")


def test_no_origin_at_all(panel):
    with pytest.raises(EmptyInputError, match="test: origins is empty"):
        named_rows(panel, [], "test")


def test_a_model_is_fitted_as_a_copy_or_checked(panel):
    past = panel.head(200)
    model = Climatology()
    assert fitted_before("c", model, past).trained_until_ == past.cutoff
    assert not hasattr(model, "trained_until_")
    early = Climatology().fit(panel.head(200))
    assert fitted_before("c", early, past) is early
    with pytest.raises(LeakageError, match="somewhere: model 'c' was trained"):
        fitted_before("c", Climatology().fit(panel), past, "somewhere")


def test_a_model_that_saw_the_origin_itself_is_none_that_leaks(panel):
    model = Climatology().fit(panel.head(200))
    assert already_fitted("c", model, panel.times[199])
    assert not already_fitted("c", Climatology(), panel.times[0])
    with pytest.raises(LeakageError, match="'c' was trained on rows up to"):
        already_fitted("c", model, panel.times[198])


def test_lengths_of_time():
    assert interval("90min", "every") == pd.Timedelta(hours=1.5)
    for text in ("soon", "0h", "-3h", None, "NaT"):
        with pytest.raises(InputError, match="backtest: every="):
            interval(text, "every")

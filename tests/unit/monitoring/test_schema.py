import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError, UnknownStatusError
from evforecast.monitoring.schema import age_check, cadence_check, column_checks, word_check
from evforecast.panel import STATUS

QUARTER = np.timedelta64(900, "s")
DAY = np.datetime64("2020-10-26", "s") + np.arange(96) * QUARTER


def by_name(checks):
    return {check.check: check for check in checks}


def kinds(was, now):
    """Return the check of the kind of one column."""
    was, now = (pd.DataFrame({"a": column}) for column in (was, now))
    return by_name(column_checks(was, now, "the feed"))["columns of another kind"]


def test_the_same_columns_in_another_order_are_well():
    table = pd.DataFrame({"a": [1], "b": ["x"]})
    checks = column_checks(table, table[["b", "a"]], "the feed")
    assert [(c.status, c.value, c.reason) for c in checks] == [("OK", 0.0, "None.")] * 3
    assert {(c.group, c.subject) for c in checks} == {("feed", "the feed")}


def test_columns_gone_new_and_of_another_kind():
    was = pd.DataFrame({"id": ["x"], "power": [22], "gone": [1], 7: [1.0]})
    now = pd.DataFrame({"new": [1], "power": ["22 kW"], "id": ["x"], "other": [2]})
    found = by_name(column_checks(was, now, "the feed"))
    gone, changed, new = (
        found[name] for name in ("columns gone", "columns of another kind", "new columns")
    )
    assert (gone.status, gone.value, gone.reason) == ("ERROR", 2, "gone, 7")
    assert (changed.status, changed.reason) == ("ERROR", "power (number became text)")
    assert (new.status, new.value, new.reason) == ("WARNING", 2, "new, other")


def test_many_new_columns_are_no_error():
    was = pd.DataFrame({"a": [1]})
    now = pd.DataFrame({f"n{i}": [1] for i in range(50)} | {"a": [1]})
    assert column_checks(was, now, "the feed").status == "WARNING"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ([1, 2], [1.5, np.nan]),
        ([1, 2], pd.array([1, None], dtype="Int64")),
        ([1.0], [Decimal("1.0")]),
        ([1, 2], pd.Series([1, 2.5], dtype=object)),
        ([1], np.array([1], dtype=np.float32)),
        ([True, False], [True, None]),
        ([True], pd.array([True], dtype="boolean")),
        (["x"], [None, "y"]),
        (["x"], pd.Categorical(["x"])),
        (pd.to_datetime(["2020-10-26"]), pd.to_datetime(["2020-10-26"], utc=True)),
        (pd.to_datetime(["2020-10-26"]), [dt.date(2020, 10, 26)]),
    ],
)
def test_what_means_the_same_is_of_one_kind(was, now):
    assert (kinds(was, now).status, kinds(now, was).status) == ("OK", "OK")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ([1.0], ["1,0"], "number became text"),
        (["1"], [1], "text became number"),
        ([True], [1], "yes or no became number"),
        (pd.to_datetime(["2020-10-26"]), ["26/10/2020"], "time became text"),
        ([1603670400], pd.to_datetime(["2020-10-26"]), "number became time"),
        ([1, 2], [1, "?"], "number became text"),
    ],
)
def test_another_kind_is_an_error(was, now, said):
    check = kinds(was, now)
    assert (check.status, check.value, check.reason) == ("ERROR", 1, f"a ({said})")


@pytest.mark.parametrize("empty", [[np.nan], [None], [pd.NaT], np.array([], dtype=float), [pd.NA]])
@pytest.mark.parametrize("full", [[1], ["x"], [True]])
def test_a_column_without_a_value_is_of_no_kind(full, empty):
    assert kinds(full, empty).status == "OK"
    assert kinds(empty, full).status == "OK"


@pytest.mark.parametrize(
    ("count", "n_rows", "status"),
    [
        (0, 1000, "OK"),
        (1, 10**9, "WARNING"),
        (9, 1000, "WARNING"),
        (10, 1000, "ERROR"),
        (1000, 1000, "ERROR"),
    ],
)
def test_any_unknown_word_is_a_warning_and_one_in_a_hundred_rows_an_error(count, n_rows, status):
    check = word_check({"Suspendu": count} if count else {}, n_rows)
    assert (check.status, check.value) == (status, count / n_rows)
    assert (check.group, check.check) == ("feed", "unknown words")


def test_unknown_words_add_up_and_are_named():
    with pytest.raises(UnknownStatusError) as caught:
        STATUS.encode(["available"] * 990 + ["Suspendu"] * 6 + ["En test"] * 4)
    check = word_check(caught.value.counts, 1000)
    assert (check.status, check.value) == ("ERROR", 0.01)
    assert "'Suspendu' x 6" in check.reason
    assert "'En test' x 4" in check.reason
    assert check.reason.endswith(": add them to the vocabulary.")


def test_without_rows_no_word_can_be_judged():
    check = word_check({}, 0)
    assert (check.status, check.reason) == ("EMPTY", "There are no rows.")
    assert np.isnan(check.value)


@pytest.mark.parametrize(
    ("now", "value", "status"),
    [
        (DAY, 1, "OK"),
        (DAY[::2], 2, "WARNING"),
        (DAY[::3], 3, "ERROR"),
        (DAY[0] + np.arange(200) * np.timedelta64(300, "s"), 3, "ERROR"),
        (DAY[0] + np.arange(200) * np.timedelta64(600, "s"), 1.5, "WARNING"),
        (DAY[0] + np.arange(200) * np.timedelta64(601, "s"), 900 / 601, "OK"),
        (DAY[:2], 1, "OK"),
    ],
)
def test_a_slower_and_a_faster_cadence_count_alike(now, value, status):
    for check in (cadence_check(DAY, now), cadence_check(now, DAY)):
        assert check.value == pytest.approx(value)
        assert check.status == status
    assert cadence_check(DAY, DAY[::2]).reason == (
        "Observations come every 30 minutes; they came every 15."
    )


def test_repeats_order_units_and_a_gap_do_not_matter_to_the_cadence():
    rng = np.random.default_rng(0)
    seen = rng.permutation(np.repeat(np.delete(DAY, np.arange(20, 50)), 3))
    missing = np.append(seen, np.datetime64("NaT")).astype("datetime64[ns]")
    assert cadence_check(DAY, missing).value == 1
    assert cadence_check(DAY[:2], np.append(DAY[:2], np.datetime64("NaT"))).value == 1


@pytest.mark.parametrize("few", [DAY[:0], DAY[:1], np.repeat(DAY[:1], 9)])
def test_less_than_two_times_have_no_cadence(few):
    for check in (cadence_check(few, DAY), cadence_check(DAY, few)):
        assert check.status == "EMPTY"
        assert np.isnan(check.value)
        assert "not two times" in check.reason


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (-900, "OK"),
        (0, "OK"),
        (3 * 900 - 1, "OK"),
        (3 * 900, "WARNING"),
        (12 * 900 - 1, "WARNING"),
        (12 * 900, "ERROR"),
        (10**8, "ERROR"),
    ],
)
def test_the_age_counts_in_steps(seconds, status):
    check = age_check(DAY[0], DAY[0] + np.timedelta64(seconds, "s"), QUARTER)
    assert (check.status, check.value) == (status, seconds / 900)
    assert (check.group, check.check) == ("feed", "age")


def test_ages_across_zones():
    check = age_check("2020-10-26 09:00+01:00", pd.Timestamp("2020-10-26 08:45", tz="UTC"), QUARTER)
    assert (check.value, check.reason) == (3, "The last observation is 3 steps old.")


@pytest.mark.parametrize("seconds", [901, 3600, 10**8])
def test_a_clock_that_jumps_is_an_error_of_its_own(seconds):
    with pytest.raises(InputError, match=r"2020-10-26T00:00:00.*A clock has jumped.*wrong zone"):
        age_check(DAY[0] + np.timedelta64(seconds, "s"), DAY[0], QUARTER)

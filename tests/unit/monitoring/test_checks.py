import json
from dataclasses import FrozenInstanceError, asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.errors import InputError
from evforecast.monitoring.checks import LEVELS, Check, Checks, grade

NAN = float("nan")
numbers = st.floats(allow_nan=False)


def graded(value, *, warning=1, error=3, group="feed", check="age"):
    return grade(group, check, "network", value, warning=warning, error=error, reason="So it is.")


def of_status(*statuses):
    values = {"EMPTY": NAN, "OK": 0, "WARNING": 1, "ERROR": 3}
    return Checks(graded(values[status]) for status in statuses)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (-np.inf, "OK"),
        (0, "OK"),
        (np.nextafter(1, 0), "OK"),
        (1, "WARNING"),
        (np.nextafter(3, 0), "WARNING"),
        (3, "ERROR"),
        (np.inf, "ERROR"),
        (NAN, "EMPTY"),
        (np.float32("nan"), "EMPTY"),
    ],
)
def test_at_a_threshold_it_counts(value, status):
    check = graded(value)
    assert check.status == status
    assert asdict(check) == pytest.approx(
        {
            "group": "feed",
            "check": "age",
            "subject": "network",
            "value": float(value),
            "warning": 1.0,
            "error": 3.0,
            "status": status,
            "reason": "So it is.",
        },
        nan_ok=True,
    )
    assert {type(check.value), type(check.warning), type(check.error)} == {float}


def test_equal_thresholds_know_no_warning_and_an_infinite_one_is_never_met():
    assert [graded(value, warning=1, error=1).status for value in (0.9, 1)] == ["OK", "ERROR"]
    assert graded(1e300, warning=1, error=np.inf).status == "WARNING"


@given(numbers, numbers, numbers, numbers)
def test_a_larger_value_is_never_better(one, other, first, second):
    warning, error = sorted((first, second))
    low, high = sorted((one, other))
    status = [graded(value, warning=warning, error=error).status for value in (low, high)]
    assert LEVELS.index(status[0]) <= LEVELS.index(status[1])


@pytest.mark.parametrize(("warning", "error"), [(3, 1), (NAN, 1), (1, NAN), (NAN, NAN)])
@pytest.mark.parametrize("value", [2, NAN])
def test_thresholds_in_the_wrong_order_are_refused(warning, error, value):
    with pytest.raises(
        InputError, match=r"check 'age': the warning threshold .* is not at or below"
    ):
        graded(value, warning=warning, error=error)


def test_a_check_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        graded(1).status = "OK"


@pytest.mark.parametrize(
    ("statuses", "worst", "exit_code"),
    [
        ((), "EMPTY", 10),
        (("EMPTY", "EMPTY"), "EMPTY", 10),
        (("EMPTY", "OK"), "OK", 0),
        (("OK", "WARNING", "EMPTY"), "WARNING", 10),
        (("WARNING", "ERROR", "OK"), "ERROR", 20),
    ],
)
def test_the_worst_tells_how_the_process_ends(statuses, worst, exit_code):
    checks = of_status(*statuses)
    assert (checks.status, checks.exit_code, len(checks)) == (worst, exit_code, len(statuses))


def test_it_says_how_many_there_are_of_each():
    assert repr(of_status("OK", "ERROR", "OK")) == "<Checks: ERROR; 1 ERROR, 2 OK>"
    assert repr(Checks()) == "<Checks: EMPTY; none>"


def test_one_group_and_more():
    feed, skill = graded(0), graded(3, group="skill")
    more = [skill]
    both = Checks([feed]) + more
    assert list(both) == [feed, skill]
    assert list(both + Checks([feed])) == [feed, skill, feed]
    assert (list(both.of("skill")), list(both.of("feed"))) == ([skill], [feed])
    assert both.of("feed").status == "OK"
    assert len(both.of("drift")) == 0
    assert list(both) == [feed, skill], "adding leaves the first ones as they were"
    assert list(Checks(iter([feed]))) * 2 == [feed, feed]


def test_a_frame_has_the_same_columns_and_types_with_and_without_rows():
    full, none = of_status("ERROR", "EMPTY").to_frame(), Checks().to_frame()
    assert full.columns.tolist() == list(Check.__dataclass_fields__)
    assert none.columns.tolist() == full.columns.tolist()
    pd.testing.assert_series_equal(none.dtypes, full.dtypes)
    assert full.dtypes[["value", "warning", "error"]].tolist() == [np.float64] * 3
    assert full["status"].tolist() == ["ERROR", "EMPTY"]
    assert full["value"].tolist() == pytest.approx([3, NAN], nan_ok=True)
    assert (len(full), len(none)) == (2, 0)
    assert len(pd.concat([full, none])) == 2


def test_json_has_nulls_for_what_is_not_finite():
    checks = Checks(
        [
            graded(NAN),
            graded(np.inf),
            graded(2, error=np.inf, check="âge"),
            graded(0, warning=-np.inf),
        ]
    )

    def refused(word):
        raise AssertionError(word)

    read = json.loads(checks.to_json(), parse_constant=refused)
    assert (read["status"], read["exit_code"]) == ("ERROR", 20)
    rows = read["checks"]
    assert [row["value"] for row in rows] == [None, None, 2.0, 0.0]
    assert [row["error"] for row in rows] == [3.0, 3.0, None, 3.0]
    assert [row["warning"] for row in rows] == [1.0, 1.0, 1.0, None]
    assert [row["status"] for row in rows] == ["EMPTY", "ERROR", "WARNING", "WARNING"]
    assert rows[2]["check"] == "âge"
    assert all(list(row) == list(Check.__dataclass_fields__) for row in rows)
    assert json.loads(Checks().to_json()) == {"status": "EMPTY", "exit_code": 10, "checks": []}

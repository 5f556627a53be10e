import math

import pytest

from evforecast.dataiku.checks import (
    as_metrics,
    as_outcome,
    check_dataset,
    read_checks,
    write_checks,
)
from evforecast.dataiku.datasets import write_frame
from evforecast.errors import MissingColumnsError
from evforecast.monitoring import Checks, grade


def one(value, name="age", reason="said so"):
    return grade("feed", name, "network", value, warning=1, error=3, reason=reason)


@pytest.mark.parametrize(
    ("values", "outcome", "message"),
    [
        ([0, 0.5], "OK", "all 2 checks"),
        ([0, 2], "WARNING", "1 of 2 checks: age of network: said so"),
        ([2, 9, 0], "ERROR", "2 of 3 checks: age of network: said so; age of network: said so"),
        ([math.nan], "WARNING", "1 of 1 checks: age of network: said so"),
        ([], "WARNING", "nothing was checked"),
    ],
)
def test_outcome(values, outcome, message):
    assert as_outcome(Checks([one(value) for value in values])) == (outcome, message)


def test_the_worst_is_said_first_and_the_message_has_an_end():
    found = Checks([one(2, reason="w" * 600), one(9, reason="e" * 600)])
    outcome, message = as_outcome(found)
    assert outcome == "ERROR"
    assert message.startswith("2 of 2 checks: age of network: eee")
    assert len(message) == 1000
    assert message.endswith(" …")


def test_metrics():
    found = as_metrics(Checks([one(9), one(math.nan, "gap"), one(0, "words")]))
    assert found == {
        "ERROR": 1,
        "WARNING": 0,
        "EMPTY": 1,
        "OK": 1,
        "feed: age of network": 9.0,
        "feed: words of network": 0.0,
    }


def test_checks_in_a_dataset(dss):
    given = Checks([one(9), one(math.nan, "gap", reason="")])
    assert write_checks("checks", given) == 2
    found = list(read_checks("checks"))
    assert found[0] == next(iter(given))
    assert found[1].status == "EMPTY"
    assert math.isnan(found[1].value)
    assert found[1].reason == ""
    assert check_dataset("checks") == as_outcome(given)
    write_checks("checks", Checks([one(0)]))
    assert check_dataset("checks") == ("OK", "all 1 checks")


def test_another_dataset(dss):
    import pandas as pd

    write_frame("checks", pd.DataFrame({"a": [1]}))
    with pytest.raises(MissingColumnsError, match="read_checks"):
        read_checks("checks")

import pytest

from evforecast.errors import InputError
from evforecast.testing.promises import require, run_checks

CHECKS = {
    "positive": lambda n: require(n > 0, f"{n} is not above 0"),
    "even": lambda n: require(n % 2 == 0, f"{n} is odd"),
}


def test_checks_run_in_their_order():
    assert run_checks(CHECKS, (), "the number", 2) == ["positive", "even"]
    assert run_checks(CHECKS, ["even"], "the number", -2) == ["even"]


def test_a_broken_promise_is_named():
    with pytest.raises(AssertionError, match="the number breaks 'even': 3 is odd"):
        run_checks(CHECKS, (), "the number", 3)


def test_a_check_that_is_none():
    with pytest.raises(InputError, match="odd"):
        run_checks(CHECKS, ["odd"], "the number", 3)

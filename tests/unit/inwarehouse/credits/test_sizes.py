from decimal import Decimal

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.sizes import GEN1, hourly_rate, keyword, size_name


def test_each_size_costs_twice_the_one_before():
    rates = list(GEN1.values())
    assert rates[0] == 1
    assert rates[1:] == [2 * rate for rate in rates[:-1]]


# what ALTER WAREHOUSE takes, by the name in the views
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("X-Small", "XSMALL"),
        ("Small", "SMALL"),
        ("Medium", "MEDIUM"),
        ("Large", "LARGE"),
        ("X-Large", "XLARGE"),
        ("2X-Large", "XXLARGE"),
        ("3X-Large", "XXXLARGE"),
        ("4X-Large", "X4LARGE"),
        ("5X-Large", "X5LARGE"),
        ("6X-Large", "X6LARGE"),
    ],
)
def test_words(name, word):
    assert keyword(name) == word
    assert size_name(word.lower()) == size_name(f" {name.upper()} ") == name
    assert size_name(name.replace("-", "")) == name


def test_other_words_of_snowflake():
    assert (size_name("X2LARGE"), size_name("x3large")) == ("2X-Large", "3X-Large")


def test_a_size_that_is_none_is_refused_with_those_that_there_are():
    with pytest.raises(
        InputError, match=r"'Mediumm' is no choice; .*'6X-Large'. Did you mean 'Medium'"
    ):
        size_name("Mediumm")


@pytest.mark.parametrize("kind", ["STANDARD", "standard", None, np.nan])
def test_a_standard_warehouse_has_the_rates_of_the_first_generation(kind):
    assert hourly_rate("EV", "Large", kind) == 8


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        (None, "STANDARD"),
        ("7X-Large", "STANDARD"),
        ("Medium", "SNOWPARK-OPTIMIZED"),
        (np.nan, "ADAPTIVE"),
    ],
)
def test_what_is_not_known_is_not_invented(size, kind):
    assert hourly_rate("EV", size, kind) is None


def test_given_rates_are_of_one_warehouse_and_need_not_have_all_sizes():
    rates = {"NEW": {"Medium": Decimal("5.4"), "xlarge": 21.6}}
    assert hourly_rate("NEW", "Medium", "STANDARD", rates) == Decimal("5.4")
    assert hourly_rate("NEW", "X-Large", "SNOWPARK-OPTIMIZED", rates) == Decimal("21.6")
    assert hourly_rate("NEW", "Small", "STANDARD", rates) is None
    assert hourly_rate("EV", "Small", "STANDARD", rates) == 2


@pytest.mark.parametrize("rate", [0, -1, float("nan"), "many"])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(InputError, match=r"credits an hour are positive|is no number"):
        hourly_rate("NEW", "Small", "STANDARD", {"NEW": {"Medium": rate}})

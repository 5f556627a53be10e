import pytest

from evforecast.errors import TransientError
from evforecast.inwarehouse.trouble import advice, explained
from evforecast.warehouse import WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError

TRACE = (
    "100357 (P0000): Python Interpreter Error: Traceback (most recent call last): File "
    '"/home/udf/1/evforecast-0.1.0.zip/evforecast/inwarehouse/handler.py", line 120, in end_partition '
    "evforecast.errors.InputError: forecast handler: 1 times are off the grid in function "
    "evforecast_champion_0_1_0 with handler Forecast"
)
CASES = {
    "suspended": (606, "No active warehouse selected", "ALTER WAREHOUSE"),
    "quota": (
        90073,
        "Warehouse 'EV' cannot be resumed because resource monitor 'EV' has exceeded its quota.",
        "no credits left",
    ),
    "revoked": (3001, "Insufficient privileges to operate on table 'FORECAST'", "grant revoked"),
    "no table": (2003, "Object 'status_grid' does not exist or not authorized.", "grant revoked"),
    "no function": (2141, "Unknown user-defined table function", "run deploy"),
    "no function either": (2003, "Function champion_1 does not exist", "run deploy"),
    "handler": (100357, TRACE, "The handler says: InputError: forecast handler: 1 times are off"),
    "handler without words": (100357, "Function available memory exhausted", "The handler failed"),
    "unknown": (1, "Something", ""),
}


@pytest.mark.parametrize(("errno", "text", "words"), CASES.values(), ids=CASES)
def test_what_to_do(errno, text, words):
    found = advice(errno, text, "champion_1")
    assert words in found
    assert "with handler" not in found


def test_an_error_keeps_its_kind_number_and_words():
    error = SnowflakeError("Snowflake: MERGE: 003001", 3001, "01b2")
    with (
        pytest.raises(
            SnowflakeError, match=r"^Snowflake: MERGE: 003001 Was .* Nothing was"
        ) as found,
        explained("f"),
    ):
        raise error
    assert (found.value.errno, found.value.query_id) == (3001, "01b2")
    assert found.value.__cause__ is error


def test_a_warehouse_that_is_suspended_may_be_resumed():
    with pytest.raises(TransientError, match="suspended"), explained("f"):
        raise SnowflakeError("Snowflake: MERGE: 000606", 606)


def test_another_warehouse_has_no_numbers():
    with pytest.raises(WarehouseError, match=r"^full"), explained("f"):
        raise WarehouseError("full.")


def test_other_errors_pass():
    with pytest.raises(KeyError), explained("f"):
        raise KeyError

import pytest
from recorded_views import WARNINGS

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.session import (
    Machine,
    Parameter,
    current_machine,
    is_snowflake,
    machines_sql,
    parameter,
    put_back,
    restore_sql,
    set_sql,
)
from evforecast.warehouse import WarehouseError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]


def test_which_warehouse_has_sessions(warehouse, duckdb):
    assert is_snowflake(warehouse)
    assert not is_snowflake(duckdb)


def test_the_machine_of_the_session(warehouse, account):
    assert current_machine(warehouse) == Machine("EV", "SUSPENDED", "STANDARD", "X-Small")
    account.machine = ["EV", "STARTED", "ADAPTIVE", None]
    assert current_machine(warehouse) == Machine("EV", "STARTED", "ADAPTIVE", "")


def test_a_session_without_one_or_with_one_that_is_not_seen(warehouse, account):
    account.machine = []
    with pytest.raises(InputError, match=r"uses none: name one"):
        current_machine(warehouse)
    account.machine = ["EV", "STARTED", "STANDARD", "X-Small"]
    account.answer = lambda statement: (
        [("HIDDEN",)] if "CURRENT" in statement else [tuple(account.machine)]
    )
    with pytest.raises(InputError, match="'HIDDEN', which the role may not see"):
        current_machine(warehouse)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("EV", "'EV'"), ("EV_WH", r"'EV\\_WH'"), ("it's 5%", r"'it''s 5\\%'"), ("a\\b", r"'a\\\\b'")],
)
def test_signs_in_a_name_match_themselves_alone(name, pattern):
    assert machines_sql(name) == f"SHOW WAREHOUSES LIKE {pattern}"


def test_a_machine_is_named_with_quotes():
    assert Machine('my "own"', "", "", "").sql == '"my ""own"""'


def test_parameters(warehouse, account):
    assert parameter(warehouse, "QUERY_TAG") == Parameter(
        "QUERY_TAG", '{"app":"evforecast"}', own=True
    )
    found = parameter(warehouse, "STATEMENT_TIMEOUT_IN_SECONDS", int)
    assert found == Parameter("STATEMENT_TIMEOUT_IN_SECONDS", 172_800, own=False)
    account.answer = lambda _: []
    with pytest.raises(WarehouseError, match="does not say what the parameter QUERY_TAG"):
        parameter(warehouse, "QUERY_TAG")


def test_a_number_is_set_as_one_and_a_text_of_digits_as_a_text():
    assert set_sql("STATEMENT_TIMEOUT_IN_SECONDS", 60).endswith("= 60")
    assert restore_sql(Parameter("QUERY_TAG", "60", own=True)).endswith("= '60'")
    assert restore_sql(Parameter("QUERY_TAG", "60", own=False)) == "ALTER SESSION UNSET QUERY_TAG"


def test_put_back_runs_once_and_last():
    done = []
    with put_back(lambda: done.append("undo"), ""):
        done.append("work")
    assert done == ["work", "undo"]


def test_a_fault_of_ours_while_putting_back_is_not_hidden():
    def undo():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), put_back(undo, ""):
        raise KeyError

import pytest
from recorded_views import WARNINGS

from evforecast.errors import InputError, TransientError
from evforecast.inwarehouse.credits.sizing import sized
from evforecast.warehouse import WarehouseError
from evforecast.warehouse.snowflake.errors import SnowflakeError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]


def done(account):
    """Return what was done to the machine, without its name."""
    begin = 'ALTER WAREHOUSE "EV" '
    return [one.removeprefix(begin) for one in account.asked if one.startswith(begin)]


def test_a_suspended_one_is_resized_then_resumed_and_all_is_as_before(warehouse, account):
    with sized(warehouse, size="medium"):
        assert account.machine == ["EV", "STARTED", "STANDARD", "Medium"]
    assert account.machine == ["EV", "SUSPENDED", "STANDARD", "X-Small"]
    assert (
        done(account)
        == [
            "SET WAREHOUSE_SIZE = MEDIUM",  # while it is suspended: one first minute is paid, of this size
            "RESUME IF SUSPENDED",
            "SUSPEND",
            "SET WAREHOUSE_SIZE = XSMALL",  # once it is suspended: nothing is provisioned
        ]
    )


def test_one_that_runs_is_waited_for_and_suspended_afterwards(warehouse, account):
    account.machine[1] = "STARTED"
    with sized(warehouse, size="Large"):
        assert account.machine[3] == "Large"
    assert account.machine == ["EV", "SUSPENDED", "STANDARD", "X-Small"]
    assert done(account)[0] == "SET WAREHOUSE_SIZE = LARGE WAIT_FOR_COMPLETION = TRUE"


def test_one_that_has_the_size_is_not_resized(warehouse, account):
    with sized(warehouse, size="XSMALL"):
        pass
    assert done(account) == ["RESUME IF SUSPENDED", "SUSPEND"]


@pytest.mark.parametrize(
    "error", [ValueError("bad"), KeyboardInterrupt()], ids=["error", "interrupt"]
)
def test_after_an_error_too(warehouse, account, error):
    with pytest.raises(type(error)), sized(warehouse, size="Medium"):
        raise error
    assert account.machine == ["EV", "SUSPENDED", "STANDARD", "X-Small"]


def test_one_that_went_to_sleep_by_itself(warehouse, account):
    with sized(warehouse, size="Medium"):
        account.machine[1] = "SUSPENDED"
    assert account.machine == ["EV", "SUSPENDED", "STANDARD", "X-Small"]


def test_a_size_that_cannot_be_had_leaves_nothing_behind(warehouse, account):
    account.errors.append(("RESUME", SnowflakeError("the monitor has stopped it", 90073)))
    with pytest.raises(WarehouseError, match="the monitor"), sized(warehouse, size="Medium"):
        pytest.fail("the step must not begin")
    assert account.machine == ["EV", "SUSPENDED", "STANDARD", "X-Small"]


def test_its_size_is_put_back_even_where_it_cannot_be_suspended(warehouse, account):
    account.errors.append(("SUSPEND$", SnowflakeError("insufficient privileges", 3001)))
    with pytest.raises(WarehouseError, match="insufficient"), sized(warehouse, size="Medium"):
        pass
    assert account.machine == ["EV", "STARTED", "STANDARD", "X-Small"]


def test_after_an_error_a_machine_that_runs_on_is_told_with_the_error(warehouse, account):
    def work():
        account.errors.append(("SUSPEND$|SET", TransientError("no answer")))
        msg = "bad"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="bad") as caught, sized(warehouse, size="Medium"):
        work()
    (note,) = caught.value.__notes__
    assert "'EV' may still run in size Medium" in note
    assert "It was suspended in size X-Small" in note


def test_a_size_that_is_none_is_refused_before_anything_is_asked(warehouse, account, duckdb):
    for one in (warehouse, duckdb):
        with pytest.raises(InputError, match="size of a warehouse='huge'"), sized(one, size="huge"):
            pytest.fail("the step must not begin")
    assert account.asked == []


@pytest.mark.parametrize(
    "machine", [["EV", "STARTED", "ADAPTIVE", None], ["EV", "STARTED", "STANDARD", ""]]
)
def test_one_without_a_size_is_refused(warehouse, account, machine):
    account.machine = machine
    with pytest.raises(InputError, match="has no size to set"), sized(warehouse, size="Medium"):
        pytest.fail("the step must not begin")
    assert done(account) == []


def test_duckdb_is_asked_nothing(duckdb, monkeypatch):
    monkeypatch.setattr(duckdb, "run", lambda *_: pytest.fail("asked"))
    with sized(duckdb, size="2X-Large"):
        pass

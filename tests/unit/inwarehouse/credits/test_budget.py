from decimal import Decimal

import numpy as np
import pytest
from recorded_views import WARNINGS, at, frame, query, tag

from evforecast.errors import InputError, TerminalError, TransientError
from evforecast.inwarehouse.credits import Budget, BudgetExceededError
from evforecast.warehouse.snowflake.errors import translate

theirs = pytest.importorskip("snowflake.connector.errors")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]

TIMEOUT = "STATEMENT_TIMEOUT_IN_SECONDS"


class Ticking:
    """A clock that a test moves."""

    def __init__(self, time="2026-11-27T12:00:00"):
        self.now = np.datetime64(time, "s")

    def __call__(self):
        return self.now

    def tick(self, seconds):
        self.now += np.timedelta64(seconds, "s")


@pytest.fixture
def clock():
    return Ticking()


@pytest.fixture
def guard(warehouse, account, clock):
    """Return what guards run r1 in this session, whose machine runs and costs a credit an hour."""
    account.machine[1] = "STARTED"
    return lambda *args, **more: Budget(*args, **more).guard(warehouse, run="r1", clock=clock)


def timeouts(account):
    return [
        one.removeprefix("ALTER SESSION ")
        for one in account.asked
        if TIMEOUT in one and "SHOW" not in one
    ]


def timed_out():
    """Return the error of a statement that Snowflake stopped, as the connector's becomes ours."""
    msg = "Statement reached its statement or warehouse timeout of 900 second(s) and was canceled."
    cause = theirs.ProgrammingError(msg, errno=630, sqlstate="57014")
    error = translate(cause, "SELECT 1")
    error.__cause__ = cause
    return error


def test_a_statement_may_take_what_is_left(guard, account):
    account.history = [query("a", "10:00", 900), query("b", "11:00", 900, QUERY_TAG=tag(run="r2"))]
    with guard(1) as meter:
        # a quarter of an hour at a credit an hour is spent; three are left
        assert (meter.spent, meter.seconds_left) == (Decimal("0.25"), 2700)
    assert timeouts(account) == [f"SET {TIMEOUT} = 2700", f"UNSET {TIMEOUT}"]


def test_every_statement_may_take_less_as_the_step_goes_on(guard, account, clock):
    with guard(0.5) as meter:
        clock.tick(600)
        meter.check()
        clock.tick(1199)
        meter.check()
        assert meter.estimate == Decimal(1799) / 3600
        clock.tick(1)
        with pytest.raises(BudgetExceededError, match="less than a second is left"):
            meter.check()
    assert timeouts(account) == [
        *(f"SET {TIMEOUT} = {left}" for left in (1800, 1200, 1)),
        f"UNSET {TIMEOUT}",
    ]


def test_nothing_begins_that_is_not_allowed_and_the_error_says_all(guard, account):
    account.history = [query("a", "10:00", 900)]
    with pytest.raises(BudgetExceededError) as caught, guard("0.25"):
        pytest.fail("the step must not begin")
    error = caught.value
    assert isinstance(error, TerminalError)
    assert (error.spent, error.limit, error.per) == (Decimal("0.25"), Decimal("0.25"), "run")
    said = str(error)
    assert "run 'r1' has cost about 0.2500 of 0.25 credits" in said
    assert "'EV' (X-Small) costs 1 credits an hour" in said
    assert "Budget(…, per='run')" in said
    assert timeouts(account) == []


def test_starting_costs_a_minute(guard, account):
    account.machine[1] = "SUSPENDED"
    with (
        pytest.raises(BudgetExceededError, match="costs a minute at least"),
        guard(Decimal(59) / 3600),
    ):
        pytest.fail("the step must not begin")
    with guard("0.0167"):  # a minute is 0.016666…
        pass
    account.machine[1] = "STARTED"
    with guard(Decimal(30) / 3600):
        pass


def test_a_larger_machine_may_run_for_less_time(guard, account):
    account.machine[3] = "Large"
    with guard(1) as meter:
        assert meter.seconds_left == 450


def test_a_step_that_takes_another_size_pays_for_that(guard, account, warehouse, clock):
    account.machine[1] = "SUSPENDED"
    with Budget(1).guard(warehouse, run="r1", size="large", clock=clock) as meter:
        assert meter.seconds_left == 450
    too_little = Budget(Decimal(59) * 8 / 3600).guard(
        warehouse, run="r1", size="Large", clock=clock
    )
    with pytest.raises(BudgetExceededError, match=r"\(Large\) costs 8 credits"), too_little:
        pytest.fail("the step must not begin")


def test_what_is_not_allowed_a_minute_is_not_even_looked_up(guard, account):
    account.machine[1] = "SUSPENDED"  # to look it up would start the machine
    with pytest.raises(BudgetExceededError), guard("0.0001"):
        pytest.fail("the step must not begin")
    assert not [one for one in account.asked if "HISTORY" in one]


def test_a_size_that_is_none(duckdb):
    with (
        pytest.raises(InputError, match="size of a warehouse"),
        Budget(1).guard(duckdb, run="r", size="huge"),
    ):
        pytest.fail("the step must not begin")


def test_a_statement_that_was_stopped_for_it_is_a_budget_exceeded(guard, account, clock):
    def work():
        clock.tick(900)
        raise timed_out()

    with pytest.raises(BudgetExceededError, match="a statement was stopped") as caught, guard(0.25):
        work()
    assert caught.value.spent == Decimal("0.25")
    assert timeouts(account)[-1] == f"UNSET {TIMEOUT}"


def test_one_that_was_stopped_by_a_limit_of_before_may_be_tried_again(guard, account):
    account.parameters[TIMEOUT] = ("60", "SESSION")
    with pytest.raises(TransientError), guard(1):
        raise timed_out()
    assert timeouts(account) == [f"SET {TIMEOUT} = 60", f"SET {TIMEOUT} = 60"]


def test_any_other_error_stays_what_it_is(guard, account):
    msg = "no answer"
    with pytest.raises(TransientError, match="no answer"), guard(1):
        raise TransientError(msg)
    with pytest.raises(KeyboardInterrupt), guard(1):
        raise KeyboardInterrupt
    assert timeouts(account)[-1] == f"UNSET {TIMEOUT}"


@pytest.mark.parametrize("value", ["0", "604800"])
def test_no_limit_of_the_account_is_the_longest_that_snowflake_knows(guard, account, value):
    account.parameters[TIMEOUT] = (value, "ACCOUNT")
    with guard(1000):
        pass
    assert timeouts(account)[0] == f"SET {TIMEOUT} = 604800"


def test_a_day_and_a_month_are_of_utc_and_of_all_runs(guard, account, clock):
    clock.now = np.datetime64("2026-11-02T01:00:00")
    account.history = [
        query("a", at("23:59", day="2026-11-01"), 36, QUERY_TAG=tag(run="old")),
        query("b", at("00:00", day="2026-11-02"), 36, QUERY_TAG=tag(run="r2")),
        query("c", at("00:30", day="2026-11-02"), 36),
        query("d", at("23:59", day="2026-10-31"), 36),
    ]
    with guard(1, per="day") as meter:
        assert meter.spent == Decimal("0.02")
    with guard(1, per="month") as meter:
        assert meter.spent == Decimal("0.03")
    with guard(1) as meter:
        assert meter.spent == Decimal("0.02")  # r1: c and, within 7 days, d
    with (
        pytest.raises(BudgetExceededError, match=r"this day has cost.*go on tomorrow"),
        guard(0.02, per="day"),
    ):
        pytest.fail("the step must not begin")
    with pytest.raises(BudgetExceededError, match="next month"), guard(0.03, per="month"):
        pytest.fail("the step must not begin")


@pytest.mark.parametrize("per", ["day", "month"])
def test_at_the_first_second_nothing_is_spent(guard, clock, per):
    clock.now = np.datetime64("2026-12-01T00:00:00")
    with guard(1, per=per) as meter:
        assert meter.spent == 0


def test_what_snowflake_recorded_of_the_month_counts_too(warehouse, account, guard, clock):
    clock.now = np.datetime64("2026-11-27T12:00:00")
    old = query("old", at("10:00", day="2026-11-03"), 3600, QUERY_TAG=tag(run="r0"))
    account.record(warehouse, queries=frame("queries", old))
    account.history = [query("new", "11:30", 1800)]
    with guard(10, per="month") as meter:
        assert meter.spent == Decimal("1.5")


def test_a_machine_whose_price_is_not_known_is_not_let_run(guard, account):
    account.machine[2:] = ["SNOWPARK-OPTIMIZED", "Medium"]
    with pytest.raises(InputError, match=r"rates=\{'EV': \{'Medium': …\}\}"), guard(1):
        pytest.fail("the step must not begin")
    with guard(1, rates={"EV": {"Medium": 6}}) as meter:
        assert meter.seconds_left == 600


@pytest.mark.parametrize("credits_", [0, -1, "x", float("nan"), float("inf")])
def test_a_budget_of_nothing_is_none(credits_):
    with pytest.raises(InputError, match="Budget"):
        Budget(credits_)


def test_a_period_that_is_none():
    with pytest.raises(InputError, match="per='week'"):
        Budget(1, per="week")


def test_duckdb_is_asked_nothing(duckdb, monkeypatch):
    monkeypatch.setattr(duckdb, "run", lambda *_: pytest.fail("asked"))
    with Budget(1).guard(duckdb, run="r1") as meter:
        assert meter is None


def test_the_error_travels_between_processes():
    import pickle

    error = BudgetExceededError("too much", Decimal(2), Decimal(1), "run")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (str(again), again.spent, again.limit, again.per) == ("too much", 2, 1, "run")

import pytest

from evforecast.errors import InputError, TransientError
from evforecast.warehouse.transactions import Transactions


class Said(list):
    """A connection that breaks at a statement."""

    def __init__(self, breaks=()):
        super().__init__()
        self.breaks = breaks

    def __call__(self, sql):
        self.append(sql)
        if sql in self.breaks:
            raise TransientError(sql)


def test_an_error_rolls_back_and_goes_on():
    said = Said()
    transactions = Transactions(said)

    def fails():
        with transactions.begin():
            assert transactions.is_open
            said("one")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert said == ["BEGIN", "one", "ROLLBACK"]
    assert not transactions.is_open


@pytest.mark.parametrize("breaks", [("COMMIT",), ("COMMIT", "ROLLBACK")], ids=["commit", "both"])
def test_a_commit_that_fails_is_what_is_told(breaks):
    said = Said(breaks)
    transactions = Transactions(said)
    with pytest.raises(TransientError, match="COMMIT"), transactions.begin():
        pass
    assert said == ["BEGIN", "COMMIT", "ROLLBACK"]
    assert not transactions.is_open


def test_where_none_can_begin_none_is_open():
    transactions = Transactions(Said(["BEGIN"]))
    with pytest.raises(TransientError), transactions.begin():
        raise AssertionError
    assert not transactions.is_open


def test_one_at_a_time_and_nothing_else_inside():
    transactions = Transactions(Said())
    transactions.refuse("create table t")
    with transactions.begin():
        with pytest.raises(InputError, match=r"^create table t: not inside a transaction"):
            transactions.refuse("create table t")
        with pytest.raises(InputError, match="another transaction"), transactions.begin():
            pass

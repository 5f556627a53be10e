import json
import threading

import pytest
from recorded_views import WARNINGS

from evforecast.errors import InputError, TransientError
from evforecast.inwarehouse.credits.tags import NO_STEP, Tag, tagged
from evforecast.warehouse import WarehouseError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings(WARNINGS)]
AS_OF = "2026-11-28 09:15+01:00"


def set_tags(account):
    return [one for one in account.asked if one.startswith("ALTER SESSION")]


def test_a_step_carries_its_tag_and_the_session_has_its_own_again(warehouse, account):
    before = account.parameters["QUERY_TAG"]
    with tagged(warehouse, step="predict", run="r-1", as_of=AS_OF):
        value, _ = account.parameters["QUERY_TAG"]
        assert json.loads(value) == {
            "app": "evforecast",
            "step": "predict",
            "run": "r-1",
            "as_of": "2026-11-28T08:15:00Z",
        }
        assert warehouse.run("SELECT 42") == [(42,)]
    assert account.parameters["QUERY_TAG"] == before
    assert account.asked == [
        "SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION",
        f"ALTER SESSION SET QUERY_TAG = '{Tag('predict', 'r-1', '2026-11-28T08:15:00Z').text}'",
        "SELECT 42",
        'ALTER SESSION SET QUERY_TAG = \'{"app":"evforecast"}\'',
    ]


def test_a_tag_of_the_user_or_the_account_is_put_back_by_unset(warehouse, account):
    account.parameters["QUERY_TAG"] = ("of the account", "ACCOUNT")
    with tagged(warehouse, step="load", run="r", as_of=AS_OF):
        pass
    assert set_tags(account)[-1] == "ALTER SESSION UNSET QUERY_TAG"


def test_an_empty_tag_of_the_session_is_an_empty_tag_again(warehouse, account):
    account.parameters["QUERY_TAG"] = (None, "SESSION")
    with tagged(warehouse, step="load", run="r", as_of=AS_OF):
        pass
    assert set_tags(account)[-1] == "ALTER SESSION SET QUERY_TAG = ''"


def test_steps_in_steps(warehouse, account):
    def step():
        return Tag.parse(account.parameters["QUERY_TAG"][0]).step

    with tagged(warehouse, step="daily", run="r", as_of=AS_OF):
        with tagged(warehouse, step="predict", run="r", as_of=AS_OF):
            assert step() == "predict"
        assert step() == "daily"
    assert step() == NO_STEP


@pytest.mark.parametrize(
    "error", [ValueError("bad"), KeyboardInterrupt()], ids=["error", "interrupt"]
)
def test_after_an_error_too(warehouse, account, error):
    before = account.parameters["QUERY_TAG"]
    with pytest.raises(type(error)), tagged(warehouse, step="load", run="r", as_of=AS_OF):
        raise error
    assert account.parameters["QUERY_TAG"] == before


def test_where_it_cannot_be_put_back_the_first_error_is_told_and_says_so(warehouse, account):
    def work():
        account.errors.append(("ALTER SESSION", TransientError("no answer came")))
        msg = "bad"
        raise ValueError(msg)

    with (
        pytest.raises(ValueError, match="bad") as caught,
        tagged(warehouse, step="load", run="r", as_of=AS_OF),
    ):
        work()
    assert "still has the query tag of step 'load'" in caught.value.__notes__[0]
    assert "no answer came" in caught.value.__notes__[0]


def test_where_it_cannot_be_put_back_without_an_error_that_is_one(warehouse, account):
    with (
        pytest.raises(TransientError, match="no answer"),
        tagged(warehouse, step="load", run="r", as_of=AS_OF),
    ):
        account.errors.append(("ALTER SESSION", TransientError("no answer came")))


def test_a_tag_that_is_refused_is_not_put_back(warehouse, account):
    account.errors.append(("ALTER SESSION SET", WarehouseError("refused")))
    with (
        pytest.raises(WarehouseError, match="refused"),
        tagged(warehouse, step="load", run="r", as_of=AS_OF),
    ):
        pytest.fail("the step must not begin")
    assert len(set_tags(account)) == 1


@pytest.mark.parametrize("run", ['it\'s \\ "this"', "nuit d'été ✓", "';DROP TABLE x;--", "a\nb"])
def test_no_name_of_a_run_is_read_as_sql(warehouse, account, run):
    with tagged(warehouse, step="load", run=run, as_of=AS_OF):
        (statement,) = set_tags(account)
        # nothing but doubled quotes and doubled backslashes between the first quote and the last
        inside = statement[statement.index("'") + 1 : -1]
        assert "'" not in inside.replace("''", "")
        assert "\\" not in inside.replace("\\\\", "")
        assert inside.isascii()
        assert Tag.parse(account.parameters["QUERY_TAG"][0]).run == run


def test_threads_of_a_session_share_its_tag(warehouse, account):
    seen = []
    with tagged(warehouse, step="load", run="r", as_of=AS_OF):
        thread = threading.Thread(target=lambda: seen.append(account.parameters["QUERY_TAG"]))
        thread.start()
        thread.join()
    assert Tag.parse(seen[0][0]).step == "load"


def test_the_longest_tag(warehouse, account):
    short = len(Tag("load", "", "2026-11-28T08:15:00Z").text)
    with tagged(warehouse, step="load", run="r" * (2000 - short), as_of=AS_OF):
        assert len(account.parameters["QUERY_TAG"][0]) == 2000
    account.asked.clear()
    with (
        pytest.raises(InputError, match=r"has 2,001 characters.*shorter name"),
        tagged(warehouse, step="load", run="r" * (2001 - short), as_of=AS_OF),
    ):
        pytest.fail("the step must not begin")
    assert account.asked == []


def test_a_step_has_a_name(duckdb):
    with (
        pytest.raises(InputError, match="A step has a name"),
        tagged(duckdb, step="", run="r", as_of=AS_OF),
    ):
        pytest.fail("the step must not begin")


def test_duckdb_is_asked_nothing(duckdb, monkeypatch):
    monkeypatch.setattr(duckdb, "run", lambda *_: pytest.fail("asked"))
    with tagged(duckdb, step="load", run="r", as_of=AS_OF):
        pass


@pytest.mark.parametrize(
    "text", [None, float("nan"), "", "nightly", "7", "[]", '"evforecast"', '{"app":"other"}', '{"app":'],
    ids=str,
)  # fmt: skip
def test_tags_that_are_not_ours(text):
    assert Tag.parse(text) is None


def test_a_tag_is_read_as_it_was_written():
    tag = Tag("predict", 'the "first"', "2026-11-28T08:15:00Z")
    assert Tag.parse(tag.text) == tag
    assert Tag.parse('{"app":"evforecast","run":null,"step":7}') == Tag("7", "", "")

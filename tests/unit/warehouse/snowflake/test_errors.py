import pytest

from evforecast.errors import TransientError
from evforecast.warehouse.base import CopyError, WarehouseError
from evforecast.warehouse.snowflake.errors import (
    SnowflakeError,
    asked,
    copy_error,
    is_missing,
    translate,
)

theirs = pytest.importorskip("snowflake.connector.errors")


@pytest.mark.parametrize(
    "error",
    [
        theirs.OperationalError("no route", errno=250001),
        theirs.GatewayTimeoutError(),
        theirs.ServiceUnavailableError(),
        theirs.RequestExceedMaxRetryError("given up"),
        theirs.ProgrammingError("Statement reached its statement or warehouse timeout", errno=630),
        theirs.ProgrammingError("Authentication token has expired", errno=390114, sqlstate="08001"),
    ],
)
def test_what_may_pass_is_to_be_run_again(error):
    with (
        pytest.raises(TransientError, match=r"Snowflake: LIST @s: .*Run it again: it resumes"),
        asked("LIST @s"),
    ):
        raise error


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (theirs.ProgrammingError("Table 'T' does not exist", errno=2003), "capitals too"),
        (theirs.ProgrammingError("No active warehouse selected", errno=606), "SNOWFLAKE_WAREHOUSE"),
        (theirs.ProgrammingError("Insufficient privileges", errno=3001), "GRANT"),
        (theirs.ProgrammingError("no current database", errno=90105), "SNOWFLAKE_DATABASE"),
        (theirs.DatabaseError("odd", errno=1, sfqid="01b2-7"), "query history has it as 01b2-7"),
    ],
)
def test_what_will_not_pass_says_what_to_do(error, advice):
    with pytest.raises(WarehouseError, match=advice) as caught, asked("SELECT 1"):
        raise error
    assert str(caught.value).startswith("Snowflake: SELECT 1: ")
    assert caught.value.__cause__ is error
    assert caught.value.errno == error.errno


def test_a_refused_certificate_does_not_pass():
    error = theirs.RevocationCheckError(msg="revoked", errno=254000)
    assert isinstance(translate(error, "connect"), SnowflakeError)


def test_no_secret_in_a_message():
    error = theirs.DatabaseError("Incorrect password hush-hush was specified", errno=250001)
    assert "hush-hush" not in str(translate(error, "connect", ["hush-hush"]))


def test_a_message_is_one_line():
    error = translate(theirs.ProgrammingError("a\n  b\n\nc" + "x" * 9000), "SELECT 1")
    assert "a b c" in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 800


def test_what_is_missing():
    assert is_missing(SnowflakeError("…", 2003))
    assert not is_missing(SnowflakeError("…", 1003))
    assert not is_missing(WarehouseError("…"))


def test_a_copy_error_names_file_line_and_column():
    said = (
        "Snowflake: COPY INTO: 100038 (22018): Numeric value 'x' is not recognized File "
        '\'evforecast_stage/run-1/b.csv.gz\', line 7, character 5 Row 7, column "t"["n":1] If you would like '
        "to continue loading when an error is encountered"
    )
    error = copy_error(SnowflakeError(said), "t", ["a.csv.gz", "b.csv.gz"])
    assert isinstance(error, CopyError)
    assert error.file == "b.csv.gz"
    assert str(error).startswith(
        'b.csv.gz, line 7, column "t"["n":1]: it cannot be loaded into t: '
    )


def test_a_copy_error_that_names_no_file():
    error = copy_error(SnowflakeError("odd"), "t", ["a.csv", "b.csv"])
    assert error.file == ""
    assert str(error).startswith("one of 2 files: ")
    assert copy_error(SnowflakeError("odd"), "t", ["a.csv"]).file == "a.csv"
    assert copy_error(SnowflakeError("about b.csv"), "t", ["a.csv", "b.csv"]).file == "b.csv"

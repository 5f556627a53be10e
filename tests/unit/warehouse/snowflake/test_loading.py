"""What the emulator has not: CONTINUE, VALIDATE, over a thousand files. A session answers from a list."""

import pytest

from evforecast.warehouse import Column, CopyError, FileFormat, TableName
from evforecast.warehouse.snowflake.errors import SnowflakeError
from evforecast.warehouse.snowflake.loading import copy_files, loaded_rows

TABLE = TableName(("t",))
COLUMNS = [Column("n", "int4")]
PLACE = "@s/run-1/"


class Canned:
    """Answers the statements that begin with a word; nothing else is an answer too."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []
        self.made = []

    def ask(self, statement, values=()):  # noqa: ARG002 - the session is asked so
        self.asked.append(statement)
        answer = self.answers.get(statement.split()[0], [])
        if isinstance(answer, Exception):
            raise answer
        return (answer(statement) if callable(answer) else answer), "query-7"

    def make(self, statement):
        self.made.append(statement)

    @property
    def verbs(self):
        return [statement.split()[0] for statement in self.asked]


def files(count, kind=None):
    kind = kind or FileFormat()
    return {f"{n:04}{kind.suffix}": kind for n in range(count)}


def load(session, listed, on_error="abort"):
    return copy_files(session, TABLE, COLUMNS, PLACE, listed, on_error=on_error)


def test_more_than_a_thousand_files_are_batches_of_one_transaction():
    session = Canned()
    load(session, files(2001))
    assert session.verbs == ["BEGIN", "COPY", "COPY", "COPY", "COMMIT"]
    named = [statement.count(".csv.zst'") for statement in session.asked[1:-1]]
    assert named == [1000, 1000, 1]


def test_formats_are_made_before_the_transaction_and_load_apart():
    session = Canned()
    load(session, {**files(2), **files(1, FileFormat("parquet"))})
    assert len(session.made) == 2
    assert session.verbs == ["BEGIN", "COPY", "COPY", "COMMIT"]


def test_no_files_ask_for_nothing():
    session = Canned()
    assert load(session, {}) == {}
    assert session.asked == []


def test_an_error_rolls_back_and_names_the_file():
    error = SnowflakeError(
        "Numeric value 'x' is not recognized File 's/run-1/0001.csv.zst', line 7, character 1"
    )
    session = Canned(COPY=error)
    with pytest.raises(CopyError, match=r"^0001\.csv\.zst, line 7: ") as caught:
        load(session, files(2))
    assert caught.value.file == "0001.csv.zst"
    assert session.verbs == ["BEGIN", "COPY", "ROLLBACK"]


def test_a_session_that_is_lost_tells_the_first_error():
    session = Canned(COPY=SnowflakeError("first"), ROLLBACK=SnowflakeError("second"))
    with pytest.raises(CopyError, match="first"):
        load(session, files(1))


def test_a_missing_table_is_not_a_files_fault():
    session = Canned(COPY=SnowflakeError("no such table", 2003))
    with pytest.raises(SnowflakeError, match="no such table") as caught:
        load(session, files(1))
    assert not isinstance(caught.value, CopyError)


def partly(_statement):
    return [("run-1/0000.csv.zst", "PARTIALLY_LOADED", 9, 7, 9, 2, "first", 3, 1, "n")]


def test_rows_that_were_left_out_are_fetched():
    rows = [
        ("run-1/0000.csv.zst", 3, "n", "first", "x"),
        ("run-1/0000.csv.zst", 5, "n", "second", "y"),
    ]
    session = Canned(COPY=partly, SELECT=rows)
    found = load(session, files(1), "continue")["0000.csv.zst"]
    assert (found.status, found.rows) == ("partly loaded", 7)
    assert [(row["line"], row["text"]) for row in found.rejected] == [(3, "x"), (5, "y")]
    assert session.verbs == ["COPY", "SELECT"]
    assert "VALIDATE(\"t\", JOB_ID => 'query-7')" in session.asked[-1]


def test_the_first_row_is_kept_where_the_others_cannot_be_had(caplog):
    session = Canned(COPY=partly, SELECT=SnowflakeError("expired"))
    found = load(session, files(1), "continue")["0000.csv.zst"]
    assert [row["reason"] for row in found.rejected] == ["first"]
    assert "only the first rejected row" in caplog.text


def test_validate_knows_no_parquet():
    session = Canned(COPY=partly)
    load(session, files(1, FileFormat("parquet")), "continue")
    assert session.verbs == ["COPY"]


def test_the_history_is_of_the_tables_schema():
    rows = [("s3://x/run-1/a.csv", 3), ("s3://x/run-1/a.csv", 4)]
    session = Canned(SELECT=rows)
    assert loaded_rows(session, TableName(("s", "t")), "run-1") == {"a.csv": 4}

import duckdb
import pytest

from evforecast.warehouse import LoadedFile, TableName
from evforecast.warehouse.duckdb_loading import (
    first_line,
    forget,
    loaded_before,
    make_history,
    remember,
)

T = TableName(("t",))
ROW = {"line": 3, "column": "n", "reason": "no number", "text": "x"}


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        make_history(opened)
        make_history(opened)
        yield opened


def test_what_was_loaded_is_remembered_by_table_and_prefix(connection):
    remember(connection, T, "r1", 10, LoadedFile("a.csv", "loaded", 5))
    remember(connection, T, "r1", 10, LoadedFile("b.csv", "partly loaded", 4, [ROW]))
    remember(connection, T, "r11", 10, LoadedFile("c.csv", "loaded", 5))
    assert loaded_before(connection, T, "r1") == {
        "a.csv": LoadedFile("a.csv", "loaded before", 5),
        "b.csv": LoadedFile("b.csv", "loaded before", 4, [ROW]),
    }
    assert loaded_before(connection, TableName(("u",)), "r1") == {}
    forget(connection, T)
    assert loaded_before(connection, T, "r1") == {}


def test_advice_is_left_out_of_messages():
    assert first_line(ValueError("a\n b\n\nPossible solutions: c")) == "a; b"
    assert "as Parquet" in first_line(ValueError("Maximum line size of 2000000 bytes exceeded"))

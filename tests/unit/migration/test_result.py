from journal_entries import entries

from evforecast.migration.result import MigrationReport
from evforecast.migration.state import read_state


def report(length=None):
    made, current = read_state(entries()[:length])
    return MigrationReport(made, current)


def test_a_round_that_went_well():
    done = report()
    assert done.complete
    assert done.phase == "done"
    assert done.rows == 3
    assert done.verdict == "complete: 3 rows, the target equals the source"
    row = done.to_frame().iloc[0]
    assert (row["slice"], row["rows"], row["rows_loaded"], row["files"]) == ("all rows", 3, 3, 1)
    assert row["checksum"] == "00000011"
    assert row["equal"]
    assert "merged    3 inserted, 0 updated" in str(done)


def test_a_round_under_way():
    half = report(6)
    assert not half.complete
    assert half.verdict == "round 1 under way, load is next"
    assert half.to_frame()["equal"].tolist() == [None]


def test_before_the_first_round():
    planned = report(1)
    assert planned.verdict == "planned, nothing moved yet"
    assert len(planned.to_frame()) == 0
    assert planned.phase == "export"
    assert "duckdb:///ev.duckdb" in str(planned)


def test_what_differs_is_told():
    journal = entries()
    journal[-1] = {
        "event": "ended",
        "complete": False,
        "differences": {"all rows": ["2 against 3"]},
    }
    made, current = read_state(journal)
    differs = MigrationReport(made, current)
    assert not differs.complete
    assert "1 slice(s) of the target differ" in differs.verdict
    assert "all rows: 2 against 3" in str(differs)
    assert differs.to_frame()["differs"].tolist() == ["2 against 3"]


def test_markdown_is_a_table():
    lines = report().to_markdown().splitlines()
    assert lines[0] == "# t: complete: 3 rows, the target equals the source"
    assert lines[-1] == "| all rows | 3 | 1 | 0.00 | 3 | 0 | 00000011 | True |  |"
    assert lines[-3].startswith("| slice | rows | files |")
    assert "- key: n" in lines

import json
from typing import get_args

import pytest
from moving import fill, rows_in, rows_of

from evforecast.cli import main, migrate
from evforecast.migration.journal import locked
from evforecast.migration.plan import Layout
from evforecast.migration.state import PHASES
from evforecast.warehouse import connect


def test_the_words_of_the_options_are_those_of_the_library():
    assert get_args(Layout) == migrate._LAYOUTS
    assert PHASES == migrate._PHASES


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "name the source and the warehouse"),
        (["postgresql://h/d"], "name the source and the warehouse"),
        (["postgresql://h/d", "oracle://h"], "of no kind known here"),
        (["postgresql://h/d", "duckdb:///x.duckdb"], "name a table or a query"),
        (["status", "no-such-folder"], "no journal in 'no-such-folder'"),
    ],
)
def test_what_is_missing_is_said_in_a_line(argv, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["migrate", *argv]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", [["--target-mb", "10"], ["--workers", "0"], ["--until", "x"]])
def test_options_that_are_none(option, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["migrate", "a", "b", *option])
    assert stop.value.code == 2
    assert "usage: evforecast migrate" in capsys.readouterr().err


@pytest.fixture
def call(sql, dsn, tmp_path):
    fill(sql)
    url, folder = f"duckdb:///{tmp_path / 'ev.duckdb'}", str(tmp_path / "w")

    def called(*argv, table="status"):
        return main(["migrate", dsn, url, "--table", table, "--workdir", folder, *argv])

    called.url, called.folder = url, folder
    return called


@pytest.mark.integration
def test_a_migration_and_where_it_stands(call, sql, capsys, tmp_path):
    assert call("--layout", "month", "--until", "stage") == 0
    assert main(["migrate", "status", call.folder]) == 0
    said = capsys.readouterr().out
    assert "round 1 under way, load is next" in said
    assert "no process is" in said
    assert "2020-01.csv.zst" in said
    assert "exported 288 rows" in said
    assert call("--layout", "month") == 2
    assert "Add --resume" in capsys.readouterr().err
    report = tmp_path / "report.md"
    assert call("--layout", "month", "--resume", "--report", str(report)) == 0
    assert "complete: 900 rows, the target equals the source" in capsys.readouterr().out
    assert "| 2020-02 | 612 |" in report.read_text("utf-8")
    with connect(call.url) as warehouse:
        assert rows_in(warehouse) == rows_of(sql)
    with locked(tmp_path / "w"):
        assert main(["migrate", "status", call.folder]) == 0
        assert "yes, a process is" in capsys.readouterr().out
        assert call("--layout", "month") == 2


@pytest.mark.integration
def test_tables_that_are_not_equal_end_with_1(call, capsys):
    assert call("--quiet") == 0
    with connect(call.url) as warehouse:
        warehouse.run("INSERT INTO status VALUES ('2021-01-01', 'S', 'down')")
    assert call("--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["complete"]
    assert said["verdict"].startswith("not complete")
    assert said["slices"][0]["rows"] == 900


@pytest.mark.integration
def test_what_may_succeed_later_ends_with_75(call, capsys):
    argv = ["migrate", "postgresql://127.0.0.1:9/ev", call.url, "--table", "status"]
    assert main([*argv, "--workdir", call.folder]) == 75
    assert "cannot be reached" in capsys.readouterr().err


@pytest.mark.integration
def test_a_dry_run_moves_nothing(call, capsys, tmp_path):
    assert call("--dry-run", "--layout", "halves") == 0
    said = capsys.readouterr().out
    assert "2 file(s), about" in said
    assert "COPY (SELECT" in said
    assert not (tmp_path / "w" / "journal.jsonl").exists()


@pytest.mark.integration
def test_a_script_to_be_run_by_hand(call, sql, tmp_path, capsys):
    script = tmp_path / "load.sql"
    assert call("--script", str(script)) == 0
    assert "read_csv(" in script.read_text("utf-8")


@pytest.mark.integration
def test_a_file_first(call, tmp_path, capsys):
    path = tmp_path / "more.csv"
    path.write_text("id,x\n007,1.5\n008,\n", encoding="utf-8")
    assert call("--import", str(path), table="more") == 0
    assert "more: 2 rows in" in capsys.readouterr().out
    with connect(call.url) as warehouse:
        assert sorted(warehouse.run("SELECT * FROM more")) == [("007", 1.5), ("008", None)]


@pytest.mark.integration
def test_the_layouts_side_by_side(call, capsys):
    assert call("--compare-layouts", "--quiet") == 0
    assert "| verified equal | yes | yes | yes | yes | yes |" in capsys.readouterr().out

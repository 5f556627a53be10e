import pytest
from journal_entries import MADE

from evforecast.migration import MigrationPlan
from evforecast.migration.ledger import Ledger
from evforecast.migration.progress import Progress
from evforecast.migration.reading import export, make_plan, tasks_of
from evforecast.migration.slicing import Slicing
from evforecast.migration.source import SourceTable
from evforecast.migration.state import MadePlan
from evforecast.migration.waiting import wait
from evforecast.warehouse import Column, connect


def test_a_task_a_slice_and_in_blocks_several():
    source = SourceTable("t", "t", [], (), False, 100.0, 40)
    (task,) = tasks_of(MADE, source, [(0, "all rows")])
    assert (task.name, task.where) == ("all-rows.csv.zst", "TRUE")
    blocks = MadePlan(**{**vars(MADE), "slicing": Slicing("blocks", parts=2)})
    assert [t.name for t in tasks_of(blocks, source, [(0, "all rows")])] == [
        "all-0001.csv.zst",
        "all-0002.csv.zst",
    ]
    by = MadePlan(**{**vars(MADE), "slicing": Slicing("column", Column("n", "int4"))})
    assert [t.where for t in tasks_of(by, source, [(1, "n=1"), (None, "no n")])] == [
        "\"n\" = '1'::int8",
        '"n" IS NULL',
    ]


@pytest.mark.integration
def test_an_interrupted_export_keeps_the_files_that_still_hold(sql, dsn, tmp_path):
    sql("CREATE TABLE t AS SELECT n, n % 3 AS k FROM generate_series(1, 30) AS n")
    plan = MigrationPlan("t", layout="column", slice_by="k", key=["n"])
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as warehouse:
        ledger = Ledger(tmp_path / "w")
        ledger.record("plan", made=wait(make_plan(dsn, plan, warehouse)).to_dict())
        ledger.record("round", number=1, run="r1")
        wait(export(dsn, warehouse, ledger, Progress(shown=False)))
        assert ledger.current.exported
        first = {name: part for name, (_, part) in ledger.current.parts.items()}
        assert [part.rows for part in first.values()] == [10, 10, 10]
        # as if it had been killed before the last line: one slice changes, one file goes
        sql("UPDATE t SET n = n + 100 WHERE k = 1")
        names = {label: name for name, (label, _) in ledger.current.parts.items()}
        (ledger.parts_folder / names["k=2"]).unlink()
        wait(export(dsn, warehouse, ledger, Progress(shown=False)))
        second = {name: part for name, (_, part) in ledger.current.parts.items()}
        assert second[names["k=0"]] == first[names["k=0"]]
        assert second[names["k=1"]].sha256 != first[names["k=1"]].sha256
        assert second[names["k=2"]].sha256 == first[names["k=2"]].sha256

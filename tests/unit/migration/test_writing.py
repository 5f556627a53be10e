import pytest
from journal_entries import MADE, entries

from evforecast.migration import PartError
from evforecast.migration.ledger import Ledger
from evforecast.migration.parts import PartWriter
from evforecast.migration.progress import Progress
from evforecast.migration.writing import check, load, merge, prefix_of, stage
from evforecast.warehouse import FileFormat, LoadedFile, StagedFile, TableName, connect

QUIET = Progress(shown=False)


@pytest.fixture
def warehouse(tmp_path):
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as opened:
        yield opened


@pytest.fixture
def ledger(tmp_path, warehouse):
    """Return the journal of an export of the numbers 1 to 3, its file and its fingerprint being true."""
    ledger = Ledger(tmp_path / "w")
    made = {**MADE.to_dict(), "warehouse": warehouse.url}
    ledger.record("plan", made=made)
    ledger.record("round", number=1, run="r1")
    table = TableName(("x",))
    warehouse.create(table, MADE.columns, transient=True)
    warehouse.run("INSERT INTO x VALUES (1), (2), (3)")
    print_ = warehouse.fingerprint(table, MADE.columns)[0]
    warehouse.drop(table)
    source = entries()[2]
    source["slices"][0]["print"] = print_.to_dict()
    ledger.record("source", **{k: v for k, v in source.items() if k != "event"})
    ledger.parts_folder.mkdir(parents=True)
    writer = PartWriter(ledger.parts_folder / "a.csv.zst", MADE.columns, FileFormat())
    writer.write(b"1\n2\n3\n")
    part = writer.close(rows=3, seconds=0.0)
    ledger.record("part", slice="all rows", part=part.to_dict())
    ledger.record("exported", phase="export", seconds=0.1)
    return ledger


def test_the_phases_one_after_the_other(ledger, warehouse):
    assert prefix_of(ledger) == "t/r1"
    stage(ledger, warehouse, QUIET)
    assert [file.name for file in warehouse.staged("t/r1")] == ["a.csv.zst"]
    load(ledger, warehouse, QUIET)
    assert warehouse.run("SELECT n FROM t__r1 ORDER BY n") == [(1,), (2,), (3,)]
    check(ledger, warehouse)
    assert ledger.current.checked["keys"] == {"all rows": 3}
    merge(ledger, warehouse)
    assert ledger.current.phase == "done"
    assert ledger.current.ended["complete"]
    assert warehouse.run("SELECT count(*) FROM t") == [(3,)]
    assert warehouse.columns(TableName(("t__r1",))) is None
    assert not (ledger.folder / "parts").exists()
    assert not warehouse.stage.exists()


@pytest.mark.parametrize("phase", [stage, load])
def test_a_phase_done_twice_is_done_once(ledger, warehouse, phase):
    stage(ledger, warehouse, QUIET)
    if phase is load:
        load(ledger, warehouse, QUIET)
    phase(ledger, warehouse, QUIET)
    load(ledger, warehouse, QUIET)
    assert warehouse.run("SELECT count(*) FROM t__r1") == [(3,)]


def test_files_are_kept_where_that_is_asked_for(ledger, warehouse):
    made = ledger.made.to_dict()
    made["plan"]["purge"] = False
    ledger.record("plan", made=made)
    stage(ledger, warehouse, QUIET)
    load(ledger, warehouse, QUIET)
    check(ledger, warehouse)
    merge(ledger, warehouse)
    assert warehouse.staged("t/r1") != []
    assert (ledger.parts_folder / "a.csv.zst").is_file()


def test_a_staged_file_that_is_too_long_is_named(ledger, warehouse, monkeypatch):
    stage(ledger, warehouse, QUIET)
    (file,) = warehouse.staged("t/r1")
    longer = StagedFile(file.name, (file.size // 16 + 2) * 16)
    monkeypatch.setattr(warehouse, "staged", lambda _: [longer])
    with pytest.raises(PartError, match="bytes in the stage instead of"):
        load(ledger, warehouse, QUIET)
    assert ledger.current.phase == "export"  # the file is to be exported anew


def test_a_padded_file_is_loaded(ledger, warehouse, monkeypatch):
    stage(ledger, warehouse, QUIET)
    (file,) = warehouse.staged("t/r1")
    padded = StagedFile(file.name, (file.size // 16 + 1) * 16)
    monkeypatch.setattr(warehouse, "staged", lambda _: [padded])
    load(ledger, warehouse, QUIET)
    assert ledger.current.loaded["a.csv.zst"]["rows"] == 3


def test_rows_that_a_warehouse_has_forgotten_are_counted_by_the_check(
    ledger, warehouse, monkeypatch
):
    stage(ledger, warehouse, QUIET)
    load(ledger, warehouse, QUIET)
    forgotten = [LoadedFile("a.csv.zst", "loaded before", -1)]
    ledger.current.loaded.clear()
    monkeypatch.setattr(warehouse, "copy_into", lambda *_, **__: forgotten)
    load(ledger, warehouse, QUIET)
    assert ledger.current.loaded["a.csv.zst"]["rows"] == 3
    check(ledger, warehouse)


def test_a_check_that_fails_is_told_before_the_table_goes(ledger, warehouse, monkeypatch):
    stage(ledger, warehouse, QUIET)
    load(ledger, warehouse, QUIET)
    warehouse.run("UPDATE t__r1 SET n = 9 WHERE n = 1")

    def killed(table):
        raise KeyboardInterrupt

    monkeypatch.setattr(warehouse, "drop", killed)
    with pytest.raises(KeyboardInterrupt):
        check(ledger, warehouse)
    # so that the next run begins a round, and does not look for a table that is gone
    assert Ledger(ledger.folder).current.phase == "done"

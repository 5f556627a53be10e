"""Files that are damaged, disks that are full, folders that are taken."""

import os
import subprocess

import pytest
from moving import fill, rows_in, rows_of

from evforecast.errors import EvForecastError
from evforecast.migration import (
    JournalError,
    Migration,
    MigrationError,
    MigrationPlan,
    PartError,
    migrate,
)
from evforecast.migration.journal import locked
from evforecast.migration.rejected import read_rejected

pytestmark = pytest.mark.integration


@pytest.fixture
def moving(sql, dsn, duck, tmp_path):
    fill(sql)
    plan = MigrationPlan("status", layout="month")
    return Migration(dsn, duck, plan, tmp_path / "work", progress=False)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def turn(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


DAMAGES = {
    "missing": (lambda path: path.unlink(), "missing|not in the stage"),
    "truncated": (cut, "bytes instead of|bytes in the stage instead of"),
    "corrupted": (turn, "SHA-256"),
}


def replace(path, harm):
    """Damage one file and not the other that is linked to it."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    harm(path)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("where", ["exported", "staged"])
def test_a_damaged_part_is_named_and_made_anew(sql, duck, moving, damage, where):
    harm, words = DAMAGES[damage]
    report = moving.export() if where == "exported" else moving.stage()
    folder = moving.folder / "parts" if where == "exported" else duck.stage
    path = next(folder.rglob("2020-01.csv.zst"))
    replace(path, harm)
    with pytest.raises(PartError, match=words) as caught:
        moving.run()
    assert caught.value.part == path.name
    report = moving.run()
    assert report.complete
    assert rows_in(duck) == rows_of(sql)


def test_a_part_that_stands_twice_is_not_loaded_and_told(sql, duck, moving, caplog):
    moving.stage()
    path = next(duck.stage.rglob("2020-01.csv.zst"))
    path.with_name("copy-of-2020-01.csv.zst").write_bytes(path.read_bytes())
    assert moving.run().complete
    assert "copy-of-2020-01.csv.zst: a staged file that is not of this run" in caplog.text
    assert rows_in(duck) == rows_of(sql)


def test_rows_that_changed_on_the_way_are_found_and_nothing_is_merged(duck, moving):
    report = moving.load()
    table = report.round.transient
    duck.run(
        f"""UPDATE "{table}" SET status = 'down' WHERE observed_at = '2020-02-01' AND evse_id = 'S1'"""
    )
    with pytest.raises(MigrationError, match=r"2020-02 \(2020-02.csv.zst\): column 'status'"):
        moving.run()
    assert (
        duck.run("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'status%'")
        == []
    )
    assert moving.run().complete


def test_values_that_changed_places_are_found(duck, moving):
    report = moving.load()
    duck.run(
        f"UPDATE \"{report.round.transient}\" SET evse_id = CASE evse_id WHEN 'S1' THEN 'S2' ELSE 'S1' END "
        "WHERE observed_at = '2020-02-01 03:00' AND evse_id <> 'S0'"
    )
    with pytest.raises(MigrationError, match="values stand in other rows than they should"):
        moving.run()


def test_rows_that_cannot_be_loaded_are_kept_with_their_reason(sql, dsn, duck, tmp_path):
    sql("CREATE TABLE wide (id int PRIMARY KEY, t text)")
    sql("INSERT INTO wide VALUES (1, 'a'), (2, repeat('x', 3000000)), (3, 'c')")
    report = migrate(
        dsn, duck, workdir=tmp_path / "w", progress=False, table="wide", on_error="continue"
    )
    assert not report.complete
    assert report.rejected == 1
    assert duck.run("SELECT id FROM wide ORDER BY id") == [(1,), (3,)]
    (row,) = read_rejected(tmp_path / "w")
    assert row["file"] == "all-rows.csv.zst"
    assert row["line"] == 2
    assert "line size" in row["reason"].lower()


def test_a_folder_in_use_is_refused(moving):
    with (
        locked(moving.folder),
        pytest.raises(JournalError, match=r"at work here already \(process"),
    ):
        moving.run()


def test_an_interrupted_run_wants_to_be_resumed(dsn, duck, moving):
    moving.stage()
    with pytest.raises(JournalError, match=r"interrupted here, before load.*--resume"):
        migrate(dsn, duck, moving.given, workdir=moving.folder, progress=False)
    other = MigrationPlan("status", layout="halves")
    with pytest.raises(JournalError, match="other options: layout"):
        migrate(dsn, duck, other, workdir=moving.folder, progress=False, resume=True)
    assert migrate(
        dsn, duck, moving.given, workdir=moving.folder, progress=False, resume=True
    ).complete


def test_a_full_disk_leaves_the_journal_whole(sql, dsn, duck, tmp_path):
    sql(
        "CREATE TABLE status AS SELECT n AS id, md5(n::text) AS t FROM generate_series(1, 60000) AS n"
    )
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False
    ).returncode:
        pytest.skip("a file system of one megabyte could not be mounted: that takes root")
    try:
        with pytest.raises((OSError, EvForecastError)) as caught:
            migrate(dsn, duck, workdir=folder / "w", progress=False, table="status")
        assert "space" in str(caught.value).lower()
        assert list((folder / "w").rglob("*.unfinished")) == []
        subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True)
        report = migrate(
            dsn, duck, workdir=folder / "w", progress=False, table="status", resume=True
        )
        assert report.complete
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(sql, dsn, duck, tmp_path):
    fill(sql)
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        migrate(dsn, duck, workdir=folder / "w", progress=False, table="status")

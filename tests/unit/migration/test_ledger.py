import pytest

from evforecast.migration import JournalError
from evforecast.migration.ledger import Ledger
from evforecast.migration.parts import Part
from evforecast.warehouse.hashing import file_hash


def test_what_is_recorded_is_known_at_once_and_again(tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(JournalError, match="no round has begun"):
        _ = ledger.current
    with pytest.raises(JournalError, match="nothing was planned"):
        _ = ledger.made
    ledger.record("round", number=1, run="r1")
    ledger.record("exported", phase="export", seconds=2.0)
    assert ledger.current.exported
    assert Ledger(tmp_path).current == ledger.current
    assert ledger.parts_folder == tmp_path / "parts" / "r1"


def test_damage_is_seen(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.record("round", number=1, run="r1")
    ledger.parts_folder.mkdir(parents=True)
    path = ledger.parts_folder / "a.csv"
    path.write_bytes(b"1,2\n")
    part = Part("a.csv", 1, 4, 4, file_hash(path), 0.0)
    assert ledger.damage(part) is None
    path.write_bytes(b"1,3\n")
    assert "SHA-256" in ledger.damage(part)
    path.write_bytes(b"1")
    assert ledger.damage(part) == "it has 1 bytes instead of 4"
    path.unlink()
    assert ledger.damage(part) == "it is missing"


def test_only_the_files_of_the_round_are_removed(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.record("round", number=1, run="r1")
    ledger.parts_folder.mkdir(parents=True)
    for name in ("a.csv", "mine.txt"):
        (ledger.parts_folder / name).touch()
    part = Part("a.csv", 0, 0, 0, "", 0.0)
    ledger.record("part", slice="all rows", part=part.to_dict())
    ledger.remove_parts()
    assert [path.name for path in ledger.parts_folder.iterdir()] == ["mine.txt"]
    (ledger.parts_folder / "mine.txt").unlink()
    ledger.remove_parts()
    assert not (tmp_path / "parts").exists()

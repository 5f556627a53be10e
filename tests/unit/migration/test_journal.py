import json
import os
import subprocess
import sys

import pytest

from evforecast.migration import JournalError
from evforecast.migration.journal import Journal, is_locked, locked, read_journal


def test_entries_are_read_back_and_are_lines_of_json(tmp_path):
    journal = Journal(tmp_path)
    journal.record("plan", name="é")
    journal.record("done")
    assert [entry["event"] for entry in read_journal(tmp_path)] == ["plan", "done"]
    lines = (tmp_path / "journal.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["name"] == "é"
    assert "at" in json.loads(lines[1])


def test_a_line_cut_short_by_a_kill_says_nothing(tmp_path):
    Journal(tmp_path).record("plan")
    path = tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole + whole[:length])
        assert len(read_journal(tmp_path)) == 1
        journal = Journal(tmp_path)
        journal.record("next")
        assert [entry["event"] for entry in read_journal(tmp_path)] == ["plan", "next"]


def test_a_line_that_is_none_is_named(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"event": "plan"}\nhello\n{"event": "x"}\n')
    with pytest.raises(JournalError, match="line 2: it is no line of a journal"):
        Journal(tmp_path)


def test_a_write_that_fails_leaves_the_journal_as_it_was(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    journal.record("plan")
    before = journal.path.read_bytes()
    write = os.write

    def half(handle, data):
        write(handle, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            journal.record("next")
    assert journal.path.read_bytes() == before
    assert [entry["event"] for entry in journal.entries] == ["plan"]


def test_one_process_at_a_time(tmp_path):
    code = (
        "import pathlib, sys; from evforecast.migration.journal import locked\n"
        "try:\n    locked(pathlib.Path(sys.argv[1])).__enter__(); print('mine')\n"
        "except Exception as error: print(error)"
    )

    def other():
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
        )
        return done.stdout

    with locked(tmp_path):
        assert is_locked(tmp_path)
        assert f"at work here already (process {os.getpid()} on" in other()
    assert not is_locked(tmp_path)
    assert other() == "mine\n"


def test_a_folder_that_nobody_held(tmp_path):
    assert not is_locked(tmp_path)


def test_reading_changes_nothing(tmp_path):
    folder = tmp_path / "w"
    assert Journal(folder).entries == []
    assert not folder.exists()
    Journal(folder).record("plan")
    path = folder / "journal.jsonl"
    half = path.read_bytes() + b'{"event": "ne'  # as another process is writing it
    path.write_bytes(half)
    assert len(Journal(folder).entries) == 1
    assert path.read_bytes() == half

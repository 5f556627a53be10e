import hashlib
import os
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from evforecast.registry import folders
from evforecast.registry.errors import DamagedError, RegistryError
from evforecast.registry.folders import (
    draft,
    listed_sums,
    numbers,
    read_file,
    verify,
)

FILES = ("a.txt", "b.bin")
CONTENT = {"a.txt": b"hello\n", "b.bin": bytes(range(256))}
OLD = 3601


def publish(parent, number=1, content=CONTENT):
    with draft(parent, tuple(content)) as new:
        for name, data in content.items():
            new.write(name, data)
        return new.publish(number)


@pytest.fixture
def parent(tmp_path):
    return tmp_path / "root" / "versions"


@pytest.fixture
def folder(parent):
    publish(parent)
    return parent / "1"


def test_a_published_folder_holds_its_files_and_their_sums(folder):
    assert {path.name for path in folder.iterdir()} == {*FILES, "SHA256SUMS"}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
    assert verify(folder, FILES) == listed_sums(folder, FILES) == sums
    assert {name: read_file(folder, name, FILES) for name in FILES} == CONTENT


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
def test_other_programs_can_check_the_sums(folder):
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    assert subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0


def test_numbers_are_those_of_folders_that_are_numbers(parent):
    assert numbers(parent) == []
    for name in ("10", "9", "0", "08", "-1", "1.5", "notes", ".1", "٣"):
        (parent / name).mkdir(parents=True)
    assert numbers(parent) == [9, 10]


def test_a_number_is_given_once_and_the_draft_stays_for_the_next(parent):
    publish(parent, content={"a.txt": b"one"})
    with draft(parent, ["a.txt"]) as new:
        new.write("a.txt", b"two")
        assert not new.publish(1)
        new.write("a.txt", b"three")
        assert new.publish(2)
    assert [read_file(parent / n, "a.txt", ["a.txt"]) for n in ("1", "2")] == [b"one", b"three"]
    assert list((parent.parent / "unfinished").iterdir()) == []


def test_what_is_not_published_is_removed(parent):
    with draft(parent, FILES) as new:
        new.write("a.txt", b"hello")
    with pytest.raises(KeyError), draft(parent, FILES) as new:  # noqa: PT012 - the error of the body
        new.write("a.txt", b"hello")
        raise KeyError
    assert numbers(parent) == list((parent.parent / "unfinished").iterdir()) == []


def test_each_number_has_one_owner_among_many_threads(parent):
    got, start = [], threading.Barrier(4)

    def work(name):
        start.wait()
        for _ in range(10):
            with draft(parent, ["a.txt"]) as new:
                new.write("a.txt", name)
                number = 1
                while not new.publish(number):
                    number += 1
                got.append((number, name))

    threads = [threading.Thread(target=work, args=(bytes([65 + n]),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in got) == numbers(parent) == list(range(1, 41))
    for number, name in got:
        assert read_file(parent / str(number), "a.txt", ["a.txt"]) == name


def test_all_is_on_the_disk_before_it_is_seen_and_its_name_before_it_is_told(parent, monkeypatch):
    did, flush, rename = [], os.fsync, os.rename

    def flushed(handle):
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        did.append(f"flush {kind} {os.fstat(handle).st_ino}")
        flush(handle)

    def renamed(source, target, **options):
        did.append("rename")
        rename(source, target, **options)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    publish(parent)
    folder = parent / "1"
    before, after = did[: did.index("rename")], did[did.index("rename") + 1 :]
    for path in folder.iterdir():
        assert f"flush file {path.stat().st_ino}" in before
    for path in (folder, parent.parent, parent.parent.parent):
        assert f"flush folder {path.stat().st_ino}" in before
    assert after == [f"flush folder {parent.stat().st_ino}"]


DAMAGES = {
    "changed": ("b.bin", lambda path: path.write_bytes(b"other"), "has changed since"),
    "cut short": ("b.bin", lambda path: os.truncate(path, 255), "has changed since"),
    "missing": ("a.txt", lambda path: path.unlink(), "cannot be read"),
    "a folder instead": (
        "a.txt",
        lambda path: (path.unlink(), path.mkdir()),
        "cannot be read",
    ),
    "one too many": ("c.txt", lambda path: path.write_bytes(b""), "does not belong there"),
    "no sums": ("SHA256SUMS", lambda path: path.unlink(), "cannot be read"),
    "other sums": ("SHA256SUMS", lambda path: path.write_bytes(b"\xff 1\n"), "lists"),
    "fewer sums": (
        "SHA256SUMS",
        lambda path: path.write_text(path.read_text().splitlines()[0] + "\n"),
        "lists",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_folder_that_is_not_what_was_published_is_refused(folder, damage):
    name, harm, reason = DAMAGES[damage]
    harm(folder / name)
    with pytest.raises(DamagedError, match=reason) as caught:
        verify(folder, FILES)
    assert caught.value.file == name
    assert str(folder) in str(caught.value)


def test_one_file_is_read_whatever_became_of_the_others(folder):
    (folder / "b.bin").write_bytes(b"other")
    assert read_file(folder, "a.txt", FILES) == b"hello\n"
    with pytest.raises(DamagedError, match=r"b\.bin has changed since it was published"):
        read_file(folder, "b.bin", FILES)


def test_a_sum_that_leads_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    sums = f"{hashlib.sha256(b'x').hexdigest()}  ../../../secret\n"
    (folder / "SHA256SUMS").write_text(sums)
    with pytest.raises(DamagedError, match="SHA256SUMS lists"):
        verify(folder, FILES)


def age(path, by):
    """Make a folder older than it is."""
    time = path.stat().st_mtime - by
    os.utime(path, (time, time))


def test_old_drafts_are_swept_and_young_ones_are_left(parent):
    unfinished = parent.parent / "unfinished"
    for name, by in {"old": OLD, "young": OLD - 60}.items():
        (unfinished / name).mkdir(parents=True)
        (unfinished / name / "a.txt").write_bytes(b"half")
        age(unfinished / name, by)
    (unfinished / "a file").write_bytes(b"")
    os.utime(unfinished / "a file", (0, 0))
    publish(parent)
    assert {path.name for path in unfinished.iterdir()} == {"young", "a file"}


def test_a_writer_whose_draft_was_swept_is_told_and_publishes_nothing(parent):
    expected = pytest.raises(RegistryError, match=r"the draft was removed .* Do it again")
    with expected, draft(parent, FILES) as slow:
        slow.write("a.txt", b"hello")
        age(slow.path, OLD)
        publish(parent, 1)
        slow.write("b.bin", b"")
    assert numbers(parent) == [1]


def test_a_draft_is_swept_whole_or_published_whole(parent, monkeypatch):
    # The sweep is interrupted right after it has taken the draft away: its writer has nothing to publish.
    monkeypatch.setattr(folders.shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(RegistryError, match="the draft was removed"), draft(parent, FILES) as slow:  # noqa: PT012
        for name, data in CONTENT.items():
            slow.write(name, data)
        age(slow.path, OLD)
        publish(parent, 1)
        slow.publish(2)
    assert numbers(parent) == [1]


def test_two_may_sweep_at_once(parent, monkeypatch):
    unfinished = parent.parent / "unfinished"
    (unfinished / "old").mkdir(parents=True)
    age(unfinished / "old", OLD)
    rename = os.rename

    def another_was_quicker(source, target):
        if Path(source).name == "old":
            shutil.rmtree(source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", another_was_quicker)
    assert publish(parent)


def test_other_failures_are_not_hidden(parent, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with draft(parent, FILES) as new:
        for name, data in CONTENT.items():
            new.write(name, data)
        with monkeypatch.context() as patched:
            patched.setattr(os, "rename", full)
            with pytest.raises(OSError, match="No space"):
                new.publish(1)
        assert new.publish(1)
    with pytest.raises(FileNotFoundError, match="elsewhere"), draft(parent, FILES) as new:
        (new.path / "elsewhere").read_bytes()

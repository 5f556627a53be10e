import errno
import os
import stat

import pytest

from evforecast.disk import append_line, flush_names, size_of, sweep, take_lock, write_whole


@pytest.fixture
def flushed(monkeypatch):
    """Return whether what was flushed was a folder, in order."""
    done = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: done.append(stat.S_ISDIR(os.fstat(handle).st_mode))
    )
    return done


def test_a_file_is_flushed_and_then_its_name(tmp_path, flushed):
    write_whole(tmp_path / "a", b"1", flush=True)
    assert (tmp_path / "a").read_bytes() == b"1"
    assert flushed == ([False] if os.name == "nt" else [False, True])
    flushed.clear()
    write_whole(tmp_path / "a", b"2", flush=False)
    assert (tmp_path / "a").read_bytes() == b"2"
    assert flushed == []


def test_a_new_folder_is_flushed_too(tmp_path, flushed):
    write_whole(tmp_path / "a" / "b" / "c", b"1", flush=True)
    assert len(flushed) == (1 if os.name == "nt" else 4)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    write_whole(tmp_path / "a", b"old", flush=True)

    def full(_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "a", b"new", flush=True)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_a_line_takes_the_place_of_one_that_was_cut_short(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"one\ntw")
    append_line(path, b"three\n", 4, flush=True)
    assert path.read_bytes() == b"one\nthree\n"


def test_a_full_disk_leaves_the_lines_as_they_were(tmp_path, monkeypatch):
    path, write = tmp_path / "lines", os.write
    append_line(path, b"one\n", 0, flush=True)

    def half(handle, data):
        if len(data) < 4:
            raise OSError(errno.ENOSPC, "full")
        return write(handle, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="full"):
        append_line(path, b"two two two\n", 4, flush=True)
    assert path.read_bytes() == b"one\n"


def test_a_write_that_takes_several_calls_is_whole(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:3]))
    append_line(tmp_path / "lines", b"0123456789\n", 0, flush=False)
    assert (tmp_path / "lines").read_bytes() == b"0123456789\n"


def test_sweep_removes_what_killed_writers_left(tmp_path):
    (tmp_path / ".a.gz").write_bytes(b"half")
    (tmp_path / "b.gz").write_bytes(b"whole")
    sweep(tmp_path)
    sweep(tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["b.gz"]


def test_sizes(tmp_path):
    write_whole(tmp_path / "a" / "b", b"123", flush=False)
    write_whole(tmp_path / "c", b"4", flush=False)
    assert [size_of(tmp_path / name) for name in ("a", "c", "d", "")] == [3, 1, 0, 4]


def test_names_are_flushed_where_they_can_be(tmp_path, monkeypatch):
    flush_names(tmp_path)
    with pytest.raises(FileNotFoundError):
        flush_names(tmp_path / "none")
    monkeypatch.setattr(os, "name", "nt")
    flush_names(tmp_path / "none")


def test_a_lock_is_of_one_open_file_and_goes_with_it(tmp_path):
    one, other = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    assert take_lock(one)
    assert not take_lock(other)
    os.close(one)
    assert take_lock(other)
    os.close(other)

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.collect.journal import Journal

DAY = "2026-11-28"


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal")


def fill(journal, n):
    for number in range(n):
        journal.append(DAY, {"what": "answer", "n": number, "text": "é\n\u2028"})


def test_lines_come_back_in_order(journal):
    assert (journal.days(), journal.lines(DAY), journal.last(DAY)) == ([], [], {})
    fill(journal, 3)
    journal.append("2026-11-27", {"what": "closed"})
    assert journal.days() == ["2026-11-27", DAY]
    for reader in (journal, Journal(journal.folder)):
        assert [line["n"] for line in reader.lines(DAY)] == [0, 1, 2]
        assert reader.lines(DAY)[0]["text"] == "é\n\u2028"
        assert reader.last(DAY)["n"] == 2


@settings(max_examples=30, deadline=None)
@given(cut=st.integers(0, 200))
def test_cut_anywhere_it_holds_the_whole_lines_and_goes_on_behind_them(tmp_path_factory, cut):
    journal = Journal(tmp_path_factory.mktemp("journal"))
    fill(journal, 3)
    data = journal.path(DAY).read_bytes()[:cut]
    journal.path(DAY).write_bytes(data)
    whole = data.count(b"\n")
    reader = Journal(journal.folder)
    assert [line["n"] for line in reader.lines(DAY)] == list(range(whole))
    assert reader.last(DAY).get("n", -1) == whole - 1
    assert journal.path(DAY).read_bytes() == data  # reading changes nothing
    for writer in (Journal(journal.folder), journal):  # a new process, and one that knew more
        writer.append(DAY, {"what": "answer", "n": 7})
    found = [line["n"] for line in Journal(journal.folder).lines(DAY)]
    assert found == [*range(whole), 7, 7]


def test_lines_of_another_process_are_seen(journal):
    fill(journal, 1)
    other = Journal(journal.folder)
    other.append(DAY, {"n": 7})
    assert [line["n"] for line in journal.lines(DAY)] == [0, 7]
    journal.append(DAY, {"n": 8})
    assert [line["n"] for line in other.lines(DAY)] == [0, 7, 8]


@pytest.mark.parametrize("text", [b"{broken", b"[1]", b"\xff\xfe", b""])
def test_a_damaged_line_is_told_and_the_others_are_read(journal, text):
    fill(journal, 2)
    first, rest = journal.path(DAY).read_bytes().split(b"\n", 1)
    journal.path(DAY).write_bytes(first + b"\n" + text + b"\n" + rest)
    lines = Journal(journal.folder).lines(DAY)
    assert [line["what"] for line in lines] == ["answer", "damaged", "answer"]
    assert lines[1]["line"] == 2
    assert lines[1]["reason"]


def test_a_full_disk_leaves_it_as_it_was(journal, monkeypatch):
    fill(journal, 1)

    def full(handle, data):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="full"):
            journal.append(DAY, {"n": 1})
    assert [line["n"] for line in journal.lines(DAY)] == [0]
    journal.append(DAY, {"n": 2})
    assert [line["n"] for line in Journal(journal.folder).lines(DAY)] == [0, 2]


def test_only_some_days_stay_in_memory(journal):
    for day in range(60):
        journal.append(f"day{day:02d}", {"n": day})
    assert len(journal._known) < 60
    assert [journal.lines(f"day{day:02d}")[0]["n"] for day in range(60)] == list(range(60))


def test_the_last_line_of_a_long_day(journal):
    journal.append(DAY, {"what": "read", "notes": ["x" * 3000]})
    journal.append(DAY, {"what": "closed"})
    assert journal.last(DAY) == {"what": "closed"}

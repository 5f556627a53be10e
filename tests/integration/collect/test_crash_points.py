"""A process that ends at any one of its calls that touch a file loses nothing and doubles nothing."""

import os
import shutil
import sys

import pytest
from collected import Server, StatusFeed, at, body

from evforecast.collect import Store, collect_once

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="no processes are forked on this system"
)
CHANGES = {"os.rename", "os.remove", "os.rmdir"}
WRITING = os.O_WRONLY | os.O_RDWR


class Mended(StatusFeed):
    def words(self):
        return (*super().words(), "weird")


def collect(cycle, answer):
    """Return the step that collects a cycle; the server answers the same however often it is asked."""

    def step(root):
        server = Server(at(cycle, 7), with_etags=True)
        server.always["https://status.test/all"] = answer
        collect_once(Store(root, StatusFeed()), server, now=at(cycle))

    return step


def reparse(root):
    Store(root, Mended()).reparse(now=at(98))


def retain(root):
    Store(root, StatusFeed()).retain(raw_days=1, now=at(96 * 4))


A, B = body("available", "charging"), body("charging", "weird", "down")
STEPS = {
    "the first": collect(0, A),
    "not modified": collect(1, A),
    "what cannot be read": collect(3, b"<html>"),
    "rejected rows": collect(2, B),
    "a new day": collect(97, B),
    "a mended reader": reparse,
    "old bodies": retain,
}


def look(root):
    """Return all that is there, as another process may read it at any time: nothing is there twice."""
    store = Store(root, StatusFeed())
    answers, rows, rejected = [], [], []
    for name in store.journal.days():
        day = store.day(name)
        for line in day.answers:
            if line["outcome"] != "failed":
                kept = day.of(line)
                found = [line["cycle"], line["name"], line["collected_at"], day.outcome(line)]
                answers.append((*found, kept.id, kept.is_readable and kept.rows["status"]))
        rows += store.shelves["status"].read(name, day.order()).to_pylist()
        rejected += store.quarantine.read(name, day.order()).to_pylist()
    # What cannot be read is asked again; what can be is there once.
    good = [answer[:2] for answer in answers if answer[3] != "unreadable"]
    assert len(set(good)) == len(good)
    assert len({(row["evse_id"], row["collected_at"]) for row in rows}) == len(rows)
    raw = sorted(path.name for path in store.archive.folder.rglob("*.gz"))
    return sorted(set(answers)), [sorted(map(str, each)) for each in (rows, rejected)], raw


def ends_at(call, root, work):
    """Do something in a fork that ends at call number `call`; return the number of calls, if it did not.

    It ends before the call, or with half of its bytes written.
    """
    pipe, says = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            count = count_calls(call, root)
            work(root)
            os.write(says, str(count[0]).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(says)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(pipe) as told:
        text = told.read()
    assert os.waitstatus_to_exitcode(status) == (0 if text else 9), status
    return int(text) if text else None


def count_calls(call, root):
    count, write = [0], os.write

    def touched():
        count[0] += 1
        if count[0] == call:
            os._exit(9)

    def hear(event, arguments):
        if str(root) in str(arguments[:1]) and (
            event in CHANGES or (event == "open" and arguments[2] & WRITING)
        ):
            touched()

    def half(handle, data):
        count[0] += 1
        if count[0] == call:
            write(handle, data[: len(data) // 2])
            os._exit(9)
        return write(handle, data)

    sys.addaudithook(hear)
    os.write = half
    return count


def test_every_call_of_every_step(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    before, root, kills = tmp_path / "before", tmp_path / "work", 0
    before.mkdir()

    def begin():
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(before, root)

    for name, step in STEPS.items():
        begin()
        calls = ends_at(0, root, step)
        assert calls > 1, name
        end = look(root)
        for call in range(1, calls + 1):
            begin()
            ends_at(call, root, step)
            look(root)
            step(root)
            assert look(root) == end, (name, call)
            kills += 1
        step(before)
    assert kills > 80
    assert [path for path in before.rglob(".*") if path.is_file()] == []

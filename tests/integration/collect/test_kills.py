"""A collector that is killed again and again loses nothing; and what looks for that would find it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evforecast.collect import Store, collect_loop

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
DAY = "2026-01-01"

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="no processes are forked on this system"
)


def test_killed_at_random_while_the_server_misbehaves(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "collect.py"), "--cycles", "300", "--kills", "10"]
    done = subprocess.run(
        [*command, "--large", "0", "--json", str(tmp_path / "found.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["kills"], found["wrong"]) == (10, [])
    assert found["held"] + found["in flight when killed"] == found["answered"]
    # All that may happen did: else it would have shown nothing.
    assert {"stored", "unchanged", "unreadable", "failed"} <= set(found["outcomes"])
    assert found["never asked"] > 0
    assert found["gaps"] > found["never asked"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Collect a day and a bit; return the folder, the server, and what checks it."""
    root = tmp_path_factory.mktemp("collected")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        patch.setattr(os, "fsync", lambda _: None)
        from _collect_check import check
        from _collect_city import START, STEP, City, Server

        city = City(110, 5, seed=0)
        server = Server(city, 0.2, seed=0)
        until = START + 110 * STEP
        stores = [Store(root, city)]
        collect_loop(stores, server, clock=server.clock, sleep=server.sleep, until=until)
    return root, server, check


@pytest.fixture
def checked(collected, tmp_path):
    """Return a store, and what says what is wrong with it: nothing as yet."""
    root, server, check = collected
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)

    def look():
        return check(Store(tmp_path, server.city), server, [], 110)["wrong"]

    assert look() == []
    return Store(tmp_path, server.city), look


def edit(store, change):
    path = store.journal.path(DAY)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    change(lines)
    path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def place(lines, outcome):
    return next(n for n, line in enumerate(lines) if line.get("outcome") == outcome)


def swap(lines):
    """Let a cycle say that it was answered as another one was."""
    stored = [n for n, line in enumerate(lines) if line.get("outcome") == "stored"]
    lines[stored[3]]["sha256"] = lines[stored[1]]["sha256"]


def invent(lines):
    """Let a failure have been an answer."""
    answer, failed = lines[place(lines, "stored")], lines[place(lines, "failed")]
    failed.update(outcome="same", sha256=answer["sha256"], collected_at=failed["asked_at"])


def lose_a_body(store):
    """Remove the largest body: one that can be read."""
    bodies = (store.archive.folder / DAY).iterdir()
    max(bodies, key=lambda path: path.stat().st_size).unlink()


DAMAGES = {
    "an answer gone": lambda store: edit(store, lambda lines: lines.pop(place(lines, "unchanged"))),
    "an answer doubled": lambda store: edit(store, lambda lines: lines.append(lines[0])),
    "an answer invented": lambda store: edit(store, invent),
    "an answer mistaken": lambda store: edit(store, swap),
    "a body gone": lose_a_body,
    "rows gone": lambda store: store.shelves["status"].day_path(DAY).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_check_sees_it(checked, damage):
    store, look = checked
    DAMAGES[damage](store)
    assert look()

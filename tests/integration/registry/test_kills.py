"""Writers killed at random moments tear nothing and lose nothing; and what looks for that would find it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import evforecast as ev
from evforecast.registry import Registry

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
PANEL = ev.simulate(n_evse=4, days=3, random_state=0)
MODEL = ev.Persistence(horizons=[1]).fit(PANEL)
SAID = {"by": "me", "reason": "a"}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked on this system")
def test_two_writers_killed_at_random(tmp_path):
    command = [sys.executable, str(BENCHMARKS / "registry_kills.py"), "--kills", "15"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "found.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["kills"], found["torn"], found["lost"], found["doubled"]) == (15, [], [], 0)
    # It was at work when it was killed, and what it left was swept.
    assert found["told"] > 0
    assert found["not_written"] + found["written_not_told"] > 0
    assert found["drafts_kept"] == 0


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """Return a watch over two versions and two moves, all of which it has seen."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    from _registry_watch import NAME, Watch

    registry = Registry(tmp_path)
    for notes in ("a", "b"):
        number = registry.publish(MODEL, name=NAME, data=PANEL, notes=notes).number
        registry.set_alias(NAME, "champion", number, **SAID | {"reason": f"set {notes}"})
    watch = Watch(registry)
    watch.look()
    assert (list(watch.versions), len(watch.events), watch.torn) == ([1, 2], 2, [])
    return watch


DAMAGES = {
    "a model cut short": lambda root: cut(root / "versions" / "2" / "model.evf"),
    "a card cut short": lambda root: cut(root / "versions" / "2" / "card.json"),
    "a version half written": lambda root: (root / "versions" / "3").mkdir(),
    "a version gone": lambda root: shutil.rmtree(root / "versions" / "1"),
    "a move gone": lambda root: shutil.rmtree(root / "aliases" / "1"),
    "the last move gone": lambda root: shutil.rmtree(root / "aliases" / "2"),
    "a move half written": lambda root: (root / "aliases" / "3").mkdir(),
}


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_watch_sees_what_is_torn(watch, damage):
    DAMAGES[damage](watch.registry.root / "driver")
    watch.look()
    assert watch.torn


def test_the_watch_sees_what_is_lost_and_what_is_doubled(watch):
    sha256, _ = watch.versions[2]
    published = {"kind": "publish", "number": 2, "sha256": sha256, "notes": "b"}
    moved = {"kind": "set", "number": 2, "alias": "champion", "version": 2}
    for told in (published, moved, {"kind": "clear", "refused": "ConflictError"}):
        watch.told(told)
    assert (watch.lost, watch.torn, watch.doubled()) == ([], [], 0)
    for told in (published | {"number": 3}, published | {"notes": "c"}, moved | {"version": 1}):
        watch.told(told)
        watch.told(moved | {"number": 3})
    assert len(watch.lost) == 6
    watch.told({"kind": "set", "failed": "OSError: no"})
    assert watch.torn == ["OSError: no"]
    watch.registry.set_alias("driver", "challenger", 1, **SAID | {"reason": "set a"})
    watch.look()
    assert watch.doubled() == 1

"""Production killed at each point where something is committed, and at random, ends as if it had not been."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOP = Path(__file__).parents[3] / "benchmarks" / "loop.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked on this system"),
]


def test_killed_at_each_point_and_at_random(tmp_path):
    command = [sys.executable, str(LOOP), "--short", "--points", "--kills", "4"]
    done = subprocess.run(
        [*command, "--chargers", "6", "--days", "6", "--json", str(tmp_path / "found.json")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["different"] == []
    assert found["kills"] > len(found["points"]) >= 40
    # What can be killed was killed: every step that commits, and the registry.
    steps = {point.split()[0] for point in found["points"]}
    assert steps >= {
        "load",
        "features",
        "train",
        "predict",
        "join_truth",
        "monitor",
        "retrain",
        "promote",
        "report",
    }
    for call in ("publish", "set_alias", "run COMMIT", "copy_into", "merge", "save"):
        for when in ("before", "after"):
            assert any(f"{when} {call}" in point for point in found["points"]), (when, call)
    # All that may happen did: else it would have shown nothing.
    moves = [move.split(maxsplit=1)[1] for move in found["decided"]]
    assert moves[:3] == ["champion -> 1", "challenger -> 2", "challenger -> 0"]
    assert all(found["rows"][f"table {name}"] for name in ("forecast", "score", "checks", "move"))

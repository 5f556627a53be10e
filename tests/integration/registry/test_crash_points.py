"""A process that ends before any one of its calls leaves a registry as before or as after, never between."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked on this system"),
]


def test_every_call_of_every_step(tmp_path):
    script = Path(__file__).with_name("crash_points.py")
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"publish the first", "publish another", "set", "roll back", "clear"}
    for step, outcomes in found.items():
        # One call among many is the step; done again, it is done once.
        turn = outcomes.index("after")
        assert outcomes == ["before"] * turn + ["after"] * (len(outcomes) - turn), step
        assert turn > 10, step

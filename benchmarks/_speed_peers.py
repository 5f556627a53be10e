"""The peers of the speed benchmark, each in a process of its own.

``python _speed_peers.py GROUP NAME SETTINGS`` prints what it took as JSON, or why it was left out; see
`_peers` for what the interpreter must have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from _peers import quiet, reason, versions
from _speed_measure import Records, peak_mib
from _speed_peer_direct import BACKTEST, DIRECT
from _speed_peer_features import FEATURE_JOBS
from _speed_peer_recursive import RECURSIVE

PEERS: dict[str, dict[str, Callable[[Mapping[str, Any]], Records]]] = {
    "features": FEATURE_JOBS,
    "recursive": RECURSIVE,
    "direct": DIRECT,
    "backtest": BACKTEST,
}


def main(group: str, name: str, settings: str) -> int:
    """Run one peer and print what it took."""
    quiet()
    if group == "versions":
        print(json.dumps(versions()))
        return 0
    try:
        found = PEERS[group][name](json.loads(settings))
        found = {key: {"process_mib": peak_mib()} | value for key, value in found.items()}
    except ImportError as error:
        found = {name: {"skipped": f"not installed: {reason(error)}"}}
    except Exception as error:  # noqa: BLE001 - a peer's own failure is a result, told with its message
        found = {name: {"skipped": reason(error)}}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

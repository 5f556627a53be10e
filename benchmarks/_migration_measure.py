"""Seconds, processor time and peak memory of one piece of work: the client's, and PostgreSQL's beside it.

Peers run in an interpreter that lacks this library, so nothing here needs more than the standard library.
"""

from __future__ import annotations

import contextlib
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def peak_mb(who: int = resource.RUSAGE_SELF) -> float:
    """Return the largest resident memory of this process so far (or of one of its children)."""
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(who).ru_maxrss / scale


def without_paths(text: str) -> str:
    """Return a message without the folders of this machine."""
    return re.sub(r"(?<![\w.])/[^\s'\":,)]*/", "", text)[:200]


def client_cpu() -> float:
    """Return the seconds of processor that this process and its ended children took so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def server_cpu(pid: int) -> float | None:
    """Return the seconds of processor that PostgreSQL took so far, ended backends among them.

    None without psutil, or where the system does not count what ended children took.
    """
    try:
        import psutil
    except ImportError:
        return None
    if not sys.platform.startswith("linux"):
        return None
    postmaster = psutil.Process(pid)
    total = 0.0
    for process in (*postmaster.children(recursive=True), postmaster):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
            total += times.children_user + times.children_system
    return total


@contextmanager
def measured(pid: int) -> Iterator[dict[str, Any]]:
    """Put what the block takes into the dictionary that it is given."""
    found: dict[str, Any] = {}
    server, client, start = server_cpu(pid), client_cpu(), time.perf_counter()
    yield found
    found["seconds"] = time.perf_counter() - start
    found["client_cpu"] = client_cpu() - client
    now = server_cpu(pid)
    found["server_cpu"] = None if now is None or server is None else max(now - server, 0.0)
    cpu = (found["client_cpu"], found["server_cpu"])
    found["cpu"] = None if cpu[1] is None else cpu[0] + cpu[1]


def timed(work: Callable[[], object], pid: int) -> dict[str, Any]:
    """Return what a call takes."""
    with measured(pid) as found:
        work()
    return found

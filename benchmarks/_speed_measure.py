"""Seconds, processor time and peak memory of one piece of work, over what the process held before it.

The peers' interpreter may lack this library, so nothing here needs more than the standard library.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
Records = dict[str, Figures]
_STATUS = Path("/proc/self/status")


def peak_mib() -> float:
    """Return the largest resident memory of this process since it began, or since `_forget_peak`."""
    if _STATUS.exists():
        return _from_status("VmHWM")
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def _from_status(key: str) -> float:
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(key))


def _forget_peak() -> float:
    """Let the peak count from now, where the system can, and return what it counts from."""
    gc.collect()
    if not _STATUS.exists():
        return peak_mib()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # the system does not let us: the peak is that of the whole process so far
        return peak_mib()
    return _from_status("VmRSS")


@contextmanager
def measured() -> Iterator[Figures]:
    """Put what the block takes into the dictionary that it is given."""
    found: Figures = {}
    before = _forget_peak()
    cpu, start = time.process_time(), time.perf_counter()
    yield found
    found["seconds"] = time.perf_counter() - start
    found["cpu"] = time.process_time() - cpu
    found["over_mib"] = max(peak_mib() - before, 0.0)
    found["peak_mib"] = peak_mib()


def taken(work: Callable[[], Any], *, within: float = 1.0, most: int = 5) -> tuple[Figures, Any]:
    """Return what a call takes, and its result.

    A short call is repeated until `within` seconds are over, `most` times at most, and the least time is
    taken, for other programs only add to it; the memory is that of the first call.
    """
    with measured() as found:
        result = work()
    spent = found["seconds"]
    for _ in range(most - 1):
        if spent >= within:
            break
        with measured() as again:
            work()
        spent += again["seconds"]
        found |= {key: min(found[key], again[key]) for key in ("seconds", "cpu")}
    return found, result


def scaled(found: Figures, factor: float) -> Figures:
    """Return a sample's times as those of the whole; its memory and its scores stay as they were."""
    if factor == 1:
        return found
    times = ("seconds", "cpu", "fit_cpu", "predict_cpu")
    return found | {key: found[key] * factor for key in times if key in found} | {"scaled": factor}

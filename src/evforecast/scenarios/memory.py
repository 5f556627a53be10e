"""How much memory a step may take and how much it took."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from evforecast.errors import InputError

__all__ = ["as_bytes", "forget_peak", "peak", "require_room", "resident", "text"]

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]I?)?B?\s*", re.IGNORECASE)
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_NOW = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def as_bytes(size: str) -> int:
    """Return a size in bytes.

    Parameters
    ----------
    size : str
        ``"800MB"``, ``"1GB"`` (of 1000), ``"1GiB"`` (of 1024).

    Raises
    ------
    InputError
        If it is no size.

    Examples
    --------
    >>> as_bytes("1.5 GB")
    1500000000
    """
    found = _SIZE.fullmatch(size)
    if found is None or not float(found[1]):
        msg = f"{size!r} is no size of memory; write it like '800MB' or '1GB'."
        raise InputError(msg)
    return int(float(found[1]) * _UNITS[(found[2] or "").upper()])


def text(size: float) -> str:
    """Return bytes for people to read.

    Examples
    --------
    >>> text(1_234_567_890)
    '1,235 MB'
    """
    return f"{size / 1e6:,.0f} MB"


def forget_peak() -> bool:
    """Begin a new measurement; return whether the system can (Linux, where /proc may be written).

    Examples
    --------
    >>> forget_peak() in (True, False)
    True
    """
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def peak() -> int:
    """Return the most memory that this process held since `forget_peak`, in bytes.

    Where the system cannot forget an earlier peak it is that since the process began: the largest of the
    steps so far.

    Examples
    --------
    >>> peak() > 1_000_000
    True
    """
    if _STATUS.exists():
        found = _HIGHEST.search(_STATUS.read_text())
        if found:
            return int(found[1]) * 1024
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows says it only through its own calls
        return 0
    most = getrusage(RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def resident() -> int:
    """Return the memory that this process holds, in bytes; its peak where the system does not say.

    Examples
    --------
    >>> resident() > 1_000_000
    True
    """
    found = _NOW.search(_STATUS.read_text()) if _STATUS.exists() else None
    return int(found[1]) * 1024 if found else peak()


def require_room(needed: float, budget: int, what: str, advice: str, *, begun: int) -> None:
    """Raise unless some work fits into a budget, beside what the step holds already.

    Parameters
    ----------
    needed : float
        What the work takes more, in bytes: an estimate.
    budget : int
        Bytes that the step may take.
    what : str
        The work.
    advice : str
        What can be done about it, as the end of a sentence.
    begun : int
        What the process held when the step began, in bytes: whoever called may hold much, and that is not
        the step's.

    Raises
    ------
    InputError
        It says how much is needed.

    Examples
    --------
    >>> require_room(1e12, 10**9, "to fit a model", "learn from less", begun=resident())
    Traceback (most recent call last):
    evforecast.errors.InputError: to fit a model needs about 1,000,... MB, and memory = 1,000 MB. ...
    """
    whole = max(resident() - begun, 0) + needed
    if whole > budget:
        msg = f"{what} needs about {text(whole)}, and memory = {text(budget)}. Give it more, or {advice}."
        raise InputError(msg)

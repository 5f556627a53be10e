"""Checks: a measured value, two thresholds, what they make of it, and why."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evforecast.errors import InputError

__all__ = ["Check", "Checks", "grade"]

LEVELS = ("EMPTY", "OK", "WARNING", "ERROR")
_EXIT = {"EMPTY": 10, "OK": 0, "WARNING": 10, "ERROR": 20}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    group : str
        What it is about: ``"feed"``, ``"chargers"``, ``"drift"``, ``"skill"``.
    check : str
        What was measured.
    subject : str
        Of what: the network, a model and a horizon, a column.
    value : float
        The measure, larger is worse; NaN where there was nothing to measure.
    warning, error : float
        From where on it is a WARNING, and an ERROR.
    status : str
        ``"OK"``, ``"WARNING"``, ``"ERROR"``, or ``"EMPTY"`` where nothing could be judged.
    reason : str
        What was found, in words.

    Examples
    --------
    >>> Check("feed", "missing rows", "network", 0.02, 0.1, 0.3, "OK", "2 % are missing.").status
    'OK'
    """

    group: str
    check: str
    subject: str
    value: float
    warning: float
    error: float
    status: str
    reason: str


def grade(
    group: str,
    check: str,
    subject: str,
    value: float,
    *,
    warning: float,
    error: float,
    reason: str,
) -> Check:
    """Return the check of a value, of which more is worse.

    Parameters
    ----------
    group, check, subject, reason : str
        As in `Check`.
    value : float
        The measure; NaN makes the check EMPTY.
    warning, error : float
        At or above these it is a WARNING, an ERROR; the first is not above the second.

    Raises
    ------
    InputError
        If the thresholds are in the wrong order or NaN.

    Examples
    --------
    >>> grade("feed", "missing", "network", 0.2, warning=0.1, error=0.3, reason="20 %").status
    'WARNING'
    """
    if not warning <= error:
        msg = f"check {check!r}: the warning threshold {warning} is not at or below the error's, {error}."
        raise InputError(msg)
    if math.isnan(value):
        status = "EMPTY"
    else:
        status = "ERROR" if value >= error else "WARNING" if value >= warning else "OK"
    return Check(group, check, subject, float(value), float(warning), float(error), status, reason)


class Checks:
    """All checks of one run.

    Parameters
    ----------
    checks : iterable of Check
        In the order in which they are to be read.

    Examples
    --------
    >>> found = Checks([grade("feed", "age", "network", 9.0, warning=1, error=3, reason="9 hours")])
    >>> found.status, found.exit_code
    ('ERROR', 20)
    """

    def __init__(self, checks: Iterable[Check] = ()) -> None:
        self._checks = tuple(checks)

    def __iter__(self) -> Iterator[Check]:
        """Go through them in order."""
        return iter(self._checks)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._checks)

    def __repr__(self) -> str:
        """Say the worst and how many there are of each."""
        found = [check.status for check in self]
        parts = [f"{found.count(level)} {level}" for level in reversed(LEVELS) if level in found]
        return f"<Checks: {self.status}; {', '.join(parts) or 'none'}>"

    def __add__(self, more: Iterable[Check]) -> Checks:
        """Return these and then others."""
        return Checks([*self, *more])

    @property
    def status(self) -> str:
        """The worst of them; EMPTY where none could be judged, or there is none."""
        return max((check.status for check in self), key=LEVELS.index, default="EMPTY")

    @property
    def exit_code(self) -> int:
        """For a process: 0 all well, 10 a WARNING or nothing could be judged, 20 an ERROR."""
        return _EXIT[self.status]

    def of(self, group: str) -> Checks:
        """Return those of one group."""
        return Checks(check for check in self if check.group == group)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a check, with the attributes of `Check` as columns."""
        columns = list(Check.__dataclass_fields__)
        frame = pd.DataFrame([asdict(check) for check in self], columns=columns)
        numbers = ("value", "warning", "error")
        return frame.astype({name: "float64" if name in numbers else "str" for name in columns})

    def to_json(self) -> str:
        """Return ``{"status": …, "exit_code": …, "checks": […]}``; what is not finite is null."""
        rows = [{name: _plain(value) for name, value in asdict(check).items()} for check in self]
        return json.dumps(
            {"status": self.status, "exit_code": self.exit_code, "checks": rows},
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value

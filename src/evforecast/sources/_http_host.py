"""What a client remembers of one host: when it was asked, how often it failed, how long it wants to rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evforecast.sources._http_waits import seconds

__all__ = ["FAILURES", "OPEN_SECONDS", "Host"]

FAILURES = 5
"""So many failures in a row open the circuit."""
OPEN_SECONDS = 300
"""So long it stays open; one request then decides whether it closes."""


@dataclass
class Host:
    """One host.

    Attributes
    ----------
    failures : int
        In a row.
    open_until, resting_until : numpy.datetime64 or None
        Until when it is not asked: because it failed, because it said so.
    asked_at : numpy.datetime64 or None
        The last time it was asked.
    """

    failures: int = 0
    open_until: np.datetime64 | None = None
    resting_until: np.datetime64 | None = None
    asked_at: np.datetime64 | None = None

    def is_open(self, now: np.datetime64) -> bool:
        """Tell whether the circuit is open: no request goes through."""
        return self.open_until is not None and bool(now < self.open_until)

    def is_resting(self, now: np.datetime64) -> bool:
        """Tell whether the host asked to be left alone."""
        return self.resting_until is not None and bool(now < self.resting_until)

    def pause(self, now: np.datetime64, spacing: float) -> float:
        """Return how many seconds to wait, so that requests keep their distance."""
        if self.asked_at is None:
            return 0.0
        since = seconds(now, self.asked_at)
        return max(spacing - since, 0.0) if since >= 0 else 0.0  # the clock was set back

    def succeeded(self) -> None:
        """Close the circuit."""
        self.failures, self.open_until = 0, None

    def failed(self, now: np.datetime64) -> None:
        """Count a failure; enough of them open the circuit."""
        self.failures += 1
        if self.failures >= FAILURES:
            self.open_until = now + np.timedelta64(OPEN_SECONDS, "s")

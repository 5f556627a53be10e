"""How long a server wants to be left alone: what its headers and the body of a refusal say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["backoff", "http_date", "quota_reset", "retry_at", "seconds"]

_BASE, _CAP = 1.0, 30.0
# A number that is no time since 1970 is a number of seconds from now.
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e12
# No quota is longer than a day, and a server that asks for more is rather mistaken.
_DAY = 86_400.0


def backoff(attempt: int, draw: np.random.Generator) -> float:
    """Return how many seconds to wait after failed attempt number `attempt`: full jitter.

    Examples
    --------
    >>> 0 <= backoff(3, np.random.default_rng(0)) <= 4
    True
    """
    return float(draw.uniform(0, min(_CAP, _BASE * 2 ** (attempt - 1))))


def seconds(until: np.datetime64, now: np.datetime64) -> float:
    """Return the seconds from `now` to `until`.

    Examples
    --------
    >>> seconds(np.datetime64("2026-11-28T08:00:05"), np.datetime64("2026-11-28T08:00:00"))
    5.0
    """
    return float((until - now) / np.timedelta64(1, "s"))


def http_date(text: str | None) -> np.datetime64 | None:
    """Return the time of a header, UTC; None where there is none that can be read.

    Examples
    --------
    >>> str(http_date("Sat, 28 Nov 2026 08:00:00 GMT"))
    '2026-11-28T08:00:00'
    """
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return np.datetime64(aware.replace(tzinfo=None), "s")


def retry_at(headers: Mapping[str, str], body: bytes, now: np.datetime64) -> np.datetime64 | None:
    """Return when a server that refused or failed may be asked again; None where it does not say.

    The header Retry-After comes first, in seconds or as a date (a date is taken by the server's own clock),
    then the ``reset_time`` in the body of an Opendatasoft portal, then the reset of the quota.
    """
    given = (headers.get("Retry-After") or "").strip()
    if given.isdecimal():
        return _later(now, float(given))
    date = http_date(given)
    if date is not None:
        return _later(now, seconds(date, http_date(headers.get("Date")) or now))
    return _body_reset(body, now) or _moment(headers.get("X-RateLimit-Reset"), now)


def quota_reset(headers: Mapping[str, str], now: np.datetime64) -> np.datetime64 | None:
    """Return when a quota that is used up begins anew; None while there is some left."""
    try:
        left = float(headers.get("X-RateLimit-Remaining", ""))
    except ValueError:
        return None
    return _moment(headers.get("X-RateLimit-Reset"), now) if left <= 0 else None


def _body_reset(body: bytes, now: np.datetime64) -> np.datetime64 | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _moment(found.get("reset_time"), now) if isinstance(found, dict) else None


def _moment(value: Any, now: np.datetime64) -> np.datetime64 | None:
    """Return a moment that is written as seconds or milliseconds since 1970, seconds from now, or a date."""
    text = "" if value is None else str(value).strip()
    try:
        number = float(text)
    except ValueError:
        stamp = pd.to_datetime(text, utc=True, errors="coerce") if text else pd.NaT
        if pd.isna(stamp):
            return None
        at = stamp.tz_localize(None).to_datetime64().astype("datetime64[s]")
        return _later(now, seconds(at, now))
    if not 0 <= number < np.inf:
        return None
    if number >= _EPOCH_MILLISECONDS:
        number /= 1000
    if number >= _EPOCH_SECONDS:
        number -= seconds(now, np.datetime64(0, "s"))
    return _later(now, number)


def _later(now: np.datetime64, wait: float) -> np.datetime64:
    """Return the moment `wait` seconds from now, not before now and within a day."""
    whole = int(np.ceil(min(max(wait, 0.0), _DAY)))
    at: np.datetime64 = now.astype("datetime64[s]") + np.timedelta64(whole, "s")
    return at

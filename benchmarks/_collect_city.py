"""A small network, a server that misbehaves, and a clock, in memory that outlives a killed process."""

from __future__ import annotations

import json
import mmap
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import FileFormatError, TerminalError, TransientError
from evforecast.panel import STATUS
from evforecast.sources.feed import Payload, Reading, Request, Table

START = np.datetime64("2026-01-01T00:00:00", "s")
STEP = np.timedelta64(900, "s")
FAULTS = ("time-out", "refused", "HTML", "cut short")
QUIET = 0.3  # the share of the cycles in which nothing changes
LOG_ENTRIES = 8  # answers of one cycle that are remembered


def shared(shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """Return an array of zeros that forks of this process share with it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), dtype).reshape(shape)


class City:
    """A feed of the statuses of some chargers, and what they truly are.

    Parameters
    ----------
    n_cycles, n_evse : int
    seed : int

    Attributes
    ----------
    truth : numpy.ndarray
        int8, shape ``[version, evse]``.
    version : numpy.ndarray
        Shape ``[cycle]``: which version stands in a cycle.
    """

    name, every, lag = "city", "15min", "0min"

    def __init__(self, n_cycles: int, n_evse: int, seed: int) -> None:
        self.tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
        self.ids = [f"E{place:04d}" for place in range(n_evse)]
        rng = np.random.default_rng(seed)
        changes = rng.random(n_cycles) >= QUIET
        changes[0] = True
        self.version = np.cumsum(changes) - 1
        self.truth = np.empty((int(changes.sum()), n_evse), np.int8)
        state = rng.integers(0, len(STATUS.names), n_evse).astype(np.int8)
        for row in self.truth:
            places = rng.integers(0, n_evse, max(n_evse // 10, 1))
            state[places] = (state[places] + 1) % len(STATUS.names)
            row[:] = state

    def body(self, version: int) -> bytes:
        """Return what the server answers: the number makes every version another body."""
        codes = "".join(map(str, self.truth[version].tolist()))
        return json.dumps({"version": version, "codes": codes}).encode()

    def requests(self, now: np.datetime64) -> list[Request]:
        """Return the one address."""
        del now
        return [Request("https://city.test/status", "status")]

    def read(self, payload: Payload) -> Reading:
        """Read an answer."""
        try:
            document = json.loads(payload.body)
        except ValueError as error:
            msg = f"no JSON: {error}"
            raise FileFormatError(msg) from error
        words = np.array(STATUS.names, dtype=object)
        codes = np.frombuffer(document["codes"].encode(), np.uint8) - ord("0")
        frame = pd.DataFrame(
            {
                "evse_id": self.ids,
                "status": words[codes],
                "collected_at": np.full(len(codes), payload.collected_at, "datetime64[s]"),
            }
        )
        return Reading({"status": frame}, pd.DataFrame(), len(frame), fields={"codes": "text"})


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    body: bytes
    collected_at: np.datetime64
    etag: str | None = None
    content_type: str | None = "application/json"
    modified: str | None = None
    next_url: str = ""


class Server:
    """Answers as the city stands; some of its answers are faults.

    Parameters
    ----------
    city : City
    faults : float
        The share of the requests that go wrong.
    seed : int

    Attributes
    ----------
    now : numpy.ndarray
        One number: the seconds since the start.
    asked : numpy.ndarray
        Shape ``[cycle]``: how often each was asked.
    log : numpy.ndarray
        Shape ``[cycle, entry]``: what was answered with 200 or 304, before it went out: 1 the status of the
        city, 2 "not modified", 3 or more a fault with that status.
    """

    def __init__(self, city: City, faults: float, seed: int) -> None:
        self.city, self._faults, self._seed = city, faults, seed
        n = len(city.version)
        self.now = shared((1,), "int64")
        self.asked = shared((n,), "int32")
        self.log = shared((n, LOG_ENTRIES), "uint8")

    def clock(self) -> np.datetime64:
        """Return the time."""
        return START + np.timedelta64(int(self.now[0]), "s")

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now[0] += int(np.ceil(seconds))

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Answer a request, a second later."""
        del url, modified
        cycle = int(self.now[0]) // 900
        attempt = int(self.asked[cycle])
        self.asked[cycle] += 1
        self.now[0] += 1
        version = int(self.city.version[cycle])
        rng = random.Random(f"{self._seed} {cycle} {attempt}")  # noqa: S311 - a seed, no secret
        body, tag, mark = self.city.body(version), f'"{version}"', 1
        if rng.random() < self._faults:
            fault = rng.choice(FAULTS)
            if fault == "time-out":
                msg = "no answer within 30 seconds"
                raise TransientError(msg)
            if fault == "refused":
                msg = "403"
                raise TerminalError(msg)
            tag, mark = "", 3 + FAULTS.index(fault)
            body = b"<html>Sign in</html>" if fault == "HTML" else body[: len(body) // 2]
        elif etag == tag:
            mark = 2
        self.log[cycle, min(attempt, LOG_ENTRIES - 1)] = mark
        if mark == 2:
            return Answer(304, b"", self.clock(), tag)
        return Answer(200, body, self.clock(), tag or None)

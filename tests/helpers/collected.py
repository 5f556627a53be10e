"""A feed of made statuses in JSON, and a server in this process that answers as a test wants it to."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError, TransientError
from evforecast.panel import STATUS
from evforecast.sources.feed import Reading, Request, Table

START = np.datetime64("2026-11-28T00:00:00", "s")
QUARTER = np.timedelta64(900, "s")


def at(cycle, seconds=5):
    """Return a time within a cycle, counted from midnight."""
    return START + cycle * QUARTER + np.timedelta64(seconds, "s")


def body(*statuses, updated="2026-11-28T00:00:00", **more):
    """Return the answer of a server that has chargers S0, S1, … in these statuses."""
    rows = [
        {"id": f"S{place}", "status": status, "updated": updated, **more}
        for place, status in enumerate(statuses)
    ]
    return json.dumps(rows).encode()


class StatusFeed:
    """One address, or several; the status of each charger."""

    def __init__(self, name="status", every="15min", lag="0min", names=("all",), fallback=""):
        self.name, self.every, self.lag = name, every, lag
        self.tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
        self.names, self.fallback = names, fallback

    def requests(self, now):
        return [
            Request(f"https://{self.name}.test/{self.address(name, now)}", name, self.fallback)
            for name in self.names
        ]

    def address(self, name, now):
        return name if self.lag == "0min" else f"{name}?at={now}"

    def read(self, payload):
        try:
            rows = json.loads(payload.body)
        except ValueError as error:
            raise FileFormatError(f"not JSON: {error}") from error
        is_known = [row["status"] in self.words() for row in rows]
        good = [row for row, known in zip(rows, is_known, strict=True) if known]
        bad = [
            {**row, "reason": "unknown word"}
            for row, known in zip(rows, is_known, strict=True)
            if not known
        ]
        frame = pd.DataFrame(
            {
                "evse_id": [row["id"] for row in good],
                "status": [row["status"] for row in good],
                "observed_at": np.array([row["updated"] for row in good], "datetime64[s]"),
                "collected_at": payload.collected_at,
            }
        )
        return Reading(
            {"status": frame},
            pd.DataFrame(bad),
            len(rows),
            unknown_words=pd.Series([row["status"] for row in bad], dtype=object)
            .value_counts()
            .to_dict(),
            fields={
                key: "text" if isinstance(value, str) else "number"
                for key, value in (rows[0] if rows else {}).items()
            },
        )

    def words(self):
        return STATUS.names


@dataclass
class Answer:
    status: int
    body: bytes
    collected_at: np.datetime64
    content_type: str | None = "application/json"
    etag: str | None = None
    modified: str | None = None
    next_url: str = ""


class Server:
    """Answers what is queued for an address, or what it always answers there.

    An entry is bytes, an exception to raise, or what returns one of them when called.
    """

    def __init__(self, now=START, *, with_etags=False):
        self.now, self.with_etags = now, with_etags
        self.always, self.queued, self.asked = {}, {}, []

    def get(self, url, *, etag=None, modified=None):  # noqa: ARG002 - a server that only knows tags
        self.asked.append(url)
        queue = self.queued.get(url, [])
        found = queue.pop(0) if queue else self.always.get(url, TransientError(f"{url} is down"))
        found = found() if callable(found) else found
        if isinstance(found, BaseException):
            raise found
        tag = hashlib.sha256(found).hexdigest() if self.with_etags else None
        if tag and etag == tag:
            return Answer(304, b"", self.now, etag=tag)
        return Answer(200, found, self.now, etag=tag)

"""`collect_once`: one cycle of one feed."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from evforecast.collect.fetching import Answer, Fetch
from evforecast.collect.journal import Line
from evforecast.collect.ledger import plan
from evforecast.collect.presence import note_presence
from evforecast.collect.raw import payload_id
from evforecast.collect.reading import note_unchanged, read
from evforecast.collect.recovery import recover
from evforecast.collect.store import Store
from evforecast.collect.watch import Alert
from evforecast.errors import InputError, TerminalError, TransientError
from evforecast.sources.feed import Request
from evforecast.sources.http_errors import masked, unmasked, without_secrets
from evforecast.timegrid import TimeLike, as_time

__all__ = ["CycleResult", "collect_once"]

# Politeness: what was missed is had again bit by bit, and what was missed long ago is asked for by hand.
_AGAIN_A_CYCLE = 20
_MOST_PAGES = 1000
_LONGEST_LAG = np.timedelta64(31 * 86_400, "s")


@dataclass(frozen=True)
class CycleResult:
    """What one cycle of one feed brought.

    Attributes
    ----------
    feed : str
    cycle : numpy.datetime64
        The planned time.
    outcomes : mapping of str to int
        How many requests were ``stored``, ``same``, ``unchanged``, ``unreadable`` or ``failed``; none where
        the cycle had its answers already.
    alerts : tuple of Alert
        What was noticed.
    error : str
        What kept the cycle from being done: a full disk, another process that holds the store.
    unanswered : int
        Requests that nothing answered that can be read, neither their own address nor the one in its place.
    reasons : mapping of str to str
        What went wrong with those, by the name of the request, behind its cycle where that is an earlier one.
    again : numpy.datetime64 or None
        From when on asking again, in this cycle, may bring what is missing of it: at once, or when the server
        said. None where nothing is missing, or asking again would bring the same.
    """

    feed: str
    cycle: np.datetime64
    outcomes: dict[str, int] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    error: str = ""
    unanswered: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    again: np.datetime64 | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every request that was asked has an answer that can be read."""
        return not self.error and not self.unanswered


def collect_once(store: Store, fetch: Fetch, *, now: TimeLike, wait: float = 0.0) -> CycleResult:
    """Ask what the present cycle of a feed still lacks, keep the answers and read them.

    A request whose answer cannot be read is still lacking: the body is kept, and it is asked again. What an
    earlier process left undone is done first. Of a feed whose things can be had later, some of
    what was missed is asked for again. An answer is on the disk before anything else is done with it, and
    entered once for its cycle; a failed request is entered too. Whatever a feed's own code raises ends as
    an entry, not as an error.

    Parameters
    ----------
    store : Store
    fetch : Fetch
        Asks the network.
    now : time
    wait : float
        Seconds to wait for another process that holds the store.

    Returns
    -------
    CycleResult

    Raises
    ------
    StoreBusyError
        If another process holds the store.
    OSError
        If the disk is full or broken: what was entered before is safe.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.feed import Reading, Table
    >>> import pandas as pd
    >>> class Feed:
    ...     name, every, lag = "status", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    ...
    ...     def requests(self, now):
    ...         return [Request("https://example.org/status", "all")]
    ...
    ...     def read(self, payload):
    ...         ids = payload.body.decode().split()
    ...         rows = pd.DataFrame({"evse_id": ids, "collected_at": payload.collected_at})
    ...         return Reading({"status": rows}, pd.DataFrame(), len(rows))
    >>> class Server:
    ...     def get(self, url, *, etag=None, modified=None):
    ...         return self
    ...
    ...     status, body, content_type, next_url = 200, b"S1 S2", "text/plain", ""
    ...     etag = modified = None
    ...     collected_at = np.datetime64("2026-11-28T08:00:07")
    >>> store = Store(tempfile.mkdtemp(), Feed())
    >>> collect_once(store, Server(), now="2026-11-28 08:00:05").outcomes
    {'stored': 1}
    >>> len(store.rows("status"))
    2
    """
    at = as_time(now)
    cycle = store.cycle(at)
    with store.writing("collecting", wait=wait):
        round_ = _Round(store, fetch, at)
        is_mended = round_.prepare()
        is_up = True
        for request in round_.planned(cycle):
            is_up &= round_.ask_pages(cycle, request)
        again = round_.again
        if not round_.reasons:
            round_.alerts += note_presence(store, round_.day, cycle, at)
        for due, request in round_.had_later(cycle) if is_up else []:
            if not round_.ask_pages(due, request):
                break
        store.mended = round_.day if is_mended else ""
    return CycleResult(
        store.feed.name,
        cycle,
        dict(round_.outcomes),
        tuple(round_.alerts),
        unanswered=len(round_.reasons),
        reasons=round_.reasons,
        again=again,
    )


class _Round:
    """One cycle at work."""

    def __init__(self, store: Store, fetch: Fetch, now: np.datetime64) -> None:
        self.store, self.fetch, self.now = store, fetch, now
        self.day = str(now.astype("datetime64[D]"))
        self.outcomes: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.again: np.datetime64 | None = None
        self.alerts: list[Alert] = []

    def prepare(self) -> bool:
        """Make good what was left undone, once a day, and whenever the cycle before did not come to its end.

        Return whether nothing is left undone.
        """
        is_mended = True
        if self.store.mended != self.day:
            is_sound = bool(self.store.mended)
            alerts, is_mended = recover(self.store, self.now, is_sound=is_sound)
            self.alerts += alerts
        self.store.mended = ""
        if self.store.journal.last(self.day).get("what") == "closed":  # the clock went back
            self.store.journal.append(self.day, {"what": "opened", "at": str(self.now)})
        return is_mended

    def planned(self, cycle: np.datetime64) -> list[Request]:
        """Return the requests of a cycle."""
        try:
            return list(self.store.feed.requests(cycle))
        except Exception as error:  # noqa: BLE001 - one feed's fault is an entry
            line = _failed(self._asked(cycle, "", ""), error, "")
            self._enter(line)
            self.reasons[""] = line["reason"]
            return []

    def ask_pages(self, cycle: np.datetime64, request: Request) -> bool:
        """Ask a request and what follows on it, unless answered; return whether asking on makes sense."""
        due, seen, is_up = [request], {request.name}, True
        while due:
            page = due.pop(0)
            if page.name not in self.store.day(self.day).names_answered(str(cycle)):
                is_up &= self.ask(cycle, page)
            following = self.store.day(self.day).pages(str(cycle), page.name)
            new = [
                replace(more, url=unmasked(more.url, request.url))  # a journal keeps no secrets
                for more in following
                if more.name not in seen
            ]
            due += new if len(seen) < _MOST_PAGES else []
            seen.update(more.name for more in new)
        return is_up

    def had_later(self, cycle: np.datetime64) -> list[tuple[np.datetime64, Request]]:
        """Return requests of earlier cycles that can still be had, those least asked for first."""
        days = self.store.journal.days()
        if not self.store.lag or not days:
            return []
        since = max(cycle - min(self.store.lag, _LONGEST_LAG), np.datetime64(days[0], "s"))
        try:
            lost = [one for one in plan(self.store, since, cycle) if not one.is_answered]
        except Exception as error:  # noqa: BLE001 - one feed's fault stops nothing
            message = f"What was missed is not known: {type(error).__name__}: {error}"
            self.alerts.append(Alert("damaged", self.store.feed.name, message))
            return []
        lost.sort(key=lambda one: (len(one.failures), one.cycle))
        return [(one.cycle, one.request) for one in lost[:_AGAIN_A_CYCLE]]

    def ask(self, cycle: np.datetime64, request: Request) -> bool:
        """Ask one request, or what may be asked in its place; return whether asking on makes sense."""
        is_up, reason, again = True, "", []
        for url in filter(None, (request.url, request.fallback)):
            asked = self._asked(cycle, request.name, url)
            known = self.store.day(self.day).known(request.name, asked["url"])
            try:
                answer = self.fetch.get(url, etag=known.get("etag"), modified=known.get("modified"))
                line = {**asked, **_entry(answer, known)}
            except Exception as error:  # noqa: BLE001 - whatever it is, it is an entry
                failure = _failed(asked, error, url)
                self._enter(failure)
                reason = failure["reason"]
                is_up = not isinstance(error, TransientError)
                if not isinstance(error, TerminalError | InputError):
                    again.append(getattr(error, "retry_at", None) or self.now)
                continue
            reason = self._keep(line, answer.body)
            if not reason:
                return True
            again.append(self.now)
        is_own = cycle == self.store.cycle(self.now)
        self.reasons[request.name if is_own else f"{cycle} {request.name}"] = reason
        if again:
            self.again = min(again if self.again is None else [*again, self.again])
        return is_up

    def _keep(self, line: Line, body: bytes) -> str:
        """Keep an answer and read it; return why it cannot be read, nothing where it can."""
        store = self.store
        if line["outcome"] == "stored":
            payload = payload_id(line["name"], line["sha256"])
            if payload in store.day(self.day).payloads:
                line = {**line, "outcome": "same"}
            else:
                store.archive.put(self.day, payload, body, line)
        kept = store.day(self.day).of(line)
        if line["outcome"] != "stored" and not (kept and kept.reading and not kept.is_readable):
            last = store.day(self.day).last(line["name"])
            alerts, line = note_unchanged(store, line, last)
            self.alerts += alerts
        store.journal.append(self.day, line)
        kept = store.day(self.day).of(line)
        if kept is not None and kept.reading is None:
            self.alerts += read(store, self.day, kept, now=self.now, body=body)
        outcome = store.day(self.day).outcome(line)
        self.outcomes[outcome] += 1
        if outcome != "unreadable" or kept is None or kept.reading is None:
            return ""
        return f"unreadable: {kept.reading['reason']}"

    def _asked(self, cycle: np.datetime64, name: str, url: str) -> Line:
        return {
            "what": "answer",
            "cycle": str(cycle),
            "name": name,
            "url": masked(url),
            "asked_at": str(self.now),
        }

    def _enter(self, line: Line) -> None:
        self.store.journal.append(self.day, line)
        self.outcomes["failed"] += 1


def _entry(answer: Answer, known: dict[str, Any]) -> Line:
    """Return what the line of an answer says of it; raise where it is none."""
    if answer.status not in {200, 304} or (answer.status == 304 and not known):
        msg = f"status {answer.status} is no answer to what was asked"
        raise ValueError(msg)
    collected_at = str(answer.collected_at.astype("datetime64[s]"))
    if answer.status == 304:
        same = {name: known[name] for name in ("sha256", "etag", "modified")}
        return {"outcome": "unchanged", "collected_at": collected_at, **same}
    return {
        "outcome": "stored",
        "collected_at": collected_at,
        "sha256": hashlib.sha256(answer.body).hexdigest(),
        "bytes": len(answer.body),
        "content_type": answer.content_type,
        "etag": answer.etag,
        "modified": answer.modified,
        "next_url": masked(answer.next_url),
    }


def _failed(asked: Line, error: Exception, url: str) -> Line:
    reason = without_secrets(f"{type(error).__name__}: {error}", url)
    return {**asked, "outcome": "failed", "reason": reason}

"""`SimulatedCity`: a feed that plays a simulated city, for a first run, for rehearsals and for tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError, TerminalError
from evforecast.panel import MISSING, StatusPanel
from evforecast.panel.simulator import simulate
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.testing.shifts import merge_status
from evforecast.timegrid import as_time

__all__ = ["SimulatedCity"]

_STATUS, _POINTS = "status", "evse"
_PLACE = "simulated://city/"


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    collected_at: np.datetime64
    content_type: str | None = "application/json"
    etag: str | None = None
    modified: str | None = None
    next_url: str = ""


class SimulatedCity:
    """A feed of a city that `evforecast.simulate` makes, answered by itself at any time, offline.

    The same arguments give the same answers. A request's address holds its time, so that a day can be played
    in a moment, and again after an interruption.

    Parameters
    ----------
    chargers, days, start, seed
        As in `evforecast.simulate`; the city lives in UTC.
    change : str
        A status that the feed gives up at some time: it says ``charging`` instead. Empty for none.
    change_at : time
        When.

    Examples
    --------
    >>> feed = SimulatedCity(chargers=6, days=2, start="2026-01-01")
    >>> [request] = feed.requests(np.datetime64("2026-01-01T08:00:00"))
    >>> answer = feed.get(request.url)
    >>> payload = Payload(answer.body, request, answer.collected_at)
    >>> len(feed.read(payload).tables["status"])
    6
    """

    name, every, lag = "simulated", "15min", "0min"

    def __init__(
        self,
        *,
        chargers: int = 273,
        days: int = 30,
        start: str = "2026-01-05",
        seed: int = 0,
        change: str = "",
        change_at: str = "",
    ) -> None:
        self.chargers, self.days, self.start, self.seed = chargers, days, start, seed
        self.change, self.change_at = change, change_at
        self.tables = {
            _STATUS: Table(("evse_id", "collected_at"), "collected_at"),
            _POINTS: Table(("evse_id",), "collected_at"),
        }

    @cached_property
    def panel(self) -> StatusPanel:
        """What happens in the city, and what its feed makes of it."""
        panel = simulate(
            n_evse=self.chargers,
            days=self.days,
            start=self.start,
            tz="UTC",
            random_state=self.seed,
        )
        if not self.change:
            return panel
        return merge_status(panel, self.change, "charging", since=self.change_at)

    @property
    def since(self) -> np.datetime64:
        """Its first time."""
        return self.panel.grid.start

    def requests(self, now: np.datetime64) -> list[Request]:
        """Return what to ask: the statuses, and once a day the chargers."""
        names = [_POINTS] if now == now.astype("datetime64[D]") else []
        return [Request(f"{_PLACE}{name}/{now}", name) for name in [*names, _STATUS]]

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> _Answer:
        """Answer a request, as the network would.

        Raises
        ------
        TerminalError
            Before the city begins and after it ends.
        """
        del etag, modified
        name, _, time = url.removeprefix(_PLACE).partition("/")
        at = as_time(time)
        place = int((at - self.panel.grid.start) // self.panel.step)
        if not 0 <= place < self.panel.n_time:
            msg = (
                f"SimulatedCity: {at} UTC is not within its days, {self.panel.times[0]} to "
                f"{self.panel.cutoff}. Give it more days, or another start."
            )
            raise TerminalError(msg)
        if name == _STATUS:
            content = {"time": str(at), "codes": self.panel.codes[place].tolist()}
        else:
            table = self.panel.evse.reset_index()
            content = {"time": str(at), "points": json.loads(table.to_json(orient="records"))}
        return _Answer(200, json.dumps(content).encode(), at)

    def read(self, payload: Payload) -> Reading:
        """Read an answer.

        Raises
        ------
        FileFormatError
            If it is no JSON.
        """
        try:
            content = json.loads(payload.body)
        except ValueError as error:
            msg = f"SimulatedCity: no JSON: {error}"
            raise FileFormatError(msg) from error
        kept = list(content)
        if "points" in content:
            points = pd.DataFrame(content["points"])
            points["collected_at"] = payload.collected_at
            return Reading({_POINTS: points}, pd.DataFrame(), len(points), fields=_kinds(kept))
        codes = np.array(content["codes"], dtype=np.int8)
        rows = pd.DataFrame(
            {
                "evse_id": self.panel.evse_ids,
                "status": self.panel.scheme.decode(codes),
                "collected_at": payload.collected_at,
            }
        )[codes != MISSING]
        unseen = {"not observed": int((codes == MISSING).sum())}
        return Reading(
            {_STATUS: rows.reset_index(drop=True)},
            pd.DataFrame(),
            len(codes),
            counted_apart=unseen,
            fields=_kinds(kept),
        )


def _kinds(names: list[str]) -> dict[str, str]:
    return dict.fromkeys(names, "list")

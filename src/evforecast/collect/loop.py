"""`collect_loop`: feeds collected on and on, each on its cycle."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from evforecast.clock import Clock, utc_now
from evforecast.collect.fetching import Fetch
from evforecast.collect.lock import held
from evforecast.collect.once import CycleResult, collect_once
from evforecast.collect.store import Store
from evforecast.collect.upkeep import WAIT
from evforecast.timegrid import TimeLike, as_time

__all__ = ["collect_loop"]

_logger = logging.getLogger(__name__)

_SECOND = np.timedelta64(1, "s")
# The longest sleep: a clock that was set, a machine that was asleep, are noticed by then.
_LOOK_EVERY = 60.0
# What is missing of a cycle is asked for after half a minute, one, two, four …, until a minute before its
# end: every four minutes at most, or 24 times where a cycle is long.
_FIRST_WAIT, _LONGEST_WAIT = np.timedelta64(30, "s"), np.timedelta64(240, "s")
_TRIES = 24
_LAST_MINUTE = np.timedelta64(60, "s")


def collect_loop(
    stores: Sequence[Store],
    fetch: Fetch | Mapping[str, Fetch],
    *,
    clock: Clock = utc_now,
    sleep: Callable[[float], object] | None = None,
    until: TimeLike | None = None,
    stop: threading.Event | None = None,
    tell: Callable[[CycleResult], None] | None = None,
) -> int:
    """Collect feeds until a time, until told to stop, or for ever.

    The first cycle is the one that is on; each later one begins on its time of the clock, so nothing drifts.
    A cycle that was missed is a gap, and is not made up for by asking twice. One process at a time collects
    a feed; feeds take turns, those that show only the present first, and whatever goes wrong with one of
    them is told.

    What a cycle lacks is asked for again while it is on, until a minute before its end: after half a
    minute, one minute, two, four, four …, and not before the server wants it. So is an answer that cannot be
    read, and a disk that was full is tried again; what asking again will not change, a refusal say, is left
    until the next cycle.

    Parameters
    ----------
    stores : sequence of Store
        One for each feed.
    fetch : Fetch, or mapping of str to Fetch
        Asks the network; or what asks for each feed, by its name.
    clock : callable
        Returns the time, UTC.
    sleep : callable, optional
        Waits for some seconds; by default it ends early when `stop` is set.
    until : time, optional
        No cycle begins from then on.
    stop : threading.Event, optional
        Ends the loop between two feeds once it is set, by the handler of a signal say.
    tell : callable, optional
        Is handed the result of each cycle, each time it was tried.

    Returns
    -------
    int
        The cycles that were done.

    Raises
    ------
    StoreBusyError
        If another loop collects one of the feeds.

    Examples
    --------
    >>> collect_loop([], None, until="2020-11-08")
    0
    """
    stop = threading.Event() if stop is None else stop
    sleep = stop.wait if sleep is None else sleep
    end = None if until is None else as_time(until)
    turns = [
        _Turn(store, fetch[store.feed.name] if isinstance(fetch, Mapping) else fetch)
        for store in sorted(stores, key=lambda store: store.lag)
    ]
    done = 0
    with ExitStack() as locks:
        for turn in turns:
            path = turn.store.folder / "collector.lock"
            locks.enter_context(held(path, "collecting in a loop"))
        while not stop.is_set() and turns and not (end is not None and clock() >= end):
            for turn in turns:
                if not stop.is_set() and turn.is_due(now := clock()) and not (end and now >= end):
                    done -= turn.is_done
                    result = turn.take(now, clock)
                    done += turn.is_done
                    if tell is not None:
                        tell(result)
            now = clock()
            wake = min([turn.wake(now) for turn in turns] + ([] if end is None else [end]))
            if wake > now and not stop.is_set():
                sleep(min(float((wake - now) / _SECOND), _LOOK_EVERY))
    return done


class _Turn:
    """When a feed is next to be collected."""

    def __init__(self, store: Store, fetch: Fetch) -> None:
        self.store, self._fetch = store, fetch
        self._cycle: np.datetime64 | None = None
        self._again: np.datetime64 | None = None
        self._tries = 0
        self.is_done = False
        """Whether its cycle was done, once or more often."""

    def is_due(self, now: np.datetime64) -> bool:
        """Return whether its cycle has not been done, nor just been tried."""
        if self._cycle != self.store.cycle(now):
            self.is_done, self._tries = False, 0
            return True
        return self._again is not None and bool(now >= self._again)

    def wake(self, now: np.datetime64) -> np.datetime64:
        """Return when to look at it next."""
        following = self.store.cycle(now) + self.store.every
        return following if self._again is None else min(following, self._again)

    def take(self, now: np.datetime64, clock: Clock) -> CycleResult:
        """Do its cycle; whatever goes wrong is in the result."""
        self._cycle, self._again = self.store.cycle(now), None
        try:
            result = collect_once(self.store, self._fetch, now=now, wait=WAIT)
        except Exception as error:  # the other feeds go on, and so does this one
            _logger.warning("%s, cycle %s", self.store.feed.name, self._cycle, exc_info=True)
            reason = f"{type(error).__name__}: {error}"
            result = CycleResult(self.store.feed.name, self._cycle, error=reason, again=now)
        self.is_done |= not result.error
        if result.again is not None:
            self._plan(result.again, clock())
        return result

    def _plan(self, earliest: np.datetime64, now: np.datetime64) -> None:
        """Set when to try again, if there is time."""
        longest = max(_LONGEST_WAIT, self.store.every // _TRIES)
        wait = min(_FIRST_WAIT * 2 ** min(self._tries, _TRIES), longest)
        at = max(now + wait, earliest)
        self._tries += 1
        if self._cycle is not None and at <= self._cycle + self.store.every - _LAST_MINUTE:
            self._again = at

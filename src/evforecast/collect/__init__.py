"""Collecting fresh data: feeds asked on the clock, every answer archived before it is read, nothing lost."""

from evforecast.collect.fetching import Answer, Fetch
from evforecast.collect.joining import Joined, as_told_by, join_history, match_by_location
from evforecast.collect.loading import to_warehouse
from evforecast.collect.lock import StoreBusyError
from evforecast.collect.loop import collect_loop
from evforecast.collect.notes import open_store
from evforecast.collect.once import CycleResult, collect_once
from evforecast.collect.panels import to_log, to_panel
from evforecast.collect.store import Store
from evforecast.collect.watch import Alert, Profile, watch, watch_unchanged

__all__ = [
    "Alert",
    "Answer",
    "CycleResult",
    "Fetch",
    "Joined",
    "Profile",
    "Store",
    "StoreBusyError",
    "as_told_by",
    "collect_loop",
    "collect_once",
    "join_history",
    "match_by_location",
    "open_store",
    "to_log",
    "to_panel",
    "to_warehouse",
    "watch",
    "watch_unchanged",
]

"""Fresh data in a managed folder: collected by a scenario, and loaded into a dataset."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evforecast.clock import Clock, utc_now
from evforecast.collect import CycleResult, Fetch, Store, collect_once, to_log
from evforecast.dataiku.client import dataset_of, folder_of
from evforecast.dataiku.folders import bring_down, paths_in, send_up
from evforecast.dataiku.statuses import write_log
from evforecast.dataiku.variables import set_variable, variable
from evforecast.errors import EmptyInputError
from evforecast.sources.feed import Feed
from evforecast.timegrid import TimeLike, as_time

__all__ = ["collect", "load"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OWN = ("lock", "loaded")  # of a process, of a disk
_BOOKS = ("journal", "profiles.json")


def collect(feed: Feed, fetch: Fetch, *, folder: Any, clock: Clock = utc_now) -> CycleResult:
    """Ask a feed for one cycle, and keep what it answers in a managed folder (see `collect_once`).

    The days that are still open, today's and the one before it, are brought to the disk, worked on there, and
    what has changed is sent up: bodies first, the journal last. A scenario that is killed may be run again,
    and asks what its cycle lacks; an answer that was not sent up is lost. One process collects a feed at a
    time: DSS runs a scenario once at a time, and no lock reaches from one machine to another.

    Parameters
    ----------
    feed : Feed
    fetch : Fetch
        What asks: ``evforecast.sources.http.Client()``.
    folder : str or dataiku.Folder
    clock : callable
        Returns the present time, UTC.

    Returns
    -------
    CycleResult

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.feed import Table
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    ...
    ...     def requests(self, now):
    ...         return []
    >>> with fake_dss(tempfile.mkdtemp(), folders=["fresh"]):
    ...     collect(Nothing(), None, folder="fresh").is_complete
    True
    """
    handle = folder_of(folder)
    now = clock()
    with tempfile.TemporaryDirectory(prefix="evforecast-fresh-") as name:
        root = Path(name)
        days = sorted({day for path in paths_in(handle) if (day := _day(path, feed))})
        store = _store(handle, root, feed, set(days[-2:]))
        before = _sums(root)
        try:
            result = collect_once(store, fetch, now=now)
        finally:  # whatever came is to be kept
            after = _sums(root)
            changed = [path for path in after if after[path] != before.get(path)]
            send_up(handle, root, sorted(changed, key=lambda path: (_is_book(path), path)))
            for path in before.keys() - after.keys():
                handle.delete_path(path)
    return result


def load(feed: Feed, *, folder: Any, into: Any, until: TimeLike) -> int:
    """Add what was collected since the last call to a dataset of statuses.

    A variable of the project, ``evforecast_loaded_DATASET``, says up to when. It is set once the rows are
    written: a call that is interrupted between the two adds rows again, and `read_log` takes them once.

    Parameters
    ----------
    feed : Feed
        With a table ``status``.
    folder : str or dataiku.Folder
        Where `collect` keeps it.
    into : str or dataiku.Dataset
        Rows as `write_log` writes them. They are added, whatever the recipe says.
    until : time
        The last time of collection that is looked at: the time for which the recipe runs.

    Returns
    -------
    int
        How many rows.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.feed import Table
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["status"], folders=["fresh"]):
    ...     load(Nothing(), folder="fresh", into="status", until="2026-11-28 08:15")
    0
    """
    handle, dataset = folder_of(folder), dataset_of(into)
    end = as_time(until)
    mark = f"evforecast_loaded_{dataset.name.rpartition('.')[2]}"
    since = variable(mark, "time", None)
    first = "" if since is None else str(since)[:10]
    rows = 0
    with tempfile.TemporaryDirectory(prefix="evforecast-fresh-") as name:
        days = {day for path in paths_in(handle) if (day := _day(path, feed)) and day >= first}
        for day in sorted(day for day in days if day <= str(end)[:10]):
            root = Path(name, day)
            store = _store(handle, root, feed, {day})
            try:
                log = to_log(store)
            except EmptyInputError:
                continue
            log = log.collected_by(end)
            if since is not None:
                log.frame = log.frame[log.frame["collected_at"] > pd.Timestamp(since)]
            if len(log):
                rows += write_log(dataset, log, append=True)
                latest = log.frame["collected_at"].max()
                set_variable(mark, str(np.datetime64(latest, "s")))
    return rows


def _store(handle: Any, root: Path, feed: Feed, days: set[str]) -> Store:
    """Return the store on the disk, with these days of it."""
    own = [f"{feed.name}/{name}" for name in _OWN]

    def wanted(path: str) -> bool:
        found = _DAY.search(path)
        is_own = any(path == name or path.startswith(f"{name}/") for name in own)
        return path.startswith(f"{feed.name}/") and not is_own and (not found or found[0] in days)

    bring_down(handle, root, wanted)
    return Store(root, feed)


def _day(path: str, feed: Feed) -> str:
    found = _DAY.search(path) if path.startswith(f"{feed.name}/journal/") else None
    return found[0] if found else ""


def _sums(root: Path) -> dict[str, bytes]:
    """Return what each file of the disk is, by its path."""
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in _OWN)
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).digest()
        for path in files
    }


def _is_book(path: str) -> bool:
    return path.split("/")[1] in _BOOKS

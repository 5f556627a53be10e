"""The steps that bring data: collect, load, features."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evforecast.collect import Fetch, Store, collect_once, to_panel, to_warehouse
from evforecast.collect.ledger import span
from evforecast.collect.lock import StoreBusyError
from evforecast.collect.notes import keep_note
from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.panel.evse import EVSE_COLUMNS
from evforecast.scenarios.classes import feed_note
from evforecast.scenarios.memory import require_room
from evforecast.scenarios.reading import at, read_evse
from evforecast.scenarios.tables import TABLES, Change, commit, make, stamp
from evforecast.scenarios.work import Done, Work, is_replay
from evforecast.sources.http_logins import logins_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["collect", "features", "load"]

_DAY = np.timedelta64(86_400, "s")
# Measured: what a cell of the grid takes while its rows are made, loaded and counted.
_BYTES_A_CELL = 400


def collect(work: Work) -> Done:
    """Ask the feeds what they lack up to the time of the run.

    A live feed is asked once, for the present; one that plays a recording is asked for every cycle that it
    has not been asked for. What was answered is in the store, which is all the state of this step.
    """
    came: Counter[str] = Counter()
    why: dict[str, str] = {}
    planned = 0
    for settings in work.project.feeds:
        store = work.stores[settings.name]
        cycles = _cycles(work, store)
        planned += len(cycles)
        if cycles and not work.dry_run:
            outcomes, reason = _asked(work, store, cycles)
            came += outcomes
            if reason:
                why[settings.name] = reason
            _note(store, feed_note(settings, store.feed))
    bad = came["failed"] + came["unreadable"] + came["alerts"]
    rows = came["stored"] + came["same"] + came["unchanged"]
    status = "WARNING" if bad else "done" if rows else "nothing"
    if work.dry_run:
        rows, status = planned, "planned" if planned else "nothing"
    facts = {name: str(count) for name, count in sorted(came.items())} | why
    return Done(rows, work.collected_until, status, facts)


def _cycles(work: Work, store: Store) -> list[np.datetime64]:
    """Return the times to ask at.

    Raises
    ------
    InputError
        If a live feed is to be asked in the future.
    """
    if not is_replay(store.feed):
        late = work.clock() - work.as_of
        if late < -store.every:
            msg = (
                f"collect: --as-of {stamp(work.as_of)} UTC is in the future; the clock says "
                f"{stamp(work.clock())}. A live feed shows only the present: leave --as-of out."
            )
            raise InputError(msg)
        return [work.as_of] if late <= store.every else []  # what it showed then is gone
    last = work.now + store.every
    if not store.journal.days():
        return list(np.arange(store.cycle(store.feed.since), last, store.every))
    # The last cycle may have been interrupted; what it has is not asked again.
    first = span(store, None, None)[1] - store.every
    answered = store.day(str(first)[:10]).names_answered(str(first))
    is_whole = {request.name for request in store.feed.requests(first)} <= set(answered)
    return list(np.arange(first + (store.every if is_whole else 0), last, store.every))


def _note(store: Store, note: dict[str, Any] | None) -> None:
    """Note of which feed a store is, so that ``evforecast collect status`` can open it."""
    if note is not None:
        # It is written again each time: neither a full disk nor another collector spoils what was collected.
        with suppress(OSError, StoreBusyError), store.writing("collecting"):
            keep_note(store, note)


def _asked(work: Work, store: Store, cycles: list[np.datetime64]) -> tuple[Counter[str], str]:
    """Ask a feed; return how many requests ended how, and what was first wrong, or else strange."""
    came: Counter[str] = Counter()
    failed: list[str] = []
    strange: list[str] = []
    with ExitStack() as stack:
        fetch: Fetch
        if is_replay(store.feed):
            fetch = store.feed
        else:
            from evforecast.sources.http import Client

            urls = [request.url for request in store.feed.requests(cycles[0])] if cycles else []
            told = logins_of(store.feed.name, urls, os.environ)
            fetch = stack.enter_context(Client(clock=work.clock, logins=told))
        for now in cycles:
            result = collect_once(store, fetch, now=now)
            came.update(result.outcomes)
            came.update({"alerts": len(result.alerts)} if result.alerts else {})
            failed += result.reasons.values()
            strange += [alert.message for alert in result.alerts]
    return came, next(iter([*failed, *strange]), "")


def load(work: Work) -> Done:
    """Bring the rows that were collected to the warehouse, as they came.

    The statuses of the network go to ``status``, other tables to ``FEED_TABLE``. A merge under their key, day
    by day: done again, it changes nothing.
    """
    rows = 0
    facts = {}
    for name, store in work.stores.items():
        for table in store.feed.tables:
            is_network = store is work.network
            if is_network and table == "evse":  # made with the grid
                continue
            into = table if is_network else f"{name}_{table}"
            if work.dry_run:
                continue
            done = to_warehouse(store, work.warehouse, table, into=into)
            rows += done.inserted + done.updated
            facts[into] = f"{done.inserted} inserted, {done.updated} updated"
    status = "planned" if work.dry_run else "done" if rows else "nothing"
    return Done(rows, work.collected_until, status, facts)


def features(work: Work) -> Done:
    """Put what was seen on the grid, the table ``status_grid`` that every model reads; and the chargers.

    Day by day, each with its watermark; not beyond the last cycle that was asked.
    """
    until = work.collected_until
    before = work.begun("features", often=True)
    rows, days = 0, 0
    for begin, end in _days(work, before, until):
        days += 1
        if work.dry_run:
            continue
        if not rows:
            make(work.warehouse, "watermark", "status_grid", "evse")
        panel = _seen(work, begin, end)
        changes = [] if panel is None else _grid_changes(work, panel, begin, end)
        rows += commit(work.warehouse, "features", changes, before=before, until=end)
        before = end
    status = "nothing" if not days else "planned" if work.dry_run else "done"
    return Done(rows, before, status, {"days": str(days)} if days else {})


def _days(
    work: Work, before: np.datetime64 | None, until: np.datetime64
) -> Iterator[tuple[np.datetime64, np.datetime64]]:
    """Yield stretches of at most a day: the time before the first row, and the last row."""
    store, step = work.network, work.project.step
    if not store.journal.days():
        return
    begin = span(store, None, None)[0] - step if before is None else before
    while begin < until:
        midnight = begin.astype("datetime64[D]").astype("datetime64[s]")
        end = min(midnight + _DAY, until)
        yield begin, end
        begin = end


def _seen(work: Work, begin: np.datetime64, end: np.datetime64) -> StatusPanel | None:
    """Return what was seen after `begin` and by `end`, None where nothing was."""
    step = work.project.step
    try:
        panel = to_panel(
            work.network, since=begin + step, until=end + step, step=step, tz=work.project.tz
        )
    except EmptyInputError:
        return None
    require_room(
        panel.codes.size * _BYTES_A_CELL,
        work.memory,
        f"features: a day of {panel.n_evse:,} chargers",
        "divide the network among projects",
        begun=work.held_before,
    )
    return panel


def _grid_changes(
    work: Work, panel: StatusPanel, begin: np.datetime64, end: np.datetime64
) -> list[Change]:
    import pyarrow as pa

    row, place = np.nonzero(panel.codes != MISSING)
    ids = pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), panel.evse_ids)
    grid = pa.table(
        {
            "time": pa.array(panel.times[row]),
            "evse_id": ids.cast(pa.string()),
            "code": pa.array(panel.codes[row, place].astype(np.int16)),
        }
    )
    where = f'"time" > {at(work.warehouse)} AND "time" <= {at(work.warehouse)}'
    changes = [Change(TABLES["status_grid"], grid, where, [stamp(begin), stamp(end)])]
    old = read_evse(work.warehouse)
    new = _merged(old, panel.evse)
    if not new.equals(old):
        changes.append(Change(TABLES["evse"], _evse_rows(new), "1 = 1"))
    return changes


def _merged(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the chargers, those that are known anew as they are told now, by rising id."""
    columns = list(EVSE_COLUMNS)
    gone = old.loc[old.index.difference(new.index), columns]
    parts = [part for part in (gone, new[columns]) if len(part)]
    return pd.concat(parts).sort_index() if parts else old


def _evse_rows(evse: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    columns = {"evse_id": pa.array(evse.index.tolist(), pa.string())}
    for name in EVSE_COLUMNS:
        kind = pa.float64() if name in {"lat", "lon"} else pa.string()
        columns[name] = pa.array(evse[name].tolist(), kind, from_pandas=True)
    return pa.table(columns)

"""From a store to a log and to a panel: what was seen in each cycle, on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evforecast.collect.frames import as_frame, latest
from evforecast.collect.ledger import span
from evforecast.collect.shelf import PAYLOAD
from evforecast.collect.snapshots import Seen, seen_at, seen_by_day
from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import CODE_DTYPE, MISSING, STATUS, Codes, StatusLog, StatusPanel, evse_table
from evforecast.timegrid import StepLike, TimeGrid, TimeLike, as_step, as_time, step_text

if TYPE_CHECKING:
    from evforecast.collect.store import Store

__all__ = ["to_log", "to_panel"]

_EVSE = "evse"
# Of the bookkeeping, what says nothing about a charger.
_NOT_OF_A_CHARGER = ("collected_at", "source", PAYLOAD)


def to_log(
    store: Store,
    *,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    table: str = "status",
    late: StepLike = "5min",
    evse: pd.DataFrame | None = None,
) -> StatusLog:
    """Return what was seen in each cycle as a log.

    An answer that repeats an earlier one is an observation of its own cycle.

    Parameters
    ----------
    store : Store
    since, until : time, optional
        When it was seen, `until` excluded; all by default.
    table : str
        Of rows with ``evse_id`` and ``status``.
    late : str or timedelta
        How long after its cycle an answer may come and still stand for it; what comes later was seen when it
        came.
    evse : pandas.DataFrame, optional
        The table of chargers; by default what the feed's own table ``evse`` says of them, if it has one.

    Returns
    -------
    StatusLog
        ``observed_at`` is when it was seen; what the provider's stamp says is in `Store.rows`.

    Raises
    ------
    InputError
        If the feed has no such table.
    EmptyInputError
        If nothing was seen.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.collect import Store
    >>> from evforecast.sources.feed import Table
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    >>> to_log(Store(tempfile.mkdtemp(), Nothing()))
    Traceback (most recent call last):
    evforecast.errors.EmptyInputError: ...: no status was seen ...
    """
    first, last = _time(since), _time(until)
    frames = []
    for _, seen in seen_by_day(store, table, STATUS, _seconds(late)):
        rows = pd.DataFrame(
            {
                "payload": seen.row_payload,
                "evse_id": np.array(seen.evse_ids, dtype=object)[seen.row_evse],
                "status": seen.codes,
            }
        )
        answers = pd.DataFrame(
            {
                "payload": seen.payload,
                "observed_at": seen.seen_at,
                "collected_at": seen.collected_at,
            }
        )
        inside = np.ones(len(seen.seen_at), dtype=bool)
        inside &= True if first is None else seen.seen_at >= first
        inside &= True if last is None else seen.seen_at < last
        frame = answers[inside].merge(rows, on="payload").drop(columns="payload")
        # Of two rows of one charger in one payload, the later counts.
        key = ["observed_at", "collected_at", "evse_id"]
        frames.append(latest(frame[frame["status"] != MISSING], key))
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if whole.empty:
        raise _nothing(store)
    whole["status"] = STATUS.decode(whole["status"].to_numpy())
    whole["source"] = store.feed.name
    ids = list(dict.fromkeys(whole["evse_id"]))
    return StatusLog(whole, tz="UTC", evse=evse_table(ids, _chargers(store, ids, evse)))


def to_panel(
    store: Store,
    *,
    step: StepLike = "15min",
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    table: str = "status",
    late: StepLike = "5min",
    evse: pd.DataFrame | None = None,
    tz: str = "UTC",
) -> StatusPanel:
    """Return what was seen in each cycle on a grid: row ``t`` holds what was seen last in ``(t - step, t]``.

    A cycle without an answer is missing. Same as ``to_log(…).to_panel(step)``, but read day by day, so that a
    year of a large network takes no more memory than its panel.

    Parameters
    ----------
    store : Store
    step : str or timedelta
        The grid, aligned on midnight UTC.
    since, until : time, optional
        The first row, and the time the rows end before; by default all that was seen.
    table, late, evse
        As for `to_log`.
    tz : str
        The zone of the clock on the chargers' wall.

    Returns
    -------
    StatusPanel

    Raises
    ------
    InputError
        If the feed has no such table, or `since` is off the grid.
    EmptyInputError
        If nothing was seen.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.collect import Store
    >>> from evforecast.sources.feed import Table
    >>> class Nothing:
    ...     name, every, lag = "nothing", "15min", "0min"
    ...     tables = {"status": Table(("evse_id", "collected_at"), "collected_at")}
    >>> to_panel(Store(tempfile.mkdtemp(), Nothing()))
    Traceback (most recent call last):
    evforecast.errors.EmptyInputError: ...: no status was seen ...
    """
    size = as_step(step)
    grid = _grid(store, size, _seconds(late), _time(since), _time(until))
    canvas = _Canvas(grid)
    for day, seen in seen_by_day(store, table, STATUS, _seconds(late)):
        if str(grid.start - size)[:10] <= day <= str(grid.last)[:10] or store.lag:
            canvas.take(seen)
    if not canvas.ids:
        raise _nothing(store)
    ids = list(canvas.ids)
    return StatusPanel(
        canvas.codes[:, : len(ids)], grid, evse_table(ids, _chargers(store, ids, evse)), tz=tz
    )


class _Canvas:
    """Codes ``[time, evse]`` that grow by the chargers that turn up."""

    def __init__(self, grid: TimeGrid) -> None:
        self._grid = grid
        self.ids: dict[str, int] = {}
        self.codes: Codes = np.full((grid.n, 0), MISSING, dtype=CODE_DTYPE)

    def take(self, seen: Seen) -> None:
        """Put what was seen on a day in its rows."""
        rows = -(-(seen.seen_at - self._grid.start) // self._grid.step)
        inside = np.flatnonzero((rows >= 0) & (rows < self._grid.n) & (seen.payload >= 0))
        if not len(inside):
            return
        places = np.array([self.ids.setdefault(name, len(self.ids)) for name in seen.evse_ids])
        self._widen()
        # The rows of one payload stand together: where each begins.
        begins = np.flatnonzero(np.diff(seen.row_payload, prepend=-2) != 0)
        ends = np.append(begins[1:], len(seen.row_payload))
        parts = {
            int(seen.row_payload[begin]): slice(begin, end)
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        }
        for answer in inside.tolist():
            part = parts[int(seen.payload[answer])]
            codes, where = seen.codes[part], places[seen.row_evse[part]]
            known = codes != MISSING
            self.codes[rows[answer], where[known]] = codes[known]

    def _widen(self) -> None:
        width = self.codes.shape[1]
        if len(self.ids) > width:
            more = np.full(
                (self._grid.n, max(len(self.ids) - width, width // 8)), MISSING, CODE_DTYPE
            )
            self.codes = np.concatenate([self.codes, more], axis=1)


def _grid(
    store: Store,
    step: np.timedelta64,
    late: np.timedelta64,
    since: np.datetime64 | None,
    until: np.datetime64 | None,
) -> TimeGrid:
    first, last = span(store, since, until)
    start, end = _ceil(first, step), _ceil(last, step)
    if since is not None and start != since:
        msg = f"to_panel: since {since} is off the grid of {step_text(step)}, which holds {start}."
        raise InputError(msg)
    if until is None:  # what was seen last lies in the row at or behind it
        days = store.journal.days()[-1:]
        seen = [seen_at(store, line, late) for day in days for line in store.day(day).answers]
        end = _ceil(max(seen, default=first - step), step) + step
    if end <= start:
        raise _nothing(store)
    return TimeGrid(start, step, int((end - start) // step))


def _ceil(time: np.datetime64, step: np.timedelta64) -> np.datetime64:
    epoch = np.datetime64(0, "s")
    return epoch + -(-(time - epoch) // step) * step


def _seconds(value: StepLike) -> np.timedelta64:
    return np.timedelta64(int(pd.Timedelta(value).total_seconds()), "s")


def _time(value: TimeLike | None) -> np.datetime64 | None:
    return None if value is None else as_time(value)


def _nothing(store: Store) -> EmptyInputError:
    return EmptyInputError(
        f"{store.folder}: no status was seen in that time. See gaps() for the reasons."
    )


def _chargers(store: Store, ids: Sequence[str], evse: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return what is known of chargers: as given, or the feed's own last word on each."""
    if evse is not None or _EVSE not in store.feed.tables:
        return evse
    shelf, wanted, found = store.shelves[_EVSE], set(ids), []
    for day in reversed(shelf.days()):
        order = store.day(day).order()
        here = shelf.read(day, order, columns=["evse_id"], coded=["evse_id"])
        if here.num_rows and wanted & set(here["evse_id"].combine_chunks().dictionary.to_pylist()):
            frame = as_frame([shelf.read(day, order)])
            frame = latest(frame[frame["evse_id"].isin(wanted)], ["evse_id"])
            wanted -= set(frame["evse_id"])
            found.append(frame)
        if not wanted:
            break
    if not found:
        return None
    whole = pd.concat(found, ignore_index=True)
    return whole.drop(columns=[name for name in _NOT_OF_A_CHARGER if name in whole])

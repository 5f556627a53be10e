"""Making good what a kill left undone, and putting away the days that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evforecast.collect.day import Kept
from evforecast.collect.reading import read
from evforecast.collect.watch import Alert
from evforecast.disk import sweep
from evforecast.errors import FileFormatError

if TYPE_CHECKING:
    import numpy as np

    from evforecast.collect.store import Store

__all__ = ["close", "mend", "recover", "wanting"]


def recover(store: Store, now: np.datetime64, *, is_sound: bool) -> tuple[list[Alert], bool]:
    """Mend every day that was not put away, and put away those before today; done again, it does nothing.

    Parameters
    ----------
    store : Store
        Held.
    now : numpy.datetime64
    is_sound : bool
        Whether this process has brought every cycle to its end: then there is nothing to mend.

    Returns
    -------
    list of Alert
        A day that cannot be mended is told of, and left for the next time: collecting goes on.
    bool
        Whether nothing is left that another try may do: the disk was full, say.
    """
    today, is_done = str(now.astype("datetime64[D]")), True
    alerts: list[Alert] = []
    for day in sorted({*store.journal.days(), *store.archive.days()}):
        if store.journal.last(day).get("what") == "closed":
            continue
        try:
            if not is_sound:
                alerts += mend(store, day, now)
            if day < today:
                alerts += _close(store, day, now)
        except (FileFormatError, OSError) as error:
            alerts.append(Alert("damaged", day, f"{type(error).__name__}: {error}"))
            is_done &= isinstance(error, FileFormatError)
    return alerts, is_done


def mend(store: Store, day: str, now: np.datetime64, *, is_thorough: bool = False) -> list[Alert]:
    """Enter bodies that the journal does not know, and read what was not read or whose rows are gone.

    Parameters
    ----------
    store : Store
        Held.
    day : str
    now : numpy.datetime64
    is_thorough : bool
        Whether files of rows are read to see whether they are whole.

    Raises
    ------
    FileFormatError
        If a file is damaged that cannot be made again.
    """
    shelves = [*store.shelves.values(), store.quarantine]
    for folder in (store.archive.folder, *(shelf.folder for shelf in shelves)):
        sweep(folder / day)
    state = store.day(day)
    for name in sorted(store.archive.ids(day) - state.payloads.keys()):
        store.journal.append(day, {**store.archive.note(day, name), "adopted": True})
    state = store.day(day)
    incomplete = wanting(store, day, is_thorough=is_thorough)
    lost = [name for name in incomplete if not state.payloads[name].removed]
    if lost:
        line = {"what": "reread", "at": str(now), "payloads": lost, "are_lost": True}
        store.journal.append(day, line)
    alerts = []
    for kept in _unread(store, day):
        alerts += read(store, day, kept, now=now)
    return alerts


def wanting(store: Store, day: str, *, is_thorough: bool = False) -> list[str]:
    """Return the payloads of a day whose rows are not all there, or are damaged."""
    payloads = store.day(day).payloads.values()
    # A table that this feed does not name may be there all the same: another reader brought its rows.
    names = {name for kept in payloads for name in kept.rows}
    counts = {name: store.shelf(name).counts(day, is_thorough=is_thorough) for name in names}
    counts[""] = store.quarantine.counts(day, is_thorough=is_thorough)
    found = []
    for kept in payloads:
        if kept.is_readable and kept.reading is not None:
            due = {**kept.rows, "": kept.reading["rejected"]}
            if any(counts[name].get(kept.id, 0) != n for name, n in due.items()):
                found.append(kept.id)
    return found


def _close(store: Store, day: str, now: np.datetime64) -> list[Alert]:
    try:
        close(store, day, now)
    except FileFormatError:  # what looked whole is not: rows can be read again
        alerts = mend(store, day, now, is_thorough=True)
        close(store, day, now)
        return alerts
    return []


def close(store: Store, day: str, now: np.datetime64) -> None:
    """Put the rows of a day into one file for each table, and say so.

    Parameters
    ----------
    store : Store
        Held.
    day : str
    now : numpy.datetime64
    """
    order = store.day(day).order()
    for shelf in (*store.shelves.values(), store.quarantine):
        shelf.compact(day, order)
    store.journal.append(day, {"what": "closed", "at": str(now)})


def _unread(store: Store, day: str) -> list[Kept]:
    state = store.day(day)
    return [state.payloads[name] for name in state.order() if state.payloads[name].reading is None]

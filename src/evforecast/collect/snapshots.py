"""What was seen in each cycle: the answers of a day, and the statuses of the payloads they point at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.collect.day import ANSWERED
from evforecast.collect.journal import Line
from evforecast.collect.shelf import PAYLOAD
from evforecast.errors import require_choice
from evforecast.panel import Codes, StatusScheme
from evforecast.timegrid import Times

if TYPE_CHECKING:
    import pyarrow as pa

    from evforecast.collect.store import Store

__all__ = ["Seen", "seen_at", "seen_by_day"]


@dataclass(frozen=True, eq=False)
class Seen:
    """The answers of a day in the order in which they were seen, and the rows of its payloads.

    Attributes
    ----------
    seen_at : numpy.ndarray
        ``datetime64[s]``, shape ``[answer]``: the cycle, or when the answer came if that was late.
    collected_at : numpy.ndarray
        ``datetime64[s]``, shape ``[answer]``: when it was there.
    payload : numpy.ndarray
        Shape ``[answer]``: which payload it points at.
    row_payload : numpy.ndarray
        Shape ``[row]``: which payload a row is of; those of one stand together.
    row_evse : numpy.ndarray
        Shape ``[row]``: places in `evse_ids`.
    codes : numpy.ndarray
        int8, shape ``[row]``: statuses, -1 where missing.
    evse_ids : list of str
    """

    seen_at: Times
    collected_at: Times
    payload: npt.NDArray[np.intp]
    row_payload: npt.NDArray[np.intp]
    row_evse: npt.NDArray[np.intp]
    codes: Codes
    evse_ids: list[str]


def seen_by_day(
    store: Store, table: str, scheme: StatusScheme, late: np.timedelta64
) -> Iterator[tuple[str, Seen]]:
    """Yield the days of a store and what was seen on each.

    Parameters
    ----------
    store : Store
    table : str
        Of rows with ``evse_id`` and ``status``.
    scheme : StatusScheme
        Its names are the words of the table.
    late : numpy.timedelta64
        How long after its cycle an answer may come and still stand for it.

    Raises
    ------
    InputError
        If the feed has no such table.
    UnknownStatusError
        If a word is not one of the scheme's.
    """
    require_choice(table, store.feed.tables, "table")
    for day in store.journal.days():
        state = store.day(day)
        answers = [line for line in state.answers if state.outcome(line) in ANSWERED]
        kept = [state.of(line) for line in answers]
        pairs = [(line, one.id) for line, one in zip(answers, kept, strict=True) if one is not None]
        if not pairs:
            continue
        rows = store.shelves[table].read(
            day, state.order(), columns=["evse_id", "status"], coded=["evse_id", "status"]
        )
        names, row_payload = _coded(rows, PAYLOAD)
        ids, row_evse = _coded(rows, "evse_id")
        words, row_word = _coded(rows, "status")
        # A payload without rows, an empty list, was seen too: nobody was there.
        place = {name: number for number, name in enumerate(names)}
        collected = np.array([line["collected_at"] for line, _ in pairs], "datetime64[s]")
        seen = np.array([seen_at(store, line, late) for line, _ in pairs])
        order = np.lexsort((collected, seen))
        yield (
            day,
            Seen(
                seen[order],
                collected[order],
                np.array([place.get(name, -1) for _, name in pairs], np.intp)[order],
                row_payload,
                row_evse,
                np.append(scheme.encode(words), np.int8(-1))[row_word],
                ids,
            ),
        )


def seen_at(store: Store, line: Line, late: np.timedelta64) -> np.datetime64:
    """Return when a request was answered: in its cycle, or when the answer came if that was late.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> line = {"cycle": "2026-11-28T08:00:00", "collected_at": "2026-11-28T08:07:00"}
    >>> str(seen_at(Some(lag=np.timedelta64(0, "s")), line, np.timedelta64(300, "s")))
    '2026-11-28T08:07:00'
    """
    cycle = np.datetime64(line["cycle"], "s")
    collected = np.datetime64(line.get("collected_at", line["cycle"]), "s")
    # What can be had later is about its cycle, whenever it was had.
    is_late = not store.lag and collected - cycle > late
    return collected if is_late else cycle


def _coded(table: pa.Table, name: str) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Return the words of a column and each row's place among them, -1 where it has none."""
    if not table.num_rows:
        return [], np.empty(0, np.intp)
    column = table[name].combine_chunks()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return column.dictionary.to_pylist(), codes.astype(np.intp)

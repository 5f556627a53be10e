"""UTC instants of stamps as they came, row by row: what cannot be told is said, not raised.

`evforecast.timegrid.to_utc` refuses a whole column for one bad stamp, which is right for a file that a
person reads; a feed goes on, and sets the row apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from evforecast.timegrid import Times

__all__ = ["PARIS", "instants"]

PARIS = "Europe/Paris"

MISSING = "no time"
UNREADABLE = "not an ISO time"
NEVER = "a local time that never was: the clocks were put forward over it"
TWICE = (
    "a local time that was twice, when the clocks were put back: the rows do not tell which it is"
)

_HAS_ZONE = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"
_DAY = np.timedelta64(1, "D")

Objects = npt.NDArray[np.object_]


def instants(
    stamps: Iterable[Any], groups: npt.NDArray[Any], tz: str = PARIS
) -> tuple[Times, Objects]:
    """Return the UTC instants of stamps, NaT where there is none, and why.

    Parameters
    ----------
    stamps : iterable
        Text, with or without a zone, shape ``[row]``.
    groups : numpy.ndarray
        Shape ``[row]``: rows of one group were written in order, which tells the two autumn hours
        apart where both are there, one after the other.
    tz : str
        The zone of stamps that carry none.

    Returns
    -------
    utc : numpy.ndarray
        ``datetime64[s]``, shape ``[row]``.
    reason : numpy.ndarray
        Objects, shape ``[row]``: None, or why there is no instant.
    """
    codes, levels = pd.factorize(np.array([_clean(stamp) for stamp in stamps], dtype=object))
    texts = pd.Series(list(levels), dtype=object)
    zoned = texts.str.contains(_HAS_ZONE).to_numpy(bool) if len(texts) else np.zeros(0, bool)
    local = np.full(len(texts) + 1, "NaT", dtype="datetime64[s]")  # the last one for code -1
    utc = local.copy()
    reason = np.full(len(texts) + 1, None, dtype=object)
    reason[-1] = MISSING
    utc[:-1][zoned] = _parsed(texts[zoned], utc=True)
    naive = pd.DatetimeIndex(_parsed(texts[~zoned], utc=False))
    local[:-1][~zoned] = _seconds(naive)
    utc[:-1][~zoned] = _to_utc(naive, tz, ambiguous="NaT", nonexistent="NaT")
    open_ = np.isnat(utc[:-1]) & ~np.isnat(local[:-1])
    never = np.zeros(len(texts), bool)
    never[~zoned] = ~np.isnat(_to_utc(naive, tz, ambiguous="NaT", nonexistent="shift_forward"))
    reason[:-1][np.isnat(utc[:-1])] = UNREADABLE
    reason[:-1][open_ & never] = NEVER
    reason[:-1][open_ & ~never] = TWICE
    rows_utc, rows_reason = utc[codes], reason[codes]
    twice = np.flatnonzero(np.append(open_ & ~never, [False])[codes])
    if len(twice):
        first, second = _pairs(twice, local[codes], groups)
        for rows, summer in ((first, True), (second, False)):
            index = pd.DatetimeIndex(local[codes][rows])
            rows_utc[rows] = _to_utc(index, tz, ambiguous=np.full(len(rows), summer))
            rows_reason[rows] = None
    return rows_utc, rows_reason


def _pairs(
    twice: npt.NDArray[np.intp], local: Times, groups: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the rows that are surely the first, and the second, occurrence of a local time.

    They follow each other in their group, are there just so, and their neighbours are in order.
    """
    member = pd.factorize(np.asarray(groups))[0]
    order = np.argsort(member, kind="stable")
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    first, second = [], []
    frame = pd.DataFrame({"row": twice, "group": member[twice], "local": local[twice]})
    for _, rows in frame.groupby(["group", "local"], sort=False)["row"]:
        if len(rows) != 2 or rank[rows.iloc[1]] - rank[rows.iloc[0]] != 1:
            continue
        one, two = rows.tolist()
        before, after = rank[one] - 1, rank[two] + 1
        near = [
            sign * (local[order[place]] - local[one])
            for place, sign in ((before, -1), (after, 1))
            if 0 <= place < len(order) and member[order[place]] == member[one]
        ]
        if all(not -_DAY < gap < np.timedelta64(0, "s") for gap in near):
            first.append(one)
            second.append(two)
    return np.array(first, dtype=np.intp), np.array(second, dtype=np.intp)


def _clean(stamp: Any) -> str | None:
    text = "" if stamp is None or stamp != stamp else str(stamp).strip()  # noqa: PLR0124 - NaN
    return text or None


def _parsed(texts: pd.Series, *, utc: bool) -> Times:
    parsed = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=utc)
    return _seconds(pd.DatetimeIndex(parsed).tz_localize(None))


def _to_utc(index: pd.DatetimeIndex, tz: str, **how: Any) -> Times:
    return _seconds(index.tz_localize(tz, **how).tz_convert("UTC").tz_localize(None))


def _seconds(index: pd.DatetimeIndex) -> Times:
    return index.to_numpy().astype("datetime64[s]")

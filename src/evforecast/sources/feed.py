"""What a feed is: which addresses to ask, and how to read what they answer.

A feed does not touch the network and keeps nothing: `evforecast.collect` asks, archives the answers and only
then has them read, so that they can be read again when a reader is mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["Feed", "Payload", "Reading", "Request", "Table"]

REASON = "reason"
"""The column of what was rejected that says why."""


@dataclass(frozen=True)
class Request:
    """One address to ask.

    Attributes
    ----------
    url : str
        With its query.
    name : str
        What it is, within the feed: ``"availability"``, ``"2020-11-08"``.
    fallback : str
        Another address that answers the same, asked when the first one fails for good; empty for none.

    Examples
    --------
    >>> Request("https://example.org/status.json", "status").fallback
    ''
    """

    url: str
    name: str
    fallback: str = ""


@dataclass(frozen=True)
class Payload:
    """An answer, as it came.

    Attributes
    ----------
    body : bytes
        Unpacked, not decoded.
    request : Request
        What was asked.
    collected_at : numpy.datetime64
        When it was there, UTC.
    content_type : str
        As the server said; may be wrong.
    next_url : str
        The next page, as the header Link says; empty for none.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.datetime64("2026-11-28T08:00:00")
    >>> Payload(b"[]", Request("https://example.org", "status"), at).content_type
    ''
    """

    body: bytes = field(repr=False)
    request: Request
    collected_at: np.datetime64
    content_type: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class Table:
    """One kind of rows that a feed brings.

    Attributes
    ----------
    key : tuple of str
        The columns that tell rows apart: of two rows with the same key, the one collected later counts.
    time : str
        The column, UTC, that says which day a row belongs to.

    Examples
    --------
    >>> Table(key=("evse_id", "collected_at"), time="collected_at").key[0]
    'evse_id'
    """

    key: tuple[str, ...]
    time: str


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read from one payload.

    Attributes
    ----------
    tables : mapping of str to pandas.DataFrame
        Rows by the name of their table; times are naive UTC, ``datetime64[s]``.
    rejected : pandas.DataFrame
        Rows that could not be taken, as text, with the column ``reason``; nothing is lost.
    rows_read : int
        Rows in the payload: those in the main table, those rejected and those counted apart account for
        all of them.
    counted_apart : mapping of str to int
        Rows that are no observation, by what they are: chargers that are planned, say, or rows that came
        twice.
    unknown_words : mapping of str to int
        Words that the feed's vocabulary does not know, with how often they came; their rows are rejected.
    fields : mapping of str to str
        The fields of the payload and their kinds (``"text"``, ``"number"``, ``"object"`` …): what a watch
        over the schema compares.
    notes : tuple of str
        What else was decided, one sentence each.
    more : tuple of Request
        What is to be asked next in the same cycle, because the payload is one page of several.

    Examples
    --------
    >>> import pandas as pd
    >>> Reading({}, pd.DataFrame(), 0).notes
    ()
    """

    tables: Mapping[str, pd.DataFrame]
    rejected: pd.DataFrame
    rows_read: int
    counted_apart: Mapping[str, int] = field(default_factory=dict)
    unknown_words: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    more: tuple[Request, ...] = ()


class Feed(Protocol):
    """What can be collected.

    Attributes
    ----------
    name : str
        Becomes a folder: lower case letters, digits and ``-``.
    every : str
        How often it is worth asking: ``"15min"``, ``"1D"``.
    tables : mapping of str to Table
        What it brings.
    lag : str
        How long after its time a thing can still be had again, ``"0min"`` for a feed that shows only the
        present: what is not collected is then lost.
    """

    @property
    def name(self) -> str:
        """As above."""

    @property
    def every(self) -> str:
        """As above."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """As above."""

    @property
    def lag(self) -> str:
        """As above."""

    def requests(self, now: np.datetime64) -> Sequence[Request]:
        """Return what to ask in the cycle at `now` (UTC)."""

    def read(self, payload: Payload) -> Reading:
        """Read one answer.

        Raises
        ------
        FileFormatError
            If it cannot be read at all: HTML where JSON was due, cut short, another shape.
        """

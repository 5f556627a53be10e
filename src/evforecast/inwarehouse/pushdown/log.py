"""`LogTable`: the collected log in a warehouse, and which of its rows say something about a charger.

A row is used, or it is set apart with a reason. Nothing is defaulted: a word that no table of words holds
is no status, and a row without a time stands nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from evforecast.errors import InputError, require_choice
from evforecast.inwarehouse.pushdown.phrases import instant, seconds, text
from evforecast.panel import STATUS, StatusScheme, Vocabulary
from evforecast.panel.gridding import Duplicates
from evforecast.warehouse import Dialect, TableName, quote

__all__ = ["NO_CHARGER", "NO_TIME", "UNKNOWN_WORD", "WRONG_TIME", "LogTable", "Span"]

NO_CHARGER, NO_TIME = "no charger", "no time"
WRONG_TIME, UNKNOWN_WORD = "no such time", "unknown word"

# Times before 1970 or from 2200 on are typing errors, or a clock's that was never set.
_FIRST, _END = np.datetime64(0, "s"), np.datetime64("2200-01-01", "s")
_SECOND = np.timedelta64(1, "s")
# What `str.strip` takes away, so that a word is the same word here and there.
_BLANKS = "".join(chr(n) for n in range(0x3001) if chr(n).isspace())


@dataclass(frozen=True)
class Span:
    """Which rows of a log are read; what is None has no bound.

    Attributes
    ----------
    after, last : numpy.datetime64 or None
        Of the observation: later than the one, no later than the other.
    collected_after, as_of : numpy.datetime64 or None
        Collected later than the one, by the other.
    """

    after: np.datetime64 | None = None
    last: np.datetime64 | None = None
    collected_after: np.datetime64 | None = None
    as_of: np.datetime64 | None = None


@dataclass(frozen=True)
class LogTable:
    """A table of observations, as `evforecast.panel.StatusLog` takes them as a frame.

    Parameters
    ----------
    table : TableName or str
        ``evse_id``, ``status`` and the columns below.
    observed_at : str
        The column that says when a status held. Where the provider stamps nothing, or only changes, that
        is ``"collected_at"``.
    collected_at : str
        The column that says when we saw it.
    words : StatusScheme or Vocabulary
        What the statuses are called there: by our own names, or by a feed's words.
    duplicates : {'raise', 'first', 'last'}
        What to do with a second row of one charger, observation and collection.
    order : str, optional
        The column that tells which of such rows is the first: a table has no order of its own.

    Raises
    ------
    InputError
        If `duplicates` is none of the three, or has no order to go by.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> print(LogTable("status").reason(DUCKDB)[:45])
    CASE WHEN "evse_id" IS NULL THEN 'no charger'
    """

    table: TableName | str
    observed_at: str = "observed_at"
    collected_at: str = "collected_at"
    words: StatusScheme | Vocabulary = STATUS
    duplicates: Duplicates = "raise"
    order: str | None = None

    def __post_init__(self) -> None:
        require_choice(self.duplicates, get_args(Duplicates), "duplicates")
        if self.duplicates != "raise" and self.order is None:
            msg = (
                f"LogTable {self.table}: duplicates={self.duplicates!r} needs order=, the column that tells "
                "which row is the first. A table of a warehouse has no order of its own."
            )
            raise InputError(msg)

    @property
    def name(self) -> TableName:
        """The table."""
        return TableName.parse(self.table)

    @property
    def scheme(self) -> StatusScheme:
        """What the codes mean."""
        return self.words.scheme if isinstance(self.words, Vocabulary) else self.words

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        return tuple(dict.fromkeys(("evse_id", self.collected_at, self.observed_at, "status")))

    def code(self, dialect: Dialect) -> str:
        """Return the code of a row's status: NULL where it says that there is none."""
        known = {word: code for word, code in self._codes().items() if code is not None}
        cases = " ".join(f"WHEN {text(dialect, word)} THEN {code}" for word, code in known.items())
        return f"CASE {self._word(dialect)} {cases} END"

    def reason(self, dialect: Dialect) -> str:
        """Return why a row cannot be used, NULL where it can."""
        times = self._times()
        known = ", ".join(text(dialect, word) for word in self._codes())
        return (
            f"CASE WHEN {quote('evse_id')} IS NULL THEN '{NO_CHARGER}' "
            f"WHEN {' OR '.join(f'{time} IS NULL' for time in times)} THEN '{NO_TIME}' "
            f"WHEN {' OR '.join(_outside(dialect, time) for time in times)} THEN '{WRONG_TIME}' "
            f"WHEN {self._word(dialect)} NOT IN ({known}) THEN '{UNKNOWN_WORD}' END"
        )

    def read(self, dialect: Dialect, span: Span) -> str:
        """Return the query of the rows that can be used: evse_id, observed, collected, code.

        Times are whole seconds since 1970. Of rows with one key, `duplicates` picks.
        """
        pick = ""
        if self.order is not None and self.duplicates != "raise":
            latest = "DESC" if self.duplicates == "last" else "ASC"
            pick = (
                " QUALIFY ROW_NUMBER() OVER (PARTITION BY evse_id, observed, collected "
                f"ORDER BY {quote(self.order)} {latest}) = 1"
            )
        return f"{self.usable(dialect, span)}{pick}"

    def repeats(self, dialect: Dialect, span: Span) -> str:
        """Return the query of the keys that stand more than once: evse_id, observed, how many more."""
        return (
            "SELECT evse_id, observed, COUNT(*) - 1 AS more FROM "
            f"({self.usable(dialect, span)}) AS r "
            "GROUP BY evse_id, observed, collected HAVING COUNT(*) > 1 ORDER BY observed, evse_id"
        )

    def set_apart(self, dialect: Dialect, span: Span) -> str:
        """Return the query of the rows that cannot be used, with their reason (see `apart_within`)."""
        listed = ", ".join(map(quote, self.columns))
        reason = quote("reason")
        return (
            f"SELECT {listed}, {reason} FROM (SELECT {listed}, {self.reason(dialect)} AS {reason} "
            f"FROM {self.name.sql} WHERE {self.apart_within(dialect, span)}) AS r "
            f"WHERE {reason} IS NOT NULL"
        )

    def apart_within(self, dialect: Dialect, span: Span) -> str:
        """Return the condition that a row was collected in a span: nobody knows of when it has no time."""
        collected = quote(self.collected_at)
        return (
            f"({collected} IS NULL OR {_outside(dialect, collected)} "
            f"OR ({self._within(dialect, span)}))"
        )

    def usable(self, dialect: Dialect, span: Span) -> str:
        """Return the query of all rows that can be used, those that repeat a key too (see `read`)."""
        observed, collected = (seconds(dialect, quote(name)) for name in self._stamps())
        return (
            f"SELECT {quote('evse_id')} AS evse_id, {observed} AS observed, {collected} AS collected, "
            f"{self.code(dialect)} AS code FROM {self.name.sql} "
            f"WHERE {self._within(dialect, span)} AND {self.reason(dialect)} IS NULL"
        )

    def _codes(self) -> dict[str, int | None]:
        if isinstance(self.words, StatusScheme):
            return {name: place for place, name in enumerate(self.words.names)}
        codes = {
            word: None if status is None else self.scheme.code(status)
            for word, status in self.words.words.items()
        }
        return {**codes, "": None}  # an empty text says nothing, as in `Vocabulary.decode`

    def _word(self, dialect: Dialect) -> str:
        column = quote("status")
        if isinstance(self.words, StatusScheme):
            return column
        return f"TRIM({column}, {text(dialect, _BLANKS)})"

    def _stamps(self) -> tuple[str, str]:
        return self.observed_at, self.collected_at

    def _times(self) -> list[str]:
        return [quote(name) for name in dict.fromkeys(self._stamps())]

    def _within(self, dialect: Dialect, span: Span) -> str:
        """Return the condition of a span, on the columns as they are: so that less is read."""
        observed, collected = quote(self.observed_at), quote(self.collected_at)
        bounds = (
            (observed, ">=", span.after),
            (observed, "<", span.last),
            (collected, ">=", span.collected_after),
            (collected, "<", span.as_of),
        )
        # whole seconds count: what is later than one is a second later at least
        found = [
            f"{column} {sign} {instant(dialect, time + _SECOND)}"
            for column, sign, time in bounds
            if time is not None
        ]
        return " AND ".join(found) or "TRUE"


def _outside(dialect: Dialect, time: str) -> str:
    return f"{time} < {instant(dialect, _FIRST)} OR {time} >= {instant(dialect, _END)}"

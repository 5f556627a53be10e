"""`ReadReport`: what a reader saw, kept, dropped and could not read; no repair is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ReadReport"]


@dataclass(frozen=True)
class ReadReport:
    """What one reader did with one file, in counts.

    Parameters
    ----------
    source : str
        The file, or the name of the buffer.
    rows_read : int
        Rows of data in the file, without the header.
    rows_kept : int
        Rows that went into the result.
    repeats : int
        Rows left out because their charger and time stand in another row, which was kept.
    conflicts : int
        Those of the repeats that said something else than the row that was kept.
    filler_rows : int
        Rows that hold no observation, only the time of one that was not made.
    missing_slots : int
        Times of the result's grid for which the file has no row at all.
    unknown_words : mapping of str to int
        Status words that the vocabulary does not know, set missing on request, with their counts.
    bad_cells : mapping of str to int
        Cells that could not be read and were set missing, by column.
    notes : tuple of str
        What else was decided, one sentence each.

    Examples
    --------
    >>> print(ReadReport("status.csv", rows_read=96, rows_kept=95, repeats=1))
    status.csv: 96 rows read, 95 kept, 1 repeats dropped
    """

    source: str
    rows_read: int
    rows_kept: int
    repeats: int = 0
    conflicts: int = 0
    filler_rows: int = 0
    missing_slots: int = 0
    unknown_words: Mapping[str, int] = field(default_factory=dict)
    bad_cells: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say in one line what was read; counts of zero are left out."""
        counts = (
            (self.repeats, "repeats dropped"),
            (self.conflicts, "of them in conflict"),
            (self.filler_rows, "filler rows"),
            (self.missing_slots, "missing slots"),
        )
        parts = [f"{self.rows_read:,} rows read", f"{self.rows_kept:,} kept"]
        parts += [f"{count:,} {what}" for count, what in counts if count]
        parts += [f"unknown word {word!r} x {n:,}" for word, n in self.unknown_words.items()]
        parts += [f"{n:,} bad cells in {column!r}" for column, n in self.bad_cells.items()]
        return "; ".join([f"{self.source}: {', '.join(parts)}", *self.notes])

"""What a page is made of: blocks as data, which `as_html` and `as_markdown` write down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evforecast.plotting import Picture

__all__ = [
    "Block",
    "Facts",
    "Figure",
    "Figures",
    "Heading",
    "Paragraph",
    "Points",
    "Section",
    "Table",
    "Verdict",
]

# How a cell is written that no format was given for; "z" writes a rounded zero without its sign.
_FORMATS: tuple[tuple[Any, str], ...] = (
    ((bool, np.bool_, str), ""),
    (pd.Timestamp, "%Y-%m-%d %H:%M"),
    ((int, np.integer), ","),
    ((float, np.floating), "z.3f"),
)
# Longer texts than this are sentences: they may break.
_SENTENCE = 40


@dataclass(frozen=True)
class Figure:
    """A picture with what it says.

    Attributes
    ----------
    picture : Picture
        Light and dark, from `evforecast.plotting.picture`.
    alt : str
        What it shows, for those who do not see it.
    caption : str
        What to see in it.
    """

    picture: Picture
    alt: str
    caption: str


@dataclass(frozen=True)
class Section:
    """The title of a section."""

    title: str


@dataclass(frozen=True)
class Heading:
    """The title of a part of a section."""

    title: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Verdict:
    """How something stands: a word, and a sentence."""

    level: str
    text: str


@dataclass(frozen=True)
class Points:
    """A list."""

    points: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what it is."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Figures:
    """Pictures side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table; the attributes are the parameters of `Page.table`.

    Examples
    --------
    >>> frame = pd.DataFrame({"share": [0.5, 0.25], "n": [1000, 2]})
    >>> table = Table(frame, "Some", {"n": "cases", "share": "share"}, {"share": ".0%"}, most=1)
    >>> list(table.rows()), table.cut
    ([['1,000', '50%']], 1)
    """

    frame: pd.DataFrame
    caption: str
    columns: Mapping[str, str]
    formats: Mapping[str, str]
    name: str = ""
    levels: str = ""
    most: int | None = None
    folded: bool = False

    @property
    def numeric(self) -> list[bool]:
        """Whether each column holds numbers."""
        return [pd.api.types.is_numeric_dtype(self.frame[name]) for name in self.columns]

    @property
    def sentences(self) -> list[bool]:
        """Whether each column holds texts that may break."""
        longest = [max(map(len, cells), default=0) for cells in zip(*self.rows(), strict=True)]
        return [length > _SENTENCE for length in longest]

    @property
    def cut(self) -> int:
        """How many rows are not shown."""
        return len(self.frame) - len(self.frame.head(self.most or len(self.frame)))

    def rows(self) -> Iterator[list[str]]:
        """Go through the rows that are shown, as texts."""
        shown = self.frame[list(self.columns)].head(self.most or len(self.frame))
        for row in shown.itertuples(index=False, name=None):
            pairs = zip(self.columns, row, strict=True)
            yield [_cell(value, self.formats.get(name)) for name, value in pairs]


Block = Section | Heading | Paragraph | Verdict | Points | Facts | Table | Figures


def _cell(value: Any, how: str | None) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if how is None:
        how = next((default for kind, default in _FORMATS if isinstance(value, kind)), "")
    return format(value, how)

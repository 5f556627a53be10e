"""A page: one report as HTML, as Markdown, and as frames.

The HTML is one file that holds everything it shows. No script, no network, no outside file: it opens from
a disk, an e-mail or an archive. Whatever text comes in is escaped; a caller cannot pass HTML.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evforecast.errors import require_choice
from evforecast.reporting.as_html import as_html
from evforecast.reporting.as_markdown import as_markdown
from evforecast.reporting.blocks import (
    Block,
    Facts,
    Figure,
    Figures,
    Heading,
    Paragraph,
    Points,
    Section,
    Table,
    Verdict,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Figure", "Page"]


@dataclass
class Page:
    """A report under construction: add blocks in the order in which they are to be read.

    Parameters
    ----------
    title : str
        The headline, and the name of the browser's tab.
    lead : str
        One sentence below it.

    Examples
    --------
    >>> page = Page("Chargers", "What they do.")
    >>> page.section("Data")
    >>> page.text("Ids like <script> are only text.")
    >>> "&lt;script&gt;" in page.html()
    True
    """

    title: str
    lead: str
    _blocks: list[Block] = field(default_factory=list, init=False)

    def section(self, title: str) -> None:
        """Begin a section; it gets a line in the contents."""
        self._blocks.append(Section(title))

    def heading(self, title: str) -> None:
        """Begin a part of a section."""
        self._blocks.append(Heading(title))

    def text(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self._blocks += map(Paragraph, paragraphs)

    def verdict(self, level: str, text: str) -> None:
        """Add how something stands: ``OK``, ``WARNING``, ``ERROR`` or ``EMPTY``, and a sentence."""
        self._blocks.append(Verdict(level, text))

    def points(self, points: Sequence[str]) -> None:
        """Add a list; nothing when there is no point."""
        if points:
            self._blocks.append(Points(tuple(points)))

    def facts(self, facts: Mapping[str, object]) -> None:
        """Add pairs of a name and what it is."""
        self._blocks.append(Facts(tuple((name, str(value)) for name, value in facts.items())))

    def table(
        self,
        frame: pd.DataFrame,
        *,
        caption: str,
        columns: Mapping[str, str],
        formats: Mapping[str, str] | None = None,
        name: str = "",
        levels: str = "",
        most: int | None = None,
        folded: bool = False,
    ) -> None:
        """Add a table, in a box of its own that scrolls when the screen is narrow.

        Parameters
        ----------
        frame : pandas.DataFrame
            One row a line; without any, the table says "None."
        caption : str
            What the table is.
        columns : mapping of str to str
            Which columns, in which order, under which headings.
        formats : mapping of str to str, optional
            By column, how numbers and times are written, ``".0%"`` say.
        name : str
            What the table is called among the `frames`; the caption by default.
        levels : str
            The column whose words are marked as in `verdict`.
        most : int, optional
            How many rows are shown; how many are not is said. All are among the `frames`.
        folded : bool
            Show the caption alone, until the reader asks for the table.
        """
        how = formats or {}
        self._blocks.append(
            Table(
                frame,
                caption,
                columns,
                how,
                name=name or caption,
                levels=levels,
                most=most,
                folded=folded,
            )
        )

    def figures(self, *figures: Figure) -> None:
        """Add pictures, side by side where the screen is wide."""
        self._blocks.append(Figures(figures))

    def html(self) -> str:
        """Return the whole page."""
        return as_html(self.title, self.lead, self._blocks)

    def markdown(self) -> str:
        """Return the page as Markdown; of a picture what it shows and says."""
        return as_markdown(self.title, self.lead, self._blocks)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name: all rows, the columns that are shown, as numbers and not as texts.

        Of several of one name the later ones are called ``name (2)`` and so on.
        """
        found: dict[str, pd.DataFrame] = {}
        for table in self._blocks:
            if isinstance(table, Table):
                key, n = table.name, 1
                while key in found:
                    n += 1
                    key = f"{table.name} ({n})"
                found[key] = table.frame[list(table.columns)]
        return found

    def save(
        self, path: str | os.PathLike[str], *, form: Literal["html", "markdown"] = "html"
    ) -> Path:
        """Write the page, whole or not at all; folders that are missing are made.

        Parameters
        ----------
        path : str or path
            The file; an older one is replaced.
        form : {'html', 'markdown'}
            What is written.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        InputError
            If `form` is something else.
        """
        require_choice(form, ("html", "markdown"), "Page.save: form")
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, hence on the same disk: there a move is one step.
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        content = self.markdown() if form == "markdown" else self.html()
        try:
            beside.write_text(content, encoding="utf-8")
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return target

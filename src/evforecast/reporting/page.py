"""A page: one HTML file that holds everything it shows.

No script, no network, no outside file: it opens from a disk, an e-mail or an archive. Whatever text comes
in is escaped; a caller cannot pass HTML.
"""

from __future__ import annotations

import base64
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evforecast.plotting import Picture

__all__ = ["Figure", "Page"]

# How a cell is written that no format was given for; "z" writes a rounded zero without its sign.
_FORMATS: tuple[tuple[Any, str], ...] = (
    ((bool, np.bool_, str), ""),
    (pd.Timestamp, "%Y-%m-%d %H:%M"),
    ((int, np.integer), ","),
    ((float, np.floating), "z.3f"),
)


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
    _sections: list[tuple[str, str]] = field(default_factory=list, init=False)
    _blocks: list[str] = field(default_factory=list, init=False)

    def section(self, title: str) -> None:
        """Begin a section; it gets a line in the contents."""
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"
        taken = [name for name, _ in self._sections]
        anchor = slug if slug not in taken else f"{slug}-{len(taken)}"
        self._sections.append((anchor, title))
        self._blocks.append(f'<h2 id="{anchor}">{escape(title)}</h2>')

    def heading(self, title: str) -> None:
        """Begin a part of a section."""
        self._blocks.append(f"<h3>{escape(title)}</h3>")

    def text(self, *paragraphs: str) -> None:
        """Add paragraphs."""
        self._blocks += [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]

    def points(self, points: Sequence[str]) -> None:
        """Add a list; nothing when there is no point."""
        if points:
            items = "".join(f"<li>{escape(point)}</li>" for point in points)
            self._blocks.append(f"<ul>{items}</ul>")

    def facts(self, facts: Mapping[str, object]) -> None:
        """Add pairs of a name and what it is."""
        rows = "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
            for name, value in facts.items()
        )
        self._blocks.append(f"<dl>{rows}</dl>")

    def table(
        self,
        frame: pd.DataFrame,
        *,
        caption: str,
        columns: Mapping[str, str],
        formats: Mapping[str, str] | None = None,
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
        """
        if frame.empty:
            self._blocks.append(f'<p class="caption">{escape(caption)}</p><p>None.</p>')
            return
        how = formats or {}
        numeric = {name for name in columns if pd.api.types.is_numeric_dtype(frame[name])}
        head = "".join(
            f'<th scope="col"{_right(name in numeric)}>{escape(heading)}</th>'
            for name, heading in columns.items()
        )
        lines = [
            "<tr>"
            + "".join(
                f"<td{_right(name in numeric)}>{escape(_cell(value, how.get(name)))}</td>"
                for name, value in zip(columns, row, strict=True)
            )
            + "</tr>"
            for row in frame[list(columns)].itertuples(index=False, name=None)
        ]
        # The caption stands outside the box: it must not scroll away with the table.
        name = f"table-{len(self._blocks)}"
        self._blocks.append(
            f'<p class="caption" id="{name}">{escape(caption)}</p>'
            f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{name}"><table>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        )

    def figures(self, *figures: Figure) -> None:
        """Add pictures, side by side where the screen is wide."""
        self._blocks.append(f'<div class="figures">{"".join(map(_figure, figures))}</div>')

    def html(self) -> str:
        """Return the whole page."""
        contents = "".join(
            f'<li><a href="#{anchor}">{escape(title)}</a></li>' for anchor, title in self._sections
        )
        style = files("evforecast.reporting").joinpath("page.css").read_text(encoding="utf-8")
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{escape(self.title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
            f'<header><h1>{escape(self.title)}</h1><p class="lead">{escape(self.lead)}</p></header>\n'
            f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n<main>\n'
            + "\n".join(self._blocks)
            + "\n</main>\n</body>\n</html>\n"
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page, whole or not at all; folders that are missing are made.

        Parameters
        ----------
        path : str or path
            The file; an older one is replaced.

        Returns
        -------
        pathlib.Path
        """
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, hence on the same disk: there a move is one step.
        beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            beside.write_text(self.html(), encoding="utf-8")
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return target


def _right(numeric: bool) -> str:  # noqa: FBT001 - two ways to set a cell, nothing else
    return ' class="number"' if numeric else ""


def _cell(value: Any, how: str | None) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if how is None:
        how = next((default for kind, default in _FORMATS if isinstance(value, kind)), "")
    return format(value, how)


def _figure(figure: Figure) -> str:
    picture = figure.picture
    light, dark = (
        f"data:{picture.mime};base64,{base64.b64encode(content).decode('ascii')}"
        for content in (picture.light, picture.dark)
    )
    # CSS pixels, for the shape: the browser keeps the place free and the style sheet sets the size.
    width, height = (round(inches * 96) for inches in picture.size)
    return (
        '<figure><picture><source media="screen and (prefers-color-scheme: dark)" '
        f'srcset="{dark}"><img src="{light}" width="{width}" height="{height}" '
        f'alt="{escape(figure.alt)}"></picture><figcaption>{escape(figure.caption)}</figcaption></figure>'
    )

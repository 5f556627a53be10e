"""What we read of a page in HTML: its tables, its first heading, and what its forms have selected.

The parser of the standard library suffices: it takes tags that are not closed and attributes without
quotes, as old pages have them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Cell", "HtmlTable", "Page", "read_page"]


@dataclass
class Cell:
    """One cell: its text, how many columns it spans, and the attributes of the images in it."""

    text: str = ""
    span: int = 1
    images: list[str] = field(default_factory=list)


@dataclass
class HtmlTable:
    """One table; the cells of a table within a cell are not part of it."""

    rows: list[list[Cell]] = field(default_factory=list)
    closed: bool = False


@dataclass
class Page:
    """The tables in the order they begin, the first heading with its links, and the selected options."""

    tables: list[HtmlTable] = field(default_factory=list)
    heading: str = ""
    links: list[str] = field(default_factory=list)
    selected: dict[str, str] = field(default_factory=dict)


def read_page(text: str) -> Page:
    """Return what we read of a page.

    Examples
    --------
    >>> page = read_page("<h1>A</h1><table><tr><td colspan=2>x<tr><td>1<td>2</table>")
    >>> [[cell.text for cell in row] for row in page.tables[0].rows], page.heading
    ([['x'], ['1', '2']], 'A')
    """
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return parser.page


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._open: list[HtmlTable] = []
        self._select = ""
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "h1" and not self.page.heading:
            self._in_heading = True
        elif tag == "a" and self._in_heading:
            self.page.links.append(found.get("href", ""))
        elif tag == "select":
            self._select = found.get("name", "")
        elif tag == "option" and "selected" in found and self._select:
            self.page.selected[self._select] = found.get("value", "")
        elif tag == "table":
            self._open.append(HtmlTable())
            self.page.tables.append(self._open[-1])
        elif self._open:
            self._in_table(tag, found)

    def _in_table(self, tag: str, found: dict[str, str]) -> None:
        rows = self._open[-1].rows
        if tag == "tr":
            rows.append([])
        elif tag in {"td", "th"} and rows:
            span = found.get("colspan", "1")
            rows[-1].append(Cell(span=int(span) if span.isdigit() else 1))
        elif tag == "img" and rows and rows[-1]:
            rows[-1][-1].images.extend(found.values())
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._in_heading = False
        elif tag == "select":
            self._select = ""
        elif tag == "table" and self._open:
            self._open.pop().closed = True

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.page.heading += data
        elif self._open and self._open[-1].rows and self._open[-1].rows[-1]:
            self._open[-1].rows[-1][-1].text += data

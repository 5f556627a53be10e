"""Blocks as Markdown, for a mail, an issue or a terminal: pictures by what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evforecast.reporting.blocks import (
    Block,
    Facts,
    Figures,
    Heading,
    Paragraph,
    Points,
    Section,
    Table,
    Verdict,
)

__all__ = ["as_markdown"]

_SIGNS = re.compile(r"([\\`*_\[\]<>|~$&])")
# These mean something only at the beginning of a line, with a blank after them.
_FIRST = re.compile(r"^(\d*)([#+=-]+|(?<=\d)[.)])(?=\s|$)")


def as_markdown(title: str, lead: str, blocks: Sequence[Block]) -> str:
    r"""Return a whole page.

    Parameters
    ----------
    title, lead : str
        The headline, and the sentence below it.
    blocks : sequence of Block
        In the order in which they are to be read.

    Examples
    --------
    >>> print(as_markdown("A", "b", [Points(("1 < 2", "evse_id"))]))
    # A
    <BLANKLINE>
    b
    <BLANKLINE>
    - 1 \< 2
    - evse\_id
    <BLANKLINE>
    """
    head = [f"# {_text(title)}", *([_text(lead)] if lead else [])]
    return "\n\n".join([*head, *map(_block, blocks)]) + "\n"


def _block(block: Block) -> str:  # noqa: PLR0911 - one return a kind
    match block:
        case Section(title):
            return f"## {_text(title)}"
        case Heading(title):
            return f"### {_text(title)}"
        case Paragraph(text):
            return _text(text)
        case Verdict(level, text):
            return f"**{_text(level)}** {_text(text)}"
        case Points(points):
            return "\n".join(f"- {_text(point)}" for point in points)
        case Facts(facts):
            return "\n".join(f"- {_text(name)}: {_text(value)}" for name, value in facts)
        case Figures(figures):
            return "\n\n".join(f"*{_text(f.alt)}* {_text(f.caption)}" for f in figures)
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    if table.frame.empty:
        return f"{_text(table.caption)}: none."
    lines = [
        [_text(heading) for heading in table.columns.values()],
        ["---:" if numeric else "---" for numeric in table.numeric],
        *([_text(cell) for cell in row] for row in table.rows()),
    ]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    more = f"\n\n{table.cut:,} more rows are not shown." if table.cut else ""
    return f"{_text(table.caption)}:\n\n{text}{more}"


def _text(text: str) -> str:
    """Return a text in which nothing is a sign of Markdown or HTML, on one line."""
    line = _SIGNS.sub(r"\\\1", " ".join(text.split()))
    return _FIRST.sub(r"\1\\\2", line)

"""Blocks as one HTML file: no script, no network, no outside file; whatever text comes in is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

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

__all__ = ["as_html"]


def as_html(title: str, lead: str, blocks: Sequence[Block]) -> str:
    """Return a whole page.

    Parameters
    ----------
    title, lead : str
        The headline, and the sentence below it.
    blocks : sequence of Block
        In the order in which they are to be read.

    Examples
    --------
    >>> "<p>1 &lt; 2</p>" in as_html("A", "b", [Paragraph("1 < 2")])
    True
    """
    anchors: dict[int, str] = {}
    contents = ""
    for place, block in enumerate(blocks):
        if isinstance(block, Section):
            slug = re.sub(r"[^a-z0-9]+", "-", block.title.lower()).strip("-") or "section"
            anchor = slug if slug not in anchors.values() else f"{slug}-{len(anchors)}"
            anchors[place] = anchor
            contents += f'<li><a href="#{anchor}">{escape(block.title)}</a></li>'
    style = files("evforecast.reporting").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<header><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p></header>\n'
        f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n<main>\n'
        + "\n".join(_block(block, anchors.get(n, f"table-{n}")) for n, block in enumerate(blocks))
        + "\n</main>\n</body>\n</html>\n"
    )


def _block(block: Block, anchor: str) -> str:  # noqa: PLR0911 - one return a kind
    match block:
        case Section(title):
            return f'<h2 id="{anchor}">{escape(title)}</h2>'
        case Heading(title):
            return f"<h3>{escape(title)}</h3>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Verdict(level, text):
            return f'<p class="verdict {_class(level)}">{_level(level)} {escape(text)}</p>'
        case Points(points):
            return f"<ul>{''.join(f'<li>{escape(point)}</li>' for point in points)}</ul>"
        case Facts(facts):
            rows = (
                f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
                for name, value in facts
            )
            return f"<dl>{''.join(rows)}</dl>"
        case Figures(figures):
            return f'<div class="figures">{"".join(map(_figure, figures))}</div>'
        case Table():
            return _table(block, anchor)


def _table(table: Table, anchor: str) -> str:
    if table.frame.empty:
        return f'<p class="caption">{escape(table.caption)}</p><p>None.</p>'
    kinds = [_kind(*pair) for pair in zip(table.numeric, table.sentences, strict=True)]
    headings = list(table.columns.values())
    head = "".join(
        f'<th scope="col"{kind}>{escape(heading)}</th>'
        for kind, heading in zip(kinds, headings, strict=True)
    )
    # Where there are sentences, a narrow screen gets each row as a card: see page.css.
    cards = any(table.sentences)
    labels = [f' data-label="{escape(heading)}"' if cards else "" for heading in headings]
    starts = [f"<td{kind}{label}>" for kind, label in zip(kinds, labels, strict=True)]
    write = [_level if name == table.levels else escape for name in table.columns]
    lines = []
    for row in table.rows():
        cells = zip(starts, write, row, strict=True)
        lines.append(
            f"<tr>{''.join(f'{start}{how(text)}</td>' for start, how, text in cells)}</tr>"
        )
    shape = ' class="cards"' if cards else ""
    box = (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{anchor}"><table{shape}>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
    if table.cut:
        box += f'<p class="caption">{table.cut:,} more rows are not shown.</p>'
    if table.folded:
        caption = f'<summary class="caption" id="{anchor}">{escape(table.caption)}</summary>'
        return f"<details>{caption}{box}</details>"
    # The caption stands outside the box: it must not scroll away with the table.
    return f'<p class="caption" id="{anchor}">{escape(table.caption)}</p>{box}'


def _kind(numeric: bool, sentence: bool) -> str:  # noqa: FBT001 - two facts of a column
    return ' class="number"' if numeric else ' class="sentence"' if sentence else ""


def _level(level: str) -> str:
    return f'<strong class="level {_class(level)}">{escape(level)}</strong>'


def _class(level: str) -> str:
    return escape(level.lower())


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

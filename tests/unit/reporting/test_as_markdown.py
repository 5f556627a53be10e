import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.plotting import picture
from evforecast.reporting.as_markdown import as_markdown
from evforecast.reporting.blocks import (
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


def written(*blocks):
    return as_markdown("Title", "", blocks).removeprefix("# Title\n\n").removesuffix("\n")


def test_every_block_as_markdown():
    frame = pd.DataFrame({"name": ["a|b", None], "n": [1234, 5]})
    columns = {"name": "charger", "n": "cases"}
    drawing = Figure(picture(lambda ax: ax.plot([1, 2])), alt="A line.", caption="It rises.")
    text = written(
        Section("One"),
        Heading("Two"),
        Paragraph("Three."),
        Verdict("ERROR", "2 errors."),
        Points(("a", "b")),
        Facts((("from", "1 < 2"),)),
        Table(frame, "Some", columns, {}, most=1, folded=True),
        Table(frame.iloc[:0], "Others", columns, {}),
        Figures((drawing, drawing)),
    )
    assert text.split("\n\n") == [
        "## One",
        "### Two",
        "Three.",
        "**ERROR** 2 errors.",
        "- a\n- b",
        "- from: 1 \\< 2",
        "Some:",
        "| charger | cases |\n| --- | ---: |\n| a\\|b | 1,234 |",
        "1 more rows are not shown.",
        "Others: none.",
        "*A line.* It rises.",
        "*A line.* It rises.",
    ]


def test_title_and_lead_come_first():
    assert as_markdown("A *title*", "a lead", []) == "# A \\*title\\*\n\na lead\n"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("1. first", "1\\. first"),
        ("- a point", "\\- a point"),
        ("---", "\\---"),
        ("# no title", "\\# no title"),
        ("-0.7", "-0.7"),
        ("24.7 days", "24.7 days"),
        ("two\nlines", "two lines"),
        ("<b>&amp;</b> $x$", "\\<b\\>\\&amp;\\</b\\> \\$x\\$"),
    ],
)
def test_signs_mean_nothing_where_they_are_only_text(said, wanted):
    assert written(Paragraph(said)) == wanted


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_a_table(one, other):
    frame = pd.DataFrame({"a": [one], "b": [other]}, dtype=object)
    text = written(Table(frame, "c", {"a": one or "a", "b": "b"}, {}))
    lines = text.split("\n")[2:]
    assert len(lines) == 3
    # a bar that is not escaped parts two cells: each backslash is a pair of its own or escapes
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines} == {3}

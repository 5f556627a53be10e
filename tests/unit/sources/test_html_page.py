"""The little that we read of pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.sources._html_page import read_page


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_tags_that_are_not_closed_and_attributes_without_quotes():
    page = read_page(
        "<table bgcolor=#EBFAF7><tr><td align=center><b>Heure<br>locale</b><td colspan=2>Vent"
        "<tr><td>0 h</td><td><div><img src='x.gif' onmouseover=\"pop('160 &deg;')\"></div><td>&nbsp;9"
        "</table>"
    )
    (table,) = page.tables
    assert texts(table) == [["Heure locale", "Vent"], ["0 h", "", "\xa09"]]
    assert [cell.span for cell in table.rows[0]] == [1, 2]
    assert table.rows[1][1].images == ["x.gif", "pop('160 °')"]
    assert table.closed


def test_a_table_in_a_cell_is_a_table_of_its_own():
    page = read_page("<table><tr><td>a<table><tr><td>b</table>c</table><table><tr><td>d")
    assert [texts(table) for table in page.tables] == [[["ac"]], [["b"]], [["d"]]]
    assert [table.closed for table in page.tables] == [True, True, False]


def test_the_heading_its_links_and_what_is_selected():
    page = read_page(
        "<h1>Pour <br>A (59) <a href='p.php?code2=1'>x</a></h1><h1>other</h1><a href=no>"
        "<select name=jour2><option value=7>7<option selected value=8>8</select>"
        "<select id=n><option selected value=z></select><option selected value=9>"
    )
    assert page.heading == "Pour A (59) x"
    assert page.links == ["p.php?code2=1"]
    assert page.selected == {"jour2": "8"}


def test_text_outside_of_cells_and_scripts_is_no_text():
    page = read_page("<table>a<tr>b<td>c<script>var d = '<td>e';</script></table>f")
    assert texts(page.tables[0])[0][0].startswith("c")
    assert read_page("nothing").tables == []


cell_texts = st.text(st.characters(codec="ascii", exclude_characters="<>&\r\0"), max_size=8)


@pytest.mark.parametrize("closing", ["</td>", ""])
@given(st.lists(st.lists(cell_texts, min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_cells_come_back(closing, rows):
    body = "".join("<tr>" + "".join(f"<td>{text}{closing}" for text in row) for row in rows)
    (table,) = read_page(f"<table>{body}</table>").tables
    assert texts(table) == rows

import pandas as pd
import pytest
from page_reader import Reader

from evforecast.errors import InputError
from evforecast.plotting import picture
from evforecast.reporting import Figure, Page


@pytest.fixture
def page():
    return Page("Title & more", "A <lead>.")


def test_all_that_comes_in_is_only_text(page):
    hostile = '<script>alert("x")</script>'
    page.section(hostile)
    page.heading(hostile)
    page.text(hostile)
    page.points([hostile])
    page.facts({hostile: hostile})
    page.table(pd.DataFrame({hostile: [hostile]}), caption=hostile, columns={hostile: hostile})
    page.figures(Figure(picture(lambda ax: ax.plot([1, 2])), alt=hostile, caption=hostile))
    read = Reader(page.html())
    assert "script" not in read.tags
    assert read.words.count(hostile) == 11
    assert "<" not in page.markdown().replace(r"\<", "")
    assert dict(read.attributes)["alt"] == hostile
    assert not [name for name, _ in read.attributes if name.startswith("on")]


def test_nothing_is_fetched(page):
    page.figures(Figure(picture(lambda ax: ax.plot([1, 2])), alt="a", caption="b"))
    text = page.html()
    assert "http:" not in text
    assert "https:" not in text
    read = Reader(text)
    places = [value for name, value in read.attributes if name in {"src", "srcset", "href"}]
    assert len(places) == 2
    assert all(value.startswith("data:image/svg+xml;base64,") for value in places)
    assert "link" not in read.tags
    assert "url(" not in text
    assert "@import" not in text


def test_a_dark_page_gets_the_dark_picture_and_paper_the_light_one(page):
    drawing = picture(lambda ax: ax.plot([1, 2]))
    page.figures(Figure(drawing, alt="a", caption="b"))
    read = Reader(page.html())
    assert ("media", "screen and (prefers-color-scheme: dark)") in read.attributes
    assert dict(read.attributes)["width"] == str(round(drawing.size[0] * 96))


def test_contents_name_every_section_once(page):
    for title in ("The data", "The data", "§"):
        page.section(title)
    read = Reader(page.html())
    anchors = [value for name, value in read.attributes if name == "href"]
    assert anchors == ["#the-data", "#the-data-1", "#section"]
    assert anchors == [f"#{value}" for name, value in read.attributes if name == "id"]


def test_cells_are_written_for_people(page):
    frame = pd.DataFrame(
        {
            "when": pd.to_datetime(["2020-10-26 09:30", None]),
            "n": [1234567, 2],
            "share": [0.12345, -0.00001],
            "known": [True, False],
            "name": ["a", None],
        }
    )
    page.table(
        frame,
        caption="c",
        columns={name: name.upper() for name in ("name", "when", "n", "share", "known")},
        formats={"share": "z.1%"},
    )
    cells = Reader(page.html()).cells
    assert cells[:5] == ["NAME", "WHEN", "N", "SHARE", "KNOWN"]
    assert cells[5:10] == ["a", "2020-10-26 09:30", "1,234,567", "12.3%", "True"]
    assert cells[10:] == ["–", "–", "2", "0.0%", "False"]


def test_a_table_scrolls_in_its_own_box_with_its_caption_outside(page):
    page.table(pd.DataFrame({"a": [1]}), caption="What it is", columns={"a": "a"})
    attributes = Reader(page.html()).attributes
    assert ("class", "scroll") in attributes
    name = dict(attributes)["aria-labelledby"]
    assert f'<p class="caption" id="{name}">What it is</p>' in page.html()


def test_saved_whole_and_nothing_beside(page, tmp_path):
    path = page.save(tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == page.html()
    page.text("more")
    page.save(path)
    assert "more" in path.read_text(encoding="utf-8")
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_a_failed_save_keeps_the_old_page(page, tmp_path, monkeypatch):
    path = page.save(tmp_path / "report.html")
    old = path.read_bytes()
    page.text("\ud800")  # half a character: cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        page.save(path)
    assert path.read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 1


def test_a_table_without_rows_says_so(page):
    page.section("Answer")
    page.table(pd.DataFrame({"a": []}), caption="Chargers", columns={"a": "A"})
    read = Reader(page.html())
    assert "None." in read.words
    assert "table" not in read.tags


def test_the_same_page_as_markdown_and_as_frames(page, tmp_path):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": 0.5, "left out": 9})
    page.section("Data")
    page.verdict("OK", "All well.")
    page.table(frame, caption="Some", columns={"b": "B", "a": "A"}, most=2)
    path = page.save(tmp_path / "page.txt", form="markdown")
    assert path.read_text(encoding="utf-8") == page.markdown()
    assert "## Data\n\n**OK** All well.\n\nSome:\n\n| B | A |" in page.markdown()
    pd.testing.assert_frame_equal(page.frames()["Some"], frame[["b", "a"]])


def test_frames_go_by_name_or_caption_and_none_is_lost(page):
    for name in ("one", "one", "", "one"):
        page.table(pd.DataFrame({"a": [1]}), caption="Caption", columns={"a": "a"}, name=name)
    assert list(page.frames()) == ["one", "one (2)", "Caption", "one (3)"]


def test_another_form_is_refused(page, tmp_path):
    with pytest.raises(InputError, match=r"'markdwon'.*Did you mean 'markdown'"):
        page.save(tmp_path / "page.md", form="markdwon")
    assert not list(tmp_path.iterdir())

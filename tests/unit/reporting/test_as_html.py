import pandas as pd
from page_reader import Reader

from evforecast.reporting.as_html import as_html
from evforecast.reporting.blocks import Table, Verdict

LONG = "What was found, in a sentence that is long enough to break."


def read(*blocks):
    return Reader(as_html("Title", "Lead", blocks))


def test_a_verdict_is_a_word_before_it_is_a_colour():
    page = read(Verdict("ERROR", "2 errors."))
    said = [word for word in page.words if word.strip()]
    assert said[-2:] == ["ERROR", " 2 errors."]
    assert ("class", "verdict error") in page.attributes
    assert ("class", "level error") in page.attributes


def test_only_the_words_of_the_levels_column_are_marked():
    frame = pd.DataFrame({"status": ["OK"], "name": ["OK"]})
    page = read(Table(frame, "c", {"status": "status", "name": "name"}, {}, levels="status"))
    assert page.tags.count("strong") == 1
    assert page.words.count("OK") == 2


def test_a_table_with_sentences_names_every_cell_for_narrow_screens():
    frame = pd.DataFrame({"n": [1], "said": [LONG]})
    page = read(Table(frame, "c", {"n": "number", "said": 'said "so"'}, {}))
    assert ("class", "cards") in page.attributes
    labels = [value for name, value in page.attributes if name == "data-label"]
    assert labels == ["number", 'said "so"']
    short = read(Table(frame.assign(said="so"), "c", {"n": "number", "said": "said"}, {}))
    assert not {name for name, _ in short.attributes} & {"data-label"}


def test_a_folded_table_shows_its_caption():
    page = read(Table(pd.DataFrame({"n": [1]}), "All of it", {"n": "n"}, {}, folded=True))
    assert page.tags.index("details") < page.tags.index("summary") < page.tags.index("table")
    assert "open" not in dict(page.attributes)
    assert "All of it" in page.words
    name = dict(page.attributes)["aria-labelledby"]
    assert ("id", name) in page.attributes


def test_how_many_rows_are_not_shown_is_said():
    frame = pd.DataFrame({"n": range(1500)})
    page = read(Table(frame, "c", {"n": "n"}, {}, most=3))
    assert page.tags.count("td") == 3
    assert "1,497 more rows are not shown." in page.words

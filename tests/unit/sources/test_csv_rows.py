"""CSV that somebody else wrote."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError
from evforecast.sources._csv_rows import csv_rows

HEAD = "id,name,note\n"


def rows(text, required=("id",), encoding="utf-8"):
    return csv_rows(text.encode(encoding) if isinstance(text, str) else text, "points", required)


def test_rows():
    table = rows(HEAD + ' a ,"x, y", \n\nb,,"two\nlines"\r\n')
    assert table.raw.to_dict("list") == {
        "id": ["a", "b"],
        "name": ["x, y", None],
        "note": [None, "two\nlines"],
    }
    assert table.broken == [None, None]
    assert table.notes == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_header(delimiter):
    table = rows(f"Id{delimiter}Name\na{delimiter}x\n")
    assert table.raw.to_dict("list") == {"id": ["a"], "name": ["x"]}


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("cp1252", ("not UTF-8: read as cp1252",)),
    ],
)
def test_encodings(encoding, note):
    table = rows("id,name\na,Société\n", encoding=encoding)
    assert table.raw["name"].tolist() == ["Société"]
    assert table.notes == note


def test_a_byte_that_cp1252_does_not_have():
    table = rows(b"id,name\na,\xe9\x81\n")
    assert table.raw["name"].tolist() == ["\xe9\x81"]
    assert table.notes == ("not UTF-8: read as latin-1",)


def test_a_broken_row_does_not_break_the_rest():
    table = rows(HEAD + "a,x,1\nb,y\nc,z,1,2,3\nd,w,1\n")
    assert table.broken == [None, "2 fields where 3 are due", "5 fields where 3 are due", None]
    assert table.raw["id"].tolist() == ["a", "b", "c", "d"]
    assert table.raw["note"].tolist() == ["1", None, "1", "1"]
    assert table.raw["beyond the header"].tolist() == [None, None, "2,3", None], "nothing is lost"


def test_no_rows():
    table = rows(HEAD)
    assert list(table.raw.columns) == ["id", "name", "note"]
    assert len(table.raw) == len(table.broken) == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the answer is empty"),
        (b" \n", "the answer is empty"),
        (
            b"\xef\xbb\xbf<!DOCTYPE html><title>Login</title>",
            "a page in HTML 'Login' where CSV was due",
        ),
        (b'{"error": "no"}', "no column 'id'; found"),
        (b"name,note\nx,y\n", "line 1: no column 'id'; found 'name', 'note'"),
        (b"id,ID,name\n", "line 1: columns that stand there twice: 'id'"),
        ("id,name\n".encode("utf-16"), "a NUL byte at 3"),
        (b'id,name,note\na,x,1\nb,"y', "ends within quotes, after 2 rows. Cut short"),
        (b"id,name\na," + b"x" * 140_000, "no table in CSV"),
    ],
)
def test_no_such_table(body, message):
    with pytest.raises(FileFormatError, match=f"points.*{message}"):
        rows(body)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=8))
def test_every_row_is_accounted_for(lines):
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["id", "name"], *lines])
    table = rows(out.getvalue())
    assert len(table.raw) == len(table.broken) == len(lines)
    for place, line in enumerate(lines):
        assert (table.broken[place] is None) == (len(line) == 2)
        found = [cell for cell in table.raw.iloc[place] if isinstance(cell, str)]
        assert all(cell.strip() in " ".join(found) for cell in line[:2])

import numpy as np
import pytest

from evforecast.registry.errors import RegistryError
from evforecast.registry.kept import as_kept, read_back

HOW = {"schema": 2, "time": "at", "names": ("a note", "note of a person")}


def note(*, at, text):
    return at, text


def test_a_record_comes_back():
    kept = as_kept(2, {"at": "2020-11-08T10:00:00", "text": "é"})
    assert read_back(note, kept, "x", **HOW) == (np.datetime64("2020-11-08T10:00:00", "s"), "é")


def test_what_json_has_no_word_for_is_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_kept(2, {"text": float("nan")})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (as_kept(3, {"at": "2020", "text": ""}), "file: a note of schema 3, where 2 is known"),
        (b"{", "file: no note of a person"),
        (b"[]", "file: no note of a person"),
        (as_kept(2, {"text": ""}), r"file: no note of a person \('at'\)\. Restore"),
        (as_kept(2, {"at": "2020"}), "text"),
        (as_kept(2, {"at": "no time", "text": ""}), "no note of a person"),
    ],
)
def test_anything_else_is_refused(text, message):
    with pytest.raises(RegistryError, match=message):
        read_back(note, text, "file", **HOW)

"""Bodies, cells and rows set apart: what the readers of feeds share."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError
from evforecast.sources import _payload
from evforecast.sources.feed import Payload, Request

cells = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**9), 10**9),
    st.sampled_from(["", " ", "12", " 3.5 ", "-0", "x", "1,5", "1.2.3", "inf", "nan"]),
    st.booleans(),
    st.lists(st.integers(), max_size=1),
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "day: the answer is empty"),
        (b" \n", "day: the answer is empty"),
        (b"\n<!DOCTYPE html><title> Sign in </title>", "HTML 'Sign in' where JSON was due"),
        (b'[{"a": 1}, {"a"', r"no JSON at character \d+ of 15.*cut short"),
        (b'[{"a": 1},, {"a": 2}]', r"no JSON at character 10 of 21 \(Expecting value\)\.$"),
        ('["é"]'.encode("latin-1"), "is not utf-8"),
        ('["é"]'.encode("utf-16"), "is not utf-8"),
    ],
)
def test_a_body_that_is_no_json(body, message):
    with pytest.raises(FileFormatError, match=message):
        _payload.json_body(body, "day")


def test_a_body_with_a_mark_is_read():
    assert _payload.json_body(b'\xef\xbb\xbf["\xc3\xa9"]', "day") == ["é"]


def test_an_encoding_that_is_none_is_said():
    with pytest.raises(FileFormatError, match="is not nonsense text"):
        _payload.decoded(b"a", "day", "nonsense")


def test_a_payload_is_called_by_its_name_else_by_its_address():
    at = np.datetime64("2026-11-28T08:00:00")
    assert _payload.where(Payload(b"", Request("https://a", "day"), at)) == "day"
    assert _payload.where(Payload(b"", Request("https://a", ""), at)) == "https://a"


def test_records_may_lack_fields_and_must_be_objects():
    frame = _payload.records([{"a": 1}, {"b": [2]}, {}], "day")
    assert frame.columns.tolist() == ["a", "b"]
    assert frame["a"].tolist() == [1, None, None]
    assert frame["b"].tolist() == [None, [2], None]
    assert _payload.records([], "day").empty
    with pytest.raises(FileFormatError, match="element 1 is no object: 3"):
        _payload.records([{}, 3], "day")


def test_kinds_of_fields():
    rows = [
        {"t": "a", "n": 1, "m": 1, "o": {}, "l": []},
        {"t": None, "n": 2.5, "m": "x", "b": True},
    ]
    assert _payload.kinds(_payload.records(rows, "day")) == {
        "t": "text",
        "n": "number",
        "m": "number|text",
        "o": "object",
        "l": "list",
        "b": "boolean",
    }
    assert _payload.kinds(pd.DataFrame({"c": pd.Categorical(["1"])})) == {"c": "text"}
    assert _payload.kinds(_payload.records([{"z": None}], "day")) == {"z": "null"}


def slow_number(cell):
    """Return the value and whether it is wrong, one cell at a time."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return np.nan, False
    try:
        value = float("x" if isinstance(cell, bool) else str(cell))
    except ValueError:
        return np.nan, True
    return (value, False) if np.isfinite(value) else (np.nan, True)


@given(st.lists(cells, max_size=30))
@settings(max_examples=100, deadline=None)
def test_numbers_are_those_of_the_slow_way(column):
    values, wrong = _payload.numbers(column)
    expected = [slow_number(cell) for cell in column]
    np.testing.assert_allclose(values, [value for value, _ in expected], rtol=1e-12)
    assert wrong.tolist() == [is_wrong for _, is_wrong in expected]


def test_numbers_of_categoricals_and_with_commas():
    values, wrong = _payload.numbers(pd.Categorical(["1,5", "", None, "a", "1,5"]), ",")
    np.testing.assert_array_equal(values, [1.5, np.nan, np.nan, np.nan, 1.5])
    assert wrong.tolist() == [False, False, False, True, False]


def test_words():
    assert _payload.words(pd.Series([1, " a ", None, np.nan], dtype=object)).tolist() == [
        "1",
        "a",
        "",
        "",
    ]
    assert _payload.words(pd.Series(pd.Categorical(["b ", None]))).tolist() == ["b", ""]


def test_plain():
    assert _payload.plain("  Pré-Saturé\xa0 X ") == "pre-sature x"


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_every_row_is_kept_rejected_or_counted_once(masks):
    raw = pd.DataFrame({"n": np.arange(len(masks)), "o": [{"é": 1}] * len(masks)})
    sieve = _payload.Sieve(raw)
    first, apart, second = (np.array([row[i] for row in masks], dtype=bool) for i in range(3))
    sieve.reject(first, "first")
    sieve.set_apart(apart, "apart")
    sieve.reject(second, np.array(["second"] * len(masks), dtype=object))
    rejected = sieve.rejected()
    assert sieve.kept.sum() + len(rejected) + sum(sieve.counted_apart().values()) == len(raw)
    reasons = dict(zip(rejected["n"], rejected["reason"], strict=True))
    for place, (is_first, is_apart, is_second) in enumerate(masks):
        expected = "first" if is_first else "second" if is_second and not is_apart else None
        assert reasons.get(str(place)) == expected
    assert all(json.loads(cell) == {"é": 1} for cell in rejected["o"])


def test_repeats_are_those_of_rows_that_are_kept():
    keys = pd.DataFrame({"time": [1, 1, 1, 2]})
    sieve = _payload.Sieve(keys)
    sieve.reject(np.array([True, False, False, False]), "no number")
    sieve.reject_repeats(keys, "again")
    assert sieve.kept.tolist() == [False, True, False, True]
    assert sieve.rejected()["reason"].tolist() == ["no number", "again"]


def test_a_body_is_read_as_if_it_had_been_asked_for():
    class Feed:
        def read(self, payload):
            return payload

    found = _payload.read_body(Feed(), b"x", "2026-11-28 09:00+01:00")
    assert (found.body, found.request.url) == (b"x", "")
    assert found.collected_at == np.datetime64("2026-11-28T08:00:00")

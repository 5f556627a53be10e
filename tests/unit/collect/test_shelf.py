import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.collect.shelf import Shelf, as_arrow
from evforecast.errors import FileFormatError

DAY = "2026-11-28"


def rows(*values, **more):
    times = np.datetime64("2026-11-28T00:00:00") + np.array(values, "timedelta64[s]")
    frame = pd.DataFrame({"n": np.array(values, "int64"), "time": times, "word": map(str, values)})
    return as_arrow(frame.assign(**more))


def values(shelf, order, **more):
    table = shelf.read(DAY, order, **more).to_pydict()
    return list(zip(table["payload"], table.get("n", table["payload"]), strict=True))


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "status")


def test_a_day_put_together_reads_the_same(shelf):
    for name, table in (("b", rows(3)), ("a", rows(1, 2))):
        shelf.put(DAY, name, table)
    expected = [("b", 3), ("a", 1), ("a", 2)]
    assert values(shelf, ["b", "a"]) == expected
    assert shelf.counts(DAY) == {"a": 2, "b": 1}
    for _ in range(2):
        shelf.compact(DAY, ["b", "a"])
        assert values(shelf, ["b", "a"]) == expected
        assert shelf.counts(DAY) == {"a": 2, "b": 1}
        assert [path.name for path in shelf.folder.iterdir()] == [f"{DAY}.parquet"]
    assert shelf.days() == [DAY]


def test_a_payload_of_its_own_counts_for_more_than_the_day(shelf):
    for name, table in (("a", rows(1, 2)), ("b", rows(3)), ("c", rows(4))):
        shelf.put(DAY, name, table)
    shelf.compact(DAY, ["a", "b", "c"])
    shelf.put(DAY, "b", rows(7, 8))
    shelf.put(DAY, "c", rows())  # nothing any more
    expected = [("a", 1), ("a", 2), ("b", 7), ("b", 8)]
    assert values(shelf, ["a", "b", "c"]) == expected
    assert shelf.counts(DAY) == {"a": 2, "b": 2, "c": 0}
    shelf.compact(DAY, ["a", "b", "c"])
    assert values(shelf, ["a", "b", "c"]) == expected


def test_interrupted_between_the_day_and_its_parts_nothing_is_there_twice(shelf):
    shelf.put(DAY, "a", rows(1))
    part = shelf.path(DAY, "a").read_bytes()
    shelf.compact(DAY, ["a"])
    shelf.path(DAY, "a").parent.mkdir()
    shelf.path(DAY, "a").write_bytes(part)
    assert values(shelf, ["a"]) == [("a", 1)]
    shelf.compact(DAY, ["a"])
    assert values(shelf, ["a"]) == [("a", 1)]


def test_no_rows_make_no_file(shelf):
    shelf.put(DAY, "a", rows())
    shelf.compact(DAY, ["a"])
    assert (shelf.days(), shelf.counts(DAY), values(shelf, [])) == ([], {}, [])


def test_columns_and_times(shelf):
    for name, table in (("a", rows(1, 2)), ("b", rows(10, 11))):
        shelf.put(DAY, name, table)
    for _ in range(2):
        at = np.datetime64("2026-11-28T00:00:00") + np.array([2, 11], "timedelta64[s]")
        within = ("time", *at)
        assert values(shelf, ["a", "b"], within=within) == [("a", 2), ("b", 10)]
        table = shelf.read(DAY, ["a", "b"], columns=["word", "none"], within=within)
        assert set(table.column_names) == {"word", "time", "payload"}
        late = ("time", at[1] + 1, at[1] + 9)
        assert shelf.read(DAY, ["a", "b"], within=late).num_rows == 0
        shelf.compact(DAY, ["a", "b"])


def test_a_column_that_came_later_is_missing_before(shelf):
    shelf.put(DAY, "a", rows(1))
    shelf.put(DAY, "b", rows(2, kw=7.5))
    shelf.compact(DAY, ["a", "b"])
    assert shelf.read(DAY, ["a", "b"])["kw"].to_pylist() == [None, 7.5]


def test_a_column_that_was_empty_takes_the_kind_it_gets(shelf):
    shelf.put(DAY, "a", rows(1, kw=None))
    shelf.put(DAY, "b", rows(2, kw="x"))
    assert shelf.read(DAY, ["a", "b"])["kw"].to_pylist() == [None, "x"]


def test_words_as_codes(shelf):
    for name in "ab":
        shelf.put(DAY, name, rows(1, 2))
    column = shelf.read(DAY, ["a", "b"], coded=["word"])["word"].combine_chunks()
    assert sorted(column.dictionary.to_pylist()) == ["1", "2"]
    assert column.to_pylist() == ["1", "2"] * 2


def test_damage_is_told_and_left_out_of_the_counts(shelf):
    for name in "ab":
        shelf.put(DAY, name, rows(1))
    path = shelf.path(DAY, "a")
    path.write_bytes(path.read_bytes()[:-20])
    assert shelf.counts(DAY) == {"b": 1}
    with pytest.raises(FileFormatError, match="reparse"):
        shelf.read(DAY, ["a", "b"])


def test_frames_of_any_kind_become_plain_columns():
    frame = pd.DataFrame({"a": pd.Categorical(["x", None]), "b": ["y", None]}, index=[5, 6])
    table = as_arrow(frame)
    assert table.column_names == ["a", "b"]
    assert set(map(str, table.schema.types)) == {"string"}


@settings(max_examples=15, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", "compact"]), st.lists(st.integers(0, 9))),
        max_size=8,
    )
)
def test_whatever_is_put_in_whatever_order_it_is_as_a_dict_would_have_it(tmp_path_factory, steps):
    shelf, model = Shelf(tmp_path_factory.mktemp("shelf")), {}
    for name, numbers in steps:
        if name == "compact":
            shelf.compact(DAY, ["b", "c", "a"])
        else:
            shelf.put(DAY, name, rows(*numbers))
            model[name] = numbers
        expected = [(name, n) for name in ("b", "c", "a") for n in model.get(name, ())]
        assert values(shelf, ["b", "c", "a"]) == expected

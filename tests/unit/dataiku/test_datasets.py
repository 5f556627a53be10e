import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evforecast.dataiku.datasets import (
    dss_schema,
    read_frame,
    read_frames,
    write_frame,
    write_frames,
)
from evforecast.errors import EmptyInputError, InputError, MissingColumnsError


def frame(**columns):
    return pd.DataFrame(columns)


@pytest.fixture
def rows(dss):
    import dataiku

    return dataiku.Dataset("status")


@pytest.mark.parametrize("chunk_rows", [1, 2, 100])
def test_what_is_written_is_read(rows, chunk_rows):
    given = frame(
        evse_id=["007", "NA", "1e3", "true", "nan"],
        n=pd.array([1, None, 3, 4, 5], dtype="Int64"),
        x=[0.5, np.nan, 1e-7, 3.0, 4.0],
        up=[True, False, True, True, False],
        word=pd.Categorical(["a", None, "b", "a", "b"]),
        time=pd.DatetimeIndex(["2020-10-25T00:45"] * 4 + [None], tz="UTC"),
    )
    assert write_frame("status", given) == 5
    found = pd.concat(list(read_frames("status", chunk_rows=chunk_rows)), ignore_index=True)
    assert found["evse_id"].tolist() == ["007", "NA", "1e3", "true", "nan"]
    assert found["n"].isna().tolist() == given["n"].isna().tolist()
    assert found["n"].dropna().tolist() == [1, 3, 4, 5]
    np.testing.assert_array_equal(found["x"], given["x"])
    assert found["up"].tolist() == given["up"].tolist()
    assert found["word"].fillna("-").tolist() == ["a", "-", "b", "a", "b"]
    assert (found["time"] == given["time"]).tolist() == [True] * 4 + [False]
    assert str(found["time"].dt.tz) == "UTC"


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    ids=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=6
    ),
    chunk_rows=st.integers(1, 7),
)
def test_ids_stay_the_text_they_are(rows, ids, chunk_rows):
    write_frame(rows, frame(evse_id=pd.Series(ids, dtype=object)), append=False)
    chunks = list(read_frames(rows, chunk_rows=chunk_rows))
    assert [name for chunk in chunks for name in chunk["evse_id"]] == ids


@pytest.mark.parametrize(
    "times",
    [
        pd.DatetimeIndex(["2020-10-25T00:45"], tz="UTC").tz_convert("Europe/Paris"),
        pd.DatetimeIndex(["2020-10-25T00:45"]).as_unit("s"),
    ],
    ids=["with a zone", "without"],
)
def test_times_of_any_kind_become_utc(rows, times):
    write_frame("status", frame(time=times))
    assert rows.read_schema() == [{"name": "time", "type": "date"}]
    assert read_frame("status")["time"].item() == pd.Timestamp("2020-10-25T00:45", tz="UTC")


def test_the_schema_is_there_before_the_first_row(rows):
    def frames():
        yield frame(a=["1"], b=[2])
        assert [column["type"] for column in rows.read_schema()] == ["string", "bigint"]
        yield frame(b=[4], a=["3"])  # in another order

    assert write_frames("status", frames()) == 2
    assert read_frame("status").to_dict("records") == [{"a": "1", "b": 2}, {"a": "3", "b": 4}]


def test_a_schema_that_is_right_is_left_as_it_is(rows, monkeypatch):
    write_frame(rows, frame(a=["1"]))
    monkeypatch.setattr(type(rows), "write_schema", lambda *_: pytest.fail("written"))
    write_frame(rows, frame(a=["2"]))


def test_the_writer_is_closed_whatever_happens(dss, rows):
    def frames():
        yield frame(a=["1"])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_frames(rows, frames())
    assert not dss.writers
    assert read_frame(rows)["a"].tolist() == ["1"]  # as documented: the next run writes all again


def test_nothing_is_written_over_when_the_first_frame_fails(rows):
    write_frame(rows, frame(a=["1"]))

    def frames():
        raise RuntimeError
        yield

    with pytest.raises(RuntimeError):
        write_frames(rows, frames())
    with pytest.raises(EmptyInputError, match="Give an empty one"):
        write_frames(rows, [])
    assert read_frame(rows)["a"].tolist() == ["1"]


def test_append(rows):
    write_frame(rows, frame(a=["1"], b=[1]))
    write_frame(rows, frame(b=[2], a=["2"]), append=True)
    assert read_frame(rows)["a"].tolist() == ["1", "2"]
    with pytest.raises(MissingColumnsError, match="'b'"):
        write_frame(rows, frame(a=["3"]), append=True)
    with pytest.raises(InputError, match="append=False"):
        write_frame(rows, frame(a=["3"], b=[3], c=[3]), append=True)
    write_frame(rows, frame(c=[3]), append=False)
    assert read_frame(rows).to_dict("list") == {"c": [3]}


def test_a_recipe_that_is_set_to_append_appends(dss):
    for n in (1, 2):
        with dss.recipe(outputs={"status": "append"}):
            write_frame("status", frame(n=[n]))
    assert read_frame("status")["n"].tolist() == [1, 2]


def test_a_later_frame_of_other_columns_fails(rows):
    with pytest.raises(MissingColumnsError, match="rows to be written"):
        write_frames(rows, [frame(a=["1"]), frame(b=["1"])])


def test_no_rows(rows):
    assert write_frame(rows, frame(a=np.array([], dtype=np.int64))) == 0
    assert read_frame(rows).columns.tolist() == ["a"]
    assert list(read_frames(rows)) == []


def test_columns(rows):
    write_frame(rows, frame(a=["1"], b=[2]))
    assert read_frame(rows, ["b"]).columns.tolist() == ["b"]
    with pytest.raises(MissingColumnsError, match="found: 'a', 'b'"):
        read_frame(rows, ["c"])


def test_rows_that_are_not_what_the_schema_says(rows):
    rows.write_schema([{"name": "n", "type": "bigint"}])
    with rows.get_writer() as writer:
        writer.write_tuple(["seven"])
    with pytest.raises(InputError, match=r"FAKE.status.*seven.*Correct the schema"):
        read_frame(rows)


def test_an_older_client_knows_fewer_options(rows):
    class Older:
        name = "FAKE.status"

        def read_schema(self):
            return rows.read_schema()

        def iter_dataframes(self, chunksize=10000, *, infer_with_pandas=True, columns=None):
            return rows.iter_dataframes(
                chunksize, infer_with_pandas=infer_with_pandas, columns=columns
            )

    write_frame(rows, frame(evse_id=["007"], time=pd.DatetimeIndex(["2020-11-08"], tz="UTC")))
    assert read_frame(Older()).to_dict("records") == read_frame(rows).to_dict("records")


def test_schema():
    columns = dss_schema(
        frame(s=["a"], i=[1], u=np.array([1], np.uint8), f=[0.5], b=[True], c=pd.Categorical(["a"]))
    )
    kinds = {column["name"]: column["type"] for column in columns}
    assert kinds == {
        "s": "string",
        "i": "bigint",
        "u": "bigint",
        "f": "double",
        "b": "boolean",
        "c": "string",
    }

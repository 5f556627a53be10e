"""Each behaviour with the page of DSS's documentation that says so.

DATA: developer guide of DSS 14, "Datasets (reading and writing data)".
CLIENT: what the vendor's own `dataiku.Dataset` does where its source can be read.
"""

from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

IDS = [{"name": "id", "type": "string"}]


def frame(**columns):
    return pd.DataFrame(columns)


def types(found):
    return {name: found[name].map(type).unique().tolist() for name in found}


# DATA, "Type inference versus dataset-provided types": "we let Pandas guess the proper Pandas type"


@pytest.mark.parametrize(
    ("given", "guessed"),
    [
        (["007", "010"], [7, 10]),
        (["NA", "b"], [None, "b"]),
        (["null", "b"], [None, "b"]),
        (["1e3", "2"], [1000.0, 2.0]),
        (["True", "False"], [True, False]),
    ],
    ids=["leading zeros", "NA", "null", "exponent", "booleans"],
)
def test_text_is_guessed_anew(dataiku, given, guessed):
    dataiku.Dataset("rows").write_with_schema(frame(id=given))
    found = dataiku.Dataset("rows").get_dataframe()["id"]
    assert [None if pd.isna(value) else value for value in found] == guessed


def test_the_schema_is_obeyed_if_asked(dataiku):
    dataiku.Dataset("rows").write_with_schema(frame(id=["007"], n=[1], x=[0.5], up=[True]))
    found = dataiku.Dataset("rows").get_dataframe(infer_with_pandas=False)
    assert found.to_dict("records") == [{"id": "007", "n": 1, "x": 0.5, "up": True}]


def test_text_that_pandas_calls_missing_is_lost_even_then(dataiku):
    dataiku.Dataset("rows").write_with_schema(frame(id=["NA", "b"]))
    dataset = dataiku.Dataset("rows")
    assert dataset.get_dataframe(infer_with_pandas=False)["id"].isna().tolist() == [True, False]
    kept = dataset.get_dataframe(infer_with_pandas=False, keep_default_na=False, na_values=[""])
    assert kept["id"].tolist() == ["NA", "b"]


def test_a_value_of_another_type_fails_all(dataiku):
    """DATA: "if your dataset contains invalid values, the whole get_dataframe call will fail"."""
    dataset = dataiku.Dataset("rows")
    dataset.write_schema([{"name": "n", "type": "bigint"}])
    with dataset.get_writer() as writer:
        writer.write_tuple(["seven"])
    with pytest.raises(ValueError, match="seven"):
        dataiku.Dataset("rows").get_dataframe(infer_with_pandas=False)


def test_a_gap_in_whole_numbers_fails_unless_they_are_nullable(dataiku):
    """DATA, "Nullable integers"."""
    dataset = dataiku.Dataset("rows")
    dataset.write_schema([{"name": "n", "type": "bigint"}, {"name": "m", "type": "bigint"}])
    with dataset.get_writer() as writer:
        writer.write_row_dict({"n": 1})
    with pytest.raises(ValueError, match="NA values"):
        dataset.get_dataframe(infer_with_pandas=False)
    found = dataset.get_dataframe(infer_with_pandas=False, use_nullable_integers=True)
    assert found["n"].tolist() == [1]
    assert found["m"].isna().all()


def test_booleans_with_a_gap_are_text(dataiku):
    """CLIENT: a column of Python objects is stored as text."""
    dataiku.Dataset("rows").write_with_schema(frame(up=pd.Series([True, None], dtype=object)))
    assert dataiku.Dataset("rows").read_schema() == [{"name": "up", "type": "string"}]
    found = dataiku.Dataset("rows").get_dataframe(infer_with_pandas=False)
    assert found["up"].iloc[0] == "True"


def test_booleans_as_text_if_asked(dataiku):
    dataiku.Dataset("rows").write_with_schema(frame(up=[True, False]))
    found = dataiku.Dataset("rows").get_dataframe(infer_with_pandas=False, bool_as_str=True)
    assert found["up"].tolist() == ["true", "false"]


def test_dates_come_with_their_zone(dataiku):
    times = pd.DatetimeIndex(["2020-10-25T00:45", "2020-10-25T01:15"], tz="UTC")
    dataiku.Dataset("rows").write_with_schema(frame(time=times.tz_convert("Europe/Paris")))
    assert dataiku.Dataset("rows").read_schema() == [{"name": "time", "type": "date"}]
    for infer in (True, False):
        found = dataiku.Dataset("rows").get_dataframe(infer_with_pandas=infer)["time"]
        assert (pd.DatetimeIndex(found) == times).all()
    text = dataiku.Dataset("rows").get_dataframe(parse_dates=False)["time"]
    assert text.iloc[0] == "2020-10-25T00:45:00.000Z"


def test_what_a_column_is_differs_from_chunk_to_chunk(dataiku):
    """DATA, "Chunked reading": each chunk is a frame of its own, and guessed by itself."""
    dataiku.Dataset("rows").write_with_schema(frame(id=["007", "008", "A9", "B1"]))
    first, second = dataiku.Dataset("rows").iter_dataframes(chunksize=2)
    assert first["id"].tolist() == [7, 8]
    assert second["id"].tolist() == ["A9", "B1"]
    same = dataiku.Dataset("rows").iter_dataframes(chunksize=2, infer_with_pandas=False)
    assert [chunk["id"].tolist() for chunk in same] == [["007", "008"], ["A9", "B1"]]


def test_chunks_are_of_the_size_asked_for(dataiku):
    dataiku.Dataset("rows").write_with_schema(frame(n=range(5)))
    sizes = [len(chunk) for chunk in dataiku.Dataset("rows").iter_dataframes(chunksize=2)]
    assert sizes == [2, 2, 1]


def test_columns_and_a_limit(dataiku):
    dataiku.Dataset("rows").write_with_schema(frame(a=[1, 2, 3], b=["x", "y", "z"]))
    dataset = dataiku.Dataset("rows")
    assert dataset.get_dataframe(columns=["b", "a"], limit=1).to_dict("records") == [
        {"b": "x", "a": 1}
    ]
    with pytest.raises(NotImplementedError, match="head"):
        dataset.get_dataframe(sampling="random", limit=2)


def test_rows_are_cast_by_the_schema(dataiku):
    """DATA, "Using the streaming API": rows are like mappings; CLIENT: what cannot be cast is None."""
    dataset = dataiku.Dataset("rows")
    dataset.write_schema(
        [
            {"name": "id", "type": "string"},
            {"name": "n", "type": "int"},
            {"name": "up", "type": "boolean"},
        ]
    )
    with dataset.get_writer() as writer:
        writer.write_tuple(["007", 7, "true"])
        writer.write_row_array(["NA", "?", "x"])
    assert list(dataset.iter_rows()) == [
        {"id": "007", "n": 7, "up": True},
        {"id": "NA", "n": None, "up": False},
    ]
    assert next(dataset.iter_tuples(limit=1)) == ("007", 7, True)


# DATA, "Writing the output schema"


def test_write_dataframe_leaves_the_schema_as_it_is(dataiku):
    dataset = dataiku.Dataset("rows")
    dataset.write_schema(IDS)
    dataset.write_dataframe(frame(id=[7]))
    assert dataset.read_schema() == IDS
    assert dataset.get_dataframe(infer_with_pandas=False)["id"].tolist() == ["7"]


@pytest.mark.parametrize(
    ("given", "said"),
    [(frame(other=[7]), "missing"), (frame(id=[7], other=[7]), "not in the schema")],
    ids=["missing", "unknown"],
)
def test_write_dataframe_fails_on_other_columns(dataiku, given, said):
    dataset = dataiku.Dataset("rows")
    dataset.write_schema(IDS)
    with pytest.raises(Exception, match=said):
        dataset.write_dataframe(given)


def test_write_with_schema_changes_the_schema(dataiku):
    dataset = dataiku.Dataset("rows")
    dataset.write_schema(IDS)
    dataset.write_with_schema(frame(n=[1], f=[0.5]))
    assert [column["type"] for column in dataset.read_schema()] == ["bigint", "double"]


def test_an_empty_schema_fails(dataiku):
    with pytest.raises(Exception, match="No column in schema"):
        dataiku.Dataset("rows").read_schema()
    assert dataiku.Dataset("rows").read_schema(raise_if_empty=False) == []


@pytest.mark.parametrize(
    "column", [{"name": "id"}, {"type": "string"}, {"name": 1, "type": "string"}]
)
def test_a_column_has_a_name_and_a_type(dataiku, column):
    with pytest.raises(Exception, match="is not a string"):
        dataiku.Dataset("rows").write_schema([column])


def test_two_columns_of_one_name_fail(dataiku):
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(Exception, match="same name"):
        dataiku.Dataset("rows").write_with_schema(twice)


# DATA, "Append Mode": "By default, appendMode is disabled"


def test_a_dataset_is_written_anew(dataiku):
    for n in (1, 2):
        dataiku.Dataset("rows").write_with_schema(frame(n=[n]))
    assert dataiku.Dataset("rows").get_dataframe()["n"].tolist() == [2]


def test_rows_are_added_in_append_mode_only(dataiku):
    dataset = dataiku.Dataset("rows")
    dataset.write_with_schema(frame(n=[1]))
    dataset.spec_item["appendMode"] = True
    dataset.write_with_schema(frame(n=[2]))
    assert dataset.get_dataframe()["n"].tolist() == [1, 2]
    assert dataiku.Dataset("rows").spec_item["appendMode"] is False


# DATA, "Writing the data": "Don't forget to close your writer. If you don't, […] no data will get written"


def test_a_writer_that_is_not_closed_loses_its_rows(dataiku):
    dataset = dataiku.Dataset("rows")
    dataset.write_with_schema(frame(n=[1]))
    dataset.get_writer().write_dataframe(frame(n=[2, 3]))
    assert dataset.get_dataframe()["n"].tolist() == [1]


def test_a_writer_is_closed_by_an_error_and_what_came_stands(dataiku):
    """CLIENT: leaving the context closes, whatever happened."""
    dataset = dataiku.Dataset("rows")
    dataset.write_schema([{"name": "n", "type": "bigint"}])
    with suppress(RuntimeError), dataset.get_writer() as writer:
        writer.write_dataframe(frame(n=[2]))
        raise RuntimeError
    assert dataset.get_dataframe()["n"].tolist() == [2]


def test_one_writer_a_dataset(dataiku):
    """CLIENT: another active writer of the same dataset is refused."""
    with dataiku.Dataset("rows").get_writer(), pytest.raises(Exception, match="another active"):
        dataiku.Dataset("rows").get_writer()
    dataiku.Dataset("rows").get_writer().close()


def test_later_frames_are_taken_by_place(dataiku):
    """CLIENT: the first frame tells which column is where; the text has no head."""
    dataset = dataiku.Dataset("rows")
    dataset.write_schema([{"name": "a", "type": "string"}, {"name": "b", "type": "string"}])
    with dataset.get_writer() as writer:
        writer.write_dataframe(frame(b=["b1"], a=["a1"]))
        writer.write_dataframe(frame(a=["a2"], b=["b2"]))
        with pytest.raises(Exception, match="2 columns"):
            writer.write_dataframe(frame(a=["a3"]))
    assert dataset.get_dataframe().to_dict("records") == [
        {"a": "a1", "b": "b1"},
        {"a": "b2", "b": "a2"},
    ]


def test_an_empty_dataset_is_read_as_one(dataiku):
    dataset = dataiku.Dataset("rows")
    dataset.write_with_schema(frame(n=np.array([], dtype=np.int64)))
    assert dataset.get_dataframe().columns.tolist() == ["n"]
    assert list(dataset.iter_dataframes()) == []
    assert list(dataset.iter_rows()) == []


def test_what_was_never_built_cannot_be_read(dataiku):
    dataiku.Dataset("rows").write_schema(IDS)
    with pytest.raises(Exception, match="not built"):
        dataiku.Dataset("rows").get_dataframe()


# names


def test_names(dataiku):
    assert dataiku.Dataset("rows").name == "FAKE.rows"
    assert dataiku.Dataset("FAKE.rows").short_name == "rows"
    with pytest.raises(Exception, match="doesn't exist"):
        dataiku.Dataset("nothing")
    with pytest.raises(Exception, match="doesn't exist"):
        dataiku.Dataset("rows", project_key="OTHER")


def test_a_recipe_may_use_what_it_declares(dss, dataiku):
    with dss.recipe(inputs=["rows"], outputs=["other"]):
        with pytest.raises(Exception, match="not declared as an output"):
            dataiku.Dataset("rows").write_with_schema(frame(n=[1]))
        dataiku.Dataset("other").write_with_schema(frame(n=[1]))
        with pytest.raises(Exception, match="not declared as an input"):
            dataiku.Dataset("other").get_dataframe()
        dataiku.Dataset("other", ignore_flow=True).get_dataframe()
    with (
        dss.recipe(inputs=["rows"]),
        pytest.raises(Exception, match="declare it as input or output"),
    ):
        dataiku.Dataset("other")


def test_a_recipe_may_be_set_to_append(dss, dataiku):
    """DATA: "Append instead of overwrite" in the output section of a recipe."""
    for n in (1, 2):
        with dss.recipe(outputs={"rows": "append"}):
            dataiku.Dataset("rows").write_with_schema(frame(n=[n]))
    assert dataiku.Dataset("rows").get_dataframe()["n"].tolist() == [1, 2]


# DATA, "Accessing Dataset Connection Information"


def test_location(dss, dataiku):
    dss.add_dataset("table", kind="Snowflake")
    found = dataiku.Dataset("table").get_location_info()
    assert found["locationInfoType"] == "SQL"
    assert found["info"]["databaseType"] == "Snowflake"
    assert found["info"]["quotedResolvedTableName"] == '"PUBLIC"."FAKE_TABLE"'
    assert "path" in dataiku.Dataset("rows").get_location_info()["info"]


def test_times_without_a_zone_of_a_snowflake_table_are_text(dss, dataiku):
    """DSS 14, "Snowflake": TIMESTAMP_NTZ is read as text unless the connection says otherwise."""
    dss.add_table("table", frame(time=pd.DatetimeIndex(["2020-11-08T00:15", None])))
    assert dataiku.Dataset("table").read_schema() == [{"name": "time", "type": "string"}]
    found = dataiku.Dataset("table").get_dataframe(infer_with_pandas=False)["time"]
    assert found.iloc[0] == "2020-11-08 00:15:00"
    assert pd.isna(found.iloc[1])

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.testing.fake_dataiku.frames import (
    DssError,
    as_rows,
    read_options,
    schema_from_frame,
    text_of,
    value_of,
)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1], np.int64), "bigint"),
        (np.array([1], np.int32), "int"),
        (np.array([1], np.int8), "tinyint"),
        (pd.array([1, None], dtype="Int64"), "bigint"),
        (np.array([1], np.float32), "float"),
        (np.array([1.0]), "double"),
        (np.array([True]), "boolean"),
        (["a"], "string"),
        (pd.Categorical(["a"]), "string"),
        (pd.DatetimeIndex(["2020-11-08"], tz="UTC"), "date"),
        (pd.DatetimeIndex(["2020-11-08"]), "date"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_types_of_columns(values, kind):
    assert schema_from_frame(pd.DataFrame({"a": values})) == [{"name": "a", "type": kind}]


def test_missing_values_are_empty():
    frame = pd.DataFrame(
        {
            "t": pd.DatetimeIndex(["2020-11-08T00:00:00.250", None], tz="UTC"),
            "x": [0.5, np.nan],
            "s": ["a", None],
        }
    )
    assert as_rows(frame, schema_from_frame(frame)) == [
        ["2020-11-08T00:00:00.250Z", "0.5", "a"],
        ["", "", ""],
    ]


def test_names_twice():
    with pytest.raises(DssError):
        schema_from_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters=",\"'\n "), min_size=1
)


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_text_that_is_asked_for_as_text_comes_back(texts):
    frame = pd.DataFrame({"s": pd.Series(texts, dtype=object)})
    schema = schema_from_frame(frame)
    options = read_options(
        [{"name": "s", "type": "string"}],
        columns=None,
        infer_with_pandas=False,
        parse_dates=False,
        bool_as_str=False,
        use_nullable_integers=False,
    )
    text = io.StringIO(text_of(as_rows(frame, schema)), newline="")
    found = pd.read_csv(
        text, keep_default_na=False, na_values=[""], skip_blank_lines=False, **options
    )
    assert found["s"].tolist() == texts


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("", "string", ""),
        ("", "bigint", None),
        ("0.5", "double", 0.5),
        ("false", "boolean", False),
        ("", "date", None),
        ("?", "date", None),
    ],
)
def test_values(text, kind, value):
    assert value_of(text, kind) == value

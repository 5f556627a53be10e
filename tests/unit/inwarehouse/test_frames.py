import datetime as dt
from decimal import Decimal

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from evforecast.errors import InputError, MissingColumnsError
from evforecast.inwarehouse import coerce_frame

NOON = pd.Timestamp("2020-10-25 12:00")
INSTANT = np.datetime64("2020-10-25T12:00:00", "s")


def only(values):
    """Return the one column of a coerced frame."""
    return coerce_frame(pd.DataFrame({"x": values}))["x"]


@pytest.mark.parametrize(
    "values",
    [
        *(pd.array([1, 2], dtype) for dtype in ("Int16", "Int32", "Int64", "int16", "uint8")),
        pd.Series([Decimal(1), Decimal(2)], dtype=object),
        pd.Series([1, 2], dtype=object),
        pd.Categorical([1, 2]),
    ],
    ids=["Int16", "Int32", "Int64", "int16", "uint8", "Decimal", "object", "category"],
)
def test_whole_numbers(values):
    found = only(values)
    assert found.dtype == np.int64
    assert found.tolist() == [1, 2]


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None], "Int16"),
        pd.Series([Decimal(1), None], dtype=object),
        pd.Series([1, np.nan], dtype=object),
        pd.array([1.0, None], "Float64"),
        pd.Series([Decimal("1.00"), Decimal("NaN")], dtype=object),
    ],
    ids=["Int16", "Decimal", "object", "Float64", "Decimal with digits"],
)
def test_numbers_with_gaps_are_floats(values):
    found = only(values)
    assert found.dtype == np.float64
    assert found[0] == 1
    assert np.isnan(found[1])


def test_the_scale_says_what_a_decimal_is_and_not_its_digits():
    assert only(pd.Series([Decimal("48.00"), Decimal("2.00")], dtype=object)).dtype == np.float64
    assert only(pd.Series([Decimal(48), Decimal(2)], dtype=object)).dtype == np.int64


@pytest.mark.parametrize(
    "values",
    [
        pd.array(["a", None], "string"),
        pd.Series(["a", None], dtype=object),
        pd.Series(["a", None]),
        pd.Categorical(["a", None]),
    ],
    ids=["string", "object", "default", "category"],
)
def test_text(values):
    found = only(values)
    assert found.dtype == object
    assert found.tolist() == ["a", None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.array([True, False], "boolean"), bool),
        (np.array([True, False]), bool),
        (pd.Series([True, False], dtype=object), bool),
        (pd.array([True, None], "boolean"), object),
    ],
    ids=["boolean", "bool", "object", "with a gap"],
)
def test_truth(values, expected):
    found = only(values)
    assert found.dtype == expected
    assert found[0] is True or found[0] == np.True_
    assert found[1] in {False, None}


@pytest.mark.parametrize(
    "values",
    [
        *(np.array([NOON], f"M8[{unit}]") for unit in ("s", "ms", "us", "ns")),
        pd.Series([NOON.tz_localize("UTC")], dtype=object),
        pd.Series([NOON.tz_localize("Europe/Paris") + pd.Timedelta("1h")], dtype=object),
        pd.Series([NOON.tz_localize("UTC")]),
        pd.Series([NOON.tz_localize("UTC").tz_convert("Asia/Tokyo")]),
        pd.Series([NOON.to_pydatetime()], dtype=object),
        pd.Series([NOON + pd.Timedelta("1ms")]),
    ],
    ids=["s", "ms", "us", "ns", "object", "zone", "utc", "tokyo", "python", "fraction"],
)
def test_times(values):
    found = only(values)
    assert found.dtype == np.dtype("M8[s]")
    assert found.to_numpy()[0] == INSTANT


def test_times_of_several_zones_and_a_gap():
    values = [NOON.tz_localize("UTC"), NOON.tz_localize("UTC").tz_convert("Asia/Tokyo"), pd.NA]
    found = only(pd.Series(values, dtype=object)).to_numpy()
    assert found[:2].tolist() == [INSTANT.item()] * 2
    assert np.isnat(found[2])


def test_dates_are_times():
    assert only(pd.Series([dt.date(2020, 10, 25)], dtype=object)).to_numpy()[0] == np.datetime64(
        "2020-10-25", "s"
    )


def test_names_in_capitals_come_in_small_letters_and_others_as_they_are():
    frame = pd.DataFrame({"EVSE_ID": ["a"], "Mixed": [1], "P_2": [0.5]})
    assert list(coerce_frame(frame).columns) == ["evse_id", "Mixed", "p_2"]


def test_two_names_that_differ_in_capitals_only_are_refused():
    with pytest.raises(InputError, match="'code'"):
        coerce_frame(pd.DataFrame([[1, 2]], columns=["CODE", "code"]))


def test_kinds_choose_order_and_check():
    frame = pd.DataFrame({"B": ["x"], "A": [1], "C": [2.0]})
    found = coerce_frame(frame, {"a": "number", "b": "text", "c": "whole"})
    assert [str(dtype) for dtype in found.dtypes] == ["float64", "object", "int64"]
    with pytest.raises(MissingColumnsError, match="'d'"):
        coerce_frame(frame, {"d": "text"})
    with pytest.raises(InputError, match=r"'b' must hold times, and holds text .*'x'"):
        coerce_frame(frame, {"b": "time"})
    with pytest.raises(InputError, match="must hold whole numbers"):
        coerce_frame(pd.DataFrame({"a": [0.5]}), {"a": "whole"})


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("text", "object"),
        ("whole", "float64"),
        ("number", "float64"),
        ("truth", "object"),
        ("time", "datetime64[s]"),
    ],
)
@pytest.mark.parametrize("given_as", ["object", "string", "Int16", "float64"])
@pytest.mark.parametrize("n", [0, 2])
def test_only_gaps_can_be_of_any_kind(kind, dtype, given_as, n):
    frame = pd.DataFrame({"x": pd.Series([None] * n, dtype=given_as)})
    found = coerce_frame(frame, {"x": kind})["x"]
    assert found.dtype == dtype
    assert found.isna().all()
    assert len(found) == n


def test_things_of_several_kinds_are_refused():
    with pytest.raises(InputError, match=r"values of int, str"):
        only(pd.Series([1, "a"], dtype=object))
    with pytest.raises(InputError, match=r"values of dict"):
        only(pd.Series([{}], dtype=object))


def test_the_frame_given_is_left_alone_and_its_index_dropped():
    frame = pd.DataFrame({"X": pd.array([1, None], "Int16")}, index=[5, 5])
    before = frame.copy(deep=True)
    found = coerce_frame(frame)
    found.loc[0, "x"] = 7
    pd.testing.assert_frame_equal(frame, before)
    assert found.index.tolist() == [0, 1]


BETWEEN = (pd.Timestamp("1970-01-01").to_pydatetime(), pd.Timestamp("2200-01-01").to_pydatetime())
WHOLE = st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), max_size=8)
WAYS = {
    "Int64": lambda values: pd.array(values, "Int64"),
    "object": lambda values: pd.Series(values, dtype=object),
    "Decimal": lambda values: pd.Series(
        [None if value is None else Decimal(value) for value in values], dtype=object
    ),
    "float": lambda values: pd.Series(values, dtype="float64"),
}


@given(WHOLE, st.sampled_from(sorted(WAYS)))
def test_whole_numbers_are_the_same_whatever_they_came_as(values, way):
    found = coerce_frame(pd.DataFrame({"CODE": WAYS[way](values)}), {"code": "whole"})["code"]
    assert [None if np.isnan(value) else int(value) for value in found] == values


@given(
    st.lists(
        st.one_of(st.none(), st.datetimes(*BETWEEN)),
        max_size=8,
    ),
    st.sampled_from(["us", "ns", "zone", "object"]),
)
def test_times_are_the_same_whatever_they_came_as(times, way):
    index = pd.DatetimeIndex(pd.to_datetime(pd.Series(times, dtype="datetime64[us]")))
    if way in {"us", "ns"}:
        values = pd.Series(index.as_unit(way))
    elif way == "zone":
        values = pd.Series(index.tz_localize("UTC").tz_convert("America/New_York"))
    else:
        values = pd.Series(list(index.tz_localize("UTC")), dtype=object)
    found = coerce_frame(pd.DataFrame({"T": values}), {"t": "time"})["t"].to_numpy()
    expected = [None if time is None else time.replace(microsecond=0) for time in times]
    assert found.tolist() == expected


@given(st.data())
def test_coercing_twice_is_coercing_once(data):
    n = data.draw(st.integers(0, 5))
    column = st.sampled_from(
        [
            pd.array([1, None, 3, 4, 5][:n], "Int32"),
            pd.array(["a", None, "c", "", "e"][:n], "string"),
            pd.Series([Decimal("1.5")] * n, dtype=object),
            pd.array([True, None, False, True, True][:n], "boolean"),
            pd.Series(pd.date_range("2020", periods=n, freq="15min", tz="UTC")),
        ]
    )
    frame = pd.DataFrame({f"C{k}": data.draw(column) for k in range(3)})
    once = coerce_frame(frame)
    pd.testing.assert_frame_equal(coerce_frame(once), once)

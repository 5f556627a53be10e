import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import InputError
from evforecast.forecasting.plain import KINDS, Kind, Reader, Writer, look_up


class Memory:
    """Stands for an archive: hands out the arrays that a writer put aside."""

    def __init__(self, arrays):
        self.waiting = {f"{place:04d}.npy": array for place, array in enumerate(arrays)}

    def array(self, name):
        return self.waiting.pop(name)


def there_and_back(value, kinds=KINDS):
    writer = Writer(kinds)
    node = writer.value(value, "value")
    text = json.dumps(node, allow_nan=False)
    memory = Memory(writer.arrays)
    result = Reader(kinds, memory).value(json.loads(text))
    assert not memory.waiting
    return result


def read(text, arrays=()):
    return Reader(KINDS, Memory(arrays)).value(json.loads(text))


def require_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, float):
        assert found.hex() == expected.hex()
    elif isinstance(expected, pd.Index):
        pd.testing.assert_index_equal(found, expected, exact="equiv")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            require_same(one, other)
    elif isinstance(expected, dict):
        require_same(list(found.items()), list(expected.items()))
    else:
        assert found == expected


VALUES = [
    None,
    True,
    0,
    -(2**70),
    1.5,
    -0.0,
    math.inf,
    -math.inf,
    math.nan,
    "",
    "Élan \N{ELECTRIC PLUG} \ud800",
    [],
    (),
    {},
    [1, [2, (3, [None])]],
    (1, "a", (2.5,)),
    {"b": 1, "a": {4: (1, 2), "4": None}},
    {"tuple": [1]},  # an object of one key is how other kinds are written
    range(1, 9, 2),
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.array(3.5),
    np.array([], dtype="M8[s]"),
    np.array(["a", "bc"]),
    np.float64(0.1),
    np.float32(np.nan),
    np.float16(-np.inf),
    np.int8(-1),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.str_("text"),
    np.datetime64("2020-11-08T05:30", "s"),
    np.datetime64("NaT", "s"),
    np.timedelta64(900, "s"),
    np.timedelta64(15, "m"),
    pd.Index(["S7-T1", "é"], dtype=object, name="evse_id"),
    pd.Index([], dtype=object),
    {1: np.zeros(2), 4: [np.ones(1), {"deep": (np.arange(2),)}]},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_there_and_back(value):
    require_same(there_and_back(value), value)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
arrays = hnp.arrays(
    st.sampled_from(["f4", "f8", "i1", "i8", "u2", "?", "M8[s]", "m8[m]", "U3"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
trees = st.recursive(
    scalars | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(trees)
def test_any_tree_there_and_back(value):
    require_same(there_and_back(value), value)


def test_the_writer_changes_nothing_that_it_is_given():
    value = {"a": [1, (2,)], 4: np.arange(3)}
    there_and_back(value)
    require_same(value, {"a": [1, (2,)], 4: np.arange(3)})


def test_an_index_of_the_new_text_dtype_comes_back_as_text():
    index = pd.Index(["a", "b"], dtype="string", name="evse_id")
    found = there_and_back(index)
    assert found.tolist() == ["a", "b"]
    assert found.name == "evse_id"
    assert found.get_indexer(["b", "c"]).tolist() == [1, -1]


def test_a_generator_goes_on_where_it_stood():
    rng = np.random.default_rng(7)
    rng.integers(10, size=3, dtype=np.int8)  # leaves half a word in its buffer
    found = there_and_back(rng)
    assert found.integers(1000, size=9).tolist() == rng.integers(1000, size=9).tolist()


class _Number(int):
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "value is a builtins.object, which cannot be saved"),
        ({"a": [1, {2}]}, r"value\['a'\]\[1\] is a builtins.set"),
        ((1, lambda: 1), r"value\[1\] is a builtins.function"),
        (_Number(1), "value is a .*_Number"),
        (b"bytes", "builtins.bytes"),
        (1j, "builtins.complex"),
        (np.complex64(1j), "value is a numpy.complex64"),
        (np.array([None]), "value, with elements object, is a numpy.ndarray"),
        (np.zeros(2, "f4,i4"), "with elements"),
        (np.ma.zeros(2), "MaskedArray"),
        ({1.5: 1}, "the key 1.5 of value is a builtins.float"),
        ({np.int64(1): 1}, "the key .* of value is a numpy.int64"),
        ({True: 1}, "the key True of value is a builtins.bool"),
        (pd.Index([1, 2]), "value, not only of text,"),
        (pd.Index(["a", None], dtype=object), "value, not only of text,"),
        (pd.DatetimeIndex(["2020-01-01"]), "DatetimeIndex"),
        (pd.DataFrame(), "DataFrame"),
        (np.random.Generator(np.random.MT19937(0)), "value, not numpy's default generator,"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_saved_is_named(value, message):
    with pytest.raises(InputError, match=message):
        Writer(KINDS).value(value, "value")


def test_the_advice_ends_the_message():
    with pytest.raises(InputError, match=r"dicts of them can\. Ask Ann\.$"):
        Writer(KINDS, "Ask Ann.").value(object(), "x")


@pytest.mark.parametrize(
    "text",
    [
        '{"array": "0000.npy"}',
        '{"array": "../../etc/passwd"}',
        '{"oracle": 1}',
        '{"tuple": 1}',
        '{"tuple": [1], "dict": []}',
        "{}",
        '{"dict": [["a"]]}',
        '{"dict": [[[1], 2]]}',
        '{"dict": 3}',
        '{"float": "one"}',
        '{"float": [1]}',
        '{"range": [1, 2, 0]}',
        '{"range": ["a"]}',
        '{"scalar": ["O", 1]}',
        '{"scalar": ["f8,i4", 1]}',
        '{"scalar": ["<f8", [1]]}',
        '{"scalar": ["<f8", null]}',
        '{"scalar": [5, 1]}',
        '{"texts": 1}',
        '{"texts": [null]}',
        '{"generator": {"dict": []}}',
        '{"generator": null}',
    ],
)
def test_what_was_never_written_is_refused(text):
    with pytest.raises((LookupError, TypeError, ValueError, OverflowError, AttributeError)):
        read(text)


def test_an_array_belongs_to_one_value():
    text = '[{"array": "0000.npy"}, {"array": "0000.npy"}]'
    with pytest.raises(KeyError):
        read(text, [np.zeros(1)])


def test_a_kind_more_is_an_entry_more():
    kinds = KINDS | {
        "complex": Kind(
            lambda: {complex},
            lambda writer, value, where: writer.value((value.real, value.imag), where),
            lambda reader, content: complex(*reader.value(content)),
        )
    }
    assert there_and_back({"z": 1 + 2j}, kinds) == {"z": 1 + 2j}


def test_a_stand_in_is_written_instead_wherever_it_stands():
    def stand_in(value, where):
        return f"a set at {where}" if isinstance(value, set) else value

    node = Writer(KINDS, stand_in=stand_in).value({"a": [{1}]}, "x")
    assert Reader(KINDS, Memory([])).value(node) == {"a": ["a set at x['a'][0]"]}


def test_names_of_attributes_are_the_places_in_messages():
    writer = Writer(KINDS)
    assert writer.named({"a_": (1,), "b_": 2}, "Model") == {"a_": {"tuple": [1]}, "b_": 2}
    with pytest.raises(InputError, match=r"^Model\.c_ is a builtins\.set"):
        writer.named({"c_": {1}}, "Model")
    assert Reader(KINDS, Memory([])).named({"a_": {"tuple": [1]}}) == {"a_": (1,)}


def test_look_up_says_what_is_known():
    assert look_up({"a": 1}, "a", "class") == 1
    with pytest.raises(ValueError, match="it holds the class 'c'; known are 'a', 'b'"):
        look_up({"a": 1, "b": 2}, "c", "class")

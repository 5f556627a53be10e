import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.evaluation.grouping import CLOCKS, DAY_TYPES, Groups, clock_key, key
from evforecast.panel import Calendar


def test_a_key_says_every_value():
    values = np.array(["b", "a", "unknown", "a"], dtype=object)[None, None, :]
    one = key(values)
    assert (one.labels[one.codes] == values).all()
    assert one.labels.tolist() == ["a", "b", "unknown"]


@pytest.mark.parametrize("name", CLOCKS)
def test_the_clock_is_that_on_the_wall_over_both_changes_of_it(name):
    origins = np.concatenate(
        [
            np.datetime64("2020-10-24T20:00", "s") + np.arange(30) * np.timedelta64(1, "h"),
            np.datetime64("2021-03-27T20:00", "s") + np.arange(30) * np.timedelta64(1, "h"),
        ]
    )
    ahead = np.array([900, 3600 * 13], dtype="m8[s]")
    calendar = Calendar.of(public=["2020-10-26"])
    one = clock_key(name, origins, ahead, "Europe/Paris", calendar)
    found = np.broadcast_to(one.labels[one.codes], (60, 2, 1))[..., 0]
    for i, origin in enumerate(origins):
        for j, step in enumerate(ahead):
            local = pd.Timestamp(origin + step, tz="UTC").tz_convert("Europe/Paris")
            free = local.weekday() == 6 or str(local.date()) == "2020-10-26"
            saturday = local.weekday() == 5
            start = pd.Timestamp(origin, tz="UTC").tz_convert("Europe/Paris")
            expected = {
                "hour": local.hour,
                "day_type": DAY_TYPES[2 if free else 1 if saturday else 0],
                "day": np.datetime64(str(start.date()), "s"),
            }
            assert found[i, j] == expected[name]


axes = st.sampled_from([(0,), (1,), (0, 1), (2,)])


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    st.lists(axes, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_groups_are_those_of_pandas(shape, of, seed):
    rng = np.random.default_rng(seed)
    values = {}
    for number, which in enumerate(of):
        size = [shape[axis] if axis in which else 1 for axis in range(3)]
        values[f"k{number}"] = rng.integers(0, 3, size)
    groups = Groups({name: key(array) for name, array in values.items()}, shape)
    n, h, m = shape
    half = (n * h) // 2
    code = np.concatenate([groups.of(slice(0, half)), groups.of(slice(half, None))]).ravel()
    assert groups.n <= n * h * m
    assert code.min() >= 0
    assert code.max() < groups.n
    spread = {k: np.broadcast_to(v, shape).ravel() for k, v in values.items()}
    frame = pd.DataFrame(spread, index=range(n * h * m))
    assert (groups.table(code).to_numpy() == frame.to_numpy()).all()
    present = groups.sorted(np.unique(code))
    if values:
        expected = frame.groupby(list(values)).size().index.to_frame(index=False)
        assert groups.table(present).to_numpy().tolist() == expected.to_numpy().tolist()
    else:
        assert present.tolist() == [0]

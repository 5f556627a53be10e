import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evforecast.collect.frames import latest
from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.latest import latest_query


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12))
def test_the_last_row_of_each_key_is_that_of_the_frame(duck, fill, keys):
    frame = pd.DataFrame(keys, columns=["a", "b"]).assign(n=range(len(keys)))
    fill("rows", frame)
    found = sorted(duck.run(latest_query("rows", ["a", "b"], ["n"])))
    assert found == sorted(latest(frame, ["a", "b"]).itertuples(index=False, name=None))


@pytest.mark.parametrize(("key", "order"), [([], ["n"]), (["a"], [])])
def test_a_key_and_an_order_are_needed(key, order):
    with pytest.raises(InputError, match="a key and of an order"):
        latest_query("rows", key, order)

import itertools

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import MissingColumnsError
from evforecast.panel import STATUS, StatusForecast, evse_table
from evforecast.timegrid import as_step, as_time
from evforecast.usecases import supplier

CHANCES = (0.1, 0.5, 0.9, 0.7)


def make():
    p = np.zeros((1, 4, 5))
    p[..., 1], p[..., 0] = CHANCES, 1 - np.array(CHANCES)
    ids = list("abcd")
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[16],
        evse=evse_table(ids, pd.DataFrame({"evse_id": ids, "area": ["x", "y", "x", None]})),
        scheme=STATUS,
    )


def test_expected_numbers_add_up_over_the_groups():
    by_area = supplier.charging(make())
    assert by_area.area.tolist() == ["unknown", "x", "y"]
    np.testing.assert_allclose(by_area.expected, [0.7, 1.0, 0.5], rtol=1e-6)
    assert by_area.n.tolist() == [1, 2, 1]
    whole = supplier.charging(make(), by=None)
    assert whole.expected.item() == pytest.approx(by_area.expected.sum())
    assert whole.time.item() == pd.Timestamp("2020-10-26 04:00")


def test_interval_against_every_outcome():
    law = np.zeros(5)
    for outcome in itertools.product([0, 1], repeat=4):
        chances = [c if hit else 1 - c for c, hit in zip(CHANCES, outcome, strict=True)]
        law[sum(outcome)] += np.prod(chances)
    below = law.cumsum()
    row = supplier.charging(make(), by=None).iloc[0]
    assert row.low == next(k for k in range(5) if below[k] >= 0.05)
    assert row.high == next(k for k in range(5) if below[k] >= 0.95)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(MissingColumnsError, match="'street'"):
        supplier.charging(make(), by="street")

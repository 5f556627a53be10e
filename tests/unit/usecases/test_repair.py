import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import NotFittedError
from evforecast.panel import StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time
from evforecast.usecases import park


class Known:
    """Knows how long each charger stays as it is."""

    def remaining_steps(self, context):
        return np.array([8.0, 2.0, 100.0, 40.0])[: context.n_evse]


def test_those_that_are_down_with_the_longest_to_go_first():
    codes = np.zeros((20, 4), np.int8)
    codes[12:, 0] = 4
    codes[14:17, 1] = 4
    codes[17:, 1] = -1
    codes[:, 3] = 4
    panel = StatusPanel(codes, TimeGrid(as_time("2020-01-01"), as_step("15min"), 20), list("abcd"))
    table = park.expected_repair(Known(), panel).set_index("evse_id")
    assert table.index.to_list() == ["d", "a", "b"]
    assert table.hours_to_go.to_list() == [10, 2, 0.5]
    assert table.hours_down.to_list() == [19 / 4, 7 / 4, 5 / 4]
    assert table.at_least.to_list() == [True, False, False]
    assert table.down_since.loc["a"] == pd.Timestamp("2020-01-01 03:00")
    assert table.last_seen.loc["b"] == pd.Timestamp("2020-01-01 04:00")


def test_a_semi_markov_forecaster_knows():
    panel = ev.simulate(n_evse=60, days=8, random_state=0)
    model = ev.SemiMarkovForecaster()
    with pytest.raises(NotFittedError):
        park.expected_repair(model, panel)
    model.fit(panel)
    row = next(r for r in range(400, panel.n_time) if (panel.codes[r] == 4).sum() > 1)
    table = park.expected_repair(model, panel.head(row + 1))
    assert set(table.evse_id) >= set(panel.evse.index[panel.codes[row] == 4])
    assert (table.hours_to_go > 0).all()
    assert table.hours_to_go.is_monotonic_decreasing


def test_nothing_is_down():
    panel = StatusPanel(
        np.zeros((3, 4), np.int8),
        TimeGrid(as_time("2020-01-01"), as_step("15min"), 3),
        list("abcd"),
    )
    assert park.expected_repair(Known(), panel).empty

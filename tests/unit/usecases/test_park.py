import numpy as np
import pytest

from evforecast.errors import UnknownChargerError
from evforecast.panel import STATUS, StatusForecast, StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time
from evforecast.usecases import park


def make(down=(0.1, 0.9, 0.5)):
    p = np.zeros((2, 3, 5))
    p[0, :, 4], p[1, :, 4] = 0.3, down
    p[..., 0] = 1 - p[..., 4]
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26 00:30"),
        step=as_step("15min"),
        horizons=[96, 192],
        evse=["a", "b", "c"],
        scheme=STATUS,
    )


def past(ids=("c", "b", "a")):
    codes = np.array([[-1, 4, 0], [-1, 4, 4], [-1, -1, 1], [0, 0, 0]], np.int8)
    grid = TimeGrid(as_time("2020-10-26"), as_step("15min"), 4)
    return StatusPanel(codes, grid, list(ids))


def test_the_likeliest_at_the_last_horizon_first():
    answer = park.worklist(make(), n=2)
    assert answer.evse_id.tolist() == ["b", "c"]
    np.testing.assert_allclose(answer.p_down, [0.9, 0.5], rtol=1e-6)


def test_history_tells_the_last_known_status_up_to_the_cutoff():
    answer = park.worklist(make(), history=past()).set_index("evse_id")
    assert answer.status.to_dict() == {"a": "charging", "c": None}  # b is down: it needs a repair
    np.testing.assert_allclose(answer.down_before.loc[["a", "c"]], [1 / 3, 0])


def test_history_of_other_chargers_is_refused():
    with pytest.raises(UnknownChargerError, match="'a'"):
        park.worklist(make(), history=past(("c", "b", "x")))

import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError, UnknownChargerError
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


DAY = 96


def long_past():
    """Return ten days: a fails on days 2 and 9, b on day 2 for good until day 5, c never."""
    codes = np.zeros((10 * DAY, 3), np.int8)
    codes[DAY + 10 : DAY + 14, 0] = 4
    codes[8 * DAY + 10, 0] = 4
    codes[DAY : 4 * DAY, 1] = 4
    start = as_time("2020-10-26 00:30") - (10 * DAY - 1) * as_step("15min")
    return StatusPanel(codes, TimeGrid(start, as_step("15min"), 10 * DAY), ["a", "b", "c"])


def within(down=(0.1, 0.9, 0.5)):
    p = np.stack([1 - np.array([down, down]), np.array([down, down])], axis=-1)
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26 00:30"),
        step=as_step("15min"),
        horizons=[96, 192],
        evse=["a", "b", "c"],
        scheme=STATUS.within("down"),
    )


def test_the_record_of_each_charger_stands_beside_its_chance():
    answer = park.worklist(within(), history=long_past()).set_index("evse_id")
    assert answer.index.to_list() == ["b", "c", "a"]
    np.testing.assert_allclose(answer.p_down_within, [0.9, 0.5, 0.1], rtol=1e-6)
    np.testing.assert_allclose(answer.failures_per_day, [1 / 7, 0, 2 / (10 - 5 / DAY)], rtol=1e-9)
    assert answer.failed_lately.to_dict() == {"a": True, "b": True, "c": False}
    fresh = park.worklist(within(), history=long_past(), days=2).set_index("evse_id")
    assert fresh.failed_lately.to_dict() == {"a": True, "b": False, "c": False}
    np.testing.assert_allclose(answer.down_before.loc["b"], 0.3)
    own = park.own_rate(long_past(), 192)
    assert answer.p_own_rate.to_dict() == own.to_dict()
    assert own["a"] > own["b"] > own["c"]


def test_a_rate_from_a_longer_past_can_be_given():
    model = ev.FailureRate([96]).fit(long_past())
    recent = long_past().tail(4)
    answer = park.worklist(within(), history=recent, model=model).set_index("evse_id")
    assert answer.p_own_rate.to_dict() == park.own_rate(long_past(), 192).to_dict()


def test_a_forecast_at_a_time_says_so():
    answer = park.worklist(make(), history=long_past())
    assert "p_down" in answer
    assert "p_down_within" not in answer


def test_the_own_rate_of_what_is_down_is_nearly_one():
    codes = long_past().codes.copy()
    codes[-20:, 2] = 4
    panel = StatusPanel(codes, long_past().grid, ["a", "b", "c"])
    assert park.own_rate(panel)["c"] > 0.9


def test_refusals():
    with pytest.raises(InputError, match="positive number of days"):
        park.worklist(within(), history=long_past(), days=-1)
    early = long_past().until("2020-10-17")
    with pytest.raises(EmptyInputError, match="too short"):
        park.worklist(within(), history=early.head(1))


@pytest.mark.slow
@pytest.mark.integration
def test_real_chargers_that_fail_all_the_time_are_told_and_the_others_hardly(data_dir):
    path = data_dir / "ireland" / "cpinfo_2018-11-01_2018-11-11.txt.xz"
    panel = ev.sources.cpinfo.read(path)
    models = {"semi-Markov": park.PARK.recursive(), "own rate": ev.FailureRate([96])}
    result = ev.backtest(
        models,
        panel,
        every="3h",
        first_origin="2018-11-08 23:45",
        horizons=[96],
        target="down",
        within=True,
        progress=False,
    )
    table = park.failure_scores(result, panel).set_index(["chargers", "model"])
    lift = table.average_precision / table.base_rate
    assert (lift.loc["not down"] > 8).all()
    assert (lift.loc["not failed lately"] < 3).all()

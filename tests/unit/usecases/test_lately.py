import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError, SchemeMismatchError
from evforecast.evaluation import ranking_scores
from evforecast.panel import StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time
from evforecast.usecases.lately import down_within_days, failure_scores, not_failed_lately

DAY = 96


def make():
    """Return five days of: always up, down on day 1, down on day 4, down at the end, never seen."""
    codes = np.zeros((5 * DAY, 5), np.int8)
    codes[10:20, 1] = 4
    codes[3 * DAY + 10, 2] = 4
    codes[-5:, 3] = 4
    codes[:, 4] = -1
    return StatusPanel(
        codes, TimeGrid(as_time("2020-01-01"), as_step("15min"), 5 * DAY), list("abcde")
    )


@pytest.mark.parametrize(
    ("days", "fresh"), [(1, "abc"), (1.9, "ab"), (4, "ab"), (5, "a"), (50, "a"), (0.01, "abc")]
)
def test_those_that_were_up_in_the_last_days(days, fresh):
    panel = make()
    assert not_failed_lately(panel, panel.cutoff, days).tolist() == list(fresh)


def test_what_comes_after_the_origin_is_not_known():
    panel = make()
    assert not_failed_lately(panel, panel.times[3 * DAY], 2).tolist() == ["a", "b", "c", "d"]
    down, seen = down_within_days(panel.until(panel.times[15]), 1)
    assert down.tolist() == [False, True, False, False, False]
    assert seen.tolist() == [True, True, True, True, False]


def test_refusals():
    panel = make()
    with pytest.raises(InputError, match="positive number of days"):
        not_failed_lately(panel, panel.cutoff, 0)
    with pytest.raises(EmptyInputError, match="no time of the panel"):
        not_failed_lately(panel, "1999-01-01")


@pytest.fixture(scope="module")
def city():
    return ev.simulate(n_evse=60, days=12, random_state=1)


@pytest.fixture(scope="module")
def result(city):
    models = {"own rate": ev.FailureRate([96])}
    return ev.backtest(models, city, every="6h", last="4D", target="down", within=True)


def test_subsets_are_chosen_anew_at_each_origin(city, result):
    table = failure_scores(result, city, days=3).set_index("chargers")
    truth = result.truth[:, 0]
    fresh, up = np.zeros_like(truth, bool), np.zeros_like(truth, bool)
    for place, origin in enumerate(result.origins):
        fresh[place] = city.evse.index.isin(not_failed_lately(city, origin, 3))
        now = city.until(origin).codes
        for unit in range(city.n_evse):
            seen = now[-DAY:, unit][now[-DAY:, unit] >= 0]
            up[place, unit] = not len(seen) or seen[-1] != 4
    for name, kept in (("all", up | True), ("not down", up), ("not failed lately", fresh)):
        known = truth[kept & (truth >= 0)]
        assert table.loc[name, "n"] == len(known)
        assert table.loc[name, "base_rate"] == pytest.approx(known.mean())
    assert table.loc["all", "base_rate"] > table.loc["not down", "base_rate"]
    expected = ranking_scores(result).iloc[0]
    assert table.loc["all", "average_precision"] == expected.average_precision


def test_groups_are_those_of_the_ranking(city, result):
    table = failure_scores(result, city, by=["area"])
    assert set(table["area"]) == set(ranking_scores(result, ["area"])["area"])


def test_other_chargers_or_statuses_are_refused(city, result):
    with pytest.raises(InputError, match="other chargers"):
        failure_scores(result, city.select(city.evse_ids[:5]))
    fine = ev.backtest({"c": ev.Climatology([4])}, city, every="12h", last="2D")
    with pytest.raises(SchemeMismatchError):
        failure_scores(fine, city)

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast import Climatology, Persistence, SemiMarkovForecaster, backtest, simulate
from evforecast.errors import (
    EmptyInputError,
    InputError,
    SchemeMismatchError,
    StepMismatchError,
)
from evforecast.monitoring.realised import LATE, NONE, PENDING, SCORED, UNSCORED, join_truth
from evforecast.panel import MISSING, STATUS, StatusForecast, StatusPanel, StatusScheme, evse_table
from evforecast.timegrid import TimeGrid

STEP = np.timedelta64(900, "s")
START = np.datetime64("2020-10-26", "s")
CHARGERS = evse_table(list("abcdyz"))


def panel_of(codes, ids="abc", *, start=START, scheme=STATUS):
    codes = np.array(codes, np.int8)
    return StatusPanel(
        codes, TimeGrid(start, STEP, len(codes)), CHARGERS.loc[list(ids)], scheme=scheme
    )


def made(row, horizons=(1,), ids="abc", *, scheme=STATUS, seed=0, step=STEP, shift=0):
    """Return a forecast from a row of the panel (before it where negative)."""
    law = np.random.default_rng([seed, row + 100_000]).dirichlet(
        np.ones(len(scheme)), (len(horizons), len(ids))
    )
    return StatusForecast(
        law,
        cutoff=START + row * STEP + np.timedelta64(shift, "s"),
        step=step,
        horizons=horizons,
        evse=CHARGERS.loc[list(ids)],
        scheme=scheme,
    )


def states_of(found, model):
    """Return the states by cutoff, horizon and charger, those without a forecast left out."""
    states = found.states[model]
    return {
        (found.result.origins[i], int(found.result.horizons[j]), found.result.evse.index[k]): int(
            states[i, j, k]
        )
        for i, j, k in np.argwhere(states != NONE)
    }


# ---- against a slow, obvious loop ----


def truth_of_one(seen, forecast, horizon, target, within):
    """Return the code that one charger's forecast is held against, None where it has not come.

    `seen` are its codes by time, as far as observed by now.
    """
    when = forecast.cutoff + horizon * forecast.step
    members = {} if target is None else {STATUS.code(s) for s in STATUS.coarsenings[target]}
    if not within:
        code = seen.get(when)
        return code if code is None or target is None else int(code in members)
    window = [forecast.cutoff + (k + 1) * forecast.step for k in range(horizon)]
    codes = [seen[time] for time in window if time in seen]
    if members & set(codes):
        return 1
    return 0 if 2 * len(codes) >= horizon else None


def slowly(forecasts, panel, now, target, within):
    """Return state and truth by model, cutoff, horizon and charger."""
    found = {}
    for model, some in forecasts.items():
        for forecast in some:
            for horizon in forecast.horizons.tolist():
                for charger in forecast.evse.index:
                    when = forecast.cutoff + horizon * forecast.step
                    seen = {}
                    if charger in panel.evse.index:
                        column = panel.codes[:, panel.evse_ids.index(charger)]
                        pairs = zip(panel.times, column.tolist(), strict=True)
                        seen = {t: code for t, code in pairs if t <= now and code != MISSING}
                    truth = None
                    if when <= min(now, panel.cutoff):
                        truth = truth_of_one(seen, forecast, horizon, target, within)
                    state = SCORED
                    if when > now:
                        state = PENDING
                    elif truth is None:
                        state = UNSCORED if any(time >= when for time in seen) else LATE
                    found[model, forecast.cutoff, horizon, charger] = (state, truth)
    return found


@st.composite
def networks(draw):
    """Return a small panel with holes, a time, and forecasts of two models from before that time."""
    n_time, n_evse = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    codes = draw(
        st.lists(
            st.lists(st.sampled_from([-1, -1, 0, 1, 4]), min_size=n_evse, max_size=n_evse),
            min_size=n_time,
            max_size=n_time,
        )
    )
    now_row = draw(st.integers(0, n_time + 2))
    one = st.tuples(
        st.integers(-4, now_row),
        st.sets(st.integers(1, 4), min_size=1).map(sorted),
        st.sets(st.sampled_from("abcd"), min_size=1).map(sorted),
    )
    models = st.lists(one, max_size=4, unique_by=lambda drawn: drawn[0])
    drawn = draw(st.tuples(models, models).filter(any))
    return SimpleNamespace(
        panel=panel_of(codes, "abc"[:n_evse]),
        now=START + now_row * STEP + np.timedelta64(draw(st.sampled_from([0, 1, 899])), "s"),
        drawn=dict(zip("xy", drawn, strict=True)),
    )


def forecasts_of(network, scheme=STATUS):
    return {
        name: [
            made(row, horizons, ids, scheme=scheme, seed=ord(name)) for row, horizons, ids in some
        ]
        for name, some in network.drawn.items()
    }


@pytest.mark.parametrize(
    ("target", "within"), [(None, False), ("free", False), ("down", True)], ids=str
)
@settings(max_examples=30, deadline=None)
@given(network=networks())
def test_every_case_is_as_a_slow_loop_has_it(target, within, network):
    panel, now = network.panel, network.now
    scheme = STATUS.within(target) if within else STATUS
    forecasts = forecasts_of(network, scheme)
    found = join_truth(forecasts, panel, now=now, target=target, within=within)
    slow = slowly(forecasts, panel, now, target, within)
    by_case = {}
    for (model, *case), (state, truth) in slow.items():
        by_case.setdefault(tuple(case), {})[model] = (state, truth)
    for model in forecasts:
        expected = {tuple(key): s for (name, *key), (s, _) in slow.items() if name == model}
        assert states_of(found, model) == expected
    result = found.result
    assert result.scheme == (scheme if within or not target else STATUS.coarsen(target))
    assert found.now == now
    n_scored = 0
    for i, j, k in np.ndindex(result.truth.shape):
        case = (result.origins[i], int(result.horizons[j]), result.evse.index[k])
        both = by_case.get(case, {})
        shared = len(both) == 2 and all(state == SCORED for state, _ in both.values())
        assert result.truth[i, j, k] == (both["x"][1] if shared else MISSING)
        n_scored += shared
        for name, (state, truth) in both.items():
            if state == SCORED:
                assert found.observed[i, j, k] == truth
                assert found.of([name]).result.truth[i, j, k] == truth
    assert found.n_scored == n_scored
    for row in found.shares().itertuples():
        states = [s for (m, _, h, _), (s, _) in slow.items() if (m, h) == (row.model, row.horizon)]
        counts = [states.count(state) for state in (PENDING, SCORED, LATE, UNSCORED)]
        assert [row.pending, row.scored, row.late, row.unscored] == counts
        assert (row.cases, row.due) == (len(states), len(states) - counts[0])
        assert row.scored_share == pytest.approx(
            row.scored / row.due if row.due else np.nan, nan_ok=True
        )


@settings(max_examples=30, deadline=None)
@given(network=networks(), wait=st.integers(0, 5000), within=st.booleans())
def test_time_that_passes_takes_no_truth_back(network, wait, within):
    forecasts = forecasts_of(network, STATUS.within("down") if within else STATUS)
    how = {"target": "down" if within else None, "within": within}
    before = join_truth(forecasts, network.panel, now=network.now, **how)
    later = network.now + np.timedelta64(wait, "s")
    after = join_truth(forecasts, network.panel, now=later, **how)
    for model in forecasts:
        scored = before.states[model] == SCORED
        assert (after.states[model][scored] == SCORED).all()
        assert (after.observed[scored] == before.observed[scored]).all()
        assert ((before.states[model] == NONE) == (after.states[model] == NONE)).all()
        assert not (after.states[model] == PENDING)[before.states[model] != PENDING].any()


@settings(max_examples=25, deadline=None)
@given(network=networks(), seed=st.integers(0, 99))
def test_rows_after_now_are_not_looked_at(network, seed):
    panel, now = network.panel, network.now
    forecasts = forecasts_of(network)
    codes = panel.codes.copy()
    after = panel.times > now
    codes[after] = np.random.default_rng(seed).integers(-1, 5, codes[after].shape)
    other = join_truth(forecasts, panel_of(codes, panel.evse_ids), now=now)
    found = join_truth(forecasts, panel, now=now)
    assert (found.observed == other.observed).all()
    assert all((found.states[name] == other.states[name]).all() for name in forecasts)


# ---- against the backtest ----


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=12, days=9, random_state=3)


@pytest.mark.parametrize(
    ("models", "how"),
    [
        ({"c": Climatology([1, 8]), "p": Persistence([1, 8])}, {}),
        ({"c": Climatology([1, 8]), "p": Persistence([1, 8])}, {"target": "free"}),
        (
            {"w": SemiMarkovForecaster([4, 24], target="down", within=True)},
            {"target": "down", "within": True},
        ),
    ],
    ids=["statuses", "target", "within"],
)
def test_it_agrees_with_the_backtest(city, models, how):
    ready = {name: model.fit(city.head(4 * 96)) for name, model in models.items()}
    result = backtest(ready, city, every="5h", last="4D", **how)
    forecasts = {
        name: [model.predict_proba(city.until(origin)) for origin in result.origins[::-1]]
        for name, model in ready.items()
    }
    found = join_truth({name: iter(some) for name, some in forecasts.items()}, city, **how)
    same = found.result
    assert (same.origins == result.origins).all()
    assert (same.horizons == result.horizons).all()
    assert (same.truth == result.truth).all()
    assert same.scheme == result.scheme
    assert same.tz == city.tz
    for name in ready:
        assert (same.proba[name] == result.proba[name]).all()
    by = ["model", "horizon", "area", "hour"]
    assert same.scores(by).equals(result.scores(by))
    assert (result.truth == MISSING).any()  # holes and what is yet to come were among them


# ---- cases one by one ----


def test_a_forecast_is_scored_at_its_own_time_and_not_before():
    panel = panel_of(np.zeros((9, 1)), "a")
    forecasts = {"x": [made(2, (1, 4), "a")]}
    for now, due in ((2, 0), (3, 1), (5, 1), (6, 2), (8, 2)):
        found = join_truth(forecasts, panel, now=START + now * STEP)
        assert [found.n_scored, found.shares().due.sum()] == [due, due]
    almost = join_truth(forecasts, panel, now=START + 6 * STEP - np.timedelta64(1, "s"))
    assert almost.n_scored == 1
    assert join_truth(forecasts, panel).now == panel.cutoff


def test_late_is_what_may_still_come_and_unscored_what_was_passed_over():
    codes = np.zeros((6, 3), np.int8)
    codes[3:, 0] = MISSING  # has fallen silent
    codes[3, 1] = MISSING  # has a hole
    codes[:, 2] = MISSING  # was never heard
    found = join_truth({"x": [made(2, (1,))]}, panel_of(codes))
    states = states_of(found, "x")
    assert [states[START + 2 * STEP, 1, name] for name in "abc"] == [LATE, UNSCORED, LATE]
    assert found.shares().loc[0, ["due", "scored", "late", "unscored"]].tolist() == [3, 0, 2, 1]
    # Where the panel ends before the time of asking, all of it may still come.
    ahead = join_truth({"x": [made(5, (1,), "b")]}, panel_of(codes), now=START + 9 * STEP)
    assert list(states_of(ahead, "x").values()) == [LATE]


def test_what_one_model_alone_forecast_is_its_own_but_not_compared():
    panel = panel_of(np.zeros((9, 3)))
    forecasts = {
        "x": [made(0, (1, 2)), made(1, (1, 2))],
        "y": [made(1, (2, 3), "cb", seed=1), made(2, (2,), "b", seed=1)],
    }
    found = join_truth(forecasts, panel)
    where = np.argwhere(found.result.truth != MISSING).tolist()
    assert where == [[1, 1, 1], [1, 1, 2]]  # from row 1, two steps, b and c
    shares = found.shares().set_index(["model", "horizon"])
    assert shares.scored.to_dict() == {
        ("x", 1): 6,
        ("x", 2): 6,
        ("x", 3): 0,
        ("y", 1): 0,
        ("y", 2): 3,
        ("y", 3): 2,
    }
    assert shares.loc[("x", 3), "cases"] == 0
    assert np.isnan(shares.loc[("x", 3), "scored_share"])
    assert (found.result.proba["y"][1, 1, [2, 1]] == forecasts["y"][0].proba[0]).all()


def test_a_part_of_the_models_is_compared_on_what_those_share():
    panel = panel_of(np.zeros((9, 3)))
    forecasts = {"x": [made(0), made(1)], "y": [made(0), made(1)], "new": [made(1)], "none": []}
    found = join_truth(forecasts, panel)
    assert found.n_scored == 0  # one of them has nothing yet
    assert found.of(["x", "y", "new"]).n_scored == 3
    pair = found.of(["y", "x"])
    assert pair.n_scored == 6
    assert pair.result.models == list(pair.states) == ["y", "x"]
    assert (
        pair.of(["x"])
        .result.scores()
        .equals(join_truth({"x": forecasts["x"]}, panel).result.scores())
    )
    with pytest.raises(InputError, match=r"no forecasts of 'z'; there are those of \['x', 'y'"):
        found.of(["x", "z"])


def test_a_charger_that_the_panel_does_not_have_is_late_and_not_lost():
    panel = panel_of(np.ones((9, 3)))
    forecasts = {"x": [made(0, (1, 9), "zab"), made(1, (1,), "yz")], "y": [made(0, (1,), "ab")]}
    found = join_truth(forecasts, panel)
    assert found.result.evse.index.tolist() == ["a", "b", "c", "z", "y"]
    assert found.result.evse.loc["z", "location_id"] == "z"
    states = states_of(found, "x")
    assert states[START, 1, "a"] == SCORED
    assert states[START, 1, "z"] == states[START + STEP, 1, "y"] == LATE
    assert states[START, 9, "z"] == PENDING
    one = found.shares().set_index(["model", "horizon"]).loc[("x", 1)]
    assert one[["cases", "due", "scored", "late"]].tolist() == [5, 5, 2, 3]
    assert found.n_scored == 2
    assert found.result.scores(["model", "area"]).n.tolist() == [2, 2]
    assert join_truth({"x": [made(0)]}, panel).result.evse.equals(panel.evse)


def test_chargers_of_the_panel_that_are_not_forecast_are_no_case():
    found = join_truth({"x": [made(0, (1,), "b")]}, panel_of(np.zeros((3, 3))))
    assert (found.states["x"] == NONE).sum() == 2
    assert found.shares().cases.tolist() == [1]


def test_what_was_forecast_before_the_panel_begins_comes_true_in_it():
    codes = np.arange(3)[:, None]
    found = join_truth({"x": [made(-2, (1, 2, 4), "a")]}, panel_of(codes, "a"))
    assert found.observed.ravel().tolist() == [-1, 0, 2]
    assert list(states_of(found, "x").values()) == [UNSCORED, SCORED, SCORED]
    far = join_truth({"x": [made(-40_000, (1,), "a")]}, panel_of(codes, "a"))
    assert list(states_of(far, "x").values()) == [UNSCORED]


def test_horizons_are_never_mixed():
    codes = np.arange(5)[:, None] % 5
    forecasts = {"x": [made(0, (1, 3), "a")], "y": [made(0, (2, 3), "a"), made(1, (1,), "a")]}
    found = join_truth(forecasts, panel_of(codes, "a"))
    assert found.result.horizons.tolist() == [1, 2, 3]
    assert found.observed[0].ravel().tolist() == [1, 2, 3]
    assert (found.result.proba["x"][0, 2, 0] == forecasts["x"][0].proba[1, 0]).all()
    assert (found.result.proba["y"][1, 0, 0] == forecasts["y"][1].proba[0, 0]).all()
    assert found.result.scores().set_index(["model", "horizon"]).n.to_dict() == {
        ("x", 3): 1,
        ("y", 3): 1,
    }


# ---- input that cannot be used ----


def test_without_a_forecast_there_is_nothing_to_score():
    panel = panel_of(np.zeros((3, 3)))
    for forecasts in ({}, {"x": []}, {"x": iter([]), "y": []}):
        with pytest.raises(EmptyInputError, match="there is no forecast, so nothing to score"):
            join_truth(forecasts, panel)


def test_a_panel_without_rows_by_now_is_refused():
    panel = panel_of(np.zeros((3, 3)))
    with pytest.raises(EmptyInputError, match="nothing was observed by 2020-10-25"):
        join_truth({"x": [made(0)]}, panel, now="2020-10-25")
    with pytest.raises(EmptyInputError, match="nothing was observed"):
        join_truth({"x": [made(0)]}, panel.head(0))


def test_the_same_forecast_twice_counts_once_and_another_is_refused():
    panel = panel_of(np.zeros((3, 3)))
    again = made(0)
    again.proba = again.proba + np.float32(3e-6)  # another number of threads
    assert join_truth({"x": [made(0), made(0), again]}, panel).n_scored == 3
    with pytest.raises(
        InputError, match=r"'x' has two forecasts from 2020-10-26T00:00:00 UTC that"
    ):
        join_truth({"x": [made(0), made(1), made(0, seed=1)]}, panel)
    assert join_truth({"x": [made(0)], "y": [made(0, seed=1)]}, panel).n_scored == 3


def test_another_vocabulary_is_refused_with_advice():
    panel = panel_of(np.zeros((3, 3)))
    occupied = StatusScheme(("available", "occupied", "down"), {"free": ("available",)})
    for forecast, how in (
        (made(0, scheme=occupied), {}),
        (made(0, scheme=STATUS.coarsen("free")), {}),
        (made(0, scheme=STATUS.coarsen("free")), {"target": "down"}),
        (made(0), {"target": "down", "within": True}),
        (made(0, scheme=STATUS.within("down")), {"target": "down"}),
    ):
        with pytest.raises(
            SchemeMismatchError, match=r"'x' forecasts \(.*, the truth has \("
        ) as no:
            join_truth({"x": [forecast]}, panel, **how)
        assert "target=" in str(no.value)
        assert "OccupiedFeed" in str(no.value)
    other = panel_of(np.zeros((3, 3)), scheme=occupied)
    with pytest.raises(SchemeMismatchError, match="OccupiedFeed"):
        join_truth({"x": [made(0)]}, other)


def test_a_target_that_is_none_is_refused():
    panel = panel_of(np.zeros((3, 3)))
    with pytest.raises(InputError, match="no coarsening 'fre'"):
        join_truth({"x": [made(0)]}, panel, target="fre")
    with pytest.raises(InputError, match="name it"):
        join_truth({"x": [made(0)]}, panel, within=True)


def test_another_step_is_refused():
    forecast = made(0, step=np.timedelta64(300, "s"))
    with pytest.raises(StepMismatchError, match=r"steps of 0:05:00, the panel has 0:15:00"):
        join_truth({"x": [forecast]}, panel_of(np.zeros((3, 3))))


def test_a_forecast_from_after_now_tells_of_a_clock():
    panel = panel_of(np.zeros((9, 3)))
    forecasts = {"x": [made(row) for row in (1, 3, 4)]}
    assert join_truth(forecasts, panel, now=START + 4 * STEP).n_scored == 6
    with pytest.raises(InputError, match=r"2 forecasts of 'x' start after now, .*01:00.*clock"):
        join_truth(forecasts, panel, now=START + 2 * STEP)
    with pytest.raises(InputError, match="1 forecasts of 'x' start after now"):
        join_truth({"x": [made(9)]}, panel)


def test_a_forecast_off_the_grid_is_refused():
    panel = panel_of(np.zeros((9, 3)))
    for shift in (1, -420):
        with pytest.raises(
            InputError, match=r"1 forecasts of 'x' start between the rows of .*grid"
        ):
            join_truth({"x": [made(2), made(3, shift=shift)]}, panel)

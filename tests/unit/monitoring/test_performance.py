from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evforecast import Climatology, Persistence, SemiMarkovForecaster, simulate
from evforecast.errors import InputError, MissingColumnsError
from evforecast.evaluation import calibration_error, calibration_interval
from evforecast.monitoring.performance import (
    PerformanceLimits,
    expected_scores,
    performance_checks,
)
from evforecast.monitoring.realised import LATE, PENDING, SCORED, UNSCORED, join_truth
from evforecast.panel import MISSING, STATUS, StatusForecast, StatusPanel, evse_table
from evforecast.timegrid import TimeGrid

STEP = np.timedelta64(900, "s")
START = np.datetime64("2020-10-26", "s")
DAY = 96


@pytest.fixture(scope="module")
def city():
    """Return forecasts of three models, every two hours over a fortnight, with the truth to its end."""
    panel = simulate(n_evse=24, days=21, start="2020-09-28", random_state=4)
    cuts = range(7 * DAY, 21 * DAY, 8)
    models = {
        "semi": SemiMarkovForecaster([4, 48]),
        "persistence": Persistence([4, 48]),
        "climatology": Climatology([4, 48]),
    }
    ready = {name: model.fit(panel.head(7 * DAY)) for name, model in models.items()}
    forecasts = {k: [m.predict_proba(panel.head(n)) for n in cuts] for k, m in ready.items()}
    # From three days of its own, one of them has none.
    forecasts["climatology"] = forecasts["climatology"][36:]
    return join_truth(forecasts, panel)


@pytest.fixture(scope="module")
def checked(city):
    published = pd.DataFrame({"horizon": [4, 16], "log_loss": [0.3, 0.4], "n": [9, 9]})
    return performance_checks(
        city, "semi", baselines=["persistence", "climatology"], published=published
    )


def drawn(told=lambda law, *_: law, *, days=14, m=24, every=8, names=("told",), seed=0):
    """Return forecasts one step ahead of truths that are drawn from known laws.

    What is forecast is what `told` makes of the law, ``[evse, status]``, and the day; by name, the model.
    """
    rng = np.random.default_rng(seed)
    codes = np.full((days * DAY, m), MISSING, np.int8)
    table = evse_table([f"E{i}" for i in range(m)])
    forecasts = {name: [] for name in names}
    for row in range(0, days * DAY, every):
        law = rng.dirichlet(np.ones(5), m)
        codes[row + 1] = (rng.random((m, 1)) > law.cumsum(axis=1)[:, :-1]).sum(axis=1)
        for name in names:
            said = told(law, row // DAY, name) if len(names) > 1 else told(law, row // DAY)
            forecasts[name].append(
                StatusForecast(
                    said[None],
                    cutoff=START + row * STEP,
                    step=STEP,
                    horizons=[1],
                    evse=table,
                    scheme=STATUS,
                )
            )
    return join_truth(forecasts, StatusPanel(codes, TimeGrid(START, STEP, len(codes)), table))


def too_sure(law):
    sharp = law**3
    return sharp / sharp.sum(axis=1, keepdims=True)


def one(checks, check, horizon=None, model="semi"):
    (found,) = (
        c
        for c in checks
        if c.check == check and (horizon is None or c.subject == f"{model}, {horizon} steps")
    )
    return found


def losses_of(found, model):
    """Return minus the logarithm of what was told of what came, by case; NaN without a truth."""
    law, truth = found.result.proba[model].astype(float), found.observed
    p = np.take_along_axis(law, np.maximum(truth, 0)[..., None].astype(int), axis=-1)[..., 0]
    return np.where(truth >= 0, -np.log(np.maximum(p, 1e-4)), np.nan)


# ---- every value against a direct computation ----


def test_the_share_without_a_truth(city, checked):
    for place, horizon in enumerate([4, 48]):
        states = city.states["semi"][:, place]
        n = [int((states == state).sum()) for state in (SCORED, LATE, UNSCORED)]
        found = one(checked, "truth", horizon)
        assert found.value == pytest.approx(1 - n[0] / sum(n))
        assert f"{n[0]:,} of {sum(n):,} forecasts that are due have a truth" in found.reason
        assert f"{n[1]:,} are late, {n[2]:,} were passed over." in found.reason
        assert (found.group, found.status) == ("skill", "OK")
        assert n[1] + n[2] > 0


@pytest.mark.parametrize("baseline", ["persistence", "climatology"])
def test_the_ratio_to_a_baseline_on_the_cases_of_both(city, checked, baseline):
    for place, horizon in enumerate([4, 48]):
        both = np.logical_and(*(city.states[k][:, place] == SCORED for k in ("semi", baseline)))
        ours, theirs = (losses_of(city, k)[:, place][both] for k in ("semi", baseline))
        days = city.result.origins[both.any(axis=1)].astype("datetime64[D]")
        found = one(checked, f"against {baseline}", horizon)
        assert found.value == pytest.approx(ours.sum() / theirs.sum())
        assert f"over {len(np.unique(days))} days" in found.reason
        assert found.status == ("ERROR" if found.value >= 1.05 else "OK")
    assert len(np.unique(days)) == (15 if baseline == "persistence" else 12)


def test_the_ratio_to_what_was_published(city, checked):
    scored = city.states["semi"][:, 0] == SCORED
    found = one(checked, "against publication", 4)
    now = losses_of(city, "semi")[:, 0][scored].mean()
    assert found.value == pytest.approx(now / 0.3)
    assert found.reason == f"Log loss {now:.3f} nats, 0.300 when it was published."


def test_horizons_that_only_one_side_has_are_empty(checked):
    ours, theirs = (one(checked, "against publication", horizon) for horizon in (48, 16))
    assert (ours.status, ours.reason) == ("EMPTY", "No log loss was published of it.")
    assert theirs.status == "EMPTY"
    assert "there are no forecasts of it" in theirs.reason


def test_calibration_of_the_worst_status(city, checked):
    days = city.result.origins.astype("datetime64[D]").astype(int)
    late = days > days.max() - 7
    for place, horizon in enumerate([4, 48]):
        law, truth = city.result.proba["semi"][:, place], city.observed[:, place]
        whole, rise = [], []
        for code in range(5):
            hit = np.where(truth >= 0, truth == code, -1)
            whole.append(calibration_interval(law[..., code], hit, days[:, None])[1])
            _, least, _ = calibration_interval(law[late, :, code], hit[late], days[late][:, None])
            rise.append(least - calibration_error(law[~late, :, code], hit[~late]))
        assert one(checked, "calibration", horizon).value == pytest.approx(max(whole))
        of_late = one(checked, "calibration of late", horizon)
        assert of_late.value == pytest.approx(max(rise))
        assert STATUS.names[int(np.argmax(rise))] in of_late.reason


def slow_estimate(found, model, place):
    """Return usual, estimate and spread, case by case, hour by hour."""
    result, horizon = found.result, int(found.result.horizons[place])
    states, losses = found.states[model][:, place], losses_of(found, model)[:, place]
    scored, pending = [], []
    for i, k in np.ndindex(states.shape):
        time = pd.Timestamp(result.origins[i] + horizon * result.step, tz="UTC")
        law = result.proba[model][i, place, k].astype(float)
        own = -sum(p * np.log(p) for p in law if p > 0)
        case = (time, time.tz_convert(result.tz).hour, own, losses[i, k])
        if states[i, k] == SCORED:
            scored.append(case)
        elif states[i, k] == PENDING:
            pending.append(case)

    def held(some, against):
        """Return the mean usual loss at the hours of some cases, and how far off their entropy is."""
        usual, gap = [], []
        for _, hour, own, _ in some:
            same = [(o, loss) for _, h, o, loss in against if h == hour]
            if same:
                mean_own, mean_loss = np.mean(same, axis=0)
                usual.append(mean_loss)
                gap.append(own - mean_own)
        enough = len(gap) and 2 * len(gap) >= len(some)
        return (np.mean(usual), np.mean(gap)) if enough else (np.nan, np.nan)

    length = pd.Timedelta(horizon * result.step)
    last = max(case[0] for case in scored)
    blocks = {}
    for case in scored:
        blocks.setdefault((last - case[0]) // length, []).append(case)
    times = np.unique([case[0] for case in scored])
    whole = (last - min(times) + min(np.diff(times))) // length
    kept = [case for block in range(whole) for case in blocks.get(block, [])]
    gaps = [
        held(blocks[block], [case for case in kept if case not in blocks[block]])[1]
        for block in range(whole)
        if 10 * len(blocks.get(block, [])) >= len(kept) / whole
    ]
    usual, gap = held(pending, kept)
    return usual, usual + gap, 1.4826 * np.nanmedian(np.abs(gaps))


def test_expected_scores_against_a_slow_loop(city):
    few = join_truth_of(city, "semi", chargers=4)
    table = expected_scores(few, "semi").set_index("horizon")
    for place, horizon in enumerate([4, 48]):
        states, loss = few.states["semi"][:, place], losses_of(few, "semi")[:, place]
        law = few.result.proba["semi"][:, place].astype(float)
        own = -(law * np.log(np.where(law > 0, law, 1))).sum(axis=-1)
        scored, pending = states == SCORED, states == PENDING
        row = table.loc[horizon]
        assert (row.n_scored, row.n_pending) == (scored.sum(), pending.sum())
        assert row.log_loss == pytest.approx(loss[scored].mean())
        assert row.entropy == pytest.approx(own[scored].mean())
        if horizon == 4:
            assert row.n_pending == 0
            assert row[["entropy_pending", "usual", "estimate"]].isna().all()
        else:
            assert row.n_pending == 5 * 4
            assert row.entropy_pending == pytest.approx(own[pending].mean())
            expected = slow_estimate(few, "semi", place)
            assert row[["usual", "estimate", "spread"]].tolist() == pytest.approx(expected)


def join_truth_of(found, model, chargers):
    """Return what was found of one model and the first chargers."""
    alone = found.of([model])
    result = replace(
        alone.result,
        proba={model: alone.result.proba[model][:, :, :chargers]},
        truth=alone.result.truth[:, :, :chargers],
        evse=alone.result.evse.iloc[:chargers],
    )
    states = {model: alone.states[model][:, :, :chargers]}
    return replace(alone, result=result, states=states, observed=alone.observed[:, :, :chargers])


def test_the_estimate_is_graded_against_the_usual_and_what_usually_strays(city, checked):
    row = expected_scores(city, "semi").iloc[1]
    found = one(checked, "expected (estimate)", 48)
    assert found.value == pytest.approx(row.estimate / row.usual)
    assert found.warning == pytest.approx(max(1.15, 1 + 4 * row.spread / row.usual))
    assert found.error == pytest.approx(max(1.3, 1 + 6 * row.spread / row.usual))
    assert f"of the {int(row.n_pending)} forecasts without a truth yet" in found.reason
    none = one(checked, "expected (estimate)", 4)
    assert none.status == "EMPTY"
    assert none.reason.startswith("No forecast waits for its truth")


# ---- what they are to find ----


@pytest.fixture(scope="module")
def truthful():
    return drawn()


def test_a_model_that_says_what_is_so_is_well(truthful):
    found = performance_checks(truthful, "told")
    assert {c.check: c.status for c in found} == {
        "truth": "OK",
        "expected (estimate)": "EMPTY",
        "calibration": "OK",
        "calibration of late": "OK",
    }


def test_a_model_that_is_too_sure_is_caught():
    found = performance_checks(drawn(lambda law, _: too_sure(law)), "told")
    whole = one(found, "calibration")
    assert whole.status == "ERROR"
    assert "Expected calibration error 0." in whole.reason
    assert one(found, "calibration of late").status == "OK"  # it always was


def test_a_model_that_has_become_too_sure_is_caught():
    turned = drawn(lambda law, day: too_sure(law) if day >= 15 else law, days=20)
    found = performance_checks(turned, "told", recent_days=5)
    assert one(found, "calibration of late").status == "ERROR"
    assert "in the last 5 days" in one(found, "calibration of late").reason
    assert one(found, "calibration").value < one(found, "calibration of late").value


def test_too_few_days_of_late_or_before_are_empty(truthful):
    for recent, days in (
        (3, "3 of the last 3 days and on 11"),
        (10, "10 of the last 10 days and on 4"),
    ):
        found = one(performance_checks(truthful, "told", recent_days=recent), "calibration of late")
        assert found.status == "EMPTY"
        assert f"{days} before; 5 of both are needed." in found.reason


def test_a_model_worse_than_a_baseline_is_an_error():
    def told(law, day, name):
        return law if name == "good" else too_sure(law)

    both = drawn(told, names=("good", "bad"))
    bad, good = (
        one(performance_checks(both, name, baselines=[other]), f"against {other}")
        for name, other in (("bad", "good"), ("good", "bad"))
    )
    assert bad.status == "ERROR"
    assert good.status == "OK"
    assert bad.value == pytest.approx(1 / good.value)
    same = drawn(lambda law, *_: law, names=("good", "bad"))
    found = one(performance_checks(same, "good", baselines=["bad"]), "against bad")
    assert (found.value, found.status) == (1.0, "WARNING")


def test_a_score_far_above_the_published_is_caught(truthful):
    now = expected_scores(truthful, "told").log_loss.item()
    for then, status in (
        (now * 1.2, "OK"),
        (now, "OK"),
        (now / 1.2, "WARNING"),
        (now / 1.3, "ERROR"),
    ):
        published = pd.DataFrame({"log_loss": [then], "horizon": [1]})
        found = one(
            performance_checks(truthful, "told", published=published), "against publication"
        )
        assert found.status == status
        assert found.value == pytest.approx(now / then)


def by_the_hour(pending_law=None, *, start=START, now=44):
    """Return forecasts two hours ahead, easy in the morning of Paris, hard later on; at noon, by default."""
    rng = np.random.default_rng(0)
    easy, hard = np.array([0.96, 0.01, 0.01, 0.01, 0.01]), np.full(5, 0.2)
    n = 10 * DAY + now + 1
    codes = np.zeros((n, 4), np.int8)
    table = evse_table(list("abcd"))
    some = []
    for row in range(0, n, 2):
        when = pd.Timestamp(start + (row + 8) * STEP, tz="UTC").tz_convert("Europe/Paris")
        law = hard if when.hour >= 12 else easy
        if row + 8 < n:
            codes[row + 8] = rng.choice(5, 4, p=law)
        elif pending_law is not None:
            law = pending_law
        some.append(
            StatusForecast(
                np.broadcast_to(law, (1, 4, 5)),
                cutoff=start + row * STEP,
                step=STEP,
                horizons=[8],
                evse=table,
                scheme=STATUS,
            )
        )
    grid = TimeGrid(start, STEP, n)
    return join_truth({"told": some}, StatusPanel(codes, grid, table, tz="Europe/Paris"))


def test_hours_that_are_always_hard_are_no_sign_and_spread_forecasts_are():
    usual = by_the_hour()
    table = expected_scores(usual, "told").iloc[0]
    assert table.entropy_pending > 1.5 * table.log_loss  # against all hours it would look bad
    assert table.estimate == pytest.approx(table.usual)
    found = one(performance_checks(usual, "told"), "expected (estimate)")
    assert (found.status, round(found.value, 6)) == ("OK", 1.0)
    # The same hours, of which more is known than ever: less than usual is no trouble.
    sharp = one(
        performance_checks(by_the_hour([0.8, 0.05, 0.05, 0.05, 0.05]), "told"),
        "expected (estimate)",
    )
    assert sharp.value < 0.7
    assert sharp.status == "OK"


def test_hours_are_those_of_the_clock_on_the_wall():
    # Clocks went back on the sixth day: ten o'clock UTC is not noon any more.
    after = by_the_hour(start=np.datetime64("2020-10-20", "s"), now=40)
    table = expected_scores(after, "told").iloc[0]
    assert table.estimate == pytest.approx(table.usual)


def test_forecasts_that_know_less_than_ever_are_caught():
    def told(law, day):
        return law * 0.1 + 0.18 if day >= 13 else law

    found = drawn(told)
    # The truth of the last day has not come.
    early = np.datetime64("2020-11-08", "s")
    states = {"told": found.states["told"].copy()}
    states["told"][found.result.origins >= early] = PENDING
    checks = performance_checks(replace(found, states=states), "told")
    assert one(checks, "expected (estimate)").status == "WARNING"
    assert one(checks, "calibration of late").status == "OK"  # no truth speaks of them


# ---- where there is little, or nothing ----


def test_with_too_few_days_nothing_but_the_share_is_judged(city):
    published = pd.DataFrame({"horizon": [4, 48], "log_loss": 0.3})
    how = {"baselines": ["persistence"], "published": published}
    found = performance_checks(city, "semi", limits=PerformanceLimits(fewest_days=16), **how)
    assert {c.check for c in found if c.status != "EMPTY"} == {"truth"}
    for horizon, days in ((4, 14), (48, 15)):
        reason = f"A truth is known on {days} days; 16 are needed."
        few = [c for c in found if c.subject == f"semi, {horizon} steps" and c.check != "truth"]
        assert {c.reason for c in few} == {reason}
    assert len(found) == 2 * 6
    enough = performance_checks(city, "semi", limits=PerformanceLimits(fewest_days=14), **how)
    assert one(enough, "against persistence", 4).status != "EMPTY"
    assert one(enough, "calibration of late", 4).status == "EMPTY"


def test_one_day_is_too_few_whatever_is_asked():
    found = performance_checks(
        drawn(days=1), "told", baselines=["told"], limits=PerformanceLimits(fewest_days=1)
    )
    assert {c.check for c in found if c.status != "EMPTY"} == {"truth"}
    assert "2 are needed" in one(found, "calibration").reason


def test_forecasts_without_any_truth():
    table = evse_table(["a", "b"])
    panel = StatusPanel(np.zeros((9, 2), np.int8), TimeGrid(START, STEP, 9), table)
    ahead = StatusForecast(
        np.full((2, 2, 5), 0.2),
        cutoff=panel.cutoff,
        step=STEP,
        horizons=[1, 2],
        evse=table,
        scheme=STATUS,
    )
    found = join_truth({"x": [ahead], "y": [ahead], "z": []}, panel)
    published = pd.DataFrame({"horizon": [1], "log_loss": [0.5]})
    for model in ("x", "z"):
        checks = performance_checks(found, model, baselines=["y"], published=published)
        assert checks.status == "EMPTY"
        assert all(check.reason for check in checks)
        scores = expected_scores(found, model)
        assert scores[["log_loss", "entropy", "usual", "estimate", "spread"]].isna().all(axis=None)
        assert (scores.n_scored == 0).all()
    assert expected_scores(found, "x").entropy_pending.tolist() == pytest.approx([np.log(5)] * 2)


def test_perfect_forecasts_and_a_published_nought_are_no_division_by_it():
    perfect = drawn(lambda law, *_: law, names=("a", "b"))
    for law in perfect.result.proba.values():
        np.put_along_axis(law, np.maximum(perfect.observed, 0)[..., None].astype(int), 1.0, axis=-1)
        law[law < 1] = 0.0
    published = pd.DataFrame({"horizon": [1], "log_loss": [0.0]})
    found = performance_checks(perfect, "a", baselines=["b"], published=published)
    assert one(found, "against b").status == one(found, "against publication").status == "EMPTY"
    assert one(found, "calibration").status == "OK"


def test_a_baseline_that_lacks_a_horizon_takes_nothing_from_the_others(city):
    found = city.of(["semi", "persistence"])
    found.states["persistence"] = found.states["persistence"].copy()
    found.states["persistence"][:, 1] = -1
    checks = performance_checks(found, "semi", baselines=["persistence"])
    assert one(checks, "against persistence", 48).status == "EMPTY"
    assert one(checks, "calibration", 48) == one(
        performance_checks(city, "semi"), "calibration", 48
    )
    assert one(checks, "against persistence", 4).status != "EMPTY"


def test_of_two_statuses_one_is_looked_at(city):
    result = city.result.coarsen("free")
    observed = city.result.scheme.coarsen_codes(city.observed, "free")
    found = performance_checks(replace(city, result=result, observed=observed), "semi")
    law, truth = result.proba["semi"][:, 0, :, 1], observed[:, 0]
    days = city.result.origins.astype("datetime64[D]").astype(int)
    _, low, _ = calibration_interval(law, truth, days[:, None])
    assert one(found, "calibration", 4).value == pytest.approx(low)
    assert "of free, at least" in one(found, "calibration", 4).reason


# ---- input that cannot be used ----


def test_a_model_without_forecasts_is_refused(city):
    for call in (
        lambda: performance_checks(city, "direct"),
        lambda: performance_checks(city, "semi", baselines=["direct"]),
        lambda: expected_scores(city, "direct"),
    ):
        with pytest.raises(
            InputError, match=r"no forecasts of 'direct'; there are those of \['semi'"
        ):
            call()


def test_published_scores_that_cannot_be_used_are_refused(city):
    with pytest.raises(MissingColumnsError, match="performance_checks: published") as no:
        performance_checks(city, "semi", published=pd.DataFrame({"horizon": [4], "loss": [1.0]}))
    assert no.value.missing == ["log_loss"]
    twice = pd.DataFrame({"horizon": [4, 4, 48], "log_loss": [0.3, 0.2, 0.4]})
    with pytest.raises(InputError, match=r"several scores of the horizons .*4"):
        performance_checks(city, "semi", published=twice)

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_backtests import made_backtest

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import comparison
from evforecast.evaluation.comparison import compare, verdict_text
from evforecast.evaluation.paired_tests import diebold_mariano, holm


def losses(n_days=10, a_day=8, h=3, m=6, *, seed=0, gain=0.9):
    """Return losses that days, and chargers, have in common: ``a`` is better than ``b`` by `gain`."""
    rng = np.random.default_rng(seed)
    n = n_days * a_day
    day = np.repeat(rng.gamma(8, 1 / 8, n_days), a_day)[:, None, None]
    better = np.repeat(rng.normal(gain, 0.04, n_days), a_day)[:, None, None]
    base = day * rng.gamma(4, 0.1, (n, h, m)) * (1 + np.arange(h)[:, None] / 2)
    return {"a": base * better * rng.normal(1, 0.05, (n, h, m)), "b": base}


def holed(n, h, m, seed=5):
    return np.where(np.random.default_rng(seed).random((n, h, m)) < 0.2, -1, 0).astype(np.int8)


@pytest.fixture(scope="module")
def result():
    return made_backtest(losses(), truth=holed(80, 3, 6))


def slow(result, model, reference, mask, score="log_loss", draws=2000):
    """Compare over the cases of a mask with plain loops: draw days, take their cases, take means."""
    mask = np.broadcast_to(mask, result.truth.shape) & (result.truth >= 0)
    ours, theirs = result.cases(model, score), result.cases(reference, score)
    day_of = result.origins.astype("M8[D]")
    days = [d for d in np.unique(day_of) if mask[day_of == d].any()]
    cases = [
        (ours[day_of == d][mask[day_of == d]], theirs[day_of == d][mask[day_of == d]]) for d in days
    ]
    rng = np.random.default_rng(9)
    ratios = []
    for _ in range(draws):
        pick = rng.integers(0, len(days), len(days))
        drawn = [np.concatenate([cases[i][side] for i in pick]) for side in (0, 1)]
        ratios.append(drawn[0].mean() / drawn[1].mean())
    means = np.array(
        [(ours - theirs)[i][mask[i]].mean() if mask[i].any() else np.nan for i in range(len(mask))]
    )
    return {
        "ratio": ours[mask].mean() / theirs[mask].mean(),
        "low": np.quantile(ratios, 0.025),
        "high": np.quantile(ratios, 0.975),
        "difference": (ours - theirs)[mask].mean(),
        "means": means,
        "n": mask.sum(),
        "days": len(days),
    }


@pytest.mark.parametrize("score", ["log_loss", "brier"])
@pytest.mark.parametrize("by", [("horizon",), (), ("area", "horizon")])
def test_against_drawing_actual_cases(result, by, score):
    table = compare(result, "a", "b", by=by, score=score, n_draws=4000)
    assert len(table) == {(): 1, ("horizon",): 3}.get(by, 6)
    area = np.asarray(result.evse["area"])
    for _, row in table.iterrows():
        mask = np.ones(result.truth.shape, bool)
        if "horizon" in by:
            mask &= (result.horizons == row["horizon"])[:, None]
        if "area" in by:
            mask &= area == row["area"]
        expected = slow(result, "a", "b", mask, score)
        for name in ("ratio", "difference", "n", "days"):
            assert row[name] == pytest.approx(expected[name]), name
        assert row["low"] == pytest.approx(expected["low"], abs=4e-3)
        assert row["high"] == pytest.approx(expected["high"], abs=4e-3)
        longest = row["horizon"] if "horizon" in by else 16
        overlap = max(-(-longest * 15 // 180) - 1, 0)
        assert (row["dm"], row["p"]) == pytest.approx(
            diebold_mariano(expected["means"], overlap=overlap)
        )
    np.testing.assert_allclose(table["p_holm"], holm(table["p"].to_numpy()))


def test_the_test_allows_for_as_much_overlap_as_the_horizon_makes(result):
    long = replace(
        result, horizons=np.array([4, 96, 190])
    )  # 15 minutes each; origins are 3 hours apart
    table = compare(long, "a", "b")
    gaps = result.cases("a") - result.cases("b")
    with_all = compare(long, "a", "b", by=()).iloc[0]
    for place, overlap in enumerate((0, 7, 15)):
        expected = diebold_mariano(np.nanmean(gaps[:, place], axis=1), overlap=overlap)
        assert (table["dm"][place], table["p"][place]) == pytest.approx(expected)
    expected = diebold_mariano(np.nanmean(gaps, axis=(1, 2)), overlap=15)
    assert (with_all["dm"], with_all["p"]) == pytest.approx(expected)


def test_days_are_drawn_whole_so_that_the_interval_is_wider_than_of_independent_origins(result):
    row = compare(result, "a", "b", by=()).iloc[0]
    single = made_backtest(losses(), truth=result.truth, every="1D")  # each origin a day of its own
    other = compare(single, "a", "b", by=()).iloc[0]
    assert row["ratio"] == pytest.approx(other["ratio"])
    assert row["high"] - row["low"] > 1.3 * (other["high"] - other["low"])


def test_swapping_the_models_mirrors_everything(result):
    table, mirrored = compare(result, "a", "b", margin=0.02), compare(result, "b", "a", margin=0.02)
    np.testing.assert_allclose(mirrored["ratio"], 1 / table["ratio"])
    np.testing.assert_allclose(mirrored["low"], 1 / table["high"], rtol=2e-3)
    np.testing.assert_allclose(mirrored["high"], 1 / table["low"], rtol=2e-3)
    np.testing.assert_allclose(mirrored["dm"], -table["dm"])
    np.testing.assert_allclose(mirrored[["p", "p_holm"]], table[["p", "p_holm"]])
    assert table["verdict"].tolist() == ["better"] * 3
    assert mirrored["verdict"].tolist() == ["worse"] * 3


def test_scaling_both_scores_changes_the_difference_alone():
    small = losses()
    table = compare(made_backtest(small), "a", "b")
    half = compare(made_backtest({name: loss / 2 for name, loss in small.items()}), "a", "b")
    names = ["ratio", "low", "high", "dm", "p", "p_holm"]
    np.testing.assert_allclose(half[names], table[names], rtol=1e-4)
    np.testing.assert_allclose(half["difference"], table["difference"] / 2, rtol=1e-4)


def test_a_model_against_itself(result):
    table = compare(result, "a", "a")
    np.testing.assert_allclose(table[["ratio", "low", "high", "p_holm"]], 1)
    assert (table["verdict"] == "no difference shown").all()


def test_gaps_and_the_order_of_origins(result):
    keep = np.random.default_rng(0).permutation(np.delete(np.arange(80), [3, 4, 20, 41, 42, 43]))
    some = replace(
        result,
        proba={name: proba[keep] for name, proba in result.proba.items()},
        truth=result.truth[keep],
        origins=result.origins[keep],
    )
    mask = np.isin(np.arange(80), keep)[:, None] & np.ones(6, bool)
    pd.testing.assert_frame_equal(compare(some, "a", "b"), compare(result.where(mask), "a", "b"))


def test_groups_without_truth_are_left_out(result):
    truth = result.truth.copy()
    truth[:, 1] = -1
    table = compare(replace(result, truth=truth), "a", "b")
    assert table["horizon"].tolist() == [1, 16]
    full = compare(result, "a", "b").set_index("horizon").loc[[1, 16]]
    np.testing.assert_allclose(table["ratio"], full["ratio"])


def test_too_few_days_or_origins_give_no_verdict():
    four = made_backtest(losses(4))
    assert set(compare(four, "a", "b")["verdict"]) == {"too few days"}
    ten = made_backtest(losses(10))
    assert set(compare(ten, "a", "b")["verdict"]) == {"better"}
    assert set(compare(ten, "a", "b", block="3D")["verdict"]) == {"too few days"}
    few = replace(ten, horizons=np.array([1, 4, 960]))  # ten days ahead: all forecasts overlap
    table = compare(few, "a", "b").set_index("horizon")
    assert table.loc[960, "verdict"] == "too few days"
    assert np.isnan(table.loc[960, "p_holm"])
    np.testing.assert_allclose(table.loc[[1, 4], "p_holm"], holm(table.loc[[1, 4], "p"].to_numpy()))


@pytest.mark.parametrize(
    ("row", "margin", "verdict"),
    [
        ({"low": 0.9, "high": 0.97}, 0.0, "better"),
        ({"low": 0.9, "high": 0.97}, 0.05, "no difference shown"),
        ({"low": 0.9, "high": 0.97, "p_holm": 0.06}, 0.0, "no difference shown"),
        ({"low": 0.9, "high": 1.01}, 0.0, "no difference shown"),
        ({"low": 1.03, "high": 1.2}, 0.0, "worse"),
        ({"low": 1.03, "high": 1.2}, 0.05, "no difference shown"),
        ({"low": 1.06, "high": 1.2}, 0.05, "worse"),
        ({"low": 0.9, "high": 0.97, "blocks": 4}, 0.0, "too few days"),
        ({"low": 0.9, "high": 0.97, "p": np.nan, "p_holm": np.nan}, 0.0, "too few days"),
        ({"low": np.nan, "high": np.nan}, 0.0, "no difference shown"),
    ],
)
def test_verdicts(row, margin, verdict):
    table = pd.DataFrame([{"blocks": 5, "p": 0.01, "p_holm": 0.01} | row])
    assert comparison._verdicts(table, 0.95, margin).tolist() == [verdict]


def test_a_difference_by_chance_among_many_rows_is_none():
    # two hundred chargers, all without a difference: some are called at 5 %, none by all together
    rng = np.random.default_rng(4)
    base = rng.gamma(4, 0.1, (160, 1, 200))
    noise = rng.normal(0, 0.05, base.shape)
    table = compare(made_backtest({"a": base + noise, "b": base}), "a", "b", by=("evse_id",))
    alone = (table["p"] < 0.05) & ((table["high"] < 1) | (table["low"] > 1))
    assert 2 <= alone.sum() <= 25
    assert set(table["verdict"]) == {"no difference shown"}


def test_a_perfect_reference_is_better():
    base = losses()["b"]
    result = made_backtest({"a": base, "b": np.zeros_like(base)})
    row = compare(result, "a", "b", by=()).iloc[0]
    assert (row["ratio"], row["verdict"]) == (np.inf, "worse")
    assert compare(result, "b", "a", by=()).iloc[0]["verdict"] == "better"


def test_the_seed_decides(result):
    first = compare(result, "a", "b", random_state=1)
    pd.testing.assert_frame_equal(first, compare(result, "a", "b", random_state=1))
    assert not first["low"].equals(compare(result, "a", "b", random_state=2)["low"])


def test_sentences(result):
    row = compare(result, "a", "b", by=(), margin=0.01).iloc[0]
    base = row.to_dict() | {"ratio": 0.959, "low": 0.937, "high": 0.98, "days": 21}
    cases = {
        "a is 4.1 % better than b (95 % interval 2.0 to 6.3 %, 21 days)": {},
        "a is 4.1 % better than b at 4 steps for area x (95 % interval 2.0 to 6.3 %, 21 days)": {
            "horizon": 4,
            "area": "x",
        },
        "a is 7.0 % worse than b at 1 step (90 % interval 1.0 to 12.0 %, 21 days)": {
            "horizon": 1,
            "verdict": "worse",
            "ratio": 1.07,
            "low": 1.01,
            "high": 1.12,
            "level": 0.9,
        },
        "no difference of more than 1 % between a and b is shown "
        "(ratio 0.959, 95 % interval 0.937 to 0.980, p 0.25, 21 days)": {
            "verdict": "no difference shown",
            "p_holm": 0.25,
        },
        "a against b: too few days to tell (1 day; 5 blocks of days are the least)": {
            "verdict": "too few days",
            "days": 1,
        },
    }
    for text, changes in cases.items():
        assert verdict_text(pd.Series(base | changes)) == text
    table = compare(result, "a", "b")
    lines = verdict_text(table).splitlines()
    assert lines == [verdict_text(table.iloc[i]) for i in range(3)]
    assert lines[2].startswith("a is ")
    assert " at 16 steps (95 % interval " in lines[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reference": "nobody"}, "nobody"),
        ({"score": "accuracy"}, "choose among 'log_loss', 'brier'"),
        ({"by": ("colour",)}, "cannot group by 'colour'"),
        ({"by": ("n",)}, "columns of its own"),
        ({"block": "6h"}, "whole number of days"),
        ({"block": "often"}, "whole number of days"),
        ({"level": 95}, "level=95"),
        ({"margin": 1.0}, "margin=1.0"),
    ],
)
def test_bad_input(result, arguments, message):
    given = {"model": "a", "reference": "b"} | arguments
    with pytest.raises(InputError, match=message):
        compare(result, given.pop("model"), given.pop("reference"), **given)


def test_no_truth_and_missing_forecasts_are_refused(result):
    with pytest.raises(EmptyInputError, match="no case of"):
        compare(replace(result, truth=np.full_like(result.truth, -1)), "a", "b")
    hole = result.proba["a"].copy()
    hole[:2] = np.nan
    with pytest.raises(InputError, match="NaN"):
        compare(replace(result, proba={"a": hole, "b": result.proba["b"]}), "a", "b")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

import evforecast as ev
from evforecast.errors import InputError, SchemeMismatchError
from evforecast.evaluation import auc, average_precision, calibration_error, ranking_scores

CASES = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        # few different chances, so that there are ties; all of them exact in float32
        hnp.arrays(np.float32, n, elements=st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.875, 1.0])),
        hnp.arrays(np.int8, n, elements=st.sampled_from([0, 1])),
    )
)


@given(CASES)
def test_against_scikit_learn(case):
    p, hit = case
    if not hit.any():
        assert np.isnan(average_precision(p, hit))
    else:
        assert average_precision(p, hit) == pytest.approx(metrics.average_precision_score(hit, p))
    if hit.min() == hit.max():
        assert np.isnan(auc(p, hit))
    else:
        assert auc(p, hit) == pytest.approx(metrics.roc_auc_score(hit, p))


def test_unknown_truth_is_left_out_and_shapes_must_agree():
    p, obs = np.array([[0.2, 0.9], [0.5, 0.1]]), np.array([[0, 1], [-1, 0]])
    assert auc(p, obs) == 1
    assert average_precision(p, obs) == 1
    for score in (auc, average_precision):
        with pytest.raises(InputError, match="one shape"):
            score(p, obs[0])


@given(CASES, st.data())
def test_a_weight_is_a_repetition(case, data):
    p, hit = case
    times = data.draw(hnp.arrays(np.int64, len(p), elements=st.integers(0, 3)))
    hit = np.where(data.draw(hnp.arrays(np.bool_, len(p))), hit, -1)
    for score in (auc, average_precision):
        weighted = score(p, hit, weights=times)
        np.testing.assert_equal(weighted, score(np.repeat(p, times), np.repeat(hit, times)))


def test_weights_against_scikit_learn():
    rng = np.random.default_rng(0)
    p, hit, weights = rng.random(200).round(1), rng.integers(0, 2, 200), rng.random(200)
    assert auc(p, hit, weights=weights) == pytest.approx(
        metrics.roc_auc_score(hit, p, sample_weight=weights)
    )
    assert average_precision(p, hit, weights=weights) == pytest.approx(
        metrics.average_precision_score(hit, p, sample_weight=weights)
    )


def test_no_rank_and_no_weight_are_refused():
    p, obs = np.array([0.1, np.nan, 0.3]), np.array([0, 1, 1])
    for score in (auc, average_precision):
        with pytest.raises(InputError, match="1 forecasts of a known truth are NaN"):
            score(p, obs)
        assert score(p, np.array([0, -1, 1])) == 1
        with pytest.raises(InputError, match="weights are negative"):
            score(np.nan_to_num(p), obs, weights=[1, 1, -1])


@pytest.fixture(scope="module")
def result():
    panel = ev.simulate(n_evse=12, days=6, random_state=0)
    models = {"s": ev.SemiMarkovForecaster([4, 16]), "c": ev.Climatology([4, 16])}
    return ev.backtest(models, panel, every="2h", last="2D", target="free")


@pytest.mark.parametrize("by", [("horizon",), (), ("model", "horizon", "area")])
def test_the_table_agrees_with_the_backtest_and_with_scikit_learn(result, by):
    table = ranking_scores(result, by)
    plain = result.scores(by)
    assert table["model"].tolist() == plain["model"].tolist()
    for name in ("log_loss", "brier", "n"):
        np.testing.assert_allclose(table[name], plain[name])
    assert [*table.columns[: len(plain.columns) - 4]] == [*plain.columns[: len(plain.columns) - 4]]
    row = table.iloc[0]
    at = np.ones_like(result.truth, bool)
    if "horizon" in by:
        at[:, result.horizons != row.horizon] = False
    if "area" in by:
        at[:, :, np.asarray(result.evse["area"].fillna("unknown")) != row.area] = False
    at &= result.truth >= 0
    p, hit = result.proba[row.model][..., 1][at], result.truth[at]
    assert row.auc == pytest.approx(metrics.roc_auc_score(hit, p))
    assert row.average_precision == pytest.approx(metrics.average_precision_score(hit, p))
    assert row.brier == pytest.approx(2 * metrics.brier_score_loss(hit, p))
    assert row.base_rate == pytest.approx(hit.mean())
    assert row.ece == pytest.approx(calibration_error(p, hit))


def test_all_statuses_are_refused():
    panel = ev.simulate(n_evse=3, days=3, random_state=0)
    fine = ev.backtest({"c": ev.Climatology([4])}, panel, every="6h", last="1D")
    with pytest.raises(SchemeMismatchError, match="an event and its absence"):
        ranking_scores(fine)
    assert len(ranking_scores(fine.coarsen("free"))) == 1

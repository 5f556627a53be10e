import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from evforecast import Climatology, DirectForecaster, backtest, simulate
from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.forecasting.direct import _default_classifier, _logarithmic_pool
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=12, days=10, random_state=0)


@pytest.mark.conformance
@pytest.mark.parametrize("target", [None, "charging"])
def test_conformance(target):
    check_forecaster(
        DirectForecaster(horizons=[1, 96], target=target, max_rows=3000, random_state=0)
    )


def test_it_beats_climatology_an_hour_ahead(panel):
    models = {
        "direct": DirectForecaster(horizons=[4], random_state=0),
        "climatology": Climatology(horizons=[4]),
    }
    table = backtest(models, panel, every="2h", last="2D").scores().set_index("model")
    assert table.log_loss["direct"] < table.log_loss["climatology"]


def test_a_target_gives_two_statuses(panel):
    forecast = (
        DirectForecaster(horizons=[4], target="down", random_state=0)
        .fit(panel)
        .predict_proba(panel)
    )
    assert forecast.scheme.names == ("not down", "down")
    assert forecast.proba.shape == (1, 12, 2)


def test_a_status_absent_from_training_gets_almost_nothing():
    panel = simulate(n_evse=6, days=6, random_state=0)
    codes = np.where(panel.codes == 2, 1, panel.codes).astype(np.int8)
    feed = StatusPanel(codes, panel.grid, panel.evse, tz=panel.tz)
    p = (
        DirectForecaster(horizons=[1], random_state=0, semi_markov_weight=0)
        .fit(feed)
        .predict_proba(feed)
        .proba
    )
    assert p[..., 2].max() < 1e-4
    assert (p[..., 2] > 0).all()


def test_a_target_that_never_occurs_is_almost_impossible():
    panel = simulate(n_evse=6, days=6, random_state=0)
    codes = np.where(panel.codes == 4, 3, panel.codes).astype(np.int8)
    feed = StatusPanel(codes, panel.grid, panel.evse, tz=panel.tz)
    model = DirectForecaster(horizons=[1, 4], target="down", random_state=0).fit(feed)
    p = model.predict_proba(feed).proba
    assert (p[..., 1] < 1e-3).all()
    assert (p[..., 1] > 0).all()


def test_any_classifier_can_be_passed(panel):
    learner = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=50))
    model = DirectForecaster(horizons=[4], classifier=learner, max_rows=500, random_state=0)
    with pytest.warns() as caught:  # fifty steps are not enough to converge, and do not have to be
        fitted = model.fit(panel)
    assert all("converge" in str(w.message) for w in caught)
    assert fitted.predict_proba(panel).proba.shape == (1, 12, 5)
    assert not hasattr(learner, "classes_")


def test_the_draw_takes_known_targets_only_and_no_more_than_asked(panel):
    model = DirectForecaster(horizons=[4], max_rows=300)
    model.step_ = panel.step
    rng = np.random.default_rng(0)
    for horizon, most in ((4, 300), (96, 100)):
        rows, units = model._cases(panel.codes, horizon, rng)
        assert len(rows) == most
        assert (panel.codes[rows + horizon, units] >= 0).all()
        assert rows.min() >= 96
        assert len(set(zip(rows.tolist(), units.tolist(), strict=True))) == most


def test_a_short_panel_trains_on_what_it_has_or_says_so():
    panel = simulate(n_evse=6, days=2, random_state=0)
    short = panel.head(60)
    DirectForecaster(horizons=[4], random_state=0).fit(short)
    with pytest.raises(EmptyInputError, match="96 steps ahead in a panel of 60"):
        DirectForecaster(horizons=[96]).fit(short)


def test_the_pool_lies_between_its_members():
    one, other = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    assert _logarithmic_pool(one, other, 0.0)[0] == pytest.approx(one[0])
    assert _logarithmic_pool(one, other, 1.0)[0] == pytest.approx(other[0])
    assert _logarithmic_pool(one, other, 0.5)[0] == pytest.approx([0.75, 0.25])


def test_weight_zero_leaves_the_classifiers_alone(panel):
    alone = DirectForecaster(horizons=[4], semi_markov_weight=0, random_state=0).fit(panel)
    assert alone.semi_markov_ is None
    pooled = DirectForecaster(horizons=[4], random_state=0).fit(panel)
    assert pooled.semi_markov_ is not None
    assert not np.allclose(
        alone.predict_proba(panel).proba, pooled.predict_proba(panel).proba, atol=1e-3
    )


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_weight_is_a_share(panel, weight):
    with pytest.raises(InputError, match="from 0 to 1"):
        DirectForecaster(semi_markov_weight=weight).fit(panel)


def test_other_horizons_are_refused(panel):
    with pytest.raises(HorizonError, match="not for"):
        DirectForecaster(horizons=[4], max_rows=500).fit(panel).predict_proba(panel, [5])


def test_trees_are_smaller_further_ahead():
    leaves = [
        _default_classifier(np.timedelta64(900 * h, "s"), 0).max_leaf_nodes
        for h in (1, 4, 12, 24, 48, 96, 10**6)
    ]
    assert leaves == sorted(leaves, reverse=True)

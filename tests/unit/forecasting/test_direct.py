import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from evforecast import Calendar, Climatology, DirectForecaster, backtest, load, simulate
from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.features import GROUPS
from evforecast.forecasting.target import future_codes
from evforecast.panel import StatusPanel
from evforecast.testing import check_forecaster
from evforecast.timegrid import local_clock


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=12, days=10, random_state=0)


@pytest.mark.conformance
@pytest.mark.parametrize(
    "options",
    [{}, {"target": "charging"}, {"target": "down", "within": True}, {"pooled": True}],
    ids=lambda options: "-".join(options) or "plain",
)
def test_conformance(options):
    check_forecaster(DirectForecaster(horizons=[1, 96], max_rows=3000, random_state=0, **options))


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


def test_a_short_panel_trains_on_what_it_has_or_says_so():
    panel = simulate(n_evse=6, days=2, random_state=0)
    short = panel.head(60)
    DirectForecaster(horizons=[4], random_state=0).fit(short)
    with pytest.raises(EmptyInputError, match="96 steps ahead in a panel of 60"):
        DirectForecaster(horizons=[96]).fit(short)


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


def test_within_learns_whether_it_happens_by_then(panel):
    """By then is likelier than at that time, and grows with the horizon."""
    at, by = (
        DirectForecaster([4, 48], target="charging", within=within, random_state=0).fit(panel)
        for within in (False, True)
    )
    p, q = (model.predict_proba(panel) for model in (at, by))
    assert q.scheme.names == ("not charging within", "charging within")
    assert q.proba[..., 1].mean() > p.proba[..., 1].mean() + 0.1
    assert q.proba[1, :, 1].mean() > q.proba[0, :, 1].mean() + 0.1
    # What was learnt is the share of the past in which it happened.
    alone = DirectForecaster(
        [48], target="charging", within=True, semi_markov_weight=0, random_state=0
    ).fit(panel)
    truth = future_codes(panel.codes, panel.scheme, 48, "charging", within=True)
    rows = range(200, 900, 50)
    told = np.mean([alone.predict_proba(panel.head(r + 1)).proba[0, :, 1].mean() for r in rows])
    happened = truth[list(rows)]
    assert told == pytest.approx((happened == 1).sum() / (happened >= 0).sum(), abs=0.08)


def test_one_classifier_for_all_horizons(panel):
    pooled = DirectForecaster([1, 4, 16], pooled=True, random_state=0).fit(panel)
    assert list(pooled.learnt_) == [0]
    between = pooled.predict_proba(panel, [1, 2, 7, 16])
    assert between.proba.shape == (4, 12, 5)
    single = DirectForecaster([1, 4, 16], random_state=0).fit(panel).predict_proba(panel)
    gap = np.abs(pooled.predict_proba(panel).proba - single.proba).mean()
    assert 0 < gap < 0.05
    with pytest.raises(HorizonError, match="up to 16, not for 17"):
        pooled.predict_proba(panel, [17])


def test_a_holiday_may_be_told_from_a_working_day():
    """Chargers that are used on working days alone: the calendar is all that tells that Tuesday."""
    times = simulate(n_evse=20, days=40, random_state=0)
    calendar = Calendar.of(
        public=["2020-10-01", "2020-10-07", "2020-10-12", "2020-10-16", "2020-10-27"]
    )
    types = calendar.day_types(times.times, times.tz)
    minute, _ = local_clock(times.times, times.tz)
    used = (types == 0) & (minute >= 480) & (minute < 1200)
    noise = np.random.default_rng(0).random(times.codes.shape) < 0.05
    codes = np.where(noise, 1 - used[:, None], used[:, None]).astype(np.int8)
    panel = StatusPanel(codes, times.grid, times.evse, tz=times.tz)
    options = {"semi_markov_weight": 0, "random_state": 0, "target": "charging"}
    past = panel.until("2020-10-26 12:00")
    context = panel.until("2020-10-26 12:00")
    chances = [
        DirectForecaster([96], calendar=given, **options).fit(past).predict_proba(context).proba
        for given in (calendar, None)
    ]
    assert chances[0][..., 1].mean() < 0.2
    assert chances[1][..., 1].mean() > 0.4


def test_the_weather_is_looked_at_and_may_be_missing_later(panel):
    assert panel.exog is not None
    model = DirectForecaster([4], max_rows=5000, random_state=0).fit(panel)
    assert model.exog_ == tuple(panel.exog.columns)
    bare = StatusPanel(panel.codes, panel.grid, panel.evse, tz=panel.tz)
    assert np.isfinite(model.predict_proba(bare).proba).all()


def test_groups_of_features_can_be_chosen(panel):
    model = DirectForecaster([4], groups=["state", "profile"], random_state=0).fit(panel)
    assert len(model.learnt_[4].columns) == 11
    with pytest.raises(InputError, match="no group"):
        DirectForecaster([4], groups=["moon"]).fit(panel)


def test_five_minute_observations_inform_a_forecast_of_quarters():
    fine = simulate(n_evse=8, days=5, step="5min", random_state=0)
    model = DirectForecaster([3, 12], max_rows=5000, random_state=0).fit(fine)
    forecast = model.predict_proba(fine)
    assert (forecast.times - fine.cutoff).astype(int).tolist() == [900, 3600]


def test_calendar_and_models_are_saved_with_it(panel, tmp_path):
    calendar = Calendar.of(public=["2020-11-01"], school=["2020-10-30"])
    model = DirectForecaster(
        [4], groups=GROUPS, calendar=calendar, max_rows=5000, random_state=0
    ).fit(panel)
    model.save(tmp_path / "direct.evf")
    again = load(tmp_path / "direct.evf")
    assert again.calendar.public.tolist() == calendar.public.tolist()
    assert again.models_ == model.models_
    np.testing.assert_array_equal(
        again.predict_proba(panel).proba, model.predict_proba(panel).proba
    )
